"""The texts and the look of reports, read from reports/wording.toml and reports/styles.toml."""

import json
import re
from collections.abc import Mapping
from typing import Any

from scanner.export.words.moment import Clock, utc_datetime
from scanner.language import ENGLISH, filled, language, texts
from scanner.model import Ladder, Reason, is_dated

_CATEGORY = re.compile(r"\((\w+)\)")
CLIENT_REGISTER = "client register"


def wording() -> Mapping[str, Any]:
    """Return the texts of reports/wording.toml, in the language of the report."""
    return texts("wording")


def styles() -> Mapping[str, Any]:
    """Return the look of the workbook from reports/styles.toml."""
    return texts("styles")


def gap_meaning(kind: str) -> str:
    """Return in words what a kind of gap means; the kind itself where nothing is known of it."""
    meaning: str = wording()["gap_kinds"].get(kind, kind)
    return meaning


def reason_text(reason: Reason) -> str:
    """Return a reason in the language of the report; in English where its phrases are not known."""
    if language() == ENGLISH or not reason.said:
        return reason.text
    templates = texts("reasons")
    phrases = json.loads(reason.said)
    if any(name not in templates for name, _ in phrases):
        return reason.text
    marks = wording()["quotes"]
    said = "".join(filled(templates[name], _in_our_words(name, values), figure) for name, values in phrases)
    return said.translate(str.maketrans("“”", marks))


def _in_our_words(name: str, values: Mapping[str, int | str]) -> Mapping[str, int | str]:
    """Return what fills a phrase, with those of our own words in it that are no figures."""
    if name in ("subject_words", "attachment_words"):
        known = wording()["categories"]
        return {
            **values,
            "words": _CATEGORY.sub(lambda found: f"({known.get(found[1], found[1])})", f"{values['words']}"),
        }
    return {**values, "labels": label_text(f"{values['labels']}")} if name == "label" else values


def label_text(labels: str) -> str:
    """Return the labels of an incident; the settings give them, but for the one of the client register."""
    ours: str = wording()["client_register"]
    return ", ".join(ours if one == CLIENT_REGISTER else one for one in labels.split(", "))


def rule_name(name: str) -> str:
    """Return the name of the rule that a deadline comes from, as the language of the report cites it."""
    shown: str = wording()["deadlines"]["rules"].get(name, name)
    return shown


def long_moment(clock: Clock, moment: int) -> str:
    """
    Return weekday, date, time and zone in words; that the date is unknown, of mail without one.

    Names come from the wording, never from the machine's locale.
    """
    words = wording()
    at = clock.local(moment)
    if at is None:
        return _no_date(moment)
    text: str = words["moment"].format(
        weekday=words["weekdays"][at.weekday()],
        day=at.day,
        month=words["months"][at.month - 1],
        year=at.year,
        time=f"{at:%H:%M}",
        zone=clock.zone,
    )
    return text


def full_moment(clock: Clock, moment: int) -> str:
    """Return `long_moment` with UTC beside it."""
    at = utc_datetime(moment)
    if at is None or clock.zone == "UTC" or not is_dated(moment):
        return long_moment(clock, moment)
    text: str = wording()["moment_utc"].format(moment=long_moment(clock, moment), utc=f"{at:%Y-%m-%d %H:%M}")
    return text


def long_day(clock: Clock, moment: int) -> str:
    """Return the date in words, in the clock's zone; that it is unknown, of mail without one."""
    words = wording()
    at = clock.local(moment) or (utc_datetime(moment) if is_dated(moment) else None)
    if at is None:
        return _no_date(moment)
    text: str = words["day"].format(day=at.day, month=words["months"][at.month - 1], year=at.year)
    return text


def _no_date(moment: int) -> str:
    # What no calendar reaches is given as seconds, so that nothing is lost.
    return f"{moment} s" if is_dated(moment) else str(wording()["no_date"])


def bounds(ladder: Ladder) -> str:
    """Return how many people to name to an authority, from the lower to the upper bound, in a few words."""
    words = wording()["bounds"]
    form = "exactly" if ladder.people_lower == ladder.people_upper else "between"
    text: str = words[f"{form}_or_more" if ladder.at_least else form].format(
        lower=figure(ladder.people_lower), upper=figure(ladder.people_upper)
    )
    return text


def figure(number: int) -> str:
    """
    Return a whole number with its thousands set apart, as the language of the report does it.

    >>> figure(2999)
    '2,999'
    """
    thousands: str = wording()["thousands"]
    return f"{number:,}".replace(",", thousands)


def decimal(number: float) -> str:
    """
    Return a number with the decimals it has, in the language of the report.

    >>> decimal(1.5), decimal(2)
    ('1.5', '2')
    """
    return in_language(f"{number:g}")


def in_language(number: str) -> str:
    """Return a number that was written with a decimal point in the language of the report."""
    mark: str = wording()["decimal"]
    return number.replace(".", mark)


def percent(part: int, whole: int) -> str:
    """
    Return a share in per cent with one decimal, rounded down: 100 means all.

    >>> percent(99_999, 100_000)
    '99.9'
    """
    tenths = part * 1000 // whole
    return in_language(f"{tenths // 10}.{tenths % 10}")
