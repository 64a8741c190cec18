"""
The full parser of address fields: RFC 5322, 3.4 with 4.4, and real mail.

A field is cut into entries first, and each entry is then read on its own: an
odd one is kept as unresolved text and never costs its neighbours. Encoded
words are decoded last, so that a comma or an address inside them divides
nothing (RFC 2047, 6.1).
"""

import re
from collections.abc import Sequence

from scanner.addresses.entry import RereadTokens, read_entry
from scanner.addresses.lexer import Token, tokenize
from scanner.addresses.name import read_name
from scanner.addresses.text import as_text
from scanner.addresses.words import hides_address
from scanner.model import ParsedAddress

# Words of a bare entry that name many people, so not the family name of "Smith, Anna <…>".
_COLLECTIVE = frozenset(
    """
    all alle board class committee council customers department dept distribution eltern employees equipe équipe
    everybody everyone friends gruppe group groupe klasse kollegen kunden liste list listserv mailing managers
    members mitarbeiter mitglieder office parents patients personal personnel staff students tous team teams todos
    undisclosed users verteiler verein vorstand
    """.split()  # noqa: SIM905  # A list literal would be fifty lines.
)
_MAX_FAMILY_NAME = 3

# Pasted from the source of a web page.
_PASTED_ANGLE = re.compile(r"&lt;([^\s<>;@&]{1,320}@[^\s<>;@&]{1,255})&gt;")
# Typed on a keyboard for Chinese or Japanese.
_WIDE_ANGLE = re.compile("\uff1c([^\\s<>@\uff1c\uff1e]{1,320}@[^\\s<>@\uff1c\uff1e]{1,255})\uff1e")


def parse_fully(field_body: bytes | str) -> list[ParsedAddress]:
    """
    Read an address field of any shape into its entries, in order.

    Groups are expanded, an empty group yields nothing. Entries without a mail
    address come back with key None. Takes time in proportion to the length of
    the field and never raises.
    """
    text = as_text(field_body)
    if "&lt;" in text:
        text = _PASTED_ANGLE.sub(r"<\1>", text)
    if "\uff1c" in text:
        text = _WIDE_ANGLE.sub(r"<\1>", text)
    return _ListReader(text, _read_inner_list).read(tokenize(text))


def _read_inner_list(text: str, tokens: Sequence[Token] | None) -> list[ParsedAddress]:
    """Read a list that stood in quotes or brackets; quotes and brackets in it are not opened again."""
    return _ListReader(text, None).read(tokenize(text) if tokens is None else tokens)


class _ListReader:
    """Cuts one list into entries; `_group` is the display name of the group that is open."""

    def __init__(self, text: str, reread: RereadTokens | None) -> None:
        self._text = text
        self._reread = reread
        self._found: list[ParsedAddress] = []
        self._group: str | None = None
        self._entry: list[Token] = []
        self._has_at = False
        self._has_angle = False
        self._family_name: list[Token] = []

    def read(self, tokens: Sequence[Token]) -> list[ParsedAddress]:
        in_angle = False
        for token in tokens:
            if in_angle or token.kind in ("angle", "at"):
                self._has_at = self._has_at or token.kind == "at"
                self._has_angle = self._has_angle or token.kind == "angle"
                in_angle = (in_angle or token.kind == "angle") and token.kind != "close"
                self._entry.append(token)
            elif token.kind == "break":
                # A bare line end divides pasted addresses; in a name it is a lost fold.
                if self._has_at:
                    self._end_entry(";")
                elif self._entry:
                    self._entry.append(token)
            elif token.kind == "mark" and token.text in ",;":
                self._end_entry(token.text, token)
                if token.text == ";":
                    self._group = None
            elif token.kind == "mark" and token.text == ":" and self._opens_group():
                self._open_group()
            else:
                self._has_angle = self._has_angle or (token.kind == "mark" and token.text == "<")
                self._entry.append(token)
        self._end_entry(";")
        return self._found

    def _opens_group(self) -> bool:
        return not self._has_at and not self._has_angle and not _is_link(self._entry)

    def _open_group(self) -> None:
        # RFC 5322, 3.4 knows no groups in groups; members of inner ones belong to the outer.
        if self._group is None:
            name = self._family_name + self._entry
            self._family_name = []
            self._group = read_name(name).shown
        self._emit_family_name()
        self._entry = []

    def _end_entry(self, separator: str, token: Token | None = None) -> None:
        entry, has_at, has_angle = self._entry, self._has_at, self._has_angle
        self._entry, self._has_at, self._has_angle = [], False, False
        if not entry:
            return
        if self._family_name:
            if has_angle and has_at and entry[0].kind in ("atom", "quoted"):
                entry = self._family_name + entry
                self._family_name = []
            else:
                self._emit_family_name()
        if separator == "," and token is not None and not has_at and not has_angle and _is_family_name(entry):
            # "Smith, Anna <anna@client.example>" without quotes is one person.
            self._family_name = [*entry, token._replace(glued=True)]
        else:
            self._found.extend(self._read(entry))

    def _emit_family_name(self) -> None:
        entry, self._family_name = self._family_name[:-1], []
        if entry:
            self._found.extend(self._read(entry))

    def _read(self, entry: list[Token]) -> list[ParsedAddress]:
        return read_entry(self._text, entry, self._group, self._reread)


def _is_family_name(entry: list[Token]) -> bool:
    return (
        len(entry) <= _MAX_FAMILY_NAME
        and all(token.kind == "atom" for token in entry)
        and not any(token.text.lower().strip(".") in _COLLECTIVE or token.text.isdigit() for token in entry)
        # An address on its own in an encoded word is a recipient, whoever follows the comma.
        and not hides_address(entry)
    )


def _is_link(entry: list[Token]) -> bool:
    """Tell whether the text before a colon is the scheme of a link (RFC 3986, 3.1)."""
    return len(entry) == 1 and entry[0].text.lower() in ("http", "https", "ftp", "sip", "tel", "fax", "file")
