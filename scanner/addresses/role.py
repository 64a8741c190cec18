"""Role addresses: local parts that name a function (info@, sekretariat@), not a person."""

import re
from functools import cache

from scanner.addresses.host import read_words

_DIVIDERS = re.compile(r"[._\-]+")
_FIRST = re.compile(r"[._\-]*([^._\-]+)")
_HEAD = re.compile(r"[._\-]*([^._\-+\d]*)")
_NUMBER = re.compile(r"[._\-]?\d+\Z")


def is_role(local_part: str) -> bool:
    """
    Tell whether a local part, as it stands in a key, names a function.

    Plus-tags and a number at the end do not matter.

    >>> is_role("info"), is_role("sales-uk"), is_role("office2"), is_role("mark.post")
    (True, True, True, False)
    """
    roles, openings, heads = _roles()
    # Mostly it is somebody's name, and nothing more is looked at.
    if (head := _HEAD.match(local_part)) is None or head[1] not in heads:
        return False
    bare = local_part.partition("+")[0]
    if bare[-1:].isdecimal():
        bare = _NUMBER.sub("", bare)
    if bare in roles:
        return True
    first = _FIRST.match(bare)
    if first is None or first[1] not in roles or first.end() == len(bare):
        return False
    words = [word for word in _DIVIDERS.split(bare) if word]
    return len(words) > 1 and (words[0] in openings or roles.issuperset(words))


@cache
def _roles() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return all role words, those of them that further words may follow, and what they begin with."""
    lines = read_words("roles.txt")
    openings = frozenset(line.rstrip("*") for line in lines if line.endswith("*"))
    roles = frozenset(line.rstrip("*") for line in lines)
    return roles, openings, frozenset(head[1] for role in roles if (head := _HEAD.match(role)))
