"""A header block as received → a `Message`."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from scanner.addresses import decode_text, find_silent_misses, parse_address_list
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.date import read_date, read_internal_date
from scanner.model import AddressField, AddressKey, Identity, Message, ParsedAddress

PARSER_VERSION = 1
"""Goes up whenever the same header block would give another Message; stored on every row."""

HEADER_FIELDS = (
    "Date From Sender Reply-To To Cc Bcc Resent-From Resent-To Resent-Cc Resent-Date Subject Message-ID In-Reply-To "
    "References Content-Type Content-Class List-Id List-Post Auto-Submitted Precedence Sensitivity Thread-Topic "
    "Thread-Index X-Mailer User-Agent X-Failed-Recipients"
)
"""Fields asked for, version 1 (CONTRACTS: Messages)."""

FETCH_ITEMS = f"(UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])"

MESSAGE_DEFECTS = {
    "stray_line": "a line with an @ belongs to no field; an address may be lost there",
    "date_missing": "no Date field; the server's date is used",
    "date_unreadable": "the Date field cannot be read; the server's date is used",
    "date_in_future": "the Date field lies more than a day after the server's date, which is used",
    "subject_cut": "the Subject is longer than 65,536 characters; the rest stands in the header block only",
}
"""Defects of a message beside those of its addresses (scanner.addresses.DEFECTS)."""

_SENDERS: tuple[AddressField, ...] = ("from", "sender", "reply-to", "resent-from")
_RECIPIENTS: tuple[AddressField, ...] = ("to", "cc", "bcc", "resent-to", "resent-cc")
_OTHERS = {
    "in-reply-to": "in-reply-to",
    "references": "references",
    "content-type": "content-type",
    "content-class": "content-class",
    "list-id": "list-id",
    "list-post": "list-post",
    "auto-submitted": "auto-submitted",
    "precedence": "precedence",
    "sensitivity": "sensitivity",
    "thread-topic": "thread-topic",
    "thread-index": "thread-index",
    "user-agent": "x-mailer",
    "x-mailer": "x-mailer",
    "x-failed-recipients": "x-failed-recipients",
}
"""Field asked for → key in `Message.fields`."""

# RFC 5322, 2.2.3: a field ends where a line end is not followed by white space. Some gateways write a bare LF or CR.
_FIELD_END = re.compile(rb"(?:\r\n|\n|\r)(?![ \t\n])")
_NAME = re.compile(rb"[!-9;-~]+\Z")
_PLAIN_NAME = re.compile(rb"[A-Za-z0-9_.-]+\Z")
_NAMES = {name.encode("ascii"): name.lower() for name in HEADER_FIELDS.split()}
_SPECIAL_TEXT = re.compile(rb"=\?|[\r\n\0]")
_FOLD = re.compile(r"[\r\n]+[ \t]?")
_ONE_DAY = 86_400
_FIELD_LIMIT = 16_384
"""Characters kept of fields that are no addresses: a References field can grow without end."""

_SUBJECT_LIMIT = 65_536
"""Characters kept of the Subject: it is shown to people, so a cut is a defect of the message."""

_LINE_LIMIT = 998
"""Characters kept of Message-ID and Date (RFC 5322, 2.1.1): all ASCII, and PostgreSQL indexes 2,704 bytes at most."""

_INDEX_LIMIT = 600
"""The same for indexed text of any characters."""

_MEMORY_SIZE = 50_000
_MEMORY_BODY = 200
"""Bytes of a field body that is worth remembering; longer ones hardly recur."""

AddressEntries = tuple[tuple[AddressField, ParsedAddress], ...]

_memory: dict[tuple[AddressField, bytes], tuple[AddressEntries, tuple[str, ...]]] = {}


def split_fields(block: bytes) -> tuple[dict[str, list[bytes]], bool]:
    """
    Cut a header block into fields.

    Returns:
        (field bodies, folding kept, by lower-case name in header order;
        whether a line with an @ belongs to no field: an address may be lost there)
    """
    fields: dict[str, list[bytes]] = {}
    is_stray = False
    lines = block.split(b"\r\n")
    # Without folding or odd line ends, the plain split says the same for a third of the price.
    if b"\r\n " in block or b"\r\n\t" in block or len(lines) != block.count(b"\n") + 1 or b"\r" in b"".join(lines):
        lines = _FIELD_END.split(block)
    for line in lines:
        if not line:
            continue
        name, colon, body = line.partition(b":")
        # Nearly all names are spelled as we asked for them.
        key = _NAMES.get(name)
        if key is None:
            name = name.rstrip(b" \t")
            if not colon or not _NAME.match(name):
                is_stray = is_stray or b"@" in line
                continue
            # A display name at the start of a line that lost its folding looks like a field name.
            is_stray = is_stray or (b"@" in line and not _PLAIN_NAME.match(name))
            key = name.decode("ascii").lower()
        if key in fields:
            fields[key].append(body)
        else:
            fields[key] = [body]
    return fields, is_stray


def identity_of(
    message_id: str, date_field: str, from_key: AddressKey | None, visible: Iterable[AddressKey]
) -> Identity:
    """
    Return the identity of a message, the same for all its copies.

    SHA-256 over the lines Message-ID, raw Date, From key and the sorted
    distinct To and Cc keys, UTF-8, joined by line feeds (CONTRACTS: Messages).
    """
    keys = set(visible)
    lines = [message_id, date_field, from_key or "", *(sorted(keys) if len(keys) > 1 else keys)]
    return Identity(hashlib.sha256("\n".join(lines).encode()).hexdigest())


def build_message(answer: FetchAnswer, header: bytes, *, is_draft: bool) -> Message:
    """
    Parse one answer.

    Args:
        answer: What the server said of the message.

        header: Its header fields as received.

        is_draft: It lies in a drafts mailbox.
    """
    fields, is_stray = split_fields(header)
    defects: list[str] = ["stray_line"] if is_stray else []
    senders = _addresses(fields, _SENDERS, defects)
    recipients = _addresses(fields, _RECIPIENTS, defects)
    message_id = _raw_text(fields.get("message-id"))
    date_field = _raw_text(fields.get("date"))
    flags, is_marked_draft = _flags(answer.flags or b"")
    internal = read_internal_date(answer.internal_date)
    sent_at, sent_offset = _sent_at(date_field, internal, defects)
    from_key = None
    for field, entry in senders:
        if field == "from" and entry.key:
            from_key = entry.key
            break
    visible = [entry.key for field, entry in recipients if (field == "to" or field == "cc") and entry.key]
    subject = _text(fields["subject"][0]) if "subject" in fields else ""
    if len(subject) > _SUBJECT_LIMIT:
        defects.append("subject_cut")
    # By position, in the order of Message: names cost as much again as the whole tuple.
    return Message(
        answer.uid,
        flags,
        answer.size or 0,
        internal[0] if internal else sent_at,
        internal[1] if internal else None,
        identity_of(message_id, date_field, from_key, visible),
        message_id[:_LINE_LIMIT],
        date_field[:_LINE_LIMIT],
        sent_at,
        sent_offset,
        "draft" if is_draft or is_marked_draft else "sent",
        subject[:_SUBJECT_LIMIT],
        senders,
        recipients,
        _other_fields(fields),
        tuple(dict.fromkeys(defects)) if defects else (),
        hashlib.sha256(header).digest(),
        header,
    )


@lru_cache(maxsize=4_096)
def _flags(text: bytes) -> tuple[tuple[str, ...], bool]:
    """Return the flags, and whether they mark a draft."""
    flags = tuple(text.decode("ascii", "replace").split())
    # RFC 9051, 2.3.2: flags are case-insensitive.
    return flags, any(flag.lower() == "\\draft" for flag in flags)


def _addresses(fields: dict[str, list[bytes]], names: tuple[AddressField, ...], defects: list[str]) -> AddressEntries:
    entries: list[tuple[AddressField, ParsedAddress]] = []
    for name in names:
        if name in fields:
            # Repeated fields are united: some clients write one Cc field per recipient.
            for body in fields[name]:
                found, wrong = _memory.get((name, body)) or _parse_field(name, body)
                entries += found
                defects += wrong
    return tuple(entries)


def _parse_field(name: AddressField, body: bytes) -> tuple[AddressEntries, tuple[str, ...]]:
    """Parse one field and remember it: an account writes under one From to the same few people."""
    parsed = parse_address_list(body)
    wrong = [entry.defect for entry in parsed if entry.defect]
    if missed := find_silent_misses(body, parsed):
        wrong.append(missed)
    result = tuple((name, entry) for entry in parsed), tuple(wrong)
    if len(body) <= _MEMORY_BODY:
        if len(_memory) >= _MEMORY_SIZE:
            _memory.clear()
        _memory[name, body] = result
    return result


def _sent_at(date_field: str, internal: tuple[int, int | None] | None, defects: list[str]) -> tuple[int, int | None]:
    """Date if it can be read and lies at most a day after INTERNALDATE, else INTERNALDATE (CONTRACTS: Messages)."""
    date = read_date(date_field) if date_field else None
    if date is None:
        defects.append("date_unreadable" if date_field else "date_missing")
    elif internal is None or date[0] <= internal[0] + _ONE_DAY:
        return date
    else:
        defects.append("date_in_future")
    return internal or (0, None)


def _other_fields(fields: dict[str, list[bytes]]) -> dict[str, str]:
    found = {}
    for name in fields:
        key = _OTHERS.get(name)
        # X-Mailer says more than User-Agent where both stand.
        if key and (name == key or key not in found):
            found[key] = _text(fields[name][0])[: _INDEX_LIMIT if key == "list-post" else _FIELD_LIMIT]
    return found


def _text(body: bytes) -> str:
    if body.isascii() and not _SPECIAL_TEXT.search(body):
        return body.decode("ascii").strip()
    # PostgreSQL text refuses NUL; no field means anything by it (RFC 5322, 4: obs-NO-WS-CTL leaves it out).
    text = decode_text(body)
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _raw_text(bodies: list[bytes] | None) -> str:
    """Return the first body unfolded but not decoded, 8-bit bytes as backslash escapes: it goes into the identity."""
    if not bodies:
        return ""
    text = bodies[0].decode("ascii", "backslashreplace")
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(" ", text)
    return text.strip().replace("\0", "\\x00")
