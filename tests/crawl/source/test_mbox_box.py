"""An mbox as a mailbox: UIDs, epochs, flags, labels and dates."""

from pathlib import Path

import pytest

from scanner.crawl.header import build_message
from scanner.crawl.period import Period
from scanner.crawl.source.evidence import open_evidence
from scanner.crawl.source.mbox_box import MboxBox
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import SourceError
from tests.crawl.source.mail import FROM_LINE, letter, mbox, open_box, read_all, unread, write


def box_of(path: Path, content: bytes, *, is_seekable: bool = True) -> MboxBox:
    """Write an mbox and return it as a mailbox."""
    write(path, content)
    return MboxBox(b"Sent", "Sent", lambda: open_evidence(path), len(content), is_seekable=is_seekable)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the mbox of the test lies."""
    return tmp_path / "Sent"


@pytest.mark.parametrize("is_seekable", [True, False])
def test_uids_are_places_and_everything_is_read(file: Path, is_seekable: bool) -> None:
    """Messages are numbered from 1 in the order of the file, however it is read."""
    box = box_of(file, mbox(letter(number) for number in range(1, 5)), is_seekable=is_seekable)

    answers = read_all(box)

    assert [answer.uid for answer in answers] == [1, 2, 3, 4]
    assert [b"Subject: Evening %d\n" % answer.uid in (answer.header or b"") for answer in answers] == [True] * 4
    assert answers[0].size == len(letter(1)) + 1


def test_an_unchanged_file_is_the_same_epoch(file: Path) -> None:
    """Listing it again gives the same UIDVALIDITY and the same UIDs."""
    content = mbox([letter(1), letter(2)])
    first = open_box(box_of(file, content))

    again = open_box(box_of(file, content), former=first[0])

    assert again == first


def test_appended_messages_are_the_only_new_ones(file: Path) -> None:
    """The epoch stays, and so do the UIDs of what was there."""
    before, _ = open_box(box_of(file, mbox([letter(1), letter(2)])))

    after, listed = open_box(box_of(file, mbox([letter(1), letter(2), letter(3)])), former=before)

    assert after.uidvalidity == before.uidvalidity
    assert listed == ((1, 3),)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param([letter(2), letter(3)], id="first removed"),
        pytest.param([letter(1), letter(3)], id="one in the middle removed"),
        pytest.param([letter(1), letter(2)], id="cut"),
        pytest.param([letter(1), letter(9), letter(3)], id="replaced"),
        pytest.param([letter(1), letter(2, to=["eva@example.org", "ben@example.net"]), letter(3)], id="same length"),
        pytest.param([letter(1), letter(3), letter(2)], id="order"),
    ],
)
def test_another_change_is_a_new_epoch(file: Path, changed: list[str]) -> None:
    """RFC 9051, 2.3.1.1: a UID must not come to mean another message; the new epoch then stays."""
    before, _ = open_box(box_of(file, mbox([letter(1), letter(2), letter(3)])))

    after, _ = open_box(box_of(file, mbox(changed)), former=before)
    later, _ = open_box(box_of(file, mbox([*changed, letter(4)])), former=after)

    assert after.uidvalidity != before.uidvalidity
    assert later.uidvalidity == after.uidvalidity


def test_flags_that_programs_rewrite_change_no_epoch(file: Path) -> None:
    """Thunderbird writes X-Mozilla-Status in place, mutt rewrites Status: the messages stay what they are."""
    before, _ = open_box(box_of(file, mbox([letter(1, extra="X-Mozilla-Status: 0001\n"), letter(2)])))
    changed = mbox([letter(1, extra="X-Mozilla-Status: 0009\n"), letter(2, extra="Status: RO\nX-Status: A\n")])

    after, _ = open_box(box_of(file, changed), former=before)

    assert after.uidvalidity == before.uidvalidity


def test_flags_of_thunderbird_and_mutt_are_told(file: Path) -> None:
    """Deleted, but not yet compacted: still evidence, and marked."""
    messages = [letter(1, extra="X-Mozilla-Status: 0009\n"), letter(2, extra="Status: RO\nX-Status: DT\n"), letter(3)]

    flags = [answer.flags for answer in read_all(box_of(file, mbox(messages)))]

    assert flags == [b"\\Seen \\Deleted", b"\\Seen \\Deleted \\Draft", b""]


@pytest.mark.parametrize(
    ("label", "is_sent"),
    [
        ("Sent", True),
        ("Inbox,Sent,Important", True),
        ('"Clients, north",Gesendet', True),
        ("=?UTF-8?Q?Messages_envoy=C3=A9s?=", True),
        ("Archived,\n Sent", True),
        ("Inbox", False),
        ('"Sent, but not really"', False),
    ],
)
def test_only_what_gmail_labels_as_sent_counts(file: Path, label: str, is_sent: bool) -> None:
    """Google puts everything into one file; the labels, in the owner's language, tell which mail was sent."""
    messages = [letter(1, extra=f"X-Gmail-Labels: {label}\n"), letter(2, extra="X-Gmail-Labels: Sent,Trash\n")]

    _, listed = open_box(box_of(file, mbox(messages)))

    assert listed == (((1, 2),) if is_sent else ((2, 2),))


def test_mail_without_any_sent_label_is_said(file: Path) -> None:
    """A language that is not known must not look like a mailbox without mail; the settings can read all of it."""
    content = mbox([letter(1, extra="X-Gmail-Labels: Qatlhpu\n")])
    box = box_of(file, content)

    with pytest.raises(SourceError, match="none of them means sent mail"):
        open_box(box)
    box.reads_all = True

    assert open_box(box)[1] == ((1, 1),)


def test_the_mandates_period_limits_what_is_listed(file: Path) -> None:
    """The From line tells the moment, else the Date field."""
    early = FROM_LINE.replace("Mar  3", "Jan  3") + letter(1) + "\n"
    undated = "From \n" + letter(3).replace("3 Mar 2025", "3 Feb 2025") + "\n"
    content = (early + FROM_LINE + letter(2) + "\n" + undated).encode()

    _, listed = open_box(box_of(file, content), period=Period(1_740_000_000, None))

    assert listed == ((2, 2),)


def test_a_header_that_the_file_cuts_is_a_gap(file: Path) -> None:
    """Its list may have been longer: the bytes that are there are kept."""
    content = mbox([letter(1), letter(2)])
    box = box_of(file, content[: content.rindex(b"ben@")])

    (gap,) = unread(box)

    assert (gap.uid, gap.kind) == (2, "message_unparsed")
    assert b"Message-ID" not in gap.raw
    assert b"ada@example.org" in gap.raw


def test_a_file_rewritten_while_it_is_read_is_opened_anew(file: Path) -> None:
    """Thunderbird may compact its folder: what stands at the old places is not taken for what was listed."""
    box = box_of(file, mbox([letter(1), letter(2), letter(3)]))
    _, listed = open_box(box)
    write(file, mbox([letter(1), letter(3), letter(4), letter(5)]))

    with pytest.raises(MailboxChangedError):
        list(box.read(listed))


def test_what_is_no_mbox_is_one_clear_error(file: Path) -> None:
    """A file that became something else, or has the line ends of old Macs."""
    with pytest.raises(SourceError, match="no mbox"):
        open_box(box_of(file, b"%PDF-1.7\n"))
    with pytest.raises(SourceError, match="CR alone"):
        open_box(box_of(file, mbox([letter(1)]).replace(b"\n", b"\r")))


def test_an_empty_file_is_an_empty_mailbox(file: Path) -> None:
    """Thunderbird makes empty files for folders without mail."""
    opened, listed = open_box(box_of(file, b""))

    assert (opened.uidnext, listed) == (1, ())


def test_the_from_line_dates_what_has_no_date(file: Path) -> None:
    """INTERNALDATE is the From line's moment; lines that tell 1970 tell nothing."""
    bare = letter(1).replace("Date: Mon, 3 Mar 2025 09:00:00 +0000\n", "")
    epoch = "From - Thu Jan  1 00:00:00 1970\n" + letter(2) + "\n"
    content = mbox([bare]) + epoch.encode()

    first, second = (build_message(one, one.header or b"", is_draft=False) for one in read_all(box_of(file, content)))

    assert (first.sent_at, first.internal_at, first.internal_offset) == (1_740_992_405, 1_740_992_405, None)
    assert (second.sent_at, second.internal_at, second.defects) == (1_740_992_400, 1_740_992_400, ())
