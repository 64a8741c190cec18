"""Header bytes become the text that a person was shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.addresses import decode_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"folded\r\n line", "folded line"),
        (b"folded\r\n\tline ", "folded line"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Gr\u00fc\u00dfe"),
        (b"=?utf-8?B?R3LDvMOfZQ==?=", "Gr\u00fc\u00dfe"),
        (b"=?UTF-8?b?R3LDvMOfZQ?=", "Gr\u00fc\u00dfe"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a?=\r\n =?iso-8859-1?q?=E4?=", "a\u00e4"),
        (b"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        (b"Re: =?utf-8?q?a_b?=!", "Re: a b!"),
        (b"=?us-ascii*en?q?language?=", "language"),
        (b"=?iso-8859-1?q?=93quoted=94?=", "\u201cquoted\u201d"),
        (b"=?gb2312?b?1tDOxA==?=", "\u4e2d\u6587"),
        (b"=?utf-8?q?with blanks inside?=", "with blanks inside"),
        (b"=?utf-8?q?a=0Ab?=", "a b"),
        (b"Gr\xfc\xdfe", "Gr\u00fc\u00dfe"),
        (b"Gr\xc3\xbc\xc3\x9fe", "Gr\u00fc\u00dfe"),
        (b"\x80 1", "\u20ac 1"),
        (b"=?x-nonsense?q?a=2C?=", "=?x-nonsense?q?a=2C?="),
        (b"=?x-unknown?q?J=F6rg?=", "J\u00f6rg"),
        (b"=?utf-8?q?Who??=", "Who?"),
        (b"=?unicode:escape?q?=5Cx41?=", "=?unicode:escape?q?=5Cx41?="),
        (b"=?rot13?q?uryyb?=", "=?rot13?q?uryyb?="),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?b?R?=", ""),
    ],
)
def test_a_subject_reads_as_it_was_shown(raw: bytes, text: str) -> None:
    """RFC 5322, 2.2.3 and RFC 2047, with what mailers make of them."""
    assert decode_text(raw) == text


def test_a_character_split_over_two_words_is_whole() -> None:
    """Bytes of adjacent words in one charset are joined before they are decoded."""
    assert decode_text("=?utf-8?B?Wm/Dq8M=?= =?utf-8?B?qSBY?=") == "Zo\u00eb\u00e9 X"


@given(st.one_of(st.binary(max_size=80), st.text(st.characters(exclude_categories=[]), max_size=80)))
def test_any_header_gives_storable_text(raw: bytes | str) -> None:
    """Text fields may hold any character but lone surrogates, and no line break."""
    text = decode_text(raw)

    assert text.encode("utf-8").decode("utf-8") == text
    assert "\n" not in text
    assert "\r" not in text


@given(
    st.sampled_from(["utf-7", "utf-16", "utf-16-le", "iso-2022-jp", "gb18030", "big5", "idna", "hz"]),
    st.binary(max_size=30),
)
def test_any_charset_gives_storable_text(charset: str, raw: bytes) -> None:
    """A charset that decodes to lone surrogates, or not at all, does no harm."""
    word = f"=?{charset}?q?{''.join(f'={byte:02X}' for byte in raw)}?="

    assert decode_text(word).encode("utf-8") is not None
