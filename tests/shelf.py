"""A store filled through the package's own writer, without a server: invented mail in, rows out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from sqlalchemy import Engine

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.model import Account, AddressKey, Batch, FoundMailbox, Gap, MailboxRole, Message, OpenedMailbox
from scanner.store import crawled
from scanner.store.frame import Cursor
from scanner.uids import Ranges, join_ranges, ranges_of
from tests.message_writer import MessageWriter

OFFICE = "office@corp.example"
START = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


def letter(
    uid: int,
    to: Sequence[str] = (),
    *,
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    subject: str = "Evening of the group",
    sender: str = OFFICE,
    message_id: str | None = None,
    date: str | None = None,
    after: timedelta = timedelta(),
    received: timedelta = timedelta(seconds=2),
    flags: bytes = b"\\Seen",
    extra: bytes = b"",
    is_draft: bool = False,
) -> Message:
    """
    Return a message as the crawl would give it.

    Args:
        message_id: Default: one made of the UID.

        date: The Date field; default: START plus `after`.

        received: INTERNALDATE lies so long behind the moment of sending.

        extra: Further fields, each ending in CRLF.
    """
    sent_at = START + after
    fields = {
        "Date": format_datetime(sent_at) if date is None else date,
        "From": sender,
        "To": ", ".join(to),
        "Cc": ", ".join(cc),
        "Bcc": ", ".join(bcc),
        "Subject": subject,
        "Message-ID": f"<m{uid}@corp.example>" if message_id is None else message_id,
    }
    lines = [f"{name}: {body}\r\n".encode() for name, body in fields.items() if body]
    header = b"".join(lines) + extra + b"\r\n"
    internal = (sent_at + received).strftime("%d-%b-%Y %H:%M:%S +0000").encode()
    return build_message(FetchAnswer(uid, internal, len(header), flags, header), header, is_draft=is_draft)


def guests(count: int, *, first: int = 1, host: str = "guests.example") -> list[str]:
    """Return so many addresses with names, all of different people."""
    return [f"Guest Number{number} <guest{number}@{host}>" for number in range(first, first + count)]


def is_outsider(key: AddressKey) -> bool:
    """Tell outsiders as a policy with the domain corp.example does."""
    return not key.endswith("corp.example")


@dataclass(frozen=True, slots=True)
class Place:
    """Row numbers of one mailbox epoch."""

    account: int
    mailbox: int
    epoch: int


class Shelf:
    """Writes messages into a store as a scan does; one run from the making of the object on."""

    def __init__(self, engine: Engine, *, outsider: Callable[[AddressKey], bool] = is_outsider) -> None:
        self.engine = engine
        self.writer = MessageWriter(engine, outsider, 1)
        self._found: dict[str, dict[bytes, FoundMailbox]] = {}
        self._examined: dict[int, Ranges] = {}
        with engine.begin() as connection:
            self.run = crawled.start_run(
                connection,
                now=1_800_000_000,
                tool_version="0",
                parser_version=1,
                settings_sha256="0" * 64,
                mandate="{}",
            )

    def place(
        self,
        account: str = "office",
        mailbox: str = "Sent",
        *,
        uidvalidity: int = 1,
        role: MailboxRole = "sent",
        in_scope: bool = True,
    ) -> Place:
        """Return the numbers of a mailbox epoch, which is made when it is new and becomes the current one."""
        wire_name = mailbox.encode()
        found = self._found.setdefault(account, {})
        found[wire_name] = FoundMailbox(wire_name, mailbox, role, "a test says so", in_scope)
        with self.engine.begin() as connection:
            number = crawled.save_account(connection, Account(account, "imap.corp.example", 993, account))
            boxes = crawled.save_mailboxes(connection, number, found.values())
            opened = OpenedMailbox(uidvalidity, None, 0, None)
            epoch = crawled.open_epoch(connection, boxes[wire_name], opened)
        self._examined.setdefault(epoch.id, epoch.examined)
        return Place(number, boxes[wire_name], epoch.id)

    def put(
        self,
        place: Place,
        messages: Iterable[Message],
        *,
        gaps: tuple[Gap, ...] = (),
        others: Ranges = (),
        size: int = 1_000,
    ) -> tuple[int, int]:
        """
        Write messages in batches of `size`; return how many messages and gaps were new.

        `others` are UIDs that were read and hold mail of others.
        """
        pending = list(messages)
        totals = [0, 0]
        for start in range(0, max(1, len(pending)), size):
            some = tuple(pending[start : start + size])
            examined = join_ranges((*ranges_of(message.uid for message in some), *others))
            self._examined[place.epoch] = join_ranges((*self._examined[place.epoch], *examined))
            new = self.writer.write(
                Cursor(self.run, place.account, place.mailbox, place.epoch, self._examined[place.epoch], others),
                Batch(examined, some, gaps if not start else (), 0, others),
            )
            totals = [totals[0] + new[0], totals[1] + new[1]]
        return totals[0], totals[1]

    def account_for(
        self, place: Place, *, enumerated: int, stored: int, vanished: int = 0, errored: int = 0, done: bool = True
    ) -> None:
        """Write the figures of a mailbox as the end of its scan does."""
        with self.engine.begin() as connection:
            crawled.save_accounting(
                connection,
                self.run,
                place.epoch,
                enumerated=enumerated,
                stored=stored,
                vanished=vanished,
                errored=errored,
                expunged_since=0,
                fetched=stored,
                ended_at=1_800_000_100 if done else None,
            )

    def end(self, state: str = "complete") -> None:
        """End the run."""
        with self.engine.begin() as connection:
            crawled.end_run(connection, self.run, now=1_800_000_200, state=state)
