"""Dates become moments, and what says nothing of its zone says so."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.date import read_date, read_internal_date

TEN = int(datetime(2021, 2, 3, 10, tzinfo=UTC).timestamp())
"""3 February 2021, 10:00 UTC."""

HOUR = 3600


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 3 Feb 2021 10:00:00 +0000", (TEN, 0)),
        ("Wed, 03 Feb 2021 11:00:00 +0100", (TEN, 60)),
        ("3 Feb 2021 05:30 -0430", (TEN, -270)),
        ("Wed, 3 Feb 2021 15:45:00 +0545", (TEN, 345)),
        ("wed, 3 FEB 2021 10:00:00 +0000", (TEN, 0)),
        ("Wed,3 Feb 2021 10:00:00 +0000", (TEN, 0)),
        ("Wed, 3 Feb 2021 11:00:00 +0100 (CET)", (TEN, 60)),
        ("Wed, 3 Feb 2021 11:00:00 +0100 (Mitteleuropäische Zeit (Berlin))", (TEN, 60)),
        ("Wed, 4 Feb 2021 00:00:00 +1400", (TEN, 840)),
        # The day's name is decoration: mailers write it wrong, in their language, or in full.
        ("Mon, 3 Feb 2021 10:00:00 +0000", (TEN, 0)),
        ("Wednesday, 3 February 2021 10:00:00 +0000", (TEN, 0)),
        # Comments anywhere (RFC 5322, 4.3: CFWS).
        ("(sent) Wed, 3 (third) Feb 2021 10:00:00 +0000", (TEN, 0)),
        ("Wed, 3 Feb 2021 (a (nested) one) 10:00:00 +0000", (TEN, 0)),
        # Obsolete zones (RFC 5322, 4.3).
        ("Wed, 3 Feb 2021 10:00:00 GMT", (TEN, 0)),
        ("Wed, 3 Feb 2021 10:00:00 UT", (TEN, 0)),
        ("Wed, 3 Feb 2021 10:00:00 UTC", (TEN, 0)),
        ("Wed, 3 Feb 2021 10:00:00 Z", (TEN, 0)),
        ("Wed, 3 Feb 2021 05:00:00 EST", (TEN, -300)),
        ("Wed, 3 Feb 2021 03:00:00 PDT", (TEN, -420)),
        ("Wed, 3 Feb 2021 11:00:00 GMT+0100", (TEN, 60)),
        ("Wed, 3 Feb 2021 11:00:00 GMT +0100", (TEN, 60)),
        # Two and three digits of year (RFC 5322, 4.3).
        ("Wed, 3 Feb 21 10:00:00 +0000", (TEN, 0)),
        ("Wed, 3 Feb 121 10:00:00 +0000", (TEN, 0)),
        # No seconds, dots, swapped parts, as some programs write them.
        ("Wed, 3 Feb 2021 10:00 GMT", (TEN, 0)),
        ("Wed, 3 Feb 2021 10.00.00 +0000", (TEN, 0)),
        ("Wed Feb 3 10:00:00 2021 +0000", (TEN, 0)),
    ],
)
def test_dates_of_mail_are_read(text: str, moment: tuple[int, int]) -> None:
    """RFC 5322, 3.3 and 4.3, and what mailers made of them."""
    assert read_date(text) == moment


@pytest.mark.parametrize(
    "zone", ["-0000", "CET", "BST", "A", "XYZ", "", "+9999", "-9959", "+2500", "MEZ", "+99999999", "local"]
)
def test_a_zone_that_says_nothing_gives_no_offset(zone: str) -> None:
    """RFC 5322, 3.3 ("-0000" … "provides no information about the local time zone") and 4.3 for unknown names."""
    assert read_date(f"Wed, 3 Feb 2021 10:00:00 {zone}".strip()) == (TEN, None)


def test_both_centuries_of_two_digits() -> None:
    """RFC 5322, 4.3: "00" through "49" are of 2000, the rest of 1900."""
    years = {
        text: datetime.fromtimestamp((read_date(f"3 Feb {text} 10:00:00 GMT") or (0, 0))[0], UTC).year
        for text in ("00", "49", "70", "99")
    }

    assert years == {"00": 2000, "49": 2049, "70": 1970, "99": 1999}


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 1 Jan 0001 00:00:00 +0000",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "01-Jan-0107 00:00:00",
        "Sat, 30 Dec 1899 00:00:00 GMT",
        "Sat, 30 Dec 1899 00:00:00 +0000",
    ],
)
def test_a_year_that_saw_no_mail_is_no_date_however_it_is_written(text: str) -> None:
    """RFC 5322, 4.3 adds centuries to years of two and three digits, not to those of four."""
    assert read_date(text) is None


def test_a_leap_second_is_the_next_minute() -> None:
    """RFC 5322, 3.3: second may be 60; in either form of writing."""
    midnight = int(datetime(2017, 1, 1, tzinfo=UTC).timestamp())

    assert read_date("Sat, 31 Dec 2016 23:59:60 +0000") == (midnight, 0)
    assert read_date("Sat, 31 Dec 2016 23:59:60 GMT") == (midnight, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Wed, 31 Feb 2021 10:00:00 +0000",
        "Wed, 31 Feb 2021 10:00:00 GMT",
        "Wed, 0 Feb 2021 10:00:00 +0000",
        "Wed, 3 Foo 2021 10:00:00 +0000",
        "Wed, 3 Feb 2021 24:00:00 +0000",
        "Wed, 3 Feb 2021 10:60:00 +0000",
        "Wed, 3 Feb 2021 10:00:61 +0000",
        "Wed, 3 Feb 2021 25:00:00 GMT",
        "Wed, 3 Feb 0021 10:00:00 +0000",
        "Wed, 3 Feb 1601 10:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Wed, 3 Feb 99999 10:00:00 +0000",
        "Wed, 3 Feb " + "9" * 5000 + " 10:00:00 +0000",
        "=?utf-8?q?Wed?=",
        "(" * 300,
        ", , , , ,",
        "\\xff\\xfe",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """Days, times and years that do not exist are not bent into ones that do."""
    assert read_date(text) is None


@given(st.integers(86_400, 1 << 32), st.integers(-14 * 60, 14 * 60))
def test_a_well_formed_date_reads_back(seconds: int, minutes: int) -> None:
    """What the standard library writes is read as the same moment with the same offset."""
    written = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))

    assert read_date(format_datetime(written)) == (seconds, minutes)


@given(st.text(max_size=60) | st.text("0123456789:+-(), JanFebGMTZ", max_size=60))
def test_any_text_is_a_moment_of_the_calendar_or_none(text: str) -> None:
    """Nothing raises, and every moment with its offset can be shown as a date."""
    moment = read_date(text)

    if moment is not None:
        offset = timedelta(minutes=moment[1] or 0)
        assert datetime.fromtimestamp(moment[0], UTC).astimezone(timezone(offset)).year > 1800


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"03-Feb-2021 10:00:00 +0000", (TEN, 0)),
        (b" 3-Feb-2021 11:00:00 +0100", (TEN, 60)),
        (b"3-Feb-2021 05:30:00 -0430", (TEN, -270)),
        (b"03-FEB-2021 10:00:00 +0000", (TEN, 0)),
        (b"03-Feb-2021 10:00:00 -0000", (TEN, None)),
        (b"03-Feb-2021 10:00:00 +9900", (TEN, None)),
    ],
)
def test_internal_dates_are_read(text: bytes, moment: tuple[int, int | None]) -> None:
    """RFC 9051, 9: date-time, with the blank, the 0 or nothing before a single-digit day."""
    assert read_internal_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"03-Feb-2021",
        b"31-Feb-2021 10:00:00 +0000",
        b"03-Xyz-2021 10:00:00 +0000",
        b"yesterday",
        b"03-Feb-2021 24:00:00 +0000",
        b"03-Feb-9999 10:00:00 +0000",
        b"03-Feb-0001 10:00:00 +1400",
    ],
)
def test_what_is_no_internal_date_is_none(text: bytes | None) -> None:
    """The store then keeps the Date field's moment instead."""
    assert read_internal_date(text) is None


def test_a_very_long_field_is_not_searched_to_its_end() -> None:
    """256 characters of it decide; nothing in it is gone through again and again."""
    assert read_date("Wed, 3 Feb 2021 10:00:00 +0000 " + "(x" * 500_000) == (TEN, 0)
    assert read_date("x" * 1_000_000) is None
