"""`blindcopy status` tells what was scanned and what was not."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from scanner.model import (
    FORMER_EPOCH,
    NOTHING_READ,
    AccountMonths,
    AddressKey,
    BulkSend,
    CoverageRow,
    DeliveryState,
    Gap,
    InboxReading,
    MissingMail,
    Seen,
    TraceImport,
    UnscannedSender,
    Witness,
)
from tests.cli.test_scan import ROW


@dataclass(frozen=True)
class Run:
    """One scan as the pipeline tells it."""

    id: int
    started_at: int
    ended_at: int | None
    state: str


@dataclass(frozen=True)
class Failed:
    """An account that failed, as the pipeline tells it."""

    account: str
    run: int
    error: str


@dataclass(frozen=True)
class Status:
    """The store as the pipeline tells it."""

    store: str
    runs: tuple[Run, ...]
    provisional: bool
    coverage: tuple[CoverageRow, ...]
    gaps: tuple[Gap, ...]
    failed: tuple[Failed, ...] = ()
    seen: Seen | None = None
    gone: int = 0
    duties: None = None
    delivery: DeliveryState = field(default_factory=DeliveryState)
    witness: Witness | None = None


STATUS = Status(
    store="/srv/blindcopy.db",
    runs=(Run(2, 1_700_000_000, None, "running"), Run(1, 1_690_000_000, 1_690_000_100, "complete")),
    provisional=True,
    seen=Seen(432, 1_000),
    coverage=(
        replace(ROW, account="lost", mailbox=""),
        ROW,
        replace(ROW, mailbox="Drafts", in_scope=False, reason="marked drafts by the server"),
    ),
    gaps=(
        Gap("office", "message_unparsed", "no closing bracket", "Sent", 1, 7),
        Gap("office", "message_unparsed", "no closing bracket", "Sent", 1, 9),
    ),
)


@pytest.fixture(autouse=True)
def _upkeep(pipeline: Callable[..., None]) -> None:
    pipeline("keeping.upkeep", store_status=lambda _settings: STATUS, store_digest=lambda _settings: "ab" * 32)


def test_coverage_gaps_and_runs_are_told(blindcopy: Callable[..., Any]) -> None:
    """Accounts never reached first, then figures, what was left out and why, and equal gaps in one line."""
    ended = blindcopy("status")

    lines = ended.out.splitlines()
    text = " ".join(ended.out.split())
    assert ended.code == 0
    assert "Scan 2 2023-11-14 23:13 to - Europe/Berlin, running" in text
    assert "PROVISIONAL, 43.2 % seen:" in text
    assert lines.index("NOT REACHED: lost") < lines.index("Scanned") < lines.index("Not scanned")
    assert "office Sent 2,000 1,999 1 0 0 2020-09-13 2023-07-22" in text
    assert "office Drafts marked drafts by the server" in text
    assert "Gaps: 2" in text
    assert "2 x the message could not be understood: no closing bracket (office / Sent)" in text


def test_the_coverage_fits_80_columns(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """With an account's name of ten letters, with long reasons, and with mail of others counted, too."""
    rows = (
        replace(ROW, account="accounting"),
        replace(ROW, account="accounting", mailbox="Sent/2019", others=1_234_567, enumerated=2_345_678),
        replace(ROW, account="accounting", mailbox="P" * 70, in_scope=False, reason="not a sent mailbox " * 5),
    )
    pipeline(
        "keeping.upkeep", store_status=lambda _: replace(STATUS, coverage=rows, gaps=()), store_digest=lambda _: ""
    )

    lines = blindcopy("status").out.splitlines()

    assert max(map(len, lines[lines.index("Scanned") :])) <= 80


def test_what_figures_alone_would_hide_is_said(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """Failed accounts, emptied mailboxes, deleted mail, mail set aside; and nothing of a mailbox never asked."""
    status = replace(
        STATUS,
        failed=(Failed("lost", 2, "sign_in"),),
        gone=1_502,
        coverage=(
            replace(ROW, mailbox="Old", uidvalidity=7, reason=FORMER_EPOCH, enumerated=0, stored=0, expunged_since=2),
            replace(ROW, enumerated=0, stored=0, vanished=0, expunged_since=1_500),
            replace(ROW, mailbox="Sent/2019", drafts=1, received=40),
            replace(ROW, mailbox="Refused", uidvalidity=None),
            replace(ROW, mailbox="Loose files", oldest=0, newest=0),
        ),
    )
    pipeline("keeping.upkeep", store_status=lambda _settings: status, store_digest=lambda _settings: "")

    text = " ".join(blindcopy("status").out.split())

    assert "FAILED in scan 2: lost (sign_in)" in text
    assert "EMPTIED: office / Sent held 1,500 messages in an earlier scan and is empty now." in text
    assert "1,502 stored messages are no longer in the mailboxes; the store keeps them" in text
    assert "Set aside as mail from others: 40 messages" in text
    assert "add it to addresses under [organisation]" in text
    assert "Set aside as drafts: 1 message." in text
    assert "office Loose files 2,000 1,999 1 0 0 unknown unknown" in text
    assert "office Old 7 2 2020-09-13" in text
    assert "Refused - - - - -" in text


def test_the_digest_stands_alone(blindcopy: Callable[..., Any]) -> None:
    """Scripts compare the one line that is printed."""
    assert blindcopy("status", "--digest").out == "ab" * 32 + "\n"
    assert json.loads(blindcopy("status", "--digest", "--json").out)["digest"] == "ab" * 32


def test_the_json_answer_has_times_in_utc(blindcopy: Callable[..., Any]) -> None:
    """Moments are ISO 8601 with Z, what has not ended is null."""
    answer = json.loads(blindcopy("status", "--json").out)

    assert answer["schema"] == "blindcopy/status/1"
    assert answer["runs"][0] == {"id": 2, "started_at": "2023-11-14T22:13:20Z", "ended_at": None, "state": "running"}
    assert [row["account"] for row in answer["coverage"]] == ["lost", "office", "office"]


def test_mail_of_others_and_own_mail_elsewhere_have_columns(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """With scope ours the sum of the row holds; with scope sent each unread mailbox shows its own mail."""
    status = replace(
        STATUS,
        coverage=(
            replace(ROW, mailbox="INBOX", enumerated=100, stored=9, others=90, vanished=1),
            replace(ROW, mailbox="Projects", in_scope=False, reason="not a sent mailbox", own_mail=1_234),
            replace(ROW, mailbox="Refused", in_scope=False, reason="not a sent mailbox", own_mail_note="refused"),
            replace(ROW, mailbox="Doctor", in_scope=False, reason="excluded: the doctor's"),
        ),
    )
    pipeline("keeping.upkeep", store_status=lambda _settings: status, store_digest=lambda _settings: "")

    text = " ".join(blindcopy("status").out.split())

    assert "Listed Stored Of others Vanished" in text
    assert "office INBOX 100 9 90 1 0 0" in text
    assert "office Projects 1,234 not a sent mailbox" in text
    assert "office Refused not counted not a sent mailbox" in text
    assert "office Doctor - excluded: the doctor's" in text
    assert "1,234 messages in 1 mailbox (not read)" in text
    assert "could not be counted in 1 of the mailboxes" in text


def test_a_mandates_period_is_told(blindcopy: Callable[..., Any]) -> None:
    """What limits the figures stands with them; where nothing does, nothing is said."""
    without = blindcopy("status").out
    with Path("blindcopy.toml").open("a", encoding="utf-8") as settings:
        settings.write("[mandate]\nfrom = 2020-01-07\nuntil = 2020-02-01\n")

    text = " ".join(blindcopy("status").out.split())

    assert "period limits" not in without
    assert "The mandate's period limits these figures: mail from 2020-01-07 until 2020-02-01 is read" in text


def test_an_account_that_was_reached_is_not_called_unreached(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """Its password was right: what is to be done is something else."""
    coverage = (replace(ROW, account="bare", mailbox="", reason=NOTHING_READ),)
    status = replace(STATUS, coverage=coverage)
    pipeline("keeping.upkeep", store_status=lambda _settings: status, store_digest=lambda _settings: "")

    out = blindcopy("status").out

    assert "NOT READ: bare (reached, and no mailbox of it could be read)" in out
    assert "NOT REACHED" not in out


def test_who_received_it_and_what_is_missing_is_told(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """How far received mail was read, which traces there are, and mailings that no stored message explains."""
    delivery = DeliveryState(
        inboxes=(InboxReading("office", 1_700_000_000, 1_234, 2, 0), InboxReading("hr", None, 7, 0, 0, "timeout")),
        traces=(TraceImport("march.csv", 9, 1_690_000_000, 1_690_086_400, 5_000, 700, 0, 3, ()),),
        unexplained=(BulkSend(AddressKey("news@corp.example"), 1_690_000_000, 1, 120, "Spring fair", "", "march.csv"),),
        receipts=31,
    )
    status = replace(STATUS, delivery=delivery)
    pipeline("keeping.upkeep", store_status=lambda _settings: status, store_digest=lambda _settings: "")

    ended = blindcopy("status")
    text = " ".join(ended.out.split())
    answer = json.loads(blindcopy("status", "--json").out)["delivery"]

    assert "office: 1,234 headers of received mail read, until 2023-11-14 23:13" in text
    assert "hr: 7 headers of received mail read, not to their end yet; FAILED last time: timeout" in text
    assert "march.csv: 5,000 copies" in text
    assert "Sent in bulk, but no stored message explains it" in text
    assert "2023-07-22 06:26 news@corp.example 120 1 Spring fair" in text
    assert max(map(len, ended.out.splitlines())) <= 80
    assert answer["unexplained"][0]["outside"] == 120


def test_witnesses_of_missing_mail_are_told(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """What is cited, silent months, a cut beginning and own senders, each with its figures."""
    witness = Witness(
        missing=(MissingMail("office", "2026-01", 2, ("<a@mx.example>",)), MissingMail("office", "2026-02", 1, ())),
        months=(AccountMonths("office", ("2025-08",), 41, 1_690_000_000),),
        senders=(UnscannedSender(AddressKey("info@corp.example"), 31, 1_690_000_000),),
    )
    status = replace(STATUS, witness=witness)
    pipeline("keeping.upkeep", store_status=lambda _settings: status, store_digest=lambda _settings: "")

    text = " ".join(blindcopy("status").out.split())

    assert "stored mail of office cites 3 messages of yours that no scanned mailbox holds" in text
    assert "one is <a@mx.example>" in text
    assert "office sent nothing in 1 month between others (2025-08); a usual month has 41 messages" in text
    assert "the first mail of office answers older mail of yours" in text
    assert "belong to no scanned account: info@corp.example (31)" in text
