"""Role addresses: local parts that name a function (info@, sekretariat@), not a person."""

import re
from functools import cache

from scanner.addresses.host import read_words

_DIVIDERS = re.compile(r"[._\-]+")
_NUMBER = re.compile(r"[._\-]?\d+\Z")


def is_role(local_part: str) -> bool:
    """
    Tell whether a local part, as it stands in a key, names a function.

    Plus-tags and a number at the end do not matter.

    >>> is_role("info"), is_role("sales-uk"), is_role("office2"), is_role("mark.post")
    (True, True, True, False)
    """
    roles, openings = _roles()
    bare = _NUMBER.sub("", local_part.partition("+")[0])
    if bare in roles:
        return True
    words = [word for word in _DIVIDERS.split(bare) if word]
    if len(words) < 2:
        return False
    return words[0] in openings or all(word in roles for word in words)


@cache
def _roles() -> tuple[frozenset[str], frozenset[str]]:
    """Return all role words, and those of them that further words may follow."""
    lines = read_words("roles.txt")
    openings = frozenset(line.rstrip("*") for line in lines if line.endswith("*"))
    return frozenset(line.rstrip("*") for line in lines), openings
