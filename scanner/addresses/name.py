"""Tokens in front of an address to its display name, and the text that unresolved entries are kept as."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from scanner.addresses.address import content_of
from scanner.addresses.lexer import Token
from scanner.addresses.text import decode_words, unfold

_BLANKS = re.compile(r"[ \t\r\n]+")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f]")
# An angle address and a separator behind it: the rest of a list that a quote swallowed.
_LIST_INSIDE = re.compile(r"@[^<>@]*>\s*[,;]")


class Name(NamedTuple):
    """A display name decoded, and as it stood without its quotes."""

    shown: str
    raw: str
    defect: str | None


NO_NAME = Name("", "", None)


def read_name(tokens: Sequence[Token]) -> Name:
    """
    Read a phrase (RFC 5322, 3.2.5) with what real mail puts into it.

    Comments beside an unquoted phrase belong to what recipients are shown;
    beside a quoted one they do not. A phrase of comments alone is the old
    style of naming a person.
    """
    open_quote = any(token.kind == "mark" and token.text == '"' for token in tokens)
    tokens = [token for token in tokens if token.kind != "mark" or token.text != '"']
    words = [token for token in tokens if token.kind not in ("comment", "break", "close", "angle", "scheme")]
    comments = [token for token in tokens if token.kind == "comment"]
    if not words:
        return _read_comments(comments)
    shows_comments = not any(word.kind == "quoted" for word in words)
    pieces: list[str] = []
    previous: Token | None = None
    for token in tokens if shows_comments else words:
        is_apart = not token.glued or token.kind == "comment" or (previous and previous.kind in ("comment", "break"))
        if token.kind != "break":
            pieces.append((" " if pieces and is_apart else "") + _piece_of(token))
        previous = token
    return finish_name("".join(pieces), "unclosed_quote" if open_quote else _defect_of(words, comments))


def read_comment(comment: Token) -> str:
    """Return the text of a comment without its outer parentheses, quoted pairs resolved."""
    return re.sub(r"\\(.)", r"\1", comment.text[1:-1], flags=re.DOTALL)


def raw_text(text: str, tokens: Sequence[Token]) -> str:
    """Return what stood in the field from the first to the last token, blanks and folds as one blank."""
    return storable(text[tokens[0].start : tokens[-1].end])


def storable(text: str) -> str:
    """Return text on one line without control characters, U+FFFD if nothing is left."""
    return _UNSTORABLE.sub("", _BLANKS.sub(" ", text)).strip() or "\ufffd"


def _read_comments(comments: list[Token]) -> Name:
    if not comments:
        return NO_NAME
    defect = _defect_of([], comments)
    if len(comments) == 1:
        return finish_name(read_comment(comments[0]), defect)
    return finish_name(" ".join(f"({read_comment(comment)})" for comment in comments), defect)


def _piece_of(token: Token) -> str:
    if token.kind == "quoted":
        return content_of(token)
    if token.kind == "comment":
        return "(" + read_comment(token).replace('"', "") + ")"
    return "" if token.kind in ("break", "scheme", "angle", "close") else token.text


def _defect_of(words: list[Token], comments: list[Token]) -> str | None:
    if any(word.kind == "quoted" and _LIST_INSIDE.search(word.text) for word in words):
        return "list_in_name"
    if any(_LIST_INSIDE.search(comment.text) for comment in comments):
        return "list_in_comment"
    return None


def finish_name(raw: str, defect: str | None) -> Name:
    """Return the name that a phrase shows, from its text without quotes."""
    raw = unfold(raw).strip()
    shown = _BLANKS.sub(" ", decode_words(raw)).strip() if "=?" in raw else decode_words(raw)
    # Outlook puts single quotes round the name of an address without one.
    if len(shown) > 2 and shown[0] == shown[-1] == "'" and "' " not in shown and " '" not in shown:
        shown = shown[1:-1]
    return Name(shown, raw, defect)
