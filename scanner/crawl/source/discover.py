"""Which mailboxes a file or folder holds: the tree is walked once, names and first bytes decide."""

import os
import zipfile
from collections import defaultdict
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from imapclient.imap_utf7 import decode as decode_utf7

from scanner.crawl.source.archive import DAMAGED, ZIP_MAGIC, Archive, ZipShelf
from scanner.crawl.source.box import Box
from scanner.crawl.source.evidence import Entry, UnreadableError, list_folder, open_evidence
from scanner.crawl.source.files import FilesBox, FolderShelf
from scanner.crawl.source.mail_file import SUFFIXES
from scanner.crawl.source.maildir import MaildirShelf, is_maildir, unique_name
from scanner.crawl.source.mbox import is_mbox_start
from scanner.crawl.source.mbox_box import MboxBox
from scanner.crawl.source.outlook import OLE_MAGIC
from scanner.crawl.source.pst import PST_MAGIC, Outlook, PstBox
from scanner.errors import SourceError

_DEEPEST = 64
_START = 256
_MBOX_SUFFIXES = frozenset({".mbox", ".mbx", ".mboxrd", ".mboxo", ".mboxcl", ".mboxcl2"})
_PACKED = frozenset({".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar"})
_DATES_OF_FILES = "the Date fields; of Outlook's files the time of delivery"
_DATES_OF_MAILDIRS = "the names of the files"


class Skipped(NamedTuple):
    """Something within a source that may hold mail and is not read."""

    wire_name: bytes
    name: str
    reason: str


class Source:
    """
    What lies at a path.

    `kind` says it in words; `boxes` are the mailboxes by name, `skipped` what
    is not read and why, `ignored` how many other files there are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kind = ""
        self.boxes: list[Box] = []
        self.skipped: list[Skipped] = []
        self.ignored = 0
        self._open: list[Archive | Outlook] = []

    def close(self) -> None:
        """Let go of everything; never raises."""
        for box in self.boxes:
            box.close()
        for one in self._open:
            one.close()

    def add_folder(self, folder: Path, names: tuple[str, ...]) -> None:
        """Add what a folder holds; `names` lead to it from the source's root."""
        try:
            entries = list_folder(folder, self.path)
        except OSError as error:
            if not names:
                raise
            self._skip(names, f"the folder cannot be read ({error.strerror or 'input error'})")
            return
        folders = [entry for entry in entries if entry.is_folder]
        if is_maildir(frozenset(entry.name for entry in folders)):
            self._add_maildir(folder, names)
            folders = [entry for entry in folders if entry.name not in ("cur", "new", "tmp")]
        # Name -> why the file is not opened.
        mails: dict[str, str] = {}
        for entry in entries:
            if not entry.is_folder:
                self._add_file(entry, names, mails)
        if mails:
            shelf = FolderShelf(folder, tuple(mails), {name: why for name, why in mails.items() if why})
            self.boxes.append(FilesBox(_wire(names), self._name(names), shelf, _DATES_OF_FILES))
        for entry in folders:
            if len(names) >= _DEEPEST:
                self._skip((*names, entry.name), "folders are nested too deep")
            else:
                self.add_folder(entry.path, (*names, entry.name))

    def _add_maildir(self, folder: Path, names: tuple[str, ...]) -> None:
        shown = [_maildir_name(name) for name in names]
        name = "/".join(shown) if names else "INBOX"
        self.boxes.append(FilesBox(_wire((*names, "cur")), name, MaildirShelf(folder, self.path), _DATES_OF_MAILDIRS))

    def _add_file(self, entry: Entry, names: tuple[str, ...], mails: dict[str, str]) -> None:
        suffix = PurePosixPath(entry.name).suffix.lower()
        if entry.name.startswith("._"):
            self.ignored += 1
        elif suffix in SUFFIXES:
            mails[entry.name] = entry.refusal
        elif entry.refusal:
            self._skip((*names, entry.name), entry.refusal)
        else:
            try:
                self.add_file(entry.path, (*names, entry.name), suffix)
            except (OSError, SourceError) as error:
                self._skip((*names, entry.name), _reason(error))

    def add_file(self, path: Path, names: tuple[str, ...], suffix: str) -> None:
        """
        Add an mbox, zip or PST file, by its first bytes; another file is ignored.

        Raises:
            SourceError: It is one of these and cannot be read; OSError likewise.
        """
        with open_evidence(path) as stream:
            start = stream.read(_START)
            size = stream.seek(0, 2)
        if is_mbox_start(start) or (not start.strip() and suffix in _MBOX_SUFFIXES):
            self.kind = self.kind or "an mbox file"
            self.boxes.append(MboxBox(_wire(names), self._name(names), partial(open_evidence, path), size))
        elif start.startswith(PST_MAGIC):
            self.kind = self.kind or "an Outlook data file"
            self._add_pst(path, names)
        elif start.startswith(ZIP_MAGIC) and suffix == ".zip":
            self.kind = self.kind or "a zip file"
            self._add_zip(path, names)
        elif suffix in _MBOX_SUFFIXES:
            raise SourceError("this is no mbox: it does not begin with a From line", remedy="Check the file")
        elif suffix in _PACKED:
            self._skip(names, "packed in a way that is not read; unpack it")
        else:
            self.ignored += 1

    def _add_pst(self, path: Path, names: tuple[str, ...]) -> None:
        outlook = Outlook(path)
        self._open.append(outlook)
        inside = names if len(names) > 1 or self.kind == "a folder" else ()
        for name, identifier, _ in outlook.folders():
            wire = _wire((*names, str(identifier)))
            self.boxes.append(PstBox(wire, "/".join((*map(shown, inside), name)), outlook, identifier))

    def _add_zip(self, path: Path, names: tuple[str, ...]) -> None:
        archive = Archive(path)
        self._open.append(archive)
        entries = archive.entries()
        mails: dict[tuple[str, ...], dict[str, zipfile.ZipInfo]] = defaultdict(dict)
        maildirs: dict[tuple[str, ...], dict[str, zipfile.ZipInfo]] = defaultdict(dict)
        # Alone, the zip file is only the wrapping; beside others its name tells where a mailbox lies.
        root = names if self.kind == "a folder" else ()
        for info in entries:
            parts = tuple(part for part in info.filename.split("/") if part)
            suffix = PurePosixPath(parts[-1]).suffix.lower() if parts else ""
            if suffix in SUFFIXES:
                mails[parts[:-1]][parts[-1]] = info
            elif parts[-2:-1] in (("cur",), ("new",)):
                maildirs[parts[:-2]][unique_name(parts[-1])] = info
            elif parts:
                self._add_entry(archive, info, (*root, *parts), suffix)
        for parts, found in mails.items():
            shelf = ZipShelf(archive, found)
            self.boxes.append(FilesBox(_wire((*root, *parts)), self._name((*root, *parts)), shelf, _DATES_OF_FILES))
        for parts, found in maildirs.items():
            shelf = ZipShelf(archive, found, is_maildir=True)
            name = "/".join(_maildir_name(part) for part in (*root, *parts)) or "INBOX"
            self.boxes.append(FilesBox(_wire((*root, *parts, "cur")), name, shelf, _DATES_OF_MAILDIRS))
        readable = [info for info in entries if not info.flag_bits & 0x1]
        if entries and not readable:
            raise SourceError("the zip file is encrypted", remedy="Unpack it with its password and name the folder")

    def _add_entry(self, archive: Archive, info: zipfile.ZipInfo, names: tuple[str, ...], suffix: str) -> None:
        if suffix in _PACKED or suffix in (".pst", ".ost"):
            self._skip(names, "a file within the zip file that has to be unpacked first")
            return
        try:
            with archive.open(info) as stream:
                start = stream.read(_START)
        except UnreadableError as error:
            self._skip(names, str(error))
            return
        except DAMAGED:
            self._skip(names, "the entry of the zip file is damaged")
            return
        if is_mbox_start(start):
            opener = partial(archive.open, info)
            box = MboxBox(_wire(names), self._name(names), opener, info.file_size, is_seekable=False)
            self.boxes.append(box)
        elif suffix in _MBOX_SUFFIXES and start.strip():
            self._skip(names, "no mbox: it does not begin with a From line")
        else:
            self.ignored += 1

    def _skip(self, names: tuple[str, ...], reason: str) -> None:
        self.skipped.append(Skipped(_wire(names), self._name(names), reason))

    def _name(self, names: tuple[str, ...]) -> str:
        """Return a mailbox's name for people: without what programs add to names of files and folders."""
        if not names:
            return shown(self.path.name)
        parts = [_plain(name) for name in names]
        if len(parts) > 1 and names[-1] == "mbox" and names[-2].lower().endswith(".mbox"):
            # Apple Mail: a folder Sent.mbox with a file mbox in it.
            parts.pop()
        return "/".join(parts)


def discover(path: Path) -> Source:
    """
    Look what lies at a path.

    Raises:
        SourceError: Nothing that is known, or it is damaged or encrypted.

        OSError: It is not there, or may not be read.
    """
    source = Source(path)
    try:
        if path.is_dir():
            source.kind = "a folder"
            source.add_folder(path, ())
        else:
            _add_single(source, path)
    except BaseException:
        source.close()
        raise
    source.boxes.sort(key=lambda box: box.wire_name)
    return source


def _add_single(source: Source, path: Path) -> None:
    suffix = path.suffix.lower()
    with open_evidence(path) as stream:
        start = stream.read(len(OLE_MAGIC))
    if suffix in SUFFIXES or start == OLE_MAGIC:
        source.kind = "one message"
        shelf = FolderShelf(path.parent, (path.name,))
        source.boxes.append(FilesBox(_wire((path.name,)), shown(path.stem), shelf, _DATES_OF_FILES))
        return
    source.add_file(path, (path.name,), suffix)
    if not source.kind:
        reason = source.skipped[0].reason if source.skipped else "the file is no mbox, zip, .eml, .msg or .pst file"
        raise SourceError(reason, remedy="Name a file or folder of mail as `source`")


def _reason(error: OSError | SourceError) -> str:
    if isinstance(error, SourceError):
        return error.what
    return f"the file cannot be read ({error.strerror or 'input error'})"


def _wire(names: tuple[str, ...]) -> bytes:
    return os.fsencode("/".join(names)) or b"."


def _plain(name: str) -> str:
    """Return a name without what Thunderbird (.sbd) and others (.mbox) add."""
    lower = name.lower()
    for suffix in (".sbd", *_MBOX_SUFFIXES):
        if lower.endswith(suffix) and len(name) > len(suffix):
            return shown(name[: -len(suffix)])
    return shown(name)


def _maildir_name(name: str) -> str:
    """Return the parts of a Maildir++ folder's name, `.Sent.2020`, in modified UTF-7 as servers write it."""
    levels = [_from_utf7(level) for level in name.removeprefix(".").split(".")] if name.startswith(".") else [name]
    return "/".join(map(shown, levels))


def _from_utf7(name: str) -> str:
    try:
        return str(decode_utf7(name.encode("ascii")))
    except (ValueError, IndexError):
        return name


def shown(name: str) -> str:
    """Return a name of a file system in characters that can be shown and stored."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
