"""
Text from mail, made safe to look at.

Subjects, names and mailbox names are hostile ground: control characters
break XML, bidirectional marks turn an address around, and a cell ends at
32,767 characters. Nothing is dropped: what cannot be shown is spelt out.
"""

import re
from collections.abc import Iterator

CELL_LIMIT = 32_767
"""UTF-16 code units that a cell of Excel holds."""

# Controls (C0, DEL, C1), bidirectional and other marks without a width, line and paragraph separators,
# surrogates and noncharacters. ZWJ and ZWNJ (U+200C, U+200D) stay: Persian and emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]"
)
# Those beyond the BMP apart: a class that holds any of them is looked through one by one for every letter.
_UNSAFE_BEYOND = re.compile(
    "[\U000e0000-\U000e0fff"
    f"{''.join(chr(plane + end) for plane in range(0x10000, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))}]"
)
_BEYOND = re.compile("[\U00010000-\U0010ffff]")

# ECMA-376, 22.9.2.19: _xHHHH_ in a cell stands for a character, so a literal one needs its underscore escaped.
_ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def visible(text: str) -> str:
    """
    Return text on one line in which every character can be seen.

    Control characters, marks without a width, noncharacters and surrogates
    become `[U+XXXX]`; a byte that was carried as a surrogate escape becomes
    `\\xHH`. So does white space that is all there is. Visible text is
    unchanged.

    >>> visible("Invoice\\u202egpj.exe")
    'Invoice[U+202E]gpj.exe'
    """
    if text.isspace():
        # An empty cell would say that there was nothing; some readers of workbooks drop such text altogether.
        return "".join(f"[U+{ord(character):04X}]" for character in text)
    if text.isascii() and text.isprintable():
        return text
    shown = _UNSAFE.sub(_spell, text)
    return _UNSAFE_BEYOND.sub(_spell, shown) if _BEYOND.search(shown) else shown


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    # PEP 383: bytes 80 to FF that could not be decoded.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02X}"
    return f"[U+{code:04X}]"


def cell_text(text: str) -> str:
    """Return visible text in the spelling of a workbook, in which `_xHHHH_` would be read as a character."""
    return _ESCAPE_LIKE.sub("_x005F_", text) if "_x" in text else text


def cell_length(text: str) -> int:
    """Return the length that Excel counts: UTF-16 code units."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def cell_parts(text: str, limit: int = CELL_LIMIT) -> Iterator[str]:
    """
    Cut visible text into parts that a cell can hold once they are spelt with `cell_text`.

    Joined again the parts give the text; empty text gives no part.
    """
    start = 0
    while start < len(text):
        part = text[start : start + limit]
        if cell_length(cell_text(part)) > limit:
            # A character takes two units beyond the BMP, and less than two where its spelling is escaped.
            part = part[: limit // 2]
        yield part
        start += len(part)
