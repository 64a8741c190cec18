"""One page for those who lead: what was found, the worst, what has to be decided by when, how much was seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from scanner.export.pages.document import new_document
from scanner.export.request import Request
from scanner.export.words.breath import by_status, coverage_share, since_text, unfinished
from scanner.export.words.decision import open_deadlines, with_time_left
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import bounds, figure, full_moment, long_day, rule_name, wording
from scanner.language import filled
from scanner.model import Deadline, IncidentKey, Ladder, Progress, Report, is_dated

_SHOWN = 5
"""Incidents and deadlines that are named: the page stays one."""

_CHANGED = 10
"""Keys of incidents of each kind that have changed."""


@dataclass(frozen=True, slots=True)
class _Worst:
    subject: str
    line: str


class ManagementPage:
    """
    The sentences of the page.

    Args:
        report: Its incidents are read once; of all but the worst nothing is kept.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._clock = Clock(report.head.time_zone)
        self._words = wording()["management"]
        self.worst: list[_Worst] = []
        """The worst incidents, by rank."""

        self._deadlines: list[tuple[Deadline, IncidentKey]] = []
        self._has_awareness = False
        for incident in report.incidents():
            if len(self.worst) < _SHOWN:
                self.worst.append(self._worst(incident))
            self._has_awareness |= incident.standing.aware_at is not None
            self._deadlines += [(one, incident.key) for one in open_deadlines(incident.standing)]
        self._deadlines.sort(key=lambda one: (one[0].due_at, one[1]))

    @property
    def title(self) -> str:
        """Title of the page."""
        organisation = visible(self._report.head.organisation)
        text: str = self._words["title"].format(organisation=organisation).removeprefix(": ")
        return text

    def found(self) -> str:
        """Return what was found, a sentence or two."""
        totals = self._report.totals
        if not totals.incidents and totals.whole is None:
            return str(wording()["breath"]["people_none"])
        if totals.whole is None:
            return self._shown("happened_text", totals.ladder, totals.incidents)
        # The queue, the workbook and JSON count dismissed incidents, too: a figure of fewer names what it lacks.
        left_out, queued = by_status(totals.left_out), totals.incidents + sum(totals.left_out.values())
        if not totals.incidents:
            return self._shown("all_dismissed", totals.whole, queued)
        text = self._shown("happened_text", totals.ladder, totals.incidents)
        return f"{text} {self._shown('left_out', totals.whole, queued, statuses=left_out)}"

    def _shown(self, sentence: str, ladder: Ladder, incidents: int, **more: str) -> str:
        values = {
            "messages": ladder.messages,
            "incidents": incidents,
            "people": ladder.exposed_people,
            "viewers": ladder.viewers,
        }
        return filled(self._words[sentence], {**values, "bounds": bounds(ladder), **more}, figure)

    def more(self) -> str:
        """Return how many incidents are not named; "" when all are."""
        left = self._report.totals.incidents - len(self.worst)
        return self._words["worst_more"].format(count=figure(left)) if left > 0 else ""

    def to_decide(self) -> Iterator[str]:
        """Yield what has to be decided, then the deadlines that run, by moment."""
        words = self._words
        if not self._report.totals.incidents:
            yield words["open_none"] if self._report.totals.left_out else wording()["page"]["none"]
            return
        here, elsewhere = map(_waiting, (self._report.totals.by_status, self._report.totals.left_out))
        decided = "open_none_here" if elsewhere else "open_none"
        form = decided if not here else "open_one" if here == 1 else "open_many"
        yield words[form].format(count=figure(here))
        for one, key in self._deadlines[:_SHOWN]:
            # What is left counts from the moment the report speaks for, so that it is the same in every copy.
            now = self._report.head.decided_until
            yield with_time_left(one.due_at, self._clock, now, partial(self._deadline, one, key))
        if not self._deadlines:
            yield words["no_deadline_left" if self._has_awareness else "no_deadline"]
        elif len(self._deadlines) > _SHOWN:
            yield words["more_deadlines"].format(count=figure(len(self._deadlines) - _SHOWN))

    def _deadline(self, deadline: Deadline, key: IncidentKey, when: str) -> str:
        whom = self._words[deadline.addressee]
        text: str = self._words["deadline"].format(rule=rule_name(deadline.name), whom=whom, when=when, key=key)
        return text

    def seen(self) -> str:
        """Return how much was seen."""
        totals = self._report.totals
        share = coverage_share(totals)
        oldest, newest = (
            long_day(self._clock, moment) if moment is not None and is_dated(moment) else wording()["unknown"]
            for moment in (totals.oldest_mail, totals.newest_mail)
        )
        text: str = self._words["seen_text"].format(
            stored=share["stored"],
            enumerated=share["enumerated"],
            percent=f"{share['percent']} %" if share["percent"] else wording()["unknown"],
            oldest=oldest,
            newest=newest,
            unreached=figure(len(totals.accounts_unreached)),
            gaps=figure(sum(1 for _ in self._report.gaps())),
        )
        return text

    def _worst(self, incident: Any) -> _Worst:
        line = self._words["worst_line"].format(
            people=figure(incident.ladder.exposed_people),
            day=long_day(self._clock, incident.first_sent_at),
            status=wording()["lead"]["statuses"][incident.status],
            key=incident.key,
        )
        subject = visible(incident.subject) or wording()["page"]["no_subject"]
        return _Worst(subject if len(subject) <= 90 else f"{subject[:90]}…", line)

    @property
    def made(self) -> str:
        """Which state of what the page tells."""
        head = self._report.head
        text: str = wording()["page"]["made"].format(
            moment=full_moment(self._clock, head.decided_until), zone=head.time_zone
        )
        return text


def _waiting(by_status: Mapping[str, int]) -> int:
    """Return how many incidents nobody has confirmed or dismissed."""
    return by_status.get("candidate", 0) + by_status.get("asked", 0)


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the page as a Word document into an open file."""
    page = ManagementPage(report)
    words = wording()["management"]
    with new_document(file, report.head, title=page.title) as document:
        document.add_heading(page.title, 1)
        document.add_heading(words["happened"], 2)
        for text in unfinished(report.head):
            document.add_paragraph(text).runs[0].bold = True
        if report.head.since is not None:
            changed = since_text(report.head.since, Clock(report.head.time_zone), _CHANGED)
            document.add_paragraph(changed).runs[0].bold = True
        document.add_paragraph(page.found())
        # A deadline is the first thing that those who lead can still miss.
        document.add_heading(words["decisions"], 2)
        for text in page.to_decide():
            document.add_paragraph(text, style="List Bullet")
        if page.worst:
            document.add_heading(words["worst"], 2)
        for one in page.worst:
            paragraph = document.add_paragraph(style="List Number")
            paragraph.add_run(one.subject).bold = True
            paragraph.add_run(f"\n{one.line}")
        if page.more():
            document.add_paragraph(page.more())
        document.add_heading(words["seen"], 2)
        document.add_paragraph(page.seen())
        document.add_paragraph(words["unseen"])
        document.add_paragraph(f"{page.made} {wording()['file']['footer']}").runs[0].italic = True
