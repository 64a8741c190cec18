"""Crawl one account whose mail lies in a file or folder: the same steps and batches as for a server."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.answered import AnsweredBatch, Place
from scanner.crawl.fetch import BATCH_BYTES, BATCH_MESSAGES
from scanner.crawl.own_mail import OwnMailCount
from scanner.crawl.period import Period
from scanner.crawl.source.archive import DAMAGED
from scanner.crawl.source.box import Box, Read, ReadParts, Unread, Vanished
from scanner.crawl.source.discover import Source, discover, shown
from scanner.crawl.source.evidence import source_errors
from scanner.crawl.source.scope import judge_source, other_files
from scanner.crawl.structure_fetch import BATCH_STRUCTURES
from scanner.errors import AccountError, SourceError, SourceMissingError
from scanner.model import Account, FoundMailbox, Gap, OpenedMailbox, Progress, StructureBatch
from scanner.uids import Ranges, join_ranges

_MANY = 100
"""Commits of one mailbox at most whose UIDs do not follow each other: each writes all of them again."""


class SourceCrawl:
    """
    One account that is read from a file or folder.

    Args:
        account: With a `source`.

        where: What to call the account in messages: `account 3`.

        progress: Told when something takes long.

        former: Gives what a mailbox, by its wire name, was like when it was scanned last; None if it never was.
    """

    uids_ascend = False
    """Not every new message has a UID above all others."""

    tls_version = ""

    def __init__(
        self,
        account: Account,
        *,
        where: str,
        progress: Progress,
        former: Callable[[bytes], OpenedMailbox | None],
    ) -> None:
        self._account = account
        self._where = where
        self._progress = progress
        self._former = former
        self._period = Period(account.sent_from, account.sent_until)
        self._source: Source | None = None

    @property
    def server_id(self) -> str:
        """What the source is, in words; "" before `find_mailboxes`."""
        return self._source.kind if self._source else ""

    @property
    def lists_everything(self) -> bool:
        """No period limits what is listed."""
        return self._period.is_open

    @property
    def names(self) -> tuple[str, ...]:
        """The mailboxes of the source, once it was looked at; for people."""
        return tuple(box.name for box in self._source.boxes) if self._source else ()

    @property
    def known(self) -> frozenset[bytes]:
        """Wire names of the mailboxes that can be read."""
        return frozenset(box.wire_name for box in self._source.boxes) if self._source else frozenset()

    @property
    def ignored(self) -> int:
        """How many files of the source hold no mail."""
        return self._source.ignored if self._source else 0

    def dates_of(self, mailbox: FoundMailbox) -> str:
        """Return where the mailbox's internal dates come from, in words."""
        return self._box(mailbox).dates

    def look(self) -> None:
        """
        Find out what the source is.

        Raises:
            SourceMissingError: Nothing is there.

            SourceError: It is nothing known, damaged, encrypted or may not be read.
        """
        self.close()
        with _naming(self._where):
            self._source = discover(Path(self._account.source))

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """
        List the mailboxes of the source.

        Raises:
            NoSentMailboxError: It holds no sent mail.

            SourceError: As `look`.
        """
        self.look()
        if self.ignored:
            self._tell(other_files(self.ignored))
        with _naming(self._where):
            return judge_source(self._looked_at, self._account)

    def standings(self, mailboxes: Sequence[FoundMailbox]) -> dict[bytes, OpenedMailbox]:
        """Return {}: only reading a file tells whether it is as it was."""
        return {}

    def is_alive(self) -> bool:
        """Tell that a file answers."""
        return True

    def open(self, mailbox: FoundMailbox) -> tuple[OpenedMailbox, Ranges]:
        """
        List a mailbox: what stands for EXAMINE's answer, and the UIDs within the mandate's period.

        Raises:
            SourceError: It cannot be read.
        """
        with _naming(self._where):
            return self._box(mailbox).open(self._former(mailbox.wire_name), self._period, self._tell)

    def batches(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[AnsweredBatch]:
        """
        Yield batches until every wanted UID is accounted for.

        Raises:
            MailboxChangedError: The file was rewritten on the way.

            SourceError: It cannot be read any more.
        """
        box = self._box(mailbox)
        size = BATCH_MESSAGES
        if not self.uids_ascend:
            size = max(size, len(wanted) // _MANY)
        collector = _Collector(Place(self._account.name, mailbox.name, opened.uidvalidity, mailbox.role == "drafts"))
        with _naming(self._where):
            for read in box.read(wanted):
                collector.add(read)
                if collector.count >= size or collector.header_bytes >= BATCH_BYTES:
                    yield collector.take()
        if collector.count:
            yield collector.take()

    def structures(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[StructureBatch]:
        """
        Yield the structure of messages until every wanted UID is accounted for.

        Raises:
            MailboxChangedError: The file was rewritten on the way.

            SourceError: It cannot be read any more.
        """
        place = Place(self._account.name, mailbox.name, opened.uidvalidity, mailbox.role == "drafts")
        with _naming(self._where):
            reading = self._box(mailbox).structures(wanted)
            while read := tuple(islice(reading, BATCH_STRUCTURES)):
                yield _structure_batch(place, read)

    def whole(self, mailbox: FoundMailbox, opened: OpenedMailbox, uid: int, limit: int) -> bytes | str:
        """Return why nothing is taken out of a file: the file is the evidence."""
        del mailbox, opened, uid, limit
        return "it lies in a file, which is the evidence itself: keep a copy of that file"

    def count_own_mail(self, mailbox: FoundMailbox, searches: Sequence[str]) -> OwnMailCount:
        """Say that a file has no search."""
        return OwnMailCount(None, "files are not searched")

    def cut(self, mailbox: FoundMailbox) -> str:
        """Tell why a mailbox that was opened seems to end too early; "" when it does not."""
        return self._box(mailbox).cut

    @property
    def is_connected(self) -> bool:
        """Files are no connections."""
        return False

    def stop(self) -> None:
        """Do nothing: reading files does not wait."""

    def close(self, *, quietly: bool = False) -> None:
        """Let go of all files; never raises."""
        if self._source is not None:
            self._source.close()
            self._source = None

    @property
    def _looked_at(self) -> Source:
        if self._source is None:
            raise RuntimeError("the mailboxes are found first")
        return self._source

    def _box(self, mailbox: FoundMailbox) -> Box:
        for box in self._looked_at.boxes:
            if box.wire_name == mailbox.wire_name:
                return box
        raise SourceMissingError("the mailbox is no longer there", where=self._where, remedy="Run the scan again")

    def _tell(self, text: str) -> None:
        self._progress.say(f"{self._where}: {text}")


def _structure_batch(place: Place, read: Sequence[ReadParts]) -> StructureBatch:
    found = tuple(one for one in read if not isinstance(one, Unread | Vanished))
    gaps = tuple(
        place.gap("structure_unread", f"{shown(one.place)}: {one.detail}" if one.place else one.detail, one.uid)
        for one in read
        if isinstance(one, Unread)
    )
    gone = [one.uid for one in read if isinstance(one, Vanished)]
    uids = [*(uid for uid, _ in found), *(gap.uid for gap in gaps if gap.uid is not None), *gone]
    return StructureBatch(join_ranges((uid, uid) for uid in uids), found, gaps)


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Map errors, and name the account in those that were raised without it."""
    try:
        with source_errors(where):
            yield
    except AccountError as error:
        error.where = error.where or where
        raise
    except DAMAGED as error:
        raise SourceError("the zip file is damaged", where=where, remedy="Copy or export it again") from error


class _Collector:
    """Gathers what becomes the next batch."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._clear()

    def _clear(self) -> None:
        self._answers: list[FetchAnswer] = []
        self._gaps: list[Gap] = []
        self._examined: list[int] = []
        self._vanished = 0
        self.header_bytes = 0

    @property
    def count(self) -> int:
        return len(self._examined)

    def add(self, read: Read) -> None:
        self._examined.append(read.uid)
        if isinstance(read, Vanished):
            self._vanished += 1
        elif isinstance(read, Unread):
            # A path finds the evidence again; without one the mailbox is the file.
            detail = f"{shown(read.place)}: {read.detail}" if read.place else read.detail
            self._gaps.append(self._place.gap(read.kind, detail, read.uid, read.raw))
        else:
            self.header_bytes += len(read.header or b"")
            self._answers.append(read)

    def take(self) -> AnsweredBatch:
        examined = join_ranges((uid, uid) for uid in self._examined)
        batch = AnsweredBatch(self._place, examined, tuple(self._answers), tuple(self._gaps), self._vanished)
        self._clear()
        return batch
