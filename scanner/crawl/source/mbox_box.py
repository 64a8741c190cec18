"""
An mbox as a mailbox.

A message's UID is its place in the file, from 1. UIDVALIDITY comes from the
first message. At each listing a checksum runs over all headers; the store
keeps it in place of HIGHESTMODSEQ, with UIDNEXT. So a file to which messages
were appended is recognised and only they are fetched; after any other change
(compacted, edited, cut) the file gets another UIDVALIDITY and is read anew.
"""

import hashlib
import zlib
from array import array
from collections.abc import Callable, Iterator
from typing import BinaryIO

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.mime import StructureError
from scanner.crawl.period import Period
from scanner.crawl.source.block import RawHeader, filter_block, read_header
from scanner.crawl.source.box import Read, ReadParts, Tell, Unread, uidvalidity_of
from scanner.crawl.source.evidence import UnreadableError
from scanner.crawl.source.flag import VOLATILE, flags_of, gmail_labels, is_labelled_sent
from scanner.crawl.source.mail_file import with_first
from scanner.crawl.source.mbox import MboxEntry, is_dated_from, is_mbox_start, message_lines, read_mbox
from scanner.crawl.source.moment import date_of, internal_date, read_from_line
from scanner.crawl.source.tree import read_tree
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import SourceError
from scanner.model import OpenedMailbox
from scanner.uids import Ranges, contains, newest_first, uids_of

_LONG = 256 * 1024 * 1024
_PIECE = 2_000


class MboxBox:
    """
    One mbox file.

    Args:
        wire_name: What finds it within the source.

        name: For people.

        opener: Opens the file, read-only.

        size: Bytes of the file.

        is_seekable: The file lies on a disk, not compressed within another one.

    `reads_all` may be set before `open`: messages then count whatever their Gmail labels say.
    """

    dates = 'the "From " lines, else the Date fields'

    def __init__(
        self,
        wire_name: bytes,
        name: str,
        opener: Callable[[], BinaryIO],
        size: int,
        *,
        is_seekable: bool = True,
    ) -> None:
        self.wire_name = wire_name
        self.name = name
        self.reads_all = False
        self.cut = ""
        self._opener = opener
        self._size = size
        self._is_seekable = is_seekable
        self._places = array("Q")
        """Offset of each message's "From " line."""

        self._marks = array("I")
        """Checksum of each message's header: the file may be rewritten between listing and reading."""

        self._sizes = array("Q")

    def has_labels(self) -> bool:
        """Tell whether the first message carries Gmail labels."""
        with self._opener() as stream:
            first = next(iter(read_mbox(stream, is_seekable=False)), None)
        return first is not None and gmail_labels(first.header.block) is not None

    def open(self, former: OpenedMailbox | None, period: Period, tell: Tell) -> tuple[OpenedMailbox, Ranges]:
        """See `Box`."""
        if self._size > _LONG:
            tell(f"looking through {self._size / 1e9:,.1f} GB")
        self.close()
        listing = _Listing(former, period)
        is_cut = False
        with self._opener() as stream:
            if self._size and not self._is_mbox(stream):
                raise SourceError("this is no mbox: it does not begin with a From line", remedy="Check the file")
        with self._opener() as stream:
            for entry in read_mbox(stream, is_seekable=self._is_seekable):
                listing.add(entry)
                self._places.append(entry.offset)
                self._marks.append(zlib.crc32(entry.header.block))
                self._sizes.append(entry.size)
                is_cut = entry.is_cut
        # RFC 4155, appendix A: every message ends with a line end. What was cut within a line ends with none.
        self.cut = (
            "the file ends in the middle of a line: it was cut, and more mail may have followed" if is_cut else ""
        )
        count = len(self._places)
        listed = listing.listed(reads_all=self.reads_all)
        uidvalidity, checksum = listing.state()
        return OpenedMailbox(uidvalidity, count + 1, count, checksum), listed

    @staticmethod
    def _is_mbox(stream: BinaryIO) -> bool:
        start = stream.read(4096)
        if b"\r" in start and b"\n" not in start:
            raise SourceError("the lines of this mbox end in CR alone", remedy="Convert it to LF line ends first")
        return not start.strip(b"\r\n") or is_mbox_start(start)

    def read(self, wanted: Ranges) -> Iterator[Read]:
        """See `Box`. Newest first, piece by piece; from a compressed file in its order."""
        if not self._is_seekable:
            yield from self._read_through(wanted)
            return
        with self._opener() as stream:
            for piece in newest_first(wanted, _PIECE):
                for uid in uids_of(piece):
                    yield self._read_at(stream, uid)

    def _read_at(self, stream: BinaryIO, uid: int) -> Read:
        stream.seek(self._places[uid - 1])
        from_line = stream.readline()
        header = read_header(stream.readline, is_next=is_dated_from)
        return self._answer(uid, from_line, header)

    def content(self, uid: int, limit: int) -> bytes:
        """
        Return a listed message, its first bytes at most, without its "From " line.

        Raises:
            OSError: The file cannot be read.

            UnreadableError: It lies compressed within another one, or was rewritten.
        """
        if not self._is_seekable:
            raise UnreadableError("it lies within a compressed file")
        with self._opener() as stream:
            stream.seek(self._places[uid - 1])
            if not stream.readline().startswith(b"From "):
                raise UnreadableError("the file was rewritten")
            return stream.read(min(limit, self._sizes[uid - 1]))

    def _read_through(self, wanted: Ranges) -> Iterator[Read]:
        if not wanted:
            return
        with self._opener() as stream:
            for uid, entry in enumerate(read_mbox(stream, is_seekable=False), 1):
                if uid > wanted[-1][1]:
                    return
                if contains(wanted, uid):
                    yield self._answer(uid, entry.from_line, entry.header)

    def _answer(self, uid: int, from_line: bytes, header: RawHeader) -> Read:
        self._check(uid, header)
        if header.is_too_long:
            return Unread(uid, "message_unparsed", "its header is longer than 16 MiB", header.block)
        if not header.is_ended:
            return Unread(uid, "message_unparsed", "the file ends inside this message's header", header.block)
        return FetchAnswer(
            uid,
            internal_date(read_from_line(from_line)),
            self._sizes[uid - 1],
            flags_of(header.block),
            filter_block(header.block),
        )

    def structures(self, wanted: Ranges) -> Iterator[ReadParts]:
        """See `Box`. In the order of the file, which a compressed one can be read in only."""
        if not wanted:
            return
        with self._opener() as stream:
            for uid in uids_of(wanted):
                yield self._parts_at(stream, uid)

    def _parts_at(self, stream: BinaryIO, uid: int) -> ReadParts:
        stream.seek(self._places[uid - 1])
        stream.readline()
        header = read_header(stream.readline, is_next=is_dated_from)
        self._check(uid, header)
        left = 0 if header.stopped_by else self._sizes[uid - 1] - len(header.block)
        try:
            return uid, read_tree(with_first(header.block, message_lines(stream.readline, left)))
        except StructureError as error:
            return Unread(uid, "message_unparsed", str(error))

    def _check(self, uid: int, header: RawHeader) -> None:
        if zlib.crc32(header.block) != self._marks[uid - 1]:
            raise MailboxChangedError("the file was rewritten during the scan", remedy="Run the scan again")

    def close(self) -> None:
        """See `Box`."""
        self._places, self._marks, self._sizes = array("Q"), array("I"), array("Q")


_UNLABELLED, _SENT, _NOT_SENT, _OUTSIDE = range(4)


class _Listing:
    """Which messages count, and the checksums that tell one state of a file from another."""

    def __init__(self, former: OpenedMailbox | None, period: Period) -> None:
        self._former = former
        self._period = period
        self._kinds = bytearray()
        self._first = b""
        self._sum = hashlib.blake2b(digest_size=8)
        self._is_former_prefix = former is not None and former.uidnext == 1

    def add(self, entry: MboxEntry) -> None:
        block = entry.header.block
        lasting = VOLATILE.sub(b"", block)
        if not self._kinds:
            self._first = lasting
        self._sum.update(len(lasting).to_bytes(8, "big") + lasting)
        labels = gmail_labels(block)
        kind = _UNLABELLED if labels is None else _SENT if is_labelled_sent(labels) else _NOT_SENT
        if not self._period.is_open:
            moment = read_from_line(entry.from_line) or date_of(block)
            kind = kind if self._period.holds(moment) else _OUTSIDE
        self._kinds.append(kind)
        former = self._former
        if former is not None and former.uidnext == len(self._kinds) + 1:
            self._is_former_prefix = self._checksum() == former.highestmodseq

    def listed(self, *, reads_all: bool) -> Ranges:
        """Return the UIDs that count: where Gmail's labels are, those labelled as sent."""
        kinds = self._kinds
        if not kinds:
            return ()
        is_labelled = _SENT in kinds or _NOT_SENT in kinds
        if is_labelled and not reads_all and _SENT not in kinds and _UNLABELLED not in kinds:
            raise SourceError(
                "its messages carry Gmail labels, and none of them means sent mail",
                remedy="Name this mailbox under mailboxes in the settings to read all of it",
            )
        left_out = {_OUTSIDE} if reads_all else {_OUTSIDE, _NOT_SENT}
        if left_out.isdisjoint(kinds):
            return ((1, len(kinds)),)
        runs: list[tuple[int, int]] = []
        for uid, kind in enumerate(kinds, 1):
            if kind in left_out:
                continue
            if runs and runs[-1][1] == uid - 1:
                runs[-1] = (runs[-1][0], uid)
            else:
                runs.append((uid, uid))
        return tuple(runs)

    def state(self) -> tuple[int, int]:
        """Return UIDVALIDITY and the checksum over all headers."""
        checksum = self._checksum()
        former = self._former
        if former is None:
            return uidvalidity_of(b"mbox", self._first), checksum
        if self._is_former_prefix:
            return former.uidvalidity, checksum
        return uidvalidity_of(b"mbox changed", checksum.to_bytes(8, "big")), checksum

    def _checksum(self) -> int:
        # 63 bits: a BIGINT has a sign.
        return int.from_bytes(self._sum.copy().digest(), "big") >> 1
