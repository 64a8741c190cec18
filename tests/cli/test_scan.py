"""`blindcopy scan` says what it read, and its exit code says how that went."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scanner.cli.scan import ending
from scanner.errors import AccountError, ExitCode, SignInError
from scanner.model import CoverageRow, Seen


@dataclass(frozen=True)
class Account:
    """What the pipeline says about one account."""

    number: int
    name: str
    mailboxes: tuple[CoverageRow, ...]
    new_messages: int
    error: AccountError | None
    finished: int = 0


@dataclass(frozen=True)
class Outcome:
    """What the pipeline says about a scan."""

    run_id: int
    accounts: tuple[Account, ...]
    new_messages: int
    new_gaps: int
    complete: bool
    previous_at: int | None = None


@dataclass(frozen=True)
class Analysis:
    """What the pipeline says about an analysis."""

    queued: int = 3
    new: int = 0
    below: int = 12
    as_of: int = 0
    incidents: tuple[str, ...] = ()
    seen: Seen | None = None


ROW = CoverageRow(
    account="office",
    mailbox="Sent",
    role="sent",
    reason="\\Sent",
    in_scope=True,
    uidvalidity=1,
    enumerated=2000,
    stored=1999,
    vanished=1,
    errored=0,
    expunged_since=0,
    drafts=0,
    received=0,
    with_bcc=0,
    oldest=1_600_000_000,
    newest=1_690_000_000,
    gaps=0,
    scanned_at=1,
)
GOOD = Account(1, "office", (ROW,), 1999, None)
BAD = Account(2, "events", (), 0, SignInError("the password was refused", where="account 2", remedy="Check it"))


def outcome(*accounts: Account, new_gaps: int = 0, previous_at: int | None = None) -> Outcome:
    """Return the outcome of a scan of these accounts."""
    complete = all(account.error is None for account in accounts)
    return Outcome(1, accounts, sum(account.new_messages for account in accounts), new_gaps, complete, previous_at)


@pytest.mark.parametrize(
    ("scanned", "analysis", "signal_new", "code"),
    [
        (outcome(GOOD), Analysis(), False, ExitCode.COMPLETE),
        (outcome(GOOD), Analysis(new=2), False, ExitCode.COMPLETE),
        (outcome(GOOD), Analysis(new=2), True, ExitCode.NEW_INCIDENTS),
        (outcome(GOOD), Analysis(), True, ExitCode.COMPLETE),
        (outcome(GOOD, new_gaps=1), Analysis(), False, ExitCode.GAPS),
        (outcome(GOOD, BAD), Analysis(), False, ExitCode.GAPS),
        (outcome(GOOD, BAD, new_gaps=1), Analysis(new=1), True, ExitCode.NEW_INCIDENTS),
        (outcome(BAD), None, True, ExitCode.FAILED),
    ],
)
def test_the_exit_code_follows_the_contract(scanned: Any, analysis: Any, signal_new: bool, code: ExitCode) -> None:
    """CONTRACTS, Exit codes: new incidents win over gaps only when asked for; nothing scanned is a failure."""
    assert ending(scanned, analysis, signal_new=signal_new) == code


def test_a_scan_tells_each_account(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """One line per account, the queue in short, what comes next; failures go to stderr by number."""
    pipeline("scanning.scan", scan=lambda *_, **__: outcome(GOOD, BAD, new_gaps=1))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis(new=2))

    ended = blindcopy("scan", "--signal-new")

    assert ended.code == 3
    assert (
        "Account 1, office: 1,999 new messages; 1,999 of 2,000 listed copies stored from 1 sent mailbox." in ended.out
    )
    assert "Account 2, events: FAILED" in ended.out
    assert "3 incidents queued, 2 of them new; 12 messages below the floor." in ended.out
    assert "Next: blindcopy queue" in ended.out
    assert "blindcopy: account 2: the password was refused. Check it\n" in ended.err
    assert "1 new gap" in ended.err
    assert "2 new incidents" in ended.err


def test_when_nothing_was_scanned_nothing_is_analysed(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """An old result is not presented as that of a scan that failed."""
    analysed = []
    pipeline("scanning.scan", scan=lambda *_, **__: outcome(BAD))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: analysed.append(1))

    ended = blindcopy("scan")

    assert ended.code == 2
    assert analysed == []
    assert "nothing was scanned" in ended.err


EXCLUDED = Account(3, "clinic", (replace(ROW, in_scope=False), replace(ROW, mailbox="", enumerated=0)), 0, None)


@pytest.mark.parametrize(("accounts", "code"), [((EXCLUDED,), 2), ((EXCLUDED, BAD), 2), ((EXCLUDED, GOOD), 0)])
def test_an_account_without_a_mailbox_to_read_was_not_scanned(
    accounts: tuple[Account, ...], code: int, blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """CONTRACTS, Exit codes: a typing error in [[exclude]] must not look like a quiet night."""
    pipeline("scanning.scan", scan=lambda *_, **__: outcome(*accounts))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis())

    ended = blindcopy("scan")

    assert ended.code == code
    assert "account 3: it has no mailbox to read; [[exclude]] may keep all of them closed" in ended.err
    assert ("nothing was scanned" in ended.err) is (code == 2)


def test_accounts_are_handed_on(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """--account may be repeated; without it all are scanned."""
    asked = []

    def scan(_settings: Any, *, accounts: tuple[str, ...], **_others: Any) -> Outcome:
        asked.append(accounts)
        return outcome(GOOD)

    pipeline("scanning.scan", scan=scan)
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis())

    blindcopy("scan", "--account", "office", "--account", "events")
    blindcopy("scan")

    assert asked == [("office", "events"), ()]


def test_the_json_answer_is_all_of_stdout(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """Programs read accounts, errors by code, and the analysis."""
    pipeline("scanning.scan", scan=lambda *_, **__: outcome(GOOD, BAD))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis())

    answer = json.loads(blindcopy("scan", "--json").out)

    assert answer["schema"] == "blindcopy/scan/1"
    assert answer["scan"]["accounts"][0]["mailboxes"][0]["oldest"] == "2020-09-13T12:26:40Z"
    assert answer["scan"]["accounts"][1]["error"]["code"] == "sign_in"
    assert answer["analysis"]["queued"] == 3


@pytest.fixture
def approved(blindcopy: Callable[..., Any]) -> Callable[..., Any]:
    """Return `blindcopy` with an approval in the settings that has expired, and one that never does."""
    with Path("blindcopy.toml").open("a") as file:
        for name, expires in (("board", "expires = 2025-06-30\n"), ("choir", "")):
            file.write(f'[[group]]\nname = "{name}"\ndomain = "{name}.example"\nowner = "A"\nreason = "B"\n{expires}')
    return blindcopy


def scanned_before(pipeline: Callable[..., None], previous: datetime | None) -> None:
    """Let a scan say when the one before it began."""
    at = int(previous.timestamp()) if previous else None
    pipeline("scanning.scan", scan=lambda *_, **__: outcome(GOOD, previous_at=at))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis())


def test_a_scan_tells_what_to_know_about_the_policy(
    approved: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """One line each on stderr, as `analyse` does; the exit code is that of the scan."""
    scanned_before(pipeline, datetime(2026, 1, 1, tzinfo=UTC))

    ended = approved("scan")

    assert ended.code == 0
    expired, endless = ended.err.splitlines()
    assert expired.startswith("blindcopy: note: blindcopy.toml, line 15: the approval has expired on 2025-06-30")
    assert endless.startswith("blindcopy: note: blindcopy.toml, line 16: the approval never ends")


def test_the_json_answer_holds_the_notes(approved: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """Stdout stays one object; quiet or not, the notes are in it."""
    scanned_before(pipeline, datetime(2026, 1, 1, tzinfo=UTC))

    ended = approved("--quiet", "scan", "--json")

    assert ended.err == ""
    assert ["expired" in note for note in json.loads(ended.out)["notes"]] == [True, False]


@pytest.mark.parametrize(
    ("previous", "is_mailed"),
    [
        (datetime(2025, 6, 30, 1, 0, tzinfo=UTC), True),
        (datetime(2025, 7, 1, 1, 0, tzinfo=UTC), False),
        (None, True),
    ],
)
def test_a_quiet_scan_mails_an_expired_approval_once(
    previous: datetime | None, is_mailed: bool, approved: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """Cron mails what stands on stderr: the first scan after the last day; later ones keep it in the log."""
    scanned_before(pipeline, previous)

    ended = approved("--quiet", "scan")

    assert ("the approval has expired" in ended.err) is is_mailed
    assert ("Note: blindcopy.toml, line 15: the approval has expired" in ended.out) is not is_mailed
    assert "Note: blindcopy.toml, line 16: the approval never ends" in ended.out
    assert ended.code == 0


def test_analyse_tells_the_queue(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """`blindcopy analyse` ends like a scan does, without asking a server."""
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis(queued=1))

    ended = blindcopy("analyse")

    assert ended.code == 0
    assert "1 incident queued, 0 of them new" in ended.out
    assert json.loads(blindcopy("analyse", "--json").out)["analysis"]["below"] == 12


def test_an_analysis_during_a_scan_says_how_much_was_seen(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """The share is the most it can be while the size of an account is not known."""
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis(seen=Seen(1_000, 2_999, accounts_unknown=1)))

    ended = blindcopy("analyse")

    assert "PROVISIONAL, at most 33.3 % seen:" in ended.out
    assert json.loads(blindcopy("analyse", "--json").out)["analysis"]["seen"]["expected"] == 2_999


def test_of_very_many_accounts_those_that_failed_have_a_line(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """Hundreds of lines would hide what has to be done; the figures of all are in --json."""
    many = tuple(Account(number, f"account-{number}", (ROW,), 0, None) for number in range(1, 100))
    failed = Account(100, "lost", (), 0, SignInError("the server refuses the password", where="account 100"))
    pipeline("scanning.scan", scan=lambda *_, **__: Outcome(7, (*many, failed), 0, 0, False))
    pipeline("analysing.analysis", analyse_store=lambda *_, **__: Analysis())

    ended = blindcopy("scan")

    assert "Account 100, lost: FAILED" in ended.out
    assert "account-17" not in ended.out
    assert len(json.loads(blindcopy("scan", "--json").out)["scan"]["accounts"]) == 100
