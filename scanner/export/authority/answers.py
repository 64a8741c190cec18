"""
What an authority asks for, answered in figures: nothing here names anybody.

The forms and their sentences are data (reports/authority.toml). Subjects,
accounts and display names are not told; sentences that persons wrote into
decisions, and names of labels, are left out when they name somebody
(scanner.export.authority.naming), and whoever makes the form is told of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanner.export.authority.facts import Case, IncidentLine, gather
from scanner.export.authority.naming import says_what
from scanner.export.request import Request, Withheld, WithheldField
from scanner.export.tables.follow_up import PeopleTold
from scanner.export.words.breath import coverage_share, since_text, unfinished
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import decimal, figure, full_moment, in_language, label_text, wording
from scanner.language import texts
from scanner.model import IncidentKey, Report

_HIPAA_MEDIA = 500
"""45 CFR 164.406: more than 500 residents of a State; the tool knows no States, so the number alone decides."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One field of a form."""

    number: int
    heading: str
    text: str


def filled_form(report: Report, request: Request) -> "AuthorityForm":
    """Return the form that is asked for, filled in; whoever asks is told what it leaves out."""
    form = AuthorityForm(report, request.form)
    if request.tell is not None:
        for one in form.withheld:
            request.tell(one)
    return form


class AuthorityForm:
    """
    One form, filled in.

    Args:
        report: Of the incidents that the authority is told of; read once.

        form: Name of a form of reports/authority.toml, which is there.

    It speaks the language of the block, which `Request.spoken` chooses for a file.
    """

    def __init__(self, report: Report, form: str) -> None:
        data = texts("authority")
        self.clock = Clock(report.head.time_zone)
        self.words: Mapping[str, Any] = data["words"]
        self._report = report
        self._sentences: Mapping[str, str] = data["answer"]
        self._withheld: dict[Withheld, None] = {}
        self._facts = gather(
            report, self.clock, self.words["deadline"], frozenset(data["form"][form].get("regimes", ()))
        )
        self._asked = {name for _, name in data["form"][form]["fields"]}
        title = data["form"][form]["title"]
        self.title: str = self.words["title"].format(form=title, organisation=visible(report.head.organisation))
        self.title = self.title.removesuffix(": ")
        self.answers = tuple(
            Answer(number, heading, self._answer(name))
            for number, (heading, name) in enumerate(data["form"][form]["fields"], 1)
        )

    @property
    def incidents(self) -> tuple[IncidentLine, ...]:
        """The incidents in figures, by when they began."""
        return tuple(one.line for one in self._facts.cases)

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """What persons wrote and the form does not say, because it names somebody; in the order of the answers."""
        return tuple(self._withheld)

    @property
    def made(self) -> str:
        """Which state of what the form tells."""
        head = self._report.head
        text: str = self.words["made"].format(
            moment=full_moment(self.clock, head.decided_until),
            as_of=full_moment(self.clock, head.as_of),
            version=head.tool_version,
            policy=head.policy_sha256,
            head=head.chain_head or self.words["none"],
        )
        return text

    @property
    def since(self) -> str:
        """What has changed since the version that was sent before; "" when none was named."""
        since = self._report.head.since
        return since_text(since, self.clock) if since is not None else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands above the answers: a draft, why figures are not final, the deadlines, what has changed since."""
        return (
            self.words["draft"],
            *unfinished(self._report.head),
            *(text for _, text in self._facts.deadlines),
            *([self.since] if self.since else []),
        )

    def plain_text(self) -> str:
        """Return all answers as text to paste into a form."""
        parts = [self.title, *self.notes]
        parts += [f"{answer.number}. {answer.heading}\n{answer.text}" for answer in self.answers]
        return "\n\n".join([*parts, self.made])

    # --- answers -----------------------------------------------------------------

    def _screened(self, field: WithheldField, incident: IncidentKey, text: str) -> str:
        """Return a sentence of a person's, or a note that it was left out because it names somebody."""
        place = self._facts.named.place_in(text)
        if place:
            self._withheld[Withheld(incident, field, place)] = None
            return str(self.words["removed"].format(incident=incident))
        return visible(text)

    def _each(self, said: Callable[[Case], str], *, apart: str = "\n") -> str:
        """
        Return what is said of each incident, with its key where incidents differ.

        Args:
            said: Tells of one.

            apart: Stands between what is said of several.
        """
        groups: dict[str, list[IncidentKey]] = {}
        for one in self._facts.cases:
            groups.setdefault(said(one), []).append(one.key)
        if len(groups) == 1:
            return next(iter(groups))
        words = self.words
        return apart.join(
            words["of_one" if len(keys) == 1 else "of_several"].format(incidents=", ".join(keys), text=text)
            for text, keys in groups.items()
        )

    def _answer(self, name: str) -> str:
        if not name:
            return str(self._sentences["prevention"])
        special = getattr(self, f"_answer_{name}", None)
        if special is not None:
            return str(special())
        return self._fill(name)

    def _fill(self, name: str, **more: object) -> str:
        totals = self._report.totals
        ladder = totals.ladder
        share = coverage_share(totals)
        values: dict[str, object] = {
            "messages": figure(ladder.messages),
            "addresses": figure(ladder.exposed_addresses),
            "people": figure(ladder.exposed_people),
            "events": figure(ladder.exposure_events),
            "viewers": figure(ladder.viewers),
            "inside": figure(ladder.internal_visible),
            "bcc": figure(ladder.bcc_viewers),
            "full": figure(ladder.identifiable_full),
            "partial": figure(ladder.identifiable_partial),
            "nameless": figure(ladder.nameless),
            "role": figure(ladder.role),
            "lower": figure(ladder.people_lower),
            "upper": figure(ladder.people_upper),
            "at_least": self._sentences["at_least"] if ladder.at_least else "",
            "stored": share["stored"],
            "enumerated": share["enumerated"],
            "percent": f"{share['percent']} %" if share["percent"] else "?",
            **more,
        }
        return self._sentences[name].format(**values)

    def _answer_happened(self) -> str:
        is_one = self._report.totals.ladder.messages == 1
        parts = [self._fill("happened_one" if is_one else "happened_many")]
        if self._facts.recalls:
            parts.append(self._fill("recall", recalls=figure(self._facts.recalls)))
        return " ".join(parts)

    def _answer_found_how(self) -> str:
        if not any(one.standing.aware_source for one in self._facts.cases):
            return self._fill("found_how_unknown")

        def source(one: Case) -> str:
            given = one.standing.aware_source
            if not given:
                return str(wording()["unknown"])
            # What nobody stated is a word of ours.
            known: dict[str, str] = wording()["deadlines"]["sources"]
            return known.get(given) or self._screened("aware", one.key, given)

        return self._fill("found_how", source=self._each(source, apart="; "))

    def _answer_discovered(self) -> str:
        return self._each(lambda one: self._aware(one, "discovered", "moment")) or self._fill("discovered_unknown")

    def _answer_delay(self) -> str:
        return self._each(lambda one: self._aware(one, "delay", "discovered")) or self._fill("delay_unknown")

    def _aware(self, one: Case, name: str, moment: str) -> str:
        aware = one.standing.aware_at
        if aware is None:
            return self._fill(f"{name}_unknown")
        return self._fill(name, **{moment: full_moment(self.clock, aware)})

    def _answer_when(self) -> str:
        def span(one: Case) -> str:
            form = "when_item" if one.first == one.last else "when_span"
            return self._fill(form, first=full_moment(self.clock, one.first), last=full_moment(self.clock, one.last))

        return self._fill("when", moments=self._each(span) or self.words["none"])

    def _answer_data(self) -> str:
        parts = [self._fill("data")]
        if self._facts.labels:
            told = [self._label(label, incident) for label, incident in self._facts.labels.items()]
            parts.append(self._fill("data_labels", labels=", ".join(dict.fromkeys(told))))
        return " ".join(parts)

    def _label(self, label: str, incident: IncidentKey) -> str:
        """Return a label that says what is sensitive; any other may be somebody's name, whom no list knows."""
        shown = label_text(label)
        if shown != label or says_what(label):
            return shown
        self._withheld[Withheld(incident, "label")] = None
        return self._fill("data_label_removed")

    def _answer_consequences(self) -> str:
        return self._stated("consequences", "effects") or self._fill("consequences_unknown")

    def _answer_measures(self) -> str:
        if any(one.text("measures") for one in self._facts.cases):
            return self._stated("measures", "measures")
        # What the form asks for in a field of its own is not said twice.
        deletion = "" if "viewers" in self._asked else self._deletion()
        return " ".join(filter(None, (deletion, self._fill("measures_unknown"))))

    def _stated(self, name: str, kind: Literal["effects", "measures"]) -> str:
        """Return what persons wrote of each incident, and of which of them nobody did."""

        def stated(one: Case) -> str:
            text = one.text(kind)
            return self._fill(name, **{kind: self._screened(kind, one.key, text)}) if text else unknown

        unknown = self._fill(f"{name}_unknown")
        return self._each(stated)

    def _answer_viewers(self) -> str:
        return self._fill("viewers", deletion=self._deletion() or self._fill("deletion_unknown"))

    def _deletion(self) -> str:
        """Return how many were asked to delete the mail and have confirmed it; "" where nothing was noted."""
        noted = self._facts.deletions
        said = []
        if noted.first_requested_at is not None:
            first = full_moment(self.clock, noted.first_requested_at)
            said.append(self._fill("deletion_requested", requested=figure(noted.requested), first=first))
        if said or noted.confirmed:
            said.append(self._fill("deletion_confirmed", confirmed=figure(noted.confirmed)))
        return " ".join(said)

    def _answer_severity(self) -> str:
        return self._each(self._severity) or self._fill("severity_unknown")

    def _severity(self, one: Case) -> str:
        ruling = one.standing.ruling("severity")
        if ruling is None or ruling.severity is None:
            return self._fill("severity_unknown")
        found = ruling.severity
        values = {
            "level": wording()["decisions"]["levels"][found.level],
            "dpc": in_language(str(found.dpc)),
            "ei": decimal(found.ei),
            "cb": decimal(found.cb),
            "score": decimal(found.score),
        }
        return self._fill("severity", **values)

    def _answer_before(self) -> str:
        count = self._facts.siblings
        return self._fill("before", siblings=self._fill("siblings", count=figure(count)) if count else "")

    def _answer_people_told(self) -> str:
        told = [self._each(self._told)]
        by_one = PeopleTold.of(self._report.people())
        if by_one is not None:
            first, last = full_moment(self.clock, by_one.first_at), full_moment(self.clock, by_one.last_at)
            form = "people_told_one_day" if first == last else "people_told_days"
            told.append(self._fill(form, told=figure(by_one.count), first=first, last=last))
        return self._fill("people_told", told="\n".join(filter(None, told)) or self._fill("people_told_unknown"))

    def _told(self, one: Case) -> str:
        ruling = one.standing.ruling("people")
        if ruling is None:
            return self._fill("people_told_unknown")
        if ruling.answer == "no":
            return self._fill("people_told_no", reason=self._screened("people", one.key, ruling.text))
        if ruling.told_at is None:
            return self._fill("people_told_planned")
        return self._fill("people_told_yes", moment=full_moment(self.clock, ruling.told_at))

    def _answer_unknown(self) -> str:
        gaps = sum(1 for _ in self._report.gaps())
        return self._fill("unknown", gaps=figure(gaps), unreached=figure(len(self._report.totals.accounts_unreached)))

    def _answer_media(self) -> str:
        many = self._report.totals.ladder.people_upper > _HIPAA_MEDIA
        return self._fill("media", media=self._fill("media_yes" if many else "media_no"))
