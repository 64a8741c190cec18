"""The note on one incident: every section, in words that follow from the report."""

from dataclasses import replace

import pytest

from scanner.export.note import (
    SECTIONS,
    Block,
    Entry,
    Figure,
    Grid,
    Paragraph,
    Point,
    Subject,
    first_lines,
    note_sections,
    people_sections,
    read_subject,
)
from scanner.export.note.block import texts
from scanner.model import (
    AddressField,
    AddressKey,
    Client,
    FollowedUp,
    FollowUp,
    Incident,
    IncidentKey,
    ListMailing,
    ListTrace,
    RelatedIncident,
    Relation,
    StoredCopy,
    StoredRecipient,
    Viewer,
)
from tests.export.sample import DAY, SPRING, SampleReport, identity, sample_report


@pytest.fixture
def report() -> SampleReport:
    """Return the sample report."""
    return sample_report()


@pytest.fixture
def mailing(report: SampleReport) -> Incident:
    """Return its first incident: two batches, 110 guests, labelled."""
    return next(report.incidents())


def blocks_of(subject: Subject, name: str) -> tuple[Block, ...]:
    """Return the blocks of one section, none when it does not appear."""
    return next((section.blocks for section in note_sections(subject, name)), ())


def text_of(subject: Subject, name: str) -> str:
    """Return everything that one section says, in one line."""
    said: list[str] = []
    for block in blocks_of(subject, name):
        match block:
            case Paragraph(text) | Point(text):
                said.append(text)
            case Entry(lead, text, details):
                said.extend((lead, text, *details))
            case Figure(title, value, meaning):
                said.extend((title, value, meaning))
            case Grid(header, rows, _):
                said.extend((*header, *(cell for row in rows for cell in row)))
    return " ".join(said)


def test_sections_come_in_the_order_in_which_they_are_asked(report: SampleReport, mailing: Incident) -> None:
    """What happened comes first, what to do last, and each has a heading."""
    sections = list(note_sections(read_subject(report, mailing)))

    # Nobody has looked who received it, or whom later mail reached.
    there = [name for name in SECTIONS if name not in ("received", "followed")]
    assert [section.name for section in sections] == there
    assert all(section.title == texts("titles")[section.name] for section in sections)


def test_the_first_line_names_key_rank_points_and_status(report: SampleReport, mailing: Incident) -> None:
    """Whoever pastes the first line says everything that finds it again."""
    line, subject = first_lines(read_subject(report, mailing))

    assert line == f"{mailing.key}  rank 1 of 3, 79 points, nobody has decided on it yet"
    assert subject == "Spring newsletter"


def test_what_happened_names_sender_time_figures_label_and_siblings(report: SampleReport, mailing: Incident) -> None:
    """Each figure follows from the incident."""
    said = text_of(read_subject(report, mailing), "happened")

    assert "From Sunday 29 March 2026, 01:30 (Europe/Berlin) to Sunday 29 March 2026, 03:30 (Europe/Berlin)" in said
    assert "office@corp.example sent 2 messages that belong together" in said
    assert "110 outsiders to each other: 110 people." in said
    assert "went out properly in Bcc (1 message)" in said
    assert "labelled: health" in said


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("sender", "Sent on the author's behalf by aid@corp.example"),
        ("resent-from", "Redirected to these recipients by aid@corp"),
    ],
)
def test_who_sent_for_the_author_is_named(
    report: SampleReport, mailing: Incident, field: AddressField, told: str
) -> None:
    """Sender and Resent-From say who it was; one that names the author again says nothing."""
    first = mailing.messages[0]
    aid, author = (StoredRecipient(field, key, key, "") for key in (AddressKey("aid@corp.example"), *mailing.senders))

    def said(entry: StoredRecipient) -> str:
        message = replace(first.message, recipients=(*first.message.recipients, entry))
        changed = replace(mailing, messages=(replace(first, message=message),))
        return text_of(read_subject(report, changed), "happened")

    assert told in said(aid)
    assert "behalf" not in said(author)
    assert "Redirected" not in said(author)


def test_the_reasons_stand_with_their_points_and_sum(report: SampleReport, mailing: Incident) -> None:
    """The points add up to the score that is told."""
    blocks = blocks_of(read_subject(report, mailing), "standing")

    points = [int(block.lead) for block in blocks if isinstance(block, Entry)]
    assert sum(points) == mailing.score
    assert Paragraph("79 points, the sum of these reasons:") in blocks
    assert any("the queue floor (5)" in block.text for block in blocks if isinstance(block, Paragraph))


def test_messages_stand_with_kind_figure_and_every_copy(report: SampleReport, mailing: Incident) -> None:
    """Four copies of the first batch: one of them deleted, one no longer there; then the mailing in Bcc."""
    said = text_of(read_subject(report, mailing), "belonging")

    assert "2026-03-29 01:30 message, 60 exposed: Spring newsletter" in said
    assert "office@corp.example / Archive/2, UIDVALIDITY 4294967295, UID 3000000012 (deleted)" in said
    assert "UID 3000000013 (no longer there)" in said
    assert "the same in Bcc, 0 hidden" in said


def test_hundreds_of_messages_are_counted_not_listed(report: SampleReport, mailing: Incident) -> None:
    """A screen holds twenty; the rest is counted, so nothing is lost silently."""
    part = mailing.messages[0]
    many = replace(
        mailing,
        messages=tuple(replace(part, message=replace(part.message, identity=identity(number))) for number in range(31)),
    )

    blocks = blocks_of(replace(read_subject(report, many), siblings=()), "belonging")

    assert sum(isinstance(block, Entry) for block in blocks) == 20
    assert blocks[-1] == Paragraph("and 11 messages more; the workbook and --json name them all.")


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("list", "the same list (55 of its 60 addresses are exposed here, too)."),
        ("people", "the same people (55 of its 60 addresses are exposed here, too)."),
        ("stem", "the same subject."),
    ],
)
def test_a_related_incident_says_why(report: SampleReport, mailing: Incident, why: Relation, told: str) -> None:
    """A key alone would not tell whether the same people are concerned again."""
    other = RelatedIncident(
        key=report.all_incidents[1].key,
        rank=2,
        score=78,
        subject="",
        first_sent_at=SPRING,
        exposed_addresses=60,
        shared_addresses=55,
        why=(why,),
    )
    subject = replace(read_subject(report, mailing), related=(other,))

    (entry,) = blocks_of(subject, "related")

    assert isinstance(entry, Entry)
    assert entry.text == f"{other.key} (rank 2), 78 points, 60 exposed: (no subject)"
    assert entry.details == (told,)


def test_incidents_that_share_the_sender_only_are_one_sentence(report: SampleReport, mailing: Incident) -> None:
    """A busy office has many: they are named by rank, in one sentence, and push nothing else out of sight."""
    others = tuple(
        RelatedIncident(IncidentKey(f"{number:012}"), rank, 5, "", number, 3, 0, ("sender",))
        for number, rank in enumerate((4, 0, 2))
    )
    subject = replace(read_subject(report, mailing), related=others)

    (only,) = blocks_of(subject, "related")

    assert isinstance(only, Paragraph)
    assert only.text.endswith("3 incidents: 000000000002 (rank 2), 000000000000 (rank 4), 000000000001.")


def test_nothing_related_is_said(report: SampleReport, mailing: Incident) -> None:
    """Silence would look like a section that was forgotten."""
    said = text_of(read_subject(report, mailing), "related")

    assert said.startswith("No other incident shares")


def test_many_related_incidents_keep_the_queued_ones(report: SampleReport, mailing: Incident) -> None:
    """Twelve are told, the queued ones first among them, twelve more named by key, and the others counted."""
    others = tuple(
        RelatedIncident(
            IncidentKey(f"{number:012}"), 0 if number < 20 else number, 5, "", number, 3, 0, ("stem", "sender")
        )
        for number in range(30)
    )
    subject = replace(read_subject(report, mailing), related=others)

    blocks = blocks_of(subject, "related")

    told = " ".join(block.text for block in blocks if isinstance(block, Entry))
    rest = blocks[-1]
    assert isinstance(rest, Paragraph)
    assert rest.text.startswith("and 18 incidents more: ")
    assert rest.text.endswith(", 6 that --json names.")
    assert all(one.key in told for one in others if one.rank)
    assert sum(one.key in rest.text for one in others) == 12


def test_gaps_and_coverage_of_its_accounts_are_named(report: SampleReport, mailing: Incident) -> None:
    """What was not read there may belong to it; another account's gap does not stand here."""
    said = text_of(read_subject(report, mailing), "unknown")

    assert "In office@corp.example: 1 × the message could not be understood." in said
    assert "office@corp.example / Sent: 996 of 1,000 listed messages were read." in said
    assert "What 1 account never reached sent to the same people." in said
    assert "lost@corp.example" not in said


def test_a_mailbox_without_any_bcc_line_is_named(report: SampleReport, mailing: Incident) -> None:
    """That no mailing in Bcc is found proves nothing where no Bcc line was ever kept."""
    rows = tuple(replace(row, with_bcc=0) for row in report.coverage())
    without = replace(report, all_coverage=rows)

    assert "many mail programs do not keep" in text_of(read_subject(report, mailing), "unknown")
    assert "none of the 996 messages stored from office@corp.example / Sent has a Bcc line" in text_of(
        read_subject(without, mailing), "unknown"
    )


def test_evidence_of_delivery_takes_the_unknown_away(report: SampleReport, mailing: Incident) -> None:
    """What is proven is no longer listed as unknown."""
    proven = replace(mailing, ladder=replace(mailing.ladder, delivered=100, replied=3))

    said = text_of(read_subject(report, proven), "unknown")

    assert "no bounce or delivery record" not in said
    assert "anybody replied" not in said


def test_the_copy_to_open_is_one_that_is_there(report: SampleReport, mailing: Incident) -> None:
    """A copy in the trash is named only where there is no other, an expunged one never."""
    part = mailing.messages[0]

    def opening(*copies: StoredCopy) -> str:
        one = replace(part, message=replace(part.message, copies=copies))
        return text_of(read_subject(report, replace(mailing, messages=(one,))), "next")

    kept, _, deleted, expunged = part.message.copies
    assert f"UID {kept.uid}." in opening(expunged, deleted, kept)
    assert f"UID {deleted.uid} (deleted)" in opening(expunged, deleted)
    assert "no longer listed" in opening(expunged)


def test_people_are_a_section_of_their_own(report: SampleReport, mailing: Incident) -> None:
    """The sections of every note hold no address of the exposed; this one has each, with its register entry."""
    client = Client("C-7", "Ada Example", "1 Road", ("child",), "call first")
    exposed = (replace(mailing.exposed[0], clients=(client,)), *mailing.exposed[1:])
    subject = read_subject(report, replace(mailing, exposed=exposed))

    names, _, register = people_sections(subject)

    (grid,), (known,) = names.blocks, register.blocks
    assert isinstance(grid, Grid)
    assert isinstance(known, Grid)
    assert [row[0] for row in grid.rows] == [entry.key for entry in exposed]
    assert known.rows == ((exposed[0].key, "C-7", "Ada Example", "child", "call first"),)
    assert exposed[0].key not in " ".join(text_of(subject, name) for name in SECTIONS)
    assert "In the client register: 1 of the exposed addresses: 1 child." in text_of(subject, "seen")


def test_a_name_that_does_not_fit_is_pointed_out_beside_its_address(report: SampleReport, mailing: Incident) -> None:
    """Only where names are asked for, with what it may mean; and every tier says who decided on it."""
    lena = replace(mailing.exposed[0], display_names=("Lena Berg",), unfit_names=("Lena Berg",), tier_source="Dana")
    subject = read_subject(report, replace(mailing, exposed=(lena, *mailing.exposed[1:])))

    names, unfit, _ = people_sections(subject)

    (grid,), (point,) = names.blocks, unfit.blocks
    assert isinstance(grid, Grid)
    assert [row[2] for row in grid.rows[:2]] == ["Dana", "automatic"]
    assert point == Point(
        f"The name shown, Lena Berg, does not fit {lena.key}: it may be another person's, for instance a child's."
    )
    assert "Lena Berg" not in " ".join(text_of(subject, name) for name in SECTIONS)


def trace_of(mailing: Incident, *open_ones: bool, **changes: bool | int) -> ListTrace:
    """Return a list that went out a month apart, open or not; the first time is the incident."""
    mailings = tuple(
        ListMailing(
            SPRING + number * 30 * DAY,
            (mailing.messages[0].message.identity,) if not number else (identity(600 + number),),
            60,
            60 if is_open else 0,
            is_open,
            "order" if number else "",
            60,
        )
        for number, is_open in enumerate(open_ones)
    )
    return replace(ListTrace("a" * 12, mailings, parts=0, is_short=False), **changes)


def test_the_list_says_when_else_it_went_out(report: SampleReport, mailing: Incident) -> None:
    """How often, how often open, and on which other days; an order that proves little says so."""
    told = replace(mailing, list_trace=trace_of(mailing, True, False, True, parts=1, is_alphabetical=True))

    text = text_of(read_subject(report, told), "happened")

    assert "went out 3 times in all the mail that is stored, 2 of them open" in text
    assert "Beside this incident: 2026-04-28 (hidden), 2026-05-28 (open)." in text
    assert "alphabetical order" in text
    assert "1 mailing more" in text


def test_a_list_that_went_out_with_the_incident_alone_is_not_told(report: SampleReport, mailing: Incident) -> None:
    """That it went out here is what the note says anyway."""
    told = replace(mailing, list_trace=trace_of(mailing, True))

    assert text_of(read_subject(report, told), "happened") == text_of(read_subject(report, mailing), "happened")


def test_follow_ups_are_told_with_who_got_none(report: SampleReport, mailing: Incident) -> None:
    """Alone, in Bcc, none; an open apology; and that only stored mail was looked at."""
    reached = [FollowedUp(entry.key, SPRING, identity(7), "apology") for entry in mailing.exposed[:3]]
    follow_up = FollowUp(SPRING + 14 * DAY, tuple(reached[:1]), tuple(reached[1:]), none=107, open_apologies=1)

    text = text_of(read_subject(report, replace(mailing, follow_up=follow_up)), "followed")

    assert "1 of the 110 addresses exposed got a mail about it" in text
    assert "2 more got one that hid its recipients in Bcc. For 107 there is no follow-up" in text
    assert "showed a list again: 1 message of recall" in text
    assert "sent mail until 12 April 2026" in text


def test_a_follow_up_that_showed_some_again_is_said_to_be_open(report: SampleReport, mailing: Incident) -> None:
    """Who got it, and how many it showed to each other, whatever else reached them."""
    reached = tuple(FollowedUp(entry.key, SPRING, identity(7), "apology") for entry in mailing.exposed[:2])
    follow_up = FollowUp(SPRING, (), (), none=108, open_apologies=0, open=reached, open_mails=1, shown_again=2)

    text = text_of(read_subject(report, replace(mailing, follow_up=follow_up)), "followed")

    assert "2 more got one that showed them again. For 108" in text
    assert "afterwards was open, too: 1 message." in text
    assert "Shown to each other again by what was to tell them: 2 addresses of those exposed." in text


def test_no_follow_up_is_said_as_no_follow_up_in_the_mail_scanned(report: SampleReport, mailing: Incident) -> None:
    """Nobody knows of letters and calls."""
    follow_up = FollowUp(SPRING, (), (), none=110, open_apologies=0)

    text = text_of(read_subject(report, replace(mailing, follow_up=follow_up)), "followed")

    assert text.startswith("For none of the 110 addresses exposed is there a follow-up in the mail scanned.")


def test_people_of_sister_companies_are_told_apart(report: SampleReport, mailing: Incident) -> None:
    """They count as inside; protected ones are outsiders like any other."""
    sisters = (
        Viewer(AddressKey("ann@sister.example"), True, "cc", rule="sister domain sister.example"),
        Viewer(AddressKey("kim@sister.example"), False, "cc", rule="protected pupils"),
        Viewer(AddressKey("boss@corp.example"), True, "cc", rule="domain corp.example"),
    )

    text = text_of(read_subject(report, replace(mailing, viewers=(*mailing.viewers, *sisters))), "seen")

    assert "Inside as people of sister companies: 1." in text
    assert "sister" not in text_of(read_subject(report, mailing), "seen")
