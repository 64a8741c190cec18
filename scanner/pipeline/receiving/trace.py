"""
Import of a message trace, reconciled both ways with the store.

What the trace says of copies of stored messages becomes receipts. Stored
messages that it does not know are noted, and so is what went to many outside
and no stored message explains: mail that is missing here.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from scanner.addresses import make_classifier
from scanner.config import Settings
from scanner.config.trace_csv import DateOrder, is_known, read_trace
from scanner.crawl.proof import Matcher, message_ids
from scanner.errors import UsageError
from scanner.model import AddressKey, BulkSend, OutsiderTest, Sought, TraceRow
from scanner.store import delivery
from scanner.store import trace as stored
from scanner.store.engine import disposing, open_engine, store_errors
from scanner.store.lock import store_lock
from scanner.store.receipts import Proof, save_proofs

_WORDS, _LONGEST_WORD = 20, 40
"""Unknown words that are named, and how much of each."""

_LINES = 5
"""Lines that could not be read which are named."""


@dataclass(frozen=True, slots=True)
class TraceOutcome:
    """How an import ended."""

    name: str
    """Of the file, without its folder."""

    first_at: int
    last_at: int
    rows: int
    """Copies that the trace tells of; of these:"""

    of_others: int
    """sent by somebody outside."""

    matched: int
    """Of stored messages."""

    unreadable: int
    unreadable_lines: tuple[int, ...]
    """The first few."""

    delivered: int
    failed: int
    """New receipts."""

    unshown: int
    """Distinct (message, address) of stored messages that the stored copy does not name."""

    unknown: int
    """Stored messages of its period and senders that it does not know."""

    other_senders: int
    """Stored messages of its period from senders that it does not name at all."""

    unexplained: tuple[BulkSend, ...]
    """Mailings to many outsiders of all traces that no stored message explains, by time."""

    unknown_words: Mapping[str, int]
    """What the trace says of copies in words that nobody knows → copies: whether these arrived is not known."""

    has_new_gaps: bool
    """Something of it could not be read, or is unexplained, that was not so before."""


@dataclass(slots=True)
class _Mail:
    """The rows of one message of the trace."""

    message_id: str
    sender: AddressKey
    subject: str
    at: int
    rows: list[TraceRow] = field(default_factory=list)


def import_trace(settings: Settings, file: Path, *, order: DateOrder = "") -> TraceOutcome:
    """
    Import a message trace; the same file again takes the place of its former import.

    Args:
        settings: Which store; who is inside.

        file: The CSV.

        order: As in `read_trace`.

    Raises:
        SettingsError, UsageError: The file cannot be read or tells of nothing; nothing is written then.

        StoreError: The store is missing or locked.
    """
    rows, bad = _read(file, order)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    classify = make_classifier(settings.to_policy())
    ours = _our_senders(rows, classify)
    mails = _mails(row for row in rows if row.sender in ours)
    period = min(row.at for row in rows), max(row.at for row in rows)
    floor = settings.policy.queue_floor
    unknown_words = _unknown_words(row for row in rows if row.sender in ours)
    outside = {key for key in {row.recipient for row in rows} if classify(key).outsider}
    with (
        disposing(open_engine(settings.store_url)) as engine,
        store_errors(engine.url),
        store_lock(engine),
        engine.begin() as connection,
    ):
        found = _Reconciled(connection, mails, period)
        figures = stored.TraceFigures(*period, len(rows), found.matched, len(bad), len(found.unshown), unknown_words)
        before = set(stored.unexplained_sends(connection, floor))
        number, is_repeated = stored.begin_trace(connection, file.name, sha256, figures, now=int(time.time()))
        proofs = [one._replace(trace_id=number) for one in found.proofs]
        delivered = save_proofs(connection, [one for one in proofs if one.kind == "delivered"])
        failed = save_proofs(connection, [one for one in proofs if one.kind == "bounced"])
        save_proofs(connection, [one for one in proofs if one.kind == "delayed"])
        stored.save_reconciliation(connection, number, _sends(mails, outside, floor), found.unknown)
        unexplained = tuple(stored.unexplained_sends(connection, floor))
    return TraceOutcome(
        name=file.name,
        first_at=period[0],
        last_at=period[1],
        rows=len(rows),
        of_others=sum(row.sender not in ours for row in rows),
        matched=found.matched,
        unreadable=len(bad),
        unreadable_lines=tuple(dict.fromkeys(bad))[:_LINES],
        delivered=delivered,
        failed=failed,
        unshown=len(found.unshown),
        unknown=len(found.unknown),
        other_senders=found.other_senders,
        unexplained=unexplained,
        unknown_words=unknown_words,
        has_new_gaps=bool(set(unexplained) - before) or (bool(bad or unknown_words) and not is_repeated),
    )


def _unknown_words(rows: Iterable[TraceRow]) -> Mapping[str, int]:
    """Return what the rows say in words that nobody knows, with how many copies each speaks of, by word."""
    # A free text may hold an address; a gap names nobody.
    found = Counter("…@…" if "@" in row.word else row.word[:_LONGEST_WORD] for row in rows if not is_known(row.word))
    common = dict(found.most_common(_WORDS))
    if rest := found.total() - sum(common.values()):
        common["…"] = rest
    return dict(sorted(common.items()))


def _read(file: Path, order: DateOrder) -> tuple[list[TraceRow], list[int]]:
    """Return the rows, and the lines that hold none that can be read; refuse a file without any."""
    rows: list[TraceRow] = []
    bad: list[int] = []
    for one in read_trace(file, order):
        if isinstance(one, TraceRow):
            rows.append(one)
        else:
            bad.append(one)
    if not rows:
        raise UsageError("no row of it can be read", where=str(file), remedy="Check dates and addresses in the file")
    return rows, bad


def _our_senders(rows: Iterable[TraceRow], classify: OutsiderTest) -> frozenset[AddressKey]:
    """Return the senders whose mail is ours; what a sister company sends is theirs, as for scans."""
    # Bounces have no sender (RFC 5321, 4.5.5).
    senders = {row.sender: classify(row.sender) for row in rows if row.sender}
    return frozenset(key for key, known in senders.items() if known.kind == "inside" and not known.sister)


def _mails(rows: Iterable[TraceRow]) -> list[_Mail]:
    """Group rows by message: by Message-ID, else by sender, subject and nearly the same time."""
    named: dict[str, _Mail] = {}
    nameless: dict[tuple[str, str], list[_Mail]] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.line)):
        message_id = next(iter(message_ids(row.message_id)), "")
        if message_id:
            mail = named.setdefault(message_id, _Mail(message_id, row.sender, row.subject, row.at))
        else:
            some = nameless.setdefault((row.sender, stored.folded(row.subject)), [])
            if not some or row.at - some[-1].at > stored.NEAR:
                some.append(_Mail("", row.sender, row.subject, row.at))
            mail = some[-1]
        mail.rows.append(row)
    everything = [*named.values(), *(mail for some in nameless.values() for mail in some)]
    return sorted(everything, key=lambda mail: (mail.at, mail.rows[0].line))


def _sends(mails: Sequence[_Mail], outside: set[AddressKey], floor: int) -> list[stored.Send]:
    """Return the messages that went to many outsiders, or with others of their sender and subject did."""
    sends = []
    for mail in mails:
        recipients = {row.recipient for row in mail.rows}
        if addressed := len(recipients & outside):
            send = stored.Send(mail.message_id, mail.sender, mail.subject, mail.at, len(recipients), addressed)
            sends.append(send)
    together: dict[tuple[str, str], int] = {}
    for one in sends:
        unit = one.sender, stored.folded(one.subject)
        together[unit] = together.get(unit, 0) + one.outside
    return [one for one in sends if together[one.sender, stored.folded(one.subject)] >= floor]


class _Reconciled:
    """
    What a trace and the store say of each other.

    Args:
        connection: To the store.

        mails: Of the trace, sent by us.

        period: First and last moment of the trace.
    """

    def __init__(self, connection: Connection, mails: Sequence[_Mail], period: tuple[int, int]) -> None:
        self.proofs: list[Proof] = []
        self.matched = 0
        self.unshown: set[tuple[int, AddressKey]] = set()
        heads = list(stored.heads_between(connection, period[0] - stored.NEAR, period[1] + stored.NEAR))
        self._met: set[int] = set()
        numbers = self._numbers(connection, mails, heads)
        wanted = sorted({number for some in numbers for number in some})
        sought = {
            one.number: one for one in delivery.sought_messages(connection, [(number, "", 0) for number in wanted])
        }
        for mail, some in zip(mails, numbers, strict=True):
            self._add(mail, [sought[number] for number in some])
        senders = {mail.sender for mail in mails}
        # At its ends a trace may hold the mail and the store another moment of it, or the other way round.
        within = [one for one in heads if period[0] + stored.NEAR <= one.sent_at <= period[1] - stored.NEAR]
        self.unknown = [one.number for one in within if one.sender in senders and one.number not in self._met]
        self.other_senders = sum(one.sender not in senders for one in within)

    def _numbers(
        self, connection: Connection, mails: Sequence[_Mail], heads: Sequence[stored.StoredHead]
    ) -> list[Sequence[int]]:
        """Return the stored messages of each mail, in their order."""
        by_id = stored.same_ids(connection, {mail.message_id for mail in mails if mail.message_id})
        nearby: dict[tuple[str, str], list[stored.StoredHead]] = {}
        for head in heads:
            nearby.setdefault((head.sender, stored.folded(head.subject)), []).append(head)
        numbers: list[Sequence[int]] = []
        for mail in mails:
            if mail.message_id:
                numbers.append(by_id.get(mail.message_id, ()))
            else:
                same = nearby.get((mail.sender, stored.folded(mail.subject)), ())
                numbers.append([head.number for head in same if abs(head.sent_at - mail.at) <= stored.NEAR])
            self._met.update(numbers[-1])
        return numbers

    def _add(self, mail: _Mail, messages: Sequence[Sought]) -> None:
        if not messages:
            return
        self.matched += len(mail.rows)
        # Without a Message-ID two mailings of one minute cannot be told apart: only their recipients can.
        matcher = Matcher(messages)
        for row in mail.rows:
            named = [(one, key) for one in messages if (key := matcher.recipient_of(one, row.recipient)) is not None]
            if not named:
                if row.kind == "delivered" and mail.message_id and row.recipient != mail.sender:
                    self.unshown.add((messages[0].number, row.recipient))
                    named = [(messages[0], row.recipient)]
                else:
                    continue
            if row.kind is None or len(mail.rows) < 2:
                # A copy to one person shows nobody to anybody.
                continue
            for one, key in named:
                facts = f"{mail.message_id or mail.at}\n{key}\n{row.kind}".encode()
                proof = hashlib.sha256(facts).digest()
                self.proofs.append(Proof(one.number, key, row.kind, row.at, row.word[:80], None, None, row.line, proof))
