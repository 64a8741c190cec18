"""
Charset names of mail to Python's codecs, and bytes of a charset to text.

Mailers name charsets in their own ways (`x-cp1252`, `windows-949`, `8859-1`),
and often the smaller of two: each is read by the superset that the writer meant.
"""

import codecs
import re
from functools import lru_cache

# What Python does not know by this name; the key is the name in letters and digits alone.
_MEANT = {
    "8bit": "utf-8",
    "cngb": "gb18030",
    "cp31j": "cp932",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "default": "utf-8",
    "gb231280": "gb18030",
    "hzgb2312": "hz",
    "iso2022jpms": "iso2022_jp_ext",
    "koi8ru": "koi8-u",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "mac": "mac-roman",
    "macce": "mac-latin2",
    "macchinesesimp": "gb18030",
    "macchinesetrad": "cp950",
    "macjapanese": "cp932",
    "mackorean": "cp949",
    "unicode11utf7": "utf-7",
    "unicode11utf8": "utf-8",
    "unicode20utf7": "utf-7",
    "unicode20utf8": "utf-8",
    "unknown": "utf-8",
    "unknown8bit": "utf-8",
    "userdefined": "utf-8",
    "utf8mac": "utf-8",
    "windows31j": "cp932",
}
# Python's codec → the larger one that reads what mailers put under its name.
_SUPERSETS = {
    "ascii": "utf-8",
    "big5": "cp950",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_CODE_PAGE = re.compile(r"(?:windows|win|cp|ms|ibm|dos)(\d{3,5})")
# RFC 1556: -i and -e say how Hebrew and Arabic are ordered, not how they are coded.
_ISO_8859 = re.compile(r"(?:iso)?8859(\d{1,2})[ie]?")
# Codecs of Python that are no charsets of mail; some are slow or run escapes.
_NO_CHARSET = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})

# RFC 1468: between these escapes, pairs of ASCII bytes stand for characters, "(", "," and "@" among them.
# A run ends where the next begins, which keeps the search linear.
_ISO_2022 = re.compile(r"\x1b\$(?:[@B]|\(D)(?:[!-~]{2})*+(?:\x1b\([BJ]|(?=\x1b\$))")
_HIDDEN = 0xD900
_HIDDEN_RUN = re.compile(r"[\ud900-\ud97f]+")
_HIDE = {code: _HIDDEN + code for code in range(0x80)}
_REVEAL = {hidden: code for code, hidden in _HIDE.items()}


@lru_cache(maxsize=1_024)
def codec_of(charset: str) -> str | None:
    """
    Return the name of the codec that reads a charset of RFC 2047, None when none does.

    Names that say nothing (`unknown-8bit`, RFC 1428) stand for UTF-8, where
    bytes that are not are guessed.

    >>> codec_of("X-CP-1252"), codec_of("iso-8859-8-i"), codec_of("x-nonsense")
    ('cp1252', 'iso8859-8', None)
    """
    lowered = charset.lower()
    bare = lowered.removeprefix("x-")
    plain = _PUNCTUATION.sub("", bare)
    names = [_MEANT.get(plain), lowered, bare]
    if numbered := _ISO_8859.fullmatch(plain):
        names.append(f"iso8859-{numbered[1]}")
    if numbered := _CODE_PAGE.fullmatch(plain):
        names.append(f"cp{numbered[1]}")
    found = next(filter(None, map(_find_codec, filter(None, names))), None)
    return _SUPERSETS.get(found, found) if found else None


def _find_codec(name: str) -> str | None:
    """Return the name that a codec of text has in Python."""
    try:
        found = codecs.lookup(name).name
        b"a".decode(found, "replace")
    except UnicodeError:  # The utf-16 codecs refuse half a character even with "replace" in some builds.
        pass
    except (LookupError, ValueError):  # Not there, or no codec of text.
        return None
    return None if found.replace("_", "-") in _NO_CHARSET else found


def hide_iso_2022(text: str) -> str:
    """
    Return text in which ISO-2022-JP written without encoded words means nothing to a parser.

    Each character of such a run, escapes included, becomes a lone surrogate
    (U+D900 + its code), which no header text holds otherwise.
    """
    return _ISO_2022.sub(lambda run: run[0].translate(_HIDE), text) if "\x1b$" in text else text


def has_iso_2022(text: str) -> bool:
    """Tell whether text holds what `hide_iso_2022` hid."""
    return not text.isascii() and _HIDDEN_RUN.search(text) is not None


def reveal_iso_2022(text: str) -> str:
    """Return text as it was before `hide_iso_2022`."""
    return text if text.isascii() else _HIDDEN_RUN.sub(lambda run: run[0].translate(_REVEAL), text)


def read_iso_2022(text: str) -> str:
    """Return text with what `hide_iso_2022` hid decoded."""
    return _HIDDEN_RUN.sub(
        lambda run: run[0].translate(_REVEAL).encode("ascii").decode("iso2022_jp_ext", "replace"), text
    )
