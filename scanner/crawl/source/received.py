"""Received mail of an account that lies in a file or folder, for bounces and replies."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from fnmatch import fnmatchcase
from pathlib import Path

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.answered import AnsweredBatch, Place
from scanner.crawl.bounce import Report, read_report_mail
from scanner.crawl.period import Period
from scanner.crawl.source.archive import DAMAGED
from scanner.crawl.source.box import Box, Unread, Vanished
from scanner.crawl.source.discover import Source, discover
from scanner.crawl.source.evidence import UnreadableError, source_errors
from scanner.crawl.source.files import FilesBox
from scanner.crawl.source.mbox_box import MboxBox
from scanner.crawl.source.scope import role_by_name
from scanner.errors import SourceError, SourceMissingError
from scanner.model import Account, FoundMailbox, OpenedMailbox, Progress
from scanner.uids import Ranges

MAIL_LIMIT = 8 * 1024 * 1024
"""Bytes of a bounce that are read."""

_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class SourceInbox:
    """
    The received mail of one source: every mailbox but those whose names mean sent mail or drafts.

    Args:
        account: With a `source`.

        where: What to call the account in messages.

        progress: Told when something takes long.

        former: Gives what a mailbox, by its wire name, was like when it was looked through last; None if it never was.
    """

    def __init__(
        self, account: Account, *, where: str, progress: Progress, former: Callable[[bytes], OpenedMailbox | None]
    ) -> None:
        self._account = account
        self._where = where
        self._progress = progress
        self._former = former
        self._source: Source | None = None

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """
        List the mailboxes that are not excluded.

        Raises:
            SourceError: The source is nothing known, damaged, or may not be read.
        """
        self.close()
        with _reading(self._where):
            self._source = discover(Path(self._account.source))
        found = []
        for box in self._source.boxes:
            role, reason = role_by_name(box.name)
            is_excluded = any(fnmatchcase(box.name, glob) for glob, _ in self._account.excluded)
            if role not in ("sent", "drafts") and not is_excluded:
                if isinstance(box, MboxBox):
                    # Gmail's labels tell sent mail from the rest; here the rest is what matters.
                    box.reads_all = True
                found.append(FoundMailbox(box.wire_name, box.name, role, reason, in_scope=False))
        return tuple(found)

    def open_since(self, mailbox: FoundMailbox, moment: int) -> tuple[OpenedMailbox, Ranges]:
        """List a mailbox: what stands for EXAMINE's answer, and the UIDs received since; SourceError."""
        first, last = self._account.sent_from, self._account.sent_until
        period = Period(moment if first is None else max(first, moment), last)
        with _reading(self._where):
            return self._box(mailbox).open(self._former(mailbox.wire_name), period, self._tell)

    def batches(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[AnsweredBatch]:
        """Yield the headers of all wanted UIDs as one batch; SourceError, MailboxChangedError."""
        place = Place(self._account.name, mailbox.name, opened.uidvalidity, False)
        answers: list[FetchAnswer] = []
        gaps = []
        vanished = 0
        with _reading(self._where):
            for read in self._box(mailbox).read(wanted):
                if isinstance(read, Vanished):
                    vanished += 1
                elif isinstance(read, Unread):
                    gaps.append(place.gap(read.kind, read.detail, read.uid))
                else:
                    answers.append(read)
        yield AnsweredBatch(place, wanted, tuple(answers), tuple(gaps), vanished)

    def reports(
        self, mailbox: FoundMailbox, opened: OpenedMailbox, uids: Sequence[int]
    ) -> Iterator[tuple[int, Report | None]]:
        """Yield (uid, what the delivery report says); None where the source or the mail does not tell."""
        box = self._box(mailbox)
        for uid in uids:
            yield uid, self._report(box, uid)

    def _report(self, box: Box, uid: int) -> Report | None:
        if not isinstance(box, MboxBox | FilesBox):
            # Outlook's files keep no delivery status.
            return None
        try:
            return read_report_mail(message_from_bytes(box.content(uid, MAIL_LIMIT)))
        except (OSError, UnreadableError, *DAMAGED, *_PARSER_ERRORS):
            return None

    def stop(self) -> None:
        """Do nothing: reading files does not wait."""

    def close(self, *, quietly: bool = False) -> None:
        """Let go of all files; never raises."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _box(self, mailbox: FoundMailbox) -> Box:
        boxes = self._source.boxes if self._source else ()
        for box in boxes:
            if box.wire_name == mailbox.wire_name:
                return box
        raise SourceMissingError("the mailbox is no longer there", where=self._where, remedy="Run it again")

    def _tell(self, text: str) -> None:
        self._progress.say(f"{self._where}: {text}")


@contextmanager
def _reading(where: str) -> Iterator[None]:
    try:
        with source_errors(where):
            yield
    except DAMAGED as error:
        raise SourceError("the zip file is damaged", where=where, remedy="Copy or export it again") from error
