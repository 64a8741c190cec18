"""
Tokens to one address: local part and host, and what is wrong with them.

RFC 5322, 3.4.1 with the obsolete forms of 4.4 (routes, blanks and comments
round dots), and the repairs that let a person who was addressed be counted.
Where the text could mean several addresses, none is made up: the caller keeps
it as unresolved text.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from scanner.addresses.lexer import Token
from scanner.addresses.text import decode_words

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BAD_LITERAL = re.compile(r"[<>()\x00-\x08\x0e-\x1f\x7f]")
_HOST_TAIL = re.compile(r"[?&].*\Z", re.DOTALL)
# Marks that stand behind addresses in sentences, tables and source code; no host name ends with one.
_TRAILING_MARKS = "!*=/|}`^~+\u2026"
_PLAIN_HOST = re.compile(r"[\w.-]+")
_HAS_LETTER = re.compile(r"\w")
# Among ASCII; RFC 1123, 2.1, and the underscore that some hosts have all the same.
_NO_HOST_CHARACTER = re.compile(r"[!-,/:-@\[-^`{-~]")
_NEEDS_QUOTES = re.compile(r'[\s"(),:;<>@\[\]\\]')
_ATOMS = re.compile(r'[^\s"(),:;<>@\[\]\\?]+')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OPENING_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u2039"
_CLOSING_QUOTES = "\u201c\u201d\u2018\u2019\u00bb\u203a'"
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


class Spec(NamedTuple):
    """An address as written (`local@host`), and its defect or None."""

    text: str
    defect: str | None


class Unreadable(NamedTuple):
    """Why tokens round an @ make no address: a defect word."""

    defect: str


def content_of(quoted: Token) -> str:
    """Return the text inside a quoted string, quoted pairs resolved (RFC 5322, 3.2.4)."""
    return _ESCAPE.sub(r"\1", quoted.text[1:-1])


def assemble(tokens: Sequence[Token]) -> Spec | Unreadable:
    """Read tokens that hold at least one `at` as one address; the last one divides it."""
    parts = [token for token in tokens if token.kind not in ("comment", "break", "scheme")]
    at = max(index for index, token in enumerate(parts) if token.kind == "at")
    local = _read_local_part(_without_route(parts[:at]))
    if isinstance(local, Unreadable):
        return local
    host = _read_host(parts[at + 1 :])
    if isinstance(host, Unreadable):
        return host
    if local.text.startswith("=?"):
        local = _decoded(local)
    local_text, host_text = local.text.lstrip(_OPENING_QUOTES), host.text.rstrip(_CLOSING_QUOTES)
    if local_text.startswith("'") and host.text.endswith("'"):
        # Outlook writes 'anna@client.example' for a contact without a name.
        local_text = local_text[1:]
    return _finish(local_text, host_text, parts[at], local.defect or host.defect)


def _finish(local: str, host: str, at: Token, defect: str | None) -> Spec | Unreadable:
    text = f"{local}@{host}"
    visible = _INVISIBLE.sub("", text)
    if visible != text:
        defect = defect or "control_character"
        local, _, host = visible.rpartition("@")
    if not host.startswith(("[", ".")):
        bare = host.rstrip(".")
        defect = defect or ("trailing_dot" if bare != host else None)
        host = bare
    if not local.strip(".") or local == '"':
        return Unreadable("bad_local_part")
    # A number alone is no host name; MTAs refuse it (RFC 1123, 2.1).
    if not host.strip(".") or host.isdigit():
        return Unreadable("bad_host")
    if ".." in host or host.startswith(".") or (host[0] != "[" and _NO_HOST_CHARACTER.search(host)):
        defect = defect or "bad_host"
    if at.text != "@":
        if "." not in host:
            return Unreadable("fullwidth_at")
        defect = defect or "fullwidth_at"
    if local == '""':
        defect = defect or "odd_local_part"
    return Spec(f"{local}@{host}", defect)


def _without_route(local: list[Token]) -> list[Token]:
    """Drop a source route, `@one.example,@two.example:` (RFC 5322, 4.4: obs-route)."""
    if not local or local[0].kind != "at":
        return local
    colons = [index for index, token in enumerate(local) if token.text == ":"]
    if not colons:
        return local
    route = local[: colons[-1]]
    hosts = sum(token.text == "," for token in route) + 1
    return local[colons[-1] + 1 :] if sum(token.kind == "at" for token in route) <= hosts else local


def _read_local_part(tokens: list[Token]) -> Spec | Unreadable:
    start, defect = 0, None
    while start < len(tokens) and tokens[start].kind in ("mark", "at"):
        defect = defect or ("unclosed_quote" if tokens[start].text == '"' else "stray_text")
        start += 1
    words = tokens[start:]
    colons = [index for index, word in enumerate(words) if word.text == ":"]
    if colons and all(word.kind in ("atom", "mark") for word in words[: colons[-1]]):
        # Gateways of CompuServe and MS Mail wrote <INTERNET:anna@client.example>.
        words, defect = words[colons[-1] + 1 :], defect or "stray_text"
    if not words:
        return Unreadable("bad_local_part")
    oddities = _find_oddities(words)
    if oddities is None or len(oddities) > 1:
        return Unreadable("unclosed_quote" if any(word.text == '"' for word in words) else "bad_local_part")
    if oddities:
        defect = defect or ("extra_at" if "at" in oddities else "odd_local_part")
    if any(word.kind == "quoted" for word in words):
        text, is_odd = _join_quoted(words)
    else:
        text, is_odd = _join_atoms(words)
    return Spec(text, defect or ("odd_local_part" if is_odd else None))


def _decoded(part: Spec) -> Spec:
    """
    Return a local part or host with its encoded words decoded, and the defect that they are.

    RFC 2047, 5 forbids them there: the client took them for text, and sent the mail to what they say.
    """
    if not _ENCODED_WORD.search(part.text):
        return part
    decoded = decode_words(part.text)
    return Spec(decoded if _ATOMS.fullmatch(decoded) else part.text, part.defect or "encoded_address")


def _find_oddities(words: list[Token]) -> set[str] | None:
    """Return the kinds of misplaced characters inside a local part, None when it cannot be read."""
    found: set[str] = set()
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word.kind in ("atom", "quoted"):
            continue
        if word.kind == "at":
            found.add("at")
        elif word.text in "[]":
            found.add("bracket")
        elif word.text == "\\" and following is not None and following.kind == "atom":
            found.add("backslash")
        else:
            return None
    return found


def _join_atoms(words: list[Token]) -> tuple[str, bool]:
    """Join atoms; RFC 5322, 4.4 (obs-local-part) lets blanks stand round the dots only."""
    pieces, has_space = [words[0].text], False
    for before, word in pairwise(words):
        has_dot = before.text.endswith(".") or word.text.startswith(".")
        if not word.glued and not has_dot and before.kind == word.kind == "atom":
            pieces.append(" ")
            has_space = True
        pieces.append(word.text)
    text = "".join(pieces)
    return (f'"{_escape(text)}"' if has_space else text), has_space


def _join_quoted(words: list[Token]) -> tuple[str, bool]:
    pairs = pairwise(words)
    if all(before.text.endswith(".") or word.text.startswith(".") for before, word in pairs):
        return "".join(word.text for word in words), len(words) > 1
    text = "".join(content_of(word) if word.kind == "quoted" else word.text for word in words)
    return (f'"{_escape(text)}"' if not text or _NEEDS_QUOTES.search(text) else text), True


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _read_host(tokens: list[Token]) -> Spec | Unreadable:
    if not tokens:
        return Unreadable("bad_host")
    if tokens[0].kind == "literal":
        return _read_literal(tokens)
    text, defect = "", None
    for index, token in enumerate(tokens):
        if token.kind == "atom":
            text += token.text
        elif token.text == "[" and index == 0:
            text, defect = "[", "bad_host"
        elif token.kind == "literal" or token.text in ("[", "]") or text.startswith("["):
            if all(rest.kind == "mark" and rest.text != "[" for rest in tokens[index:]) and not text.startswith("["):
                defect = defect or "stray_text"
                break
            return Unreadable("bad_host")
        else:
            defect = defect or "stray_text"
            break
    if _PLAIN_HOST.fullmatch(text):
        return Spec(text, defect)
    if word := _ENCODED_WORD.search(text):
        before = text[: word.start()]
        if before and not before.endswith("."):
            # The name of the next, or a comment.
            return Spec(before, "stray_text")
        decoded = _decoded(Spec(text, None))
        return Unreadable("encoded_address") if decoded.text == text else decoded
    # A link's query, or the &gt; of a pasted web page; then what a sentence or a script left behind.
    bare = _HOST_TAIL.sub("", text)
    if _HAS_LETTER.search(bare):
        bare = bare.rstrip(_TRAILING_MARKS)
    return Spec(bare, defect or ("stray_text" if bare != text else None))


def _read_literal(tokens: list[Token]) -> Spec | Unreadable:
    text = re.sub(r"\s+", "", tokens[0].text)
    has_rest = any(token.kind != "mark" or token.text in "[]" for token in tokens[1:])
    # Blanks and folds may stand at the ends (RFC 5322, 3.4.1).
    if has_rest or text == "[]" or _BAD_LITERAL.search(text) or " " in tokens[0].text[1:-1].strip():
        return Unreadable("bad_host")
    return Spec(text, "stray_text" if tokens[1:] else None)
