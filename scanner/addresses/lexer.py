"""
Header text to tokens: RFC 5322, 3.2, read so that nothing is ever refused.

Each character is looked at a bounded number of times, however the text is
nested or left open: a quote, comment or angle bracket that is never closed
becomes a mark of its own and swallows nothing behind it.
"""

import re
from itertools import pairwise
from typing import Literal, NamedTuple

Kind = Literal["atom", "quoted", "comment", "literal", "scheme", "break", "mark", "angle", "close", "at"]


class Token(NamedTuple):
    """
    A piece of a header field.

    `mark` is a special character on its own; `angle` a "<" whose ">" (`close`)
    follows before any other angle bracket; `at` an @; `scheme` a "mailto:";
    `break` a line end that is no fold.
    """

    kind: Kind
    text: str
    start: int
    end: int
    glued: bool
    """No white space between it and what stands before; comments between do not count."""


# RFC 2047 words are read whole: their text may hold commas and @ although it must not.
_ENCODED = r"=\?[^?\s\"<>(),;@]{1,120}\?[bBqQ]\?[^?\s]*\?="
_AT = "@\uff20\ufe6b"
_REST = rf"""
    (?P<space>\s+)
  | (?P<scheme>(?<![\w.+@-])(?i:(?:mailto|smtp):|(?:ex|x500):(?=/)))
  | (?P<encoded>{_ENCODED})
  | (?P<atom>[^\s"(),:;<>\[\]\\{_AT}]+)
  | (?P<mark>.)
"""
_TOKEN = re.compile(rf'(?P<quoted>"(?:[^"\\]+|\\.)*+")|{_REST}', re.VERBOSE | re.DOTALL)
_TOKEN_WITHOUT_QUOTES = re.compile(_REST, re.VERBOSE | re.DOTALL)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)

# RFC 5322, 3.4.1: a domain literal. An @ or separator inside means that the bracket was never closed.
_LITERAL = re.compile(r'\[[^\[\]\\@,;"]*\]')

# Commas and semicolons of Chinese, Japanese and Arabic; no host name holds one.
_WIDE_SEPARATOR = re.compile("[\uff0c\uff1b\u3001\u060c\u061b]")

# A "name" that ends with a separator is the text between two names: its quotes are the wrong pair.
_ONLY_SEPARATORS = re.compile(r'"\s*[,;]\s*"')
_BETWEEN_NAMES = re.compile(r"[,;]\s*\"\Z")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a header field, white space left out."""
    tokens, has_open_quote = _scan(text, distrust=False)
    if has_open_quote and text.count('"') > 1:
        # One quote too many: pairing from the left pairs all that follow wrongly.
        tokens, _ = _scan(text, distrust=True)
    return _pair_angles(tokens)


def _scan(text: str, *, distrust: bool) -> tuple[list[Token], bool]:
    tokens: list[Token] = []
    comment_ends = _pair_parentheses(text)
    pattern, has_open_quote = _TOKEN, False
    position, glued, distrusted_to = 0, False, 0
    while position < len(text):
        active = pattern if position >= distrusted_to else _TOKEN_WITHOUT_QUOTES
        match = active.match(text, position)
        if match is None:  # The last alternative matches any character.
            break
        kind, found, end = match.lastgroup or "mark", match[0], match.end()
        if kind == "space":
            if "\n" in found or "\r" in found:
                _note_break(tokens, found, position, end)
            position, glued = end, False
            continue
        if kind == "quoted" and _is_wrong_pair(text, position, end, tokens, distrust=distrust):
            # Escaped quotes inside are no fresh start: each would search to the same end.
            distrusted_to = end - 1
            kind, found, end = "mark", '"', position + 1
        elif kind == "mark":
            if found == '"' and position >= distrusted_to:
                pattern, has_open_quote = _TOKEN_WITHOUT_QUOTES, True
            elif found == "(" and position in comment_ends:
                kind, end = "comment", comment_ends[position]
            elif found == "[" and _follows_at(tokens):
                literal = _LITERAL.match(text, position)
                if literal:
                    kind, end = "literal", literal.end()
            elif found in _AT:
                kind = "at"
        elif kind == "atom" and not found.isascii() and (wide := _find_wide_separator(found, tokens)):
            if wide.start():
                host_end = position + wide.start()
                tokens.append(Token("atom", text[position:host_end], position, host_end, glued))
            position, end = position + wide.start(), position + wide.end()
            tokens.append(Token("mark", ",", position, end, True))
            position, glued = end, True
            continue
        kind = "atom" if kind == "encoded" else kind
        tokens.append(Token(kind, text[position:end], position, end, glued))  # type: ignore[arg-type]  # groups are kinds
        position = end
        glued = glued if kind == "comment" else True
    return tokens, has_open_quote


def _follows_at(tokens: list[Token]) -> bool:
    kinds = (token.kind for token in reversed(tokens) if token.kind != "comment")
    return next(kinds, "") == "at"


def _find_wide_separator(atom: str, tokens: list[Token]) -> re.Match[str] | None:
    """Find a separator of another script in a host, or in front of an atom behind a bracket or a host."""
    if not tokens:
        return None
    # A dot alone stands between blanks, in a host of RFC 5322, 4.4.
    if tokens[-1].kind == "at" or tokens[-1].text == ".":
        return _WIDE_SEPARATOR.search(atom)
    is_behind = tokens[-1].text == ">" or (len(tokens) > 1 and tokens[-2].kind == "at")
    return _WIDE_SEPARATOR.match(atom) if is_behind else None


def _note_break(tokens: list[Token], space: str, start: int, end: int) -> None:
    # RFC 5322, 2.2.3: a line break is a fold only when white space follows.
    if space[-1] in "\r\n":
        tokens.append(Token("break", " ", start, end, False))


def _is_wrong_pair(text: str, start: int, end: int, tokens: list[Token], *, distrust: bool) -> bool:
    """Tell whether the quoted string at start is really what stands between two of them."""
    if _ONLY_SEPARATORS.fullmatch(text, start, end):
        # a@x.example"; "b@y.example
        return bool(tokens) and tokens[-1].end == start and text[end : end + 1].isalnum()
    # Behind "Anna <anna@x.example>, " the name of the next stands without a blank.
    if not (distrust or text[end : end + 1].isalnum()) or "@" not in text[start:end]:
        return False
    return _BETWEEN_NAMES.search(text, max(start, end - 40), end) is not None


def _pair_parentheses(text: str) -> dict[int, int]:
    """Return start → end of every balanced comment, nested ones included; quotes mean nothing inside."""
    ends: dict[int, int] = {}
    if "(" not in text:
        return ends
    open_at: list[int] = []
    for match in _PARENTHESIS.finditer(text):
        if match[0] == "(":
            open_at.append(match.start())
        elif match[0] == ")" and open_at:
            ends[open_at.pop()] = match.end()
    return ends


def _pair_angles(tokens: list[Token]) -> list[Token]:
    """Mark each "<" that has its ">" before the next "<", and that ">"."""
    angles = [index for index, token in enumerate(tokens) if token.kind == "mark" and token.text in "<>"]
    for left, right in pairwise(angles):
        if tokens[left].text == "<" and tokens[right].text == ">":
            tokens[left] = tokens[left]._replace(kind="angle")
            tokens[right] = tokens[right]._replace(kind="close")
    return tokens
