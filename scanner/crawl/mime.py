"""What servers and files tell of a part alike: its type, its parameters and its file name, made a `MessagePart`."""

import re
from collections.abc import Sequence

from scanner.addresses.charset import codec_of
from scanner.addresses.text import decode_text
from scanner.model import MessagePart

DEEPEST = 100
"""Levels of parts within parts; what lies deeper is no mail of people."""

MOST_PARTS = 1_000
"""Parts of one message that are kept; with more of them its structure is a gap."""

Parameters = Sequence[tuple[bytes, bytes]]
"""(name, value) of the parameters of a field (RFC 2045, 5.1), in their order; values without their quotes."""

_NAME_LIMIT = 255
"""Characters of a file name: what file systems take."""

_TOKEN_LIMIT = 127
"""Characters of a type or subtype (RFC 6838, 4.2)."""

_NO_TOKEN = re.compile(rb"[^!#$%&'*+\-.0-9A-Z^_`a-z{|}~]")
_SEGMENT = re.compile(rb"\*(?:(\d{1,3})(\*)?)?\Z")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")


class StructureError(ValueError):
    """The structure of a message cannot be read; the text says why, in words for a gap."""


def make_part(
    section: str,
    kind: tuple[bytes, bytes],
    parameters: Parameters,
    disposition: bytes,
    disposition_parameters: Parameters,
    size: int | None,
) -> MessagePart:
    """
    Return the part of a message.

    Args:
        section: Its number, "1" for the only one.

        kind: Type and subtype as written.

        parameters: Of the type.

        disposition: Of Content-Disposition, b"" without one.

        disposition_parameters: Its parameters.

        size: In octets.
    """
    content_type = "/".join(map(_token, kind)) if all(kind) else "text/plain"
    method = find_parameter(parameters, b"method") if content_type == "text/calendar" else ""
    # RFC 2183, 2.3, and the older form of it (RFC 2046, 4.5.1).
    name = find_parameter(disposition_parameters, b"filename") or find_parameter(parameters, b"name")
    return MessagePart(
        section, content_type, method.upper()[:_TOKEN_LIMIT], _token(disposition), _shortened(name), size
    )


def find_parameter(parameters: Parameters, name: bytes) -> str:
    """
    Return a parameter decoded, "" if it is not there.

    In the form of RFC 2231 (charset and language, or cut into numbered
    pieces), else as it stands; encoded words (RFC 2047) are not allowed there
    and common all the same.

    >>> find_parameter([(b"filename*0*", b"utf-8''L%C3%B6h"), (b"FileName*1", b"ne.xlsx")], b"filename")
    'Löhne.xlsx'
    """
    plain = b""
    pieces: dict[int, tuple[bytes, bool]] = {}
    for key, value in parameters:
        lower = key.lower()
        if lower == name:
            plain = plain or value
        elif lower.startswith(name) and (segment := _SEGMENT.match(lower, len(name))):
            number = int(segment[1] or 0)
            pieces.setdefault(number, (value, segment[1] is None or segment[2] is not None))
    if not pieces:
        return _text(decode_text(plain))
    charset, joined = b"", b""
    # RFC 2231, 3: the pieces count from 0 on; what stands behind a hole belongs to nothing.
    for number in range(len(pieces)):
        if number not in pieces:
            break
        value, is_extended = pieces[number]
        if is_extended:
            if number == 0 and value.count(b"'") >= 2:
                charset, _, value = value.split(b"'", 2)
            value = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), value)
        joined += value
    codec = codec_of(charset.decode("ascii", "replace")) if charset else None
    if codec is None:
        return _text(decode_text(joined)) or _text(decode_text(plain))
    try:
        return _text(joined.decode(codec, "replace"))
    # The utf-16 codecs refuse even with "replace" in some builds, codecs of the C library raise what they like.
    except ValueError:
        return _text(decode_text(joined))


def _token(word: bytes) -> str:
    return _NO_TOKEN.sub(b"", word)[:_TOKEN_LIMIT].decode("ascii").lower()


def _text(text: str) -> str:
    # Neither NUL nor half characters: no database takes them.
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()


def _shortened(name: str) -> str:
    # The end tells what kind of file it is.
    return name if len(name) <= _NAME_LIMIT else f"{name[: _NAME_LIMIT - 21]}…{name[-20:]}"
