"""A header block → the bodies of the fields that are asked for."""

import re
from collections.abc import Mapping
from typing import NamedTuple

HEADER_FIELDS = (
    "Date From Sender Reply-To To Cc Bcc Resent-From Resent-To Resent-Cc Resent-Date Subject Message-ID In-Reply-To "
    "References Content-Type Content-Class List-Id List-Post Auto-Submitted Precedence Sensitivity Thread-Topic "
    "Thread-Index X-Mailer User-Agent X-Failed-Recipients"
)
"""Fields asked for, version 1 (CONTRACTS: Messages)."""

FIELD_NAMES = tuple(name.lower() for name in HEADER_FIELDS.split())
"""The same in lower case; their order is that of `Fields.bodies`."""

_OTHER_SPELLINGS = {"Message-ID": "Message-I[Dd]", "Cc": "C[Cc]", "Bcc": "B[Cc][Cc]", "List-Id": "List-I[Dd]"}


def _plain_block() -> re.Pattern[str]:
    """
    Return the expression of a block that holds nothing but fields asked for, each at most once.

    It takes every byte or fails, never goes back (possessive quantifiers),
    and the condition behind a name refuses a second field of that name.
    """
    body = r"[^\r\n]*+(?:\r\n[ \t][^\r\n]*+)*+"
    fields = "|".join(
        f"{_OTHER_SPELLINGS.get(name, name)}:(?({number})(?!))({body})\r\n"
        for number, name in enumerate(HEADER_FIELDS.split(), 1)
    )
    return re.compile(f"(?:{fields})*+(?:\r\n)?\\Z")


_PLAIN_BLOCK = _plain_block()
# RFC 5322, 2.2.3: a field ends where a line end is not followed by white space. Some gateways write a bare LF or CR.
_FIELD_END = re.compile(r"(?:\r\n|\n|\r)(?![ \t\n])")
_NAME = re.compile(r"[!-9;-~]+\Z")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")


class Fields(NamedTuple):
    """The fields of a header block; bodies with their folding, 8-bit bytes as surrogate escapes."""

    bodies: tuple[str | None, ...]
    """In the order of FIELD_NAMES; None = absent, of a repeated field the first."""

    more: Mapping[str, tuple[str, ...]]
    """Lower-case name → the bodies behind the first one."""

    is_stray: bool
    """A line with an @ belongs to no field: an address may be lost there."""


_NO_MORE: dict[str, tuple[str, ...]] = {}


def split_fields(block: bytes) -> Fields:
    """Cut a header block into the fields asked for; other fields are left out."""
    # Text takes a third less time to search and cut than bytes.
    text = block.decode("ascii", "surrogateescape")
    plain = _PLAIN_BLOCK.match(text)
    return Fields(plain.groups(), _NO_MORE, False) if plain else _split_carefully(text)


def _split_carefully(text: str) -> Fields:
    found: dict[str, list[str]] = {}
    is_stray = False
    for line in _FIELD_END.split(text):
        name, colon, body = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not _NAME.match(name):
            is_stray = is_stray or "@" in line
            continue
        # A display name at the start of a line that lost its folding looks like a field name.
        is_stray = is_stray or ("@" in line and not _PLAIN_NAME.match(name))
        found.setdefault(name.lower(), []).append(body)
    more = {name: tuple(bodies[1:]) for name, bodies in found.items() if len(bodies) > 1}
    return Fields(tuple(found[name][0] if name in found else None for name in FIELD_NAMES), more, is_stray)
