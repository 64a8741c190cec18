"""
Header bytes to readable text: folding, encoded words and raw 8-bit.

Text on its way through the parser may hold surrogate escapes (U+DC80 to
U+DCFF) that stand for bytes which are not UTF-8, and others for raw
ISO-2022-JP; what leaves these functions as decoded text never does.
"""

import binascii
import re
from itertools import groupby

from scanner.addresses.charset import codec_of, has_iso_2022, hide_iso_2022, read_iso_2022, reveal_iso_2022

_SURROGATE = re.compile(r"[\ud800-\udfff]")

# RFC 2047, 2 and RFC 2231, 5: =?charset*language?encoding?text?=. Blanks in the text are
# forbidden but written by several mailers, and so are question marks; that few of them are allowed keeps it linear.
_ENCODED_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:+-]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*(?:(?<!=)\?(?!=)[^?]*){0,4})\?="
)
_Q_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
# Starts at the first blank of a run only, or long runs would be searched from each of their blanks.
_FOLD = re.compile(r"(?<![ \t])[ \t]*(?:[\r\n]+[ \t]*)++")


def _read_as_windows_1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:  # Five bytes that windows-1252 leaves open.
        return chr(byte)


_GUESS = {0xDC00 + byte: _read_as_windows_1252(byte) for byte in range(0x80, 0x100)}


def as_text(raw: bytes | str) -> str:
    """
    Return header bytes as text in which every byte that is not UTF-8 is a surrogate escape.

    Raw ISO-2022-JP is hidden (`hide_iso_2022`). Text that already holds such
    escapes is read again, so that UTF-8 in them appears; other lone surrogates
    become U+FFFD.
    """
    if isinstance(raw, str):
        if raw.isascii() or not _SURROGATE.search(raw):
            return hide_iso_2022(raw)
        raw = re.sub(r"[\ud800-\udc7f\udd00-\udfff]", "\ufffd", raw).encode("utf-8", "surrogateescape")
    return hide_iso_2022(raw.decode("utf-8", "surrogateescape"))


def defect_of_raw(text: str) -> str | None:
    """Return the defect of text that holds bytes in a charset that it does not name, else None."""
    if text.isascii() or not _SURROGATE.search(text):
        return None
    return "raw_iso_2022" if has_iso_2022(text) else "raw_8bit"


def guess_8bit(text: str) -> str:
    """
    Return text with each surrogate escape read as a windows-1252 byte, or Latin-1 where that has none.

    Raw ISO-2022-JP names its charset by its escapes, and is read in it.
    """
    if text.isascii() or not _SURROGATE.search(text):
        return text
    text = read_iso_2022(text)
    return _SURROGATE.sub("\ufffd", text.translate(_GUESS))


def unfold(text: str) -> str:
    """Return text with every line break and the blanks around it as one blank (RFC 5322, 2.2.3)."""
    return _FOLD.sub(" ", text) if "\n" in text or "\r" in text else text


def decode_words(text: str) -> str:
    """
    Return text with its encoded words decoded (RFC 2047) and raw 8-bit guessed.

    Blanks between two adjacent encoded words vanish (RFC 2047, 6.2). Bytes of
    adjacent words in one charset are joined first, because mailers split
    characters over words. A word in an unknown charset stays as it is written.
    """
    if "=?" not in text:
        return guess_8bit(text)
    parts: list[str] = []
    run: list[re.Match[str]] = []
    position = 0
    for word in _ENCODED_WORD.finditer(text):
        between = text[position : word.start()]
        if not run or between.strip(" \t\r\n"):
            parts.append(_decode_run(run))
            parts.append(between)
            run = []
        run.append(word)
        position = word.end()
    parts.append(_decode_run(run))
    parts.append(text[position:])
    return guess_8bit("".join(parts))


def decode_text(raw: bytes | str) -> str:
    """
    Return unstructured header text, such as a Subject, unfolded and decoded.

    Encoded words are decoded, raw 8-bit is read as UTF-8, else as
    windows-1252. The result holds no lone surrogates and no line breaks.
    """
    text = as_text(raw)
    if text.isascii() and "=?" not in text and "\n" not in text and "\r" not in text:
        return text.strip()
    return unfold(decode_words(unfold(text))).strip()


def _decode_run(words: list[re.Match[str]]) -> str:
    """Decode adjacent encoded words, those of one charset together, however it is spelt."""
    parts: list[str] = []
    for codec, same in groupby(words, key=lambda word: codec_of(word[1])):
        group = list(same)
        decoded = None if codec is None else _decode_bytes(b"".join(_word_bytes(word) for word in group), codec)
        parts.append(" ".join(word[0] for word in group) if decoded is None else decoded)
    return "".join(parts)


def _word_bytes(word: re.Match[str]) -> bytes:
    content = reveal_iso_2022(word[3]).encode("utf-8", "surrogateescape")
    if word[2] in "qQ":
        return _Q_BYTE.sub(lambda match: bytes([int(match[1], 16)]), content.replace(b"_", b" "))
    content = _NOT_BASE64.sub(b"", content)
    # A lone last character holds less than a byte: it is cut, and the padding made good.
    content = content[:-1] if len(content) % 4 == 1 else content
    return binascii.a2b_base64(content + b"=" * (-len(content) % 4))


def _decode_bytes(raw: bytes, codec: str) -> str | None:
    """Return None for bytes that the codec refuses to read even in part."""
    try:
        return raw.decode(codec)
    except UnicodeError:
        if codec == "utf-8":
            return guess_8bit(raw.decode("utf-8", "surrogateescape"))
        try:
            return raw.decode(codec, "replace")
        except UnicodeError:  # The utf-16 codecs refuse even with "replace" in some builds.
            return None
    except ValueError:  # What a codec of the C library may raise beside.
        return None
