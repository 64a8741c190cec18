"""A known mail in a file is judged as the store's analysis judges it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from scanner.model import Message
from scanner.pipeline.deciding.people_statement import merge_people
from scanner.pipeline.looking.look import look_at
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import Desk
from tests.pipeline.mail import DAY, HARMLESS, PARTS, RECALL, YEAR
from tests.shelf import guests, letter


def put(folder: Path, messages: Sequence[Message]) -> list[Path]:
    """Write each message into a file of its own."""
    paths = [folder / f"{message.uid}.eml" for message in messages]
    for path, message in zip(paths, messages, strict=True):
        path.write_bytes(message.header_block)
    return paths


def test_ladder_and_points_are_those_of_the_store(desk: Desk, tmp_path: Path) -> None:
    """The same mail in files and in the store gives the same incident, figure by figure."""
    mail = [*PARTS, RECALL]
    desk.shelf.put(desk.shelf.place(), mail)
    desk.shelf.end()
    desk.analyse()
    with open_report(desk.settings) as report:
        (stored,) = report.incidents()

    look = look_at(put(tmp_path, mail), desk.settings)

    (incident,) = look.incidents
    assert (incident.key, incident.ladder, incident.reasons) == (stored.key, stored.ladder, stored.reasons)
    assert look.totals == stored.ladder
    assert {entry.incident for entry in look.files} == {stored.key}


def test_without_settings_nobody_is_inside(tmp_path: Path) -> None:
    """A colleague counts as exposed until the domain is named; then two outsiders are left."""
    paths = put(tmp_path, [letter(1, [*guests(2), "boss@corp.example"])])

    alone, named = look_at(paths, None), look_at(paths, None, ["corp.example"])

    assert alone.totals.exposed_addresses == 3
    assert named.totals.exposed_addresses == 2
    assert (alone.files[0].from_inside, named.files[0].from_inside) == (False, True)
    assert alone.no_store
    assert not alone.look_backs


def test_mail_that_exposes_nobody_is_no_incident(desk: Desk, tmp_path: Path) -> None:
    """What it shows is told all the same."""
    look = look_at(put(tmp_path, [HARMLESS[0], letter(20, bcc=guests(7))]), desk.settings)

    assert look.incidents == ()
    assert [(entry.visible_outsiders, entry.hidden_outsiders) for entry in look.files] == [(1, 0), (0, 7)]
    assert set(asdict(look.totals).values()) == {0, None}


def test_members_of_a_list_are_told_with_their_names(desk: Desk, tmp_path: Path) -> None:
    """As in a report of the store: they could see through the list."""
    (desk.folder / "members.csv").write_text("address\nAda Sol <ada@quay.example>\n", encoding="utf-8")
    settings = desk.change('[[list]]\naddress = "choir@lists.example"\nmembers = "members.csv"\n')

    look = look_at(put(tmp_path, [letter(1, [*guests(6), "choir@lists.example"])]), settings)

    (through,) = look.incidents[0].through_lists
    assert [(member.key, member.names) for member in through.members] == [("ada@quay.example", ("Ada Sol",))]


def test_one_unreadable_file_costs_itself_only(desk: Desk, tmp_path: Path) -> None:
    """The others are judged, and it is named."""
    paths = [*put(tmp_path, [PARTS[0]]), tmp_path / "missing.eml"]

    look = look_at(paths, desk.settings)

    assert [entry.error is None for entry in look.files] == [True, False]
    assert len(look.incidents) == 1


def forwarded(path: Path, *attached: Message) -> Path:
    """Write a mail from outside that has others attached, and return its path."""
    head = b"From: zoe@example.org\r\nTo: dpo@corp.example\r\nSubject: You leaked this\r\n"
    parts = b"".join(b"--q\r\nContent-Type: message/rfc822\r\n\r\n" + one.header_block for one in attached)
    path.write_bytes(head + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + parts + b"--q--\r\n")
    return path


def test_a_mail_forwarded_as_an_attachment_is_judged(desk: Desk, tmp_path: Path) -> None:
    """Whoever complains sends it like that: the same incident as of the mail in a file of its own."""
    alone = look_at(put(tmp_path, PARTS), desk.settings)

    look = look_at([forwarded(tmp_path / "complaint.eml", *PARTS)], desk.settings)

    (entry,) = look.files
    assert (entry.visible_outsiders, entry.incident) == (0, None)
    (expected,) = alone.incidents
    (incident,) = look.incidents
    assert (incident.key, incident.ladder, incident.reasons) == (expected.key, expected.ladder, expected.reasons)
    assert [one.incident for one in entry.attached] == [incident.key] * len(PARTS)
    assert entry.attached[1].path == f"{tmp_path / 'complaint.eml'}, attached mail 2"


def test_the_mail_itself_and_attached_to_another_is_one(desk: Desk, tmp_path: Path) -> None:
    """Both are copies of one message; the place of each is told."""
    known = letter(1, guests(6))
    paths = [*put(tmp_path, [known]), forwarded(tmp_path / "complaint.eml", known)]

    (incident,) = look_at(paths, desk.settings).incidents

    (message,) = incident.messages
    assert [copy.account for copy in message.message.copies] == [
        str(paths[0]),
        f"{paths[1]}, attached mail 1",
    ]


def test_an_attached_mail_that_cannot_be_read_costs_itself_only(desk: Desk, tmp_path: Path) -> None:
    """It is named by its place in the file."""
    path = tmp_path / "complaint.eml"
    path.write_bytes(
        b"From: zoe@example.org\r\nTo: dpo@corp.example\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
        b"--q\r\nContent-Type: message/rfc822\r\n\r\n--q\r\nContent-Type: application/ms-tnef\r\n\r\nx\r\n--q--\r\n"
    )

    (entry,) = look_at([path], desk.settings).files

    assert entry.error is None
    assert [str(one.error) for one in entry.attached] == [
        f"{path}, attached mail 1: the file is empty. Save the attached mail in a file of its own"
    ]
    assert entry.unopened == ("Outlook's winmail.dat is not opened; mail may lie in it",)


def test_what_was_stated_about_people_holds_for_a_mail_in_a_file(desk: Desk, tmp_path: Path) -> None:
    """Two addresses that somebody has stated to be one person's count as one."""
    mail = [letter(1, guests(6))]
    desk.shelf.put(desk.shelf.place(), mail)
    desk.shelf.end()
    before = look_at(put(tmp_path, mail), desk.settings).totals

    merge_people(desk.settings, ["guest1@guests.example", "guest2@guests.example"], reason="she told us")

    after = look_at(put(tmp_path, mail), desk.settings).totals
    assert (before.exposed_people, after.exposed_people) == (6, 5)


def test_the_store_tells_list_people_sender_and_subject_before_and_since(desk: Desk, tmp_path: Path) -> None:
    """Open and hidden mail to the same list, apart by time; the mail itself is in neither span."""
    crowd = guests(20)
    mail = [
        letter(1, ["office@corp.example"], bcc=crowd, subject="Spring letter"),
        letter(2, crowd, subject="Summer outing", after=40 * DAY),
        letter(3, crowd[:10], subject="Autumn fair", after=80 * DAY),
        letter(4, guests(6, first=70), subject="Summer outing", after=120 * DAY),
        letter(5, [*crowd[:2], *guests(9, first=80)], subject="Other matter", after=130 * DAY),
    ]
    desk.shelf.put(desk.shelf.place(), mail)
    desk.shelf.end()
    desk.analyse()
    keys = {message.uid: message.identity[:12] for message in mail}

    (back,) = look_at(put(tmp_path, [mail[1]]), desk.settings).look_backs

    assert back.stored == (keys[2],)
    assert [(one.subject, one.shown, one.hidden) for one in back.before.same_list] == [("Spring letter", 0, 20)]
    assert [(one.subject, one.shown, one.incident) for one in back.since.same_list] == [("Autumn fair", 10, keys[3])]
    assert (back.before.people, back.since.people) == (0, 10)
    assert {one.key for one in back.since.people_in} == {keys[3], keys[5]}
    assert {one.key for one in back.since.sender_in} == {keys[3], keys[4], keys[5]}
    assert [one.incident for one in back.since.same_subject] == [keys[4]]
    assert back.before.same_subject == ()
    assert not back.commonplace


def test_drafts_and_mail_of_others_are_no_mailings(desk: Desk, tmp_path: Path) -> None:
    """They stand in the store and are never judged."""
    crowd = guests(8)
    desk.shelf.put(
        desk.shelf.place(),
        [
            letter(1, crowd, subject="Outing", is_draft=True),
            letter(2, [*crowd, "boss@corp.example"], sender="club@club.example", subject="Outing"),
        ],
    )
    desk.shelf.end()
    desk.analyse()

    (back,) = look_at(put(tmp_path, [letter(3, crowd, subject="Outing", after=DAY)]), desk.settings).look_backs

    assert not any((*back.before.same_list, *back.before.same_subject, *back.since.same_list))
    assert back.stored == ()


def test_a_subject_that_says_nothing_is_not_looked_for(desk: Desk, tmp_path: Path) -> None:
    """ "Hello" stands over half of all mail."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(8), subject="Hello")])
    desk.shelf.end()
    desk.analyse()

    (back,) = look_at(put(tmp_path, [letter(2, guests(9, first=40), subject="Hello")]), desk.settings).look_backs

    assert back.commonplace
    assert back.before.same_subject == back.since.same_subject == ()


def test_a_store_of_other_settings_is_not_asked(desk: Desk, tmp_path: Path) -> None:
    """Results of different policies are never mixed; the mail itself is judged all the same."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    settings = desk.change("[policy]\nqueue_floor = 3\n")

    look = look_at(put(tmp_path, [letter(50, guests(4), after=timedelta(hours=1))]), settings)

    assert look.look_backs == ()
    assert "blindcopy analyse" in look.no_store
    assert look.incidents[0].rank == 1


def test_a_missing_store_keeps_nobody_from_looking(desk: Desk, tmp_path: Path) -> None:
    """Settings are there, the first scan is not."""
    desk.engine.dispose()
    (desk.folder / "blindcopy.db").unlink()

    look = look_at(put(tmp_path, [PARTS[0]]), desk.settings)

    assert len(look.incidents) == 1
    assert look.no_store
    assert not (desk.folder / "blindcopy.db").exists()
