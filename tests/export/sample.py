"""
A report in memory, made of invented people, so that exports are tested without a store.

Its texts are hostile where text from mail can be, and its figures are added
up here by hand-sized rules, not by the package.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from scanner.model import (
    AccountMonths,
    AddressKey,
    AlsoLook,
    BelowIncident,
    BulkSend,
    CoverageRow,
    DeliveryState,
    Export,
    ExposedAddress,
    Gap,
    HeaderBlock,
    Identity,
    InboxReading,
    Incident,
    IncidentChange,
    IncidentKey,
    IncidentMessage,
    KeptText,
    KnownPerson,
    Ladder,
    MissingMail,
    NearMiss,
    Outline,
    PeopleStatement,
    PeopleSuggestion,
    Person,
    Reason,
    RelatedIncident,
    ReportHead,
    ScanRecord,
    Statement,
    StoredCopy,
    StoredMessage,
    StoredRecipient,
    Totals,
    TraceImport,
    UnscannedSender,
    Viewer,
)

HOSTILE = (
    '=HYPERLINK("http://evil.example/","click")',
    "+49 30 1234567",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "#N/A",
    "#REF!",
    "TRUE",
    "00123",
    "1e5",
    "bell \x07 and null \x00 and escape \x1b[2J",
    "right\u202eto left\u2066\u200f",
    "lone \udc80 surrogate \ud83d",
    "noncharacter \uffff and \ufffe",
    "line\r\nbreak\u2028and more",
    "spelt _x000D_ out",
    " spaces around ",
    "<b>&amp; 'quoted' \"text\"</b>",
    "👩‍⚕️ 名前 Ωμέγα",
    "http://example.org/?q=1",
    "'=1+1",
)
"""Texts that must arrive as text, whatever reads the file."""

# 2026-03-29 00:30 UTC, half an hour before Berlin moves its clocks.
SPRING = 1_774_744_200
HOUR = 3600
DAY = 24 * HOUR


def key(text: str) -> AddressKey:
    """Return an address key of invented people, as the address parser would make it."""
    return AddressKey(text.lower())


def identity(number: int) -> Identity:
    """Return a well-formed identity."""
    return Identity(f"{number:064x}")


def message(
    number: int,
    addresses: Sequence[str],
    *,
    sent_at: int = SPRING,
    subject: str = "Spring newsletter",
    names: Sequence[str] = (),
    copies: int = 1,
    account: str = "office@corp.example",
) -> IncidentMessage:
    """Return a message that shows the addresses in To, sent by the office, with one insider in Cc."""
    shown = [
        StoredRecipient("to", key(address), address, names[index] if index < len(names) else "")
        for index, address in enumerate(addresses)
    ]
    sender = StoredRecipient("from", key("office@corp.example"), "office@corp.example", "The Office")
    inside = StoredRecipient("cc", key("boss@corp.example"), "Boss@corp.example", "Bea Boss")
    return IncidentMessage(
        message=StoredMessage(
            identity=identity(number),
            message_id=f"<{number}@corp.example>",
            date_field="Sun, 29 Mar 2026 01:30:00 +0100",
            sent_at=sent_at,
            sent_offset=60,
            origin="sent",
            subject=subject,
            recipients=(sender, *shown, inside),
            copies=tuple(
                StoredCopy(
                    account=account,
                    mailbox="Sent" if copy == 0 else f"Archive/{copy}",
                    role="sent" if copy == 0 else "archive",
                    uidvalidity=4_294_967_295,
                    uid=3_000_000_000 + number * 10 + copy,
                    internal_at=sent_at + 2,
                    header_sha256=f"{number * 10 + copy:064x}",
                    deleted=copy == 2,
                    expunged=copy == 3,
                )
                for copy in range(copies)
            ),
        ),
        kind="original",
        exposed=tuple(sorted({key(address) for address in addresses})),
    )


def incident(rank: int, messages: Sequence[IncidentMessage], *, subject: str = "", label: str = "") -> Incident:
    """Return an incident whose figures follow from its messages; every address is a person of its own."""
    exposed = sorted({address for part in messages for address in part.exposed})
    named: dict[AddressKey, set[str]] = {address: set() for address in exposed}
    for part in messages:
        for recipient in part.message.recipients:
            if recipient.key in named and recipient.display_name:
                named[recipient.key].add(recipient.display_name)
    entries = tuple(
        ExposedAddress(
            key=address,
            person_id=person_id(address),
            display_names=tuple(sorted(named[address])),
            tier="full" if named[address] else "nameless",
            messages=tuple(part.message.identity for part in messages if address in part.exposed),
        )
        for address in exposed
    )
    viewers = [Viewer(address, inside=False, field="to") for address in exposed]
    viewers.append(Viewer(key("boss@corp.example"), inside=True, field="cc"))
    return Incident(
        key=IncidentKey(messages[0].message.identity[-12:]),
        rank=rank,
        score=80 - rank,
        queued="floor",
        status="candidate",
        subject=subject or messages[0].message.subject,
        senders=(key("office@corp.example"),),
        first_sent_at=min(part.message.sent_at for part in messages),
        last_sent_at=max(part.message.sent_at for part in messages),
        label=label,
        reasons=(
            Reason("size", 85 - rank, f"{len(exposed)} external people could see each other"),
            Reason("mitigant_thread", -5, "the thread was begun from outside"),
        ),
        ladder=ladder(messages, entries),
        related=(),
        bcc_siblings=(identity(900 + rank),),
        messages=tuple(messages),
        exposed=entries,
        viewers=tuple(sorted(viewers, key=lambda viewer: viewer.key)),
    )


def ladder(messages: Sequence[IncidentMessage], entries: Sequence[ExposedAddress]) -> Ladder:
    """Return the figures of messages that all show different people and one insider."""
    full = sum(entry.tier == "full" for entry in entries)
    return Ladder(
        messages=len(messages),
        exposure_events=sum(len(part.exposed) for part in messages),
        exposed_addresses=len(entries),
        exposed_people=len(entries),
        identifiable_full=full,
        identifiable_partial=0,
        nameless=len(entries) - full,
        role=0,
        list=0,
        unresolved=0,
        viewers=len(entries) + 1,
        internal_visible=1,
        bcc_viewers=0,
        delivered=None,
        replied=None,
        people_lower=len(entries),
        people_upper=len(entries),
        at_least=False,
    )


def person_id(address: AddressKey) -> str:
    """Return an invented person key."""
    return f"p-{address}"


@dataclass(frozen=True)
class SampleReport:
    """`scanner.model.Report` over tuples."""

    head: ReportHead
    totals: Totals
    all_incidents: tuple[Incident, ...]
    all_people: tuple[Person, ...]
    all_coverage: tuple[CoverageRow, ...]
    all_gaps: tuple[Gap, ...]
    all_also_look: tuple[AlsoLook, ...]
    all_below: tuple[BelowIncident, ...] = ()
    all_near_misses: tuple[NearMiss, ...] = ()
    all_missing_mail: tuple[MissingMail, ...] = ()
    all_account_months: tuple[AccountMonths, ...] = ()
    all_senders: tuple[UnscannedSender, ...] = ()
    all_suggestions: tuple[PeopleSuggestion, ...] = ()
    all_delivery: DeliveryState = field(default_factory=DeliveryState)
    all_statements: tuple[PeopleStatement, ...] = ()
    all_exports: tuple[Export, ...] = ()
    all_decisions: tuple[Statement, ...] = ()
    all_scans: tuple[ScanRecord, ...] = ()
    all_known: tuple[KnownPerson, ...] = ()

    def incidents(self) -> Iterator[Incident]:
        """Yield by rank."""
        return iter(self.all_incidents)

    def find(self, beginning: str) -> Iterator[Incident]:
        """Yield incidents whose keys begin so."""
        return (entry for entry in self.all_incidents if entry.key.startswith(beginning))

    def related(self, key: IncidentKey) -> Iterator[RelatedIncident]:
        """Yield what the incident names, by nothing but its sender."""
        named = {other for one in self.all_incidents if one.key == key for other in one.related}
        for other in self.all_incidents:
            if other.key in named:
                addresses = other.ladder.exposed_addresses
                place = other.key, other.rank, other.score, other.subject, other.first_sent_at
                yield RelatedIncident(*place, addresses, 0, ("sender",))

    def siblings(self, key: IncidentKey) -> Iterator[StoredMessage]:
        """Yield one message for each sibling."""
        siblings = (sibling for one in self.all_incidents if one.key == key for sibling in one.bcc_siblings)
        for number, sibling in enumerate(siblings):
            yield replace(message(number, ("a@example.org",)).message, identity=sibling)

    def outline(self) -> Iterator[Outline]:
        """Yield by rank."""
        for entry in self.all_incidents:
            figures = (entry.ladder.messages, entry.ladder.exposed_addresses, entry.ladder.exposed_people)
            yield Outline(entry.key, entry.rank, entry.score, entry.status, *figures)

    def exports(self) -> Iterator[Export]:
        """Yield what was handed out before."""
        return iter(self.all_exports)

    def decision_log(self) -> Iterator[Statement]:
        """Yield what persons have decided."""
        return iter(self.all_decisions)

    def known_people(self) -> Iterator[KnownPerson]:
        """Yield whom no incident shows."""
        return iter(self.all_known)

    def scans(self) -> Iterator[ScanRecord]:
        """Yield the scans."""
        return iter(self.all_scans)

    def header_blocks(self) -> Iterator[HeaderBlock]:
        """Yield one header for each message."""
        for number, entry in enumerate(part.message for one in self.all_incidents for part in one.messages):
            yield HeaderBlock(f"{number:064x}", f"Subject: {entry.subject}\r\n".encode("utf-8", "replace"))

    def decision_rows(self) -> Iterator[KeptText]:
        """Yield nothing: nobody has decided anything."""
        return iter(())

    def policy_text(self) -> Iterator[KeptText]:
        """Yield a text that names the organisation."""
        yield KeptText('{"policy":{"domains":["corp.example"]}}')

    def below(self) -> Iterator[BelowIncident]:
        """Yield what is not queued."""
        return iter(self.all_below)

    def people(self) -> Iterator[Person]:
        """Yield by person_id."""
        return iter(self.all_people)

    def people_suggestions(self) -> Iterator[PeopleSuggestion]:
        """Yield by addresses."""
        return iter(self.all_suggestions)

    def people_statements(self) -> Iterator[PeopleStatement]:
        """Yield in the order of the log."""
        return iter(self.all_statements)

    def coverage(self) -> Iterator[CoverageRow]:
        """Yield unreached accounts first."""
        return iter(self.all_coverage)

    def gaps(self) -> Iterator[Gap]:
        """Yield open gaps."""
        return iter(self.all_gaps)

    def near_misses(self) -> Iterator[NearMiss]:
        """Yield over all, by mailbox, by label."""
        return iter(self.all_near_misses)

    def missing_mail(self) -> Iterator[MissingMail]:
        """Yield by account and month."""
        return iter(self.all_missing_mail)

    def account_months(self) -> Iterator[AccountMonths]:
        """Yield by account."""
        return iter(self.all_account_months)

    def senders_not_scanned(self) -> Iterator[UnscannedSender]:
        """Yield the busiest first."""
        return iter(self.all_senders)

    def inbox_readings(self) -> Iterator[InboxReading]:
        """Yield by account."""
        return iter(self.all_delivery.inboxes)

    def trace_imports(self) -> Iterator[TraceImport]:
        """Yield in the order of import."""
        return iter(self.all_delivery.traces)

    def unexplained_sends(self) -> Iterator[BulkSend]:
        """Yield by time."""
        return iter(self.all_delivery.unexplained)

    def changes(self) -> Iterator[IncidentChange]:
        """Yield no change: a first analysis."""
        return iter(())

    def also_look(self) -> Iterator[AlsoLook]:
        """Yield single outsiders shown to many."""
        return iter(self.all_also_look)


HEAD = ReportHead(
    organisation="Corp & Daughters",
    time_zone="Europe/Berlin",
    mandate={
        "ordered_by": "Dr. Dana Protect",
        "purpose": "look back after a report",
        "legal_basis": "works agreement 7",
    },
    generated_at=SPRING + 30 * DAY,
    as_of=SPRING + 30 * DAY,
    tool_version="0.1.0",
    parser_version="1",
    policy_sha256="ab" * 32,
    queue_floor=5,
    queue_score=10,
    provisional=False,
    decided_until=SPRING + 30 * DAY,
)

COVERAGE = (
    CoverageRow("lost@corp.example", "", "", "", True, None, 0, 0, 0, 0, 0, 0, 0, 0, None, None, 1, None),
    CoverageRow(
        account="office@corp.example",
        mailbox="Sent",
        role="sent",
        reason="special use \\Sent",
        in_scope=True,
        uidvalidity=4_294_967_295,
        enumerated=1_000,
        stored=996,
        vanished=1,
        errored=3,
        expunged_since=2,
        drafts=4,
        received=5,
        with_bcc=17,
        oldest=SPRING - 900 * DAY,
        newest=SPRING + 3 * DAY,
        gaps=1,
        scanned_at=SPRING + 30 * DAY,
    ),
)


def report(incidents: Sequence[Incident], **changes: object) -> SampleReport:
    """Return a report over these incidents; totals count every address once."""
    names: dict[AddressKey, set[str]] = {}
    where: dict[AddressKey, list[Incident]] = {}
    for entry in incidents:
        for exposed in entry.exposed:
            names.setdefault(exposed.key, set()).update(exposed.display_names)
            where.setdefault(exposed.key, []).append(entry)
    people = [
        Person(
            person_id=person_id(address),
            addresses=(address,),
            display_names=tuple(sorted(names[address])),
            tier="full" if names[address] else "nameless",
            merge_reasons=(),
            incidents=tuple(entry.key for entry in where[address]),
            first_sent_at=min(entry.first_sent_at for entry in where[address]),
            last_sent_at=max(entry.last_sent_at for entry in where[address]),
        )
        for address in sorted(names, key=person_id)
    ]
    parts = [part for entry in incidents for part in entry.messages]
    full = sum(person.tier == "full" for person in people)
    rungs = replace(
        ladder(parts, ()),
        exposed_addresses=len(people),
        exposed_people=len(people),
        identifiable_full=full,
        nameless=len(people) - full,
        viewers=len(people) + 1,
        people_lower=len(people),
        people_upper=len(people),
    )
    made = SampleReport(
        head=HEAD,
        totals=Totals(
            ladder=rungs,
            by_status={"candidate": len(incidents)},
            below_floor_messages=12,
            below_floor_addresses=31,
            incidents=len(incidents),
            newest_sent_at=max((entry.last_sent_at for entry in incidents), default=None),
            coverage_stored=996,
            coverage_enumerated=1_000,
            accounts_unreached=("lost@corp.example",),
            oldest_mail=SPRING - 900 * DAY,
            newest_mail=SPRING + 3 * DAY,
        ),
        all_incidents=tuple(incidents),
        all_people=tuple(people),
        all_coverage=COVERAGE,
        all_gaps=(
            Gap("lost@corp.example", "account_unreached", "the host name cannot be resolved"),
            Gap(
                "office@corp.example", "message_unparsed", "no header in the answer", "Sent", 4_294_967_295, 77, b"\xff"
            ),
        ),
        all_also_look=(AlsoLook(identity(700), SPRING, "Your invitation", 1, 44),),
        all_near_misses=(
            NearMiss("all", "", "", "", 12, 340, 120, SPRING),
            NearMiss("mailbox", "office@corp.example", "Sent", "", 12, 340, 120, SPRING),
            NearMiss("label", "", "", "health", 4, 60, 40, SPRING - DAY),
        ),
        all_missing_mail=(
            MissingMail(
                "office@corp.example", "2026-02", 7, ("<gone1@mail.corp.example>", "<gone2@mail.corp.example>")
            ),
        ),
        all_account_months=(AccountMonths("office@corp.example", ("2025-08", "2025-09"), 41, SPRING - 900 * DAY),),
        all_senders=(UnscannedSender(key("info@corp.example"), 31, SPRING),),
        all_below=(
            BelowIncident(
                IncidentKey("b" * 12), 22, "Two of us", SPRING, SPRING, "", replace(rungs, exposed_addresses=2)
            ),
            BelowIncident(
                IncidentKey("c" * 12), -3, HOSTILE[0], SPRING, SPRING, "", replace(rungs, exposed_addresses=7)
            ),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def sample_report() -> SampleReport:
    """Return three incidents: a mailing in two batches, one with hostile texts, one very old."""
    first = [f"guest{number:03}@guests.example" for number in range(60)]
    second = [f"guest{number:03}@guests.example" for number in range(50, 110)]
    names = [f"Guest Number{number:03}" for number in range(60)]
    mailing = incident(
        1,
        (
            message(1, first, names=names, copies=4),
            message(2, second, sent_at=SPRING + HOUR, subject="Spring newsletter (part 2)"),
        ),
        label="health",
    )
    hostile = incident(
        2,
        tuple(
            message(
                10 + number,
                [f"h{number}a@example.org", f"h{number}b@example.net"],
                sent_at=SPRING + 2 * DAY + number * HOUR,
                subject=text,
                names=[text, "Plain Name"],
            )
            for number, text in enumerate(HOSTILE)
        ),
        subject=HOSTILE[0],
    )
    old = incident(3, (message(50, ["ada@example.org", "bob@example.org"], sent_at=-3_000_000_000),))
    return report((mailing, hostile, old))
