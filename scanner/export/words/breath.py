"""
The answer in one breath: the sentences that a workbook and a terminal begin with.

Apart from the workbook, so that a terminal need not load what writes one.
"""

from collections.abc import Iterator, Mapping

from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import figure, in_language, long_day, long_moment, percent, wording
from scanner.language import filled
from scanner.model import Report, ReportHead, Seen, Since, Totals, is_dated

_NAMED = 500
"""Keys that each part of a sentence names: four times as many fit into a cell."""


def report_title(head: ReportHead) -> str:
    """Return the title of the file, with the organisation's name where it is known."""
    words = wording()["file"]
    text: str = (
        words["title_of"].format(organisation=visible(head.organisation)) if head.organisation else words["title"]
    )
    return text


def breath(report: Report, clock: Clock) -> Iterator[tuple[str, str]]:
    """
    Yield the sentences of the first screen, each with the style it is shown in.

    Accounts never reached come first, then mailboxes that are gone, then
    whether the figures are final: whoever reads no further must not take them
    for more than they are.
    """
    words = wording()["breath"]
    totals = report.totals
    if totals.accounts_unreached:
        accounts = ", ".join(map(visible, totals.accounts_unreached))
        yield "warning", words["unreached"].format(count=figure(len(totals.accounts_unreached)), accounts=accounts)
    gone = [row for row in report.coverage() if row.is_unlisted and row.expunged_since]
    if gone:
        mailboxes = ", ".join(f"{visible(row.account)} / {visible(row.mailbox)}" for row in gone)
        yield "warning", words["unlisted"].format(count=figure(len(gone)), mailboxes=mailboxes)
    for text in unfinished(report.head):
        yield "warning", text
    if report.head.since is not None:
        yield "strong", since_text(report.head.since, clock)
    yield "strong", " ".join(_what_happened(totals, words, clock))
    yield "strong", " ".join(_what_was_seen(totals, words, clock))


def since_text(since: Since, clock: Clock, named: int = _NAMED) -> str:
    """Return what has changed since an earlier export, in a few sentences; the first `named` keys of each kind."""
    words = wording()["since"]
    parts = []
    for name in ("new", "grown", "gone", "decided", "noted"):
        keys = getattr(since, name)
        if keys:
            told = ", ".join(keys[:named]) + (words["more"].format(count=len(keys) - named) if keys[named:] else "")
            parts.append(words[name].format(count=figure(len(keys)), keys=told))
    if since.people_noted:
        parts.append(words["people_noted"].format(count=figure(since.people_noted)))
    parts.append(words["people"].format(then=figure(since.people_then), now=figure(since.people_now)))
    lead = words["lead"].format(number=since.number, moment=long_moment(clock, since.exported_at))
    told = words["none"] if since.is_unchanged else f"{'; '.join(parts)}."
    text = f"{lead} {told}"
    return text if since.is_same_policy else f"{text} {words['policy']}"


def unfinished(head: ReportHead) -> Iterator[str]:
    """Yield why the figures are not final: a scan has not come to its end, or more is stored than was analysed."""
    if head.provisional:
        yield provisional(head.seen)
    elif head.behind:
        yield wording()["breath"]["behind"]


def provisional(seen: Seen | None) -> str:
    """Return the heading of what is told before a scan has come to its end."""
    words = wording()["breath"]
    if seen is None or not seen.percent:
        return str(words["provisional_unknown"])
    share = words["seen_at_most" if seen.accounts_unknown else "seen"].format(percent=in_language(seen.percent))
    return str(words["provisional"].format(share=share))


def _what_happened(totals: Totals, words: dict[str, str], clock: Clock) -> Iterator[str]:
    figures = totals.ladder
    waiting = totals.by_status.get("candidate", 0) + totals.by_status.get("asked", 0)
    yield _by_number(words, "decide", waiting).format(count=figure(waiting))
    people, addresses = figures.exposed_people, figures.exposed_addresses
    if waiting == totals.incidents or not people:
        yield _by_number(words, "people", people).format(people=figure(people), addresses=figure(addresses))
    else:
        # The figures are those of decided and dismissed incidents, too: beside the number of open ones they mislead.
        values = {"count": totals.incidents, "people": people, "addresses": addresses}
        yield filled(words["people_of_all"], {**values, "statuses": by_status(totals.by_status)}, figure)
    if totals.newest_sent_at is not None and not is_dated(totals.newest_sent_at):
        yield words["newest_unknown"]
    elif totals.newest_sent_at is not None:
        yield words["newest"].format(day=long_day(clock, totals.newest_sent_at))


def by_status(counted: Mapping[str, int]) -> str:
    """Return how many incidents have each status, in words; "" for none."""
    named: Mapping[str, str] = wording()["lead"]["statuses"]
    return ", ".join(f"{figure(counted[name])} {text}" for name, text in named.items() if counted.get(name))


def _what_was_seen(totals: Totals, words: dict[str, str], clock: Clock) -> Iterator[str]:
    yield words["coverage" if totals.coverage_enumerated else "coverage_none"].format(**coverage_share(totals))
    if totals.oldest_mail is None:
        yield words["oldest_none"]
    elif not is_dated(totals.oldest_mail):
        yield words["oldest_unknown"]
    else:
        yield words["oldest"].format(day=long_day(clock, totals.oldest_mail))


def _by_number(words: dict[str, str], stem: str, number: int) -> str:
    return words[f"{stem}_{'none' if number == 0 else 'one' if number == 1 else 'many'}"]


def coverage_share(totals: Totals) -> dict[str, str]:
    """Return the coverage as texts: `percent` ("" when nothing was listed), `stored` and `enumerated`."""
    share = percent(totals.coverage_stored, totals.coverage_enumerated) if totals.coverage_enumerated else ""
    return {
        "percent": share,
        "stored": figure(totals.coverage_stored),
        "enumerated": figure(totals.coverage_enumerated),
    }
