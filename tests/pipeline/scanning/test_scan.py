"""Every UID is accounted for, whatever the server does; a scripted crawl stands for the server."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from scanner.cli.scan import nothing_scanned
from scanner.errors import (
    AccountError,
    ConnectionLostError,
    HostNotFoundError,
    NoSentMailboxError,
    PermissionDeniedError,
    SettingsError,
    UsageError,
)
from scanner.model import Batch, CoverageRow, FoundMailbox, Gap, Message, MessagePart, OpenedMailbox, StructureBatch
from scanner.pipeline.keeping.upkeep import FailedAccount, store_digest, store_status
from scanner.pipeline.reaching import intake
from scanner.pipeline.scanning.scan import ScanOutcome, scan
from scanner.store.schema import message_copy
from scanner.uids import Ranges, contains, newest_first, ranges_of
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter
from tests.silence import Silence

SENT = FoundMailbox(b"Sent", "Sent", "sent", "special use \\Sent", in_scope=True)


@dataclass
class Script:
    """What the server of the next scan does; changed between two scans."""

    mail: dict[int, Message] = field(default_factory=dict)
    uidvalidity: int = 1
    listed: set[int] | None = None
    """UIDs that are listed beside the mail that is there; None = just that mail."""

    unread: set[int] = field(default_factory=set)
    vanished: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    """UIDs that the crawl forgets: neither given nor accounted for."""

    missing: tuple[str, ...] = ()
    """Mailboxes of the settings that the account does not have."""

    lists_everything: bool = True
    failure: AccountError | None = None
    refusal: AccountError | None = None
    breaks_after: int | None = None
    asked: list[Ranges] = field(default_factory=list)
    untold: set[int] = field(default_factory=set)
    """UIDs whose structure is not told."""

    structure_failure: AccountError | None = None
    structures_asked: list[Ranges] = field(default_factory=list)


class ScriptedCrawl:
    """An AccountCrawl without a connection."""

    script = Script()
    server_id, tls_version, uids_ascend = "Scripted", "TLSv1.3", True
    is_connected = False

    def __init__(self, account: object, *_rest: object, **_more: object) -> None:
        self._account = account

    @property
    def lists_everything(self) -> bool:
        return self.script.lists_everything

    def standings(self, mailboxes: Sequence[FoundMailbox]) -> dict[bytes, OpenedMailbox]:
        return {}

    def is_alive(self) -> bool:
        return self.script.breaks_after is None

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        if self.script.failure:
            raise self.script.failure
        return (SENT, *map(FoundMailbox.missing, self.script.missing))

    def open(self, _mailbox: FoundMailbox) -> tuple[OpenedMailbox, Ranges]:
        if self.script.refusal:
            raise self.script.refusal
        uids = set(self.script.mail) | self.script.unread | self.script.vanished | self.script.lost
        listed = ranges_of(uids if self.script.listed is None else self.script.listed)
        return OpenedMailbox(self.script.uidvalidity, None, len(uids), None), listed

    def batches(self, _mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[Batch]:
        self.script.asked.append(wanted)
        for number, piece in enumerate(newest_first(wanted, 3)):
            if number == self.script.breaks_after:
                raise ConnectionLostError("the connection ended")
            gaps = tuple(
                Gap("office", "message_unserved", "not given", "Sent", opened.uidvalidity, uid)
                for uid in sorted(self.script.unread)
                if contains(piece, uid)
            )
            mail = tuple(one for uid, one in sorted(self.script.mail.items()) if contains(piece, uid))
            yield Batch(piece, mail, gaps, sum(contains(piece, uid) for uid in self.script.vanished))

    def structures(self, _mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[StructureBatch]:
        script = self.script
        script.structures_asked.append(wanted)
        if script.structure_failure:
            raise script.structure_failure
        uids = [uid for low, high in wanted for uid in range(low, high + 1)]
        untold = [uid for uid in uids if uid in script.untold]
        gaps = tuple(Gap("office", "structure_unread", "not told", "Sent", opened.uidvalidity, uid) for uid in untold)
        part = MessagePart("1", "application/pdf", disposition="attachment", file_name="List.pdf", size=9)
        yield StructureBatch(wanted, tuple((uid, (part,)) for uid in uids if uid not in script.untold), gaps)

    def cut(self, _mailbox: FoundMailbox) -> str:
        return ""

    def stop(self) -> None:
        """End nothing: a script never waits."""

    def close(self, *, quietly: bool = False) -> None:
        del quietly


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return the script of the one account of the desk."""
    script = Script({uid: letter(uid, guests(3, first=uid)) for uid in range(1, 11)})
    monkeypatch.setattr(ScriptedCrawl, "script", script)
    monkeypatch.setattr(intake, "AccountCrawl", ScriptedCrawl)
    monkeypatch.setenv("PASSWORD", "secret")
    return script


def _scan(desk: Desk) -> ScanOutcome:
    return scan(desk.settings, progress=Silence(), base_wait=0.0)


def _row(desk: Desk) -> CoverageRow:
    return next(row for row in store_status(desk.settings).coverage if row.mailbox and not row.is_former)


def _gaps(desk: Desk) -> list[tuple[str, int | None]]:
    return [(gap.kind, gap.uid) for gap in store_status(desk.settings).gaps]


def _figures(desk: Desk) -> tuple[int, int, int, int, int]:
    row = _row(desk)
    return row.enumerated, row.stored, row.vanished, row.errored, row.expunged_since


def test_enumerated_is_stored_vanished_and_errored(desk: Desk, script: Script) -> None:
    """CONTRACTS: Coverage; a sum that adds up leaves no gap but the messages that could not be read."""
    script.unread, script.vanished = {20, 21}, {30}

    outcome = _scan(desk)

    assert _figures(desk) == (13, 10, 1, 2, 0)
    assert _gaps(desk) == [("message_unserved", 20), ("message_unserved", 21)]
    assert (outcome.new_messages, outcome.new_gaps, outcome.complete) == (10, 2, True)


def test_figures_that_do_not_add_up_are_a_gap(desk: Desk, script: Script) -> None:
    """A message that got lost on the way is never passed over in silence; the next scan asks for it."""
    script.lost = {40}
    _scan(desk)
    before = _gaps(desk)
    script.lost, script.mail[40] = set(), letter(40, guests(2))

    outcome = _scan(desk)

    assert before == [("mailbox_miscounted", None)]
    assert script.asked == [((1, 10), (40, 40)), ((40, 40),)]
    assert _gaps(desk) == []
    assert (outcome.new_messages, outcome.new_gaps) == (1, 0)


def test_the_structure_is_asked_for_of_mail_that_shows_two_outsiders(desk: Desk, script: Script) -> None:
    """Once: the next scan asks for nothing that is known, and for nothing of mail that shows nobody."""
    script.mail |= {11: letter(11, guests(1)), 12: letter(12, ["boss@corp.example", "hr@corp.example"])}

    _scan(desk)
    _scan(desk)

    assert script.structures_asked == [((1, 10),)]
    assert _gaps(desk) == []


def test_a_structure_that_is_not_told_is_a_gap_and_no_lost_message(desk: Desk, script: Script) -> None:
    """Its message counts as stored; it is asked for three times, and closed when a scan is told after all."""
    script.untold = {3, 4}

    outcome = _scan(desk)
    told = _gaps(desk)
    script.untold = {4}
    _scan(desk)
    _scan(desk)
    _scan(desk)

    assert (outcome.new_gaps, outcome.complete, _figures(desk)) == (2, True, (10, 10, 0, 0, 0))
    assert told == [("structure_unread", 3), ("structure_unread", 4)]
    assert script.structures_asked == [((1, 10),), ((3, 4),), ((4, 4),)]
    assert _gaps(desk) == [("structure_unread", 4)]


def test_a_connection_that_ends_among_the_structures_costs_no_header(desk: Desk, script: Script) -> None:
    """The mailbox counts as read, what is missing is told, and the next scan asks for it."""
    script.structure_failure = ConnectionLostError("the connection ended")
    outcome = _scan(desk)
    told = _gaps(desk)
    script.structure_failure = None

    _scan(desk)

    assert (outcome.new_messages, outcome.complete, told) == (10, True, [("structures_unfinished", None)])
    assert script.structures_asked == [((1, 10),), ((1, 10),)]
    assert _gaps(desk) == []


def test_mail_that_shows_two_outsiders_under_new_settings_is_asked_for(desk: Desk, script: Script) -> None:
    """A domain that is no longer ours makes outsiders of its people; what was stored long ago is caught up with."""
    script.mail[11] = letter(11, ["boss@corp.example", "hr@corp.example", *guests(1)])
    script.mail[12] = letter(12, ["boss@corp.example"])
    desk.change('[[protected]]\nname = "staff"\naddresses = ["nobody@corp.example"]\n')
    _scan(desk)
    desk.change('[[protected]]\nname = "staff"\ndomain = "corp.example"\n')

    _scan(desk)

    assert script.structures_asked == [((1, 10),), ((11, 11),)]


@pytest.mark.parametrize("entry", ['mailbox = "sent"', 'account = "off*"', 'sender = "*@corp.example"'])
def test_mail_protected_by_its_place_or_sender_is_asked_for(desk: Desk, script: Script, entry: str) -> None:
    """Every recipient of it is a data subject: two of them suffice, whatever their addresses."""
    script.mail = {1: letter(1, ["boss@corp.example", "hr@corp.example"]), 2: letter(2, ["boss@corp.example"])}
    desk.change(f'[[protected]]\nname = "staff"\n{entry}\n')

    _scan(desk)

    assert script.structures_asked == [((1, 1),)]


def test_mail_that_a_server_listed_too_late_is_read(desk: Desk, script: Script) -> None:
    """A list that was too short once leaves a hole in the cursor's past; it is told, and then filled."""
    script.listed = {1, 2, 3, 8, 9, 10}
    _scan(desk)
    script.listed = None
    told = _scan(desk)

    outcome = _scan(desk)

    assert (told.new_gaps, told.new_messages) == (1, 0)
    assert (outcome.new_gaps, outcome.new_messages) == (0, 4)
    assert _figures(desk) == (10, 10, 0, 0, 0)
    assert _gaps(desk) == []


def test_nothing_is_asked_for_twice(desk: Desk, script: Script) -> None:
    """The second scan wants what is new, and what could not be read before, a few times only."""
    script.unread = {20}
    for _ in range(2):
        _scan(desk)
    script.mail[25] = letter(25, guests(2))

    for _ in range(3):
        _scan(desk)

    assert script.asked == [((1, 10), (20, 20)), ((20, 20),), ((20, 20), (25, 25)), (), ()]
    assert _figures(desk) == (12, 11, 0, 1, 0)


def test_a_message_that_is_read_after_all_closes_its_gap(desk: Desk, script: Script) -> None:
    """It is stored, and the account has no gap left."""
    script.unread = {20}
    _scan(desk)
    script.unread, script.mail[20] = set(), letter(20, guests(2))

    outcome = _scan(desk)

    assert _gaps(desk) == []
    assert (outcome.new_messages, outcome.new_gaps) == (1, 0)


def test_expunged_mail_stays_in_the_store(desk: Desk, script: Script) -> None:
    """It is counted since when it is gone, and is there again if the server lists it again."""
    _scan(desk)
    kept = script.mail.pop(4)
    _scan(desk)
    without = _figures(desk)
    script.mail[4] = kept

    _scan(desk)

    assert without == (9, 9, 0, 0, 1)
    assert _figures(desk) == (10, 10, 0, 0, 0)
    assert _gaps(desk) == []


def test_a_new_epoch_re_points_copies(desk: Desk, script: Script) -> None:
    """The same mail under new UIDs is no new message; the old copies are no longer listed."""
    _scan(desk)
    script.uidvalidity = 2
    script.mail = {
        uid + 100: letter(uid + 100, guests(3, first=uid), message_id=f"<m{uid}@corp.example>") for uid in range(1, 11)
    }

    outcome = _scan(desk)
    with desk.engine.connect() as connection:
        copies = connection.execute(select(message_copy.c.uid, message_copy.c.expunged)).all()

    assert outcome.new_messages == 0
    assert {row.uid for row in copies if row.expunged} == set(range(1, 11))
    assert {row.uid for row in copies if not row.expunged} == set(range(101, 111))
    assert _figures(desk) == (10, 10, 0, 0, 0)


def test_a_scan_that_broke_in_a_new_epoch_ends_like_any_other(desk: Desk, script: Script) -> None:
    """Interrupted before the former epoch was retired: the next scan does it."""
    _scan(desk)
    script.uidvalidity, script.breaks_after = 2, 2
    broken = _scan(desk)
    script.breaks_after = None

    _scan(desk)
    with desk.engine.connect() as connection:
        expunged = connection.execute(select(message_copy.c.expunged).order_by(message_copy.c.epoch_id)).scalars().all()

    assert not broken.complete
    assert expunged == [True] * 10 + [False] * 10


def test_an_epoch_that_comes_back_is_whole(desk: Desk, script: Script) -> None:
    """A server restored from a backup: nothing to fetch, nothing miscounted."""
    for uidvalidity in (1, 2, 1):
        script.uidvalidity = uidvalidity
        _scan(desk)

    assert script.asked[-1] == ()
    assert _figures(desk) == (10, 10, 0, 0, 0)
    assert _gaps(desk) == []


@pytest.mark.parametrize("breaks_after", [0, 1, 2, 3])
def test_a_broken_scan_ends_like_an_unbroken_one(
    breaks_after: int, new_desk: object, desk: Desk, script: Script
) -> None:
    """What came is kept, the rest is a gap until the next scan; then the digest is that of an undisturbed scan."""
    script.breaks_after = breaks_after
    broken = _scan(desk)
    gaps = _gaps(desk)
    script.breaks_after = None
    _scan(desk)
    assert callable(new_desk)
    other: Desk = new_desk()
    _scan(other)

    assert broken.new_messages == 3 * breaks_after
    assert isinstance(broken.accounts[0].error, ConnectionLostError)
    assert gaps == [("account_unfinished", None)]
    assert store_digest(desk.settings) == store_digest(other.settings)


def test_a_period_limits_what_is_counted(desk: Desk, script: Script) -> None:
    """Mail outside the mandate's period is neither listed, nor stored in the figures, nor gone."""
    _scan(desk)
    script.lists_everything, script.listed = False, {8, 9, 10}

    _scan(desk)

    assert _figures(desk) == (3, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (HostNotFoundError("no such host"), "account_unreached"),
        (NoSentMailboxError("no mailbox looks like a sent mailbox"), "no_sent_mailbox"),
    ],
)
def test_an_account_that_failed_is_a_gap_until_it_is_read(
    failure: AccountError, kind: str, desk: Desk, script: Script
) -> None:
    """Every failed scan is the same one gap."""
    script.failure = failure
    outcomes = [_scan(desk) for _ in range(2)]
    gaps = _gaps(desk)
    script.failure = None

    _scan(desk)

    assert [outcome.new_gaps for outcome in outcomes] == [1, 0]
    assert [outcome.complete for outcome in outcomes] == [False, False]
    assert gaps == [(kind, None)]
    assert _gaps(desk) == []


def test_a_mailbox_that_may_not_be_read_is_a_gap(desk: Desk, script: Script) -> None:
    """It costs itself only, and is closed when it may be read."""
    script.refusal = PermissionDeniedError("the server refuses the mailbox")
    refused = _scan(desk)
    gaps = _gaps(desk)
    script.refusal = None

    _scan(desk)

    assert not refused.complete
    assert str(refused.accounts[0].error).startswith("account 1, mailbox 'Sent': the server refuses the mailbox")
    assert gaps == [("mailbox_unreadable", None)]
    assert _gaps(desk) == []


def test_a_misspelt_mailbox_costs_itself_only(desk: Desk, script: Script) -> None:
    """The others are read; each missing one is a gap of its own, the account is told as failed until it is mended."""
    script.missing = ("Snet", "Gesendet")
    outcomes = [_scan(desk) for _ in range(2)]
    told = store_status(desk.settings)
    script.missing = ()

    _scan(desk)

    assert [(outcome.new_messages, outcome.new_gaps, outcome.complete) for outcome in outcomes] == [
        (10, 2, False),
        (0, 0, False),
    ]
    assert [(gap.kind, gap.mailbox) for gap in told.gaps] == [
        ("mailbox_missing", "Gesendet"),
        ("mailbox_missing", "Snet"),
    ]
    assert told.failed == (FailedAccount("office", 3, "mailbox_missing"),)
    # Nothing new, and yet something was scanned.
    assert [nothing_scanned(outcome) for outcome in outcomes] == [False, False]
    after = store_status(desk.settings)
    assert (after.gaps, after.failed) == ((), ())
    assert [row.mailbox for row in after.coverage] == ["Sent"]


def test_runs_say_how_they_ended(desk: Desk, script: Script) -> None:
    """Complete, incomplete, or aborted by a fault."""
    _scan(desk)
    script.failure = HostNotFoundError("no such host")
    _scan(desk)
    script.failure = None
    script.mail = {}
    script.listed = {3}

    def fault(*_arguments: object) -> Iterator[Batch]:
        raise ZeroDivisionError

    broken = type("Broken", (ScriptedCrawl,), {"batches": fault})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "AccountCrawl", broken)
        with pytest.raises(ZeroDivisionError):
            _scan(desk)

    assert [run.state for run in store_status(desk.settings).runs][:3] == ["aborted", "incomplete", "complete"]


def test_only_accounts_that_are_configured_can_be_named(desk: Desk, script: Script) -> None:
    """A wrong name, or none to choose from, is one line."""
    with pytest.raises(UsageError, match="nobody"):
        scan(desk.settings, accounts=("nobody",), progress=Silence())

    file = desk.folder / "blindcopy.toml"
    file.write_text(file.read_text().partition("[[account]]")[0])
    from scanner.config import load_settings

    with pytest.raises(SettingsError, match="no account"):
        scan(load_settings(file), progress=Silence())
    assert script.asked == []


def test_passwords_are_asked_for_before_anybody_is_read(
    desk: Desk, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, in the thread that a terminal belongs to; who types none fails alone."""
    tables = "".join(
        f'[[account]]\nname = "{name}"\nhost = "imap.corp.example"\nuser = "{name}@corp.example"\n'
        for name in ("anna", "ben")
    )
    asked: list[tuple[str, bool, int]] = []
    given: list[str] = []

    def prompt(name: str) -> str:
        asked.append((name, threading.current_thread() is threading.main_thread(), len(script.asked)))
        if name.startswith("anna "):
            raise SettingsError("no password was typed")
        return "secret of ben"

    class Signing(ScriptedCrawl):
        def __init__(self, account: object, password: Callable[[], str], **more: object) -> None:
            super().__init__(account, password, **more)
            self._password = password

        def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
            given.append(self._password())
            return super().find_mailboxes()

    monkeypatch.setattr(intake, "AccountCrawl", Signing)

    outcome = scan(desk.change(tables), password_prompt=prompt, progress=Silence(), base_wait=0.0)

    assert [(name.split()[0], *rest) for name, *rest in asked] == [("anna", True, 0), ("ben", True, 0)]
    assert sorted(given) == ["secret", "secret of ben"]
    assert [(one.name, one.error is None) for one in outcome.accounts] == [
        ("office", True),
        ("anna", False),
        ("ben", True),
    ]


def test_a_password_that_cannot_be_had_again_costs_the_count_of_own_mail_only(
    desk: Desk, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is made anew behind the last mailbox asks for it; the account was read by then."""

    class Locked(ScriptedCrawl):
        def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
            return (SENT, FoundMailbox(b"INBOX", "INBOX", "inbox", "the inbox", False, is_searched=True))

        def count_own_mail(self, _mailbox: FoundMailbox, _searches: Sequence[str]) -> None:
            raise SettingsError("the keyring of this machine cannot be read")

    monkeypatch.setattr(intake, "AccountCrawl", Locked)

    outcome = _scan(desk)

    inbox = next(row for row in store_status(desk.settings).coverage if row.mailbox == "INBOX")
    assert (outcome.complete, outcome.new_messages) == (True, 10)
    assert (inbox.own_mail, inbox.own_mail_note) == (None, "the keyring of this machine cannot be read")


@pytest.mark.usefixtures("script")
def test_a_scan_says_when_the_one_before_it_began(desk: Desk) -> None:
    """What came to be so since then, such as the end of an approval, nobody has been told yet."""
    before = int(time.time())

    first, second = _scan(desk), _scan(desk)

    assert first.previous_at == 1_800_000_000, "the run of the desk itself"
    assert second.previous_at is not None
    assert before <= second.previous_at <= int(time.time())
