"""One entry of an address list to its addresses: usually one, several where separators are missing."""

from collections.abc import Callable, Sequence

from scanner.addresses.address import Unreadable, assemble, content_of
from scanner.addresses.lexer import Token
from scanner.addresses.name import NO_NAME, Name, raw_text, read_name
from scanner.addresses.outcome import (
    flag_at_in_name,
    make_entry,
    make_unresolved,
    name_by_comment,
    named,
    other_than_mail,
    with_defect,
)
from scanner.addresses.words import find_hidden, read_without_address, read_words
from scanner.model import ParsedAddress

RereadTokens = Callable[[str, Sequence[Token] | None], list[ParsedAddress]]
"""Reads text, or tokens that were cut from it, as a list of its own."""


def read_entry(
    text: str, tokens: Sequence[Token], group: str | None, reread: RereadTokens | None
) -> list[ParsedAddress]:
    """
    Read the tokens of one entry.

    Args:
        text: The text that the tokens were cut from.

        tokens: At least one token, no separator outside angle brackets.

        group: Display name of the group that is open, None outside of groups.

        reread: Reads a list that stands in quotes or brackets; None when one is being read already.

    Returns:
        Every address of the entry, or one unresolved text; empty for
        comments alone and for placeholders that name nobody.
    """
    found: list[ParsedAddress] = []
    before: list[Token] = []
    last_open = max((index for index, token in enumerate(tokens) if _is_open(token)), default=-1)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind == "angle" or index == last_open:
            end = _end_of_angle(tokens, index)
            inside = _AngleReader(text, before, group, reread).read(tokens[index + 1 : end], token.kind == "angle")
            # Brackets without an address leave what stands before them as it is.
            if inside is not None:
                found += inside
                before = []
                index = end
        if _is_bracket(token):
            # A bracket that means nothing still divides what stands round it.
            before.append(Token("break", " ", token.start, token.start, False))
        else:
            before.append(token)
        index += 1
    if any(token.kind == "at" for token in before):
        return found + read_words(text, before, group)
    if found or all(token.kind == "break" for token in before):
        name_by_comment(found, before)
        return found
    return read_without_address(text, before, group, None if reread is None else lambda inner: reread(inner, None))


def _is_bracket(token: Token) -> bool:
    return token.kind in ("angle", "close") or (token.kind == "mark" and token.text in "<>")


def _is_open(token: Token) -> bool:
    return token.kind == "mark" and token.text == "<"


def _end_of_angle(tokens: Sequence[Token], start: int) -> int:
    end = start + 1
    while end < len(tokens) and tokens[end].kind not in ("close", "angle"):
        end += 1
    # An open bracket reaches up to the next one that is closed, or to the end.
    return end if end == len(tokens) or tokens[end].kind == "close" else end - 1


class _AngleReader:
    """Reads what stands in one pair of angle brackets; `before` holds the display name."""

    def __init__(self, text: str, before: Sequence[Token], group: str | None, reread: RereadTokens | None) -> None:
        self._text = text
        self._before = before
        self._group = group
        self._reread = reread
        self._name: Name = NO_NAME

    def read(self, content: Sequence[Token], is_closed: bool) -> list[ParsedAddress] | None:
        """Return the entries in the brackets; None when nothing stands there that an entry could be made of."""
        if all(part.kind in ("comment", "break") for part in content):
            return None
        if not is_closed and not any(part.kind == "at" for part in content):
            return None
        # Not before: brackets that mean nothing may follow each other without end.
        self._name = read_name(self._before)
        found = self._read(content)
        if not found:
            return None if any(token.kind == "at" for token in self._before) else []
        found[0] = flag_at_in_name(named(found[0], self._name), self._before)
        if self._name.defect:
            found[0] = with_defect(found[0], self._name.defect)
        return found if is_closed else [with_defect(entry, "unclosed_angle") for entry in found]

    def _read(self, content: Sequence[Token]) -> list[ParsedAddress]:
        written = raw_text(self._text, content)
        other = other_than_mail(written)
        if other:
            return [make_unresolved(written, self._name, self._group, other)]
        parts = [token for token in content if token.kind not in ("comment", "break")]
        ats = sum(token.kind == "at" for token in parts)
        if ats == 0:
            return self._read_without_at(content, written)
        is_route = parts[0].kind == "at" and any(token.text == ":" for token in parts)
        if not is_route and any(token.kind == "mark" and token.text in ",;" for token in parts):
            return self._read_list(content, "list_in_angle")
        if ats > 1 and not is_route:
            return read_words(self._text, content, self._group)
        spec = assemble(_without_trailing_text(parts))
        if isinstance(spec, Unreadable):
            return [make_unresolved(written, self._name, self._group, spec.defect)]
        return [make_entry(spec, self._name, self._group)]

    def _read_without_at(self, content: Sequence[Token], written: str) -> list[ParsedAddress]:
        # <undisclosed-recipients:;> is a group in brackets: nobody.
        if any(token.kind == "mark" and token.text == ":" for token in content):
            return self._read_list(content, "list_in_angle")
        if self._reread is not None:
            inner = "".join(content_of(token) for token in content if token.kind == "quoted")
            if not inner.strip() and all(token.kind == "quoted" for token in content):
                return []
            inner = " ".join(content_of(token) if token.kind == "quoted" else token.text for token in content)
            hidden, defect = find_hidden([token for token in content if token.kind == "atom"], ())
            found = [entry for entry in self._reread(hidden or inner, None) if entry.key is not None]
            if found:
                return [with_defect(entry, defect or "odd_local_part") for entry in found]
        return [make_unresolved(written, self._name, self._group, "no_address")]

    def _read_list(self, content: Sequence[Token], defect: str) -> list[ParsedAddress]:
        if self._reread is None:
            return [make_unresolved(raw_text(self._text, content), self._name, self._group, defect)]
        return [with_defect(entry, defect) for entry in self._reread(self._text, content)]


def _without_trailing_text(parts: list[Token]) -> list[Token]:
    """
    Drop words behind a host that is whole, as in <anna@client.example Anna>.

    A host whose first word has no dot is taken with all that follows: blanks
    round its dots are allowed (RFC 5322, 4.4).
    """
    at = max(index for index, token in enumerate(parts) if token.kind == "at")
    host = parts[at + 1 :]
    if host and host[0].kind == "atom" and "." in host[0].text.strip("."):
        for index, token in enumerate(host[1:], start=1):
            if not token.glued and not token.text.startswith("."):
                return parts[: at + 1 + index]
    return parts
