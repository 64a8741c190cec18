"""A header block as received → a `Message`."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from operator import itemgetter

from scanner.addresses import decode_text, find_silent_misses, parse_address_list
from scanner.addresses.field import EntryCache, read_plain_list
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.date import Moment, read_date, read_internal_date
from scanner.crawl.fields import FIELD_NAMES, HEADER_FIELDS, Fields, split_fields
from scanner.model import AddressField, AddressKey, Identity, Message, ParsedAddress

PARSER_VERSION = 3
"""Goes up whenever the same header block would give another Message; stored on every row."""

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
_THREAD_FIELDS = ("in-reply-to", "references", "thread-topic", "thread-index")
# User-Agent before X-Mailer: the latter says more where both stand, and the last one is kept.
_PROGRAM_FIELDS = (
    *("content-type", "content-class", "list-id", "list-post", "auto-submitted", "precedence", "sensitivity"),
    *("user-agent", "x-mailer", "x-failed-recipients"),
)

_recipients_of = itemgetter(*map(FIELD_NAMES.index, _RECIPIENTS))
_senders_of = itemgetter(*map(FIELD_NAMES.index, _SENDERS))
_thread_fields_of = itemgetter(*map(FIELD_NAMES.index, _THREAD_FIELDS))
_program_fields_of = itemgetter(*map(FIELD_NAMES.index, _PROGRAM_FIELDS))
_texts_of = itemgetter(*map(FIELD_NAMES.index, ("message-id", "date", "subject")))

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

_MEMORY_SIZE = 5_000
"""Bodies of a field: what recurs does so soon, and ten times as many save no more than one parse in sixty."""

_MEMORY_BODY = 200
"""Characters of a field body that is worth remembering; longer ones hardly recur."""


def _pair(name: AddressField, entry: ParsedAddress) -> tuple[AddressField, ParsedAddress]:
    return name, entry


AddressEntries = tuple[tuple[AddressField, ParsedAddress], ...]

_memory: dict[AddressField, dict[str, tuple[AddressEntries, tuple[str, ...]]]] = {
    name: {} for name in (*_SENDERS, *_RECIPIENTS)
}
_entries: dict[AddressField, EntryCache[tuple[AddressField, ParsedAddress]]] = {
    name: EntryCache(partial(_pair, name)) for name in (*_SENDERS, *_RECIPIENTS)
}
_programs: dict[tuple[str | None, ...], dict[str, str]] = {}
_NO_THREAD = (None,) * len(_THREAD_FIELDS)
_NOTHING: AddressEntries = ()


def identity_of(
    message_id: str, date_field: str, from_key: AddressKey | None, visible: Iterable[AddressKey], *more: str
) -> Identity:
    """
    Return the identity of a message, the same for all its copies.

    SHA-256 over the lines Message-ID, raw Date, From key and the sorted
    distinct To and Cc keys, UTF-8, joined by line feeds (CONTRACTS: Messages).
    A message without Message-ID is told apart from others of its second and
    recipients by `more`: its Subject, and the server's date if its own cannot
    be read.
    """
    keys = set(visible)
    lines = [message_id, date_field, from_key or "", *(sorted(keys) if len(keys) > 1 else keys), *more]
    return Identity(hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest())


def build_message(answer: FetchAnswer, header: bytes, *, is_draft: bool) -> Message:
    """
    Parse one answer.

    Args:
        answer: What the server said of the message.

        header: Its header fields as received.

        is_draft: It lies in a drafts mailbox.
    """
    fields = split_fields(header)
    defects: list[str] = ["stray_line"] if fields.is_stray else []
    senders = _addresses(_SENDERS, _senders_of(fields.bodies), fields, defects)
    recipients = _addresses(_RECIPIENTS, _recipients_of(fields.bodies), fields, defects)
    raw_message_id, raw_date, raw_subject = _texts_of(fields.bodies)
    message_id = _raw_text(raw_message_id) if raw_message_id else ""
    date_field = _raw_text(raw_date) if raw_date else ""
    subject = _text(raw_subject) if raw_subject else ""
    flags, is_marked_draft = _flags(answer.flags or b"")
    internal = read_internal_date(answer.internal_date)
    sent_at, sent_offset = _sent_at(date_field, internal, defects)
    from_key = None
    for field, entry in senders:
        if field == "from" and entry.key:
            from_key = entry.key
            break
    visible = [entry.key for field, entry in recipients if (field == "to" or field == "cc") and entry.key]
    identity = (
        identity_of(message_id, date_field, from_key, visible)
        if message_id
        else identity_of(message_id, date_field, from_key, visible, subject, *_own_date(sent_at, defects))
    )
    if len(subject) > _SUBJECT_LIMIT:
        defects.append("subject_cut")
    # By position, in the order of Message: names cost as much again as the whole tuple.
    return Message(
        answer.uid,
        flags,
        answer.size or 0,
        internal[0] if internal else sent_at,
        internal[1] if internal else None,
        identity,
        message_id[:_LINE_LIMIT],
        date_field[:_LINE_LIMIT],
        sent_at,
        sent_offset,
        "draft" if is_draft or is_marked_draft else "sent",
        subject[:_SUBJECT_LIMIT],
        senders,
        recipients,
        _other_fields(fields.bodies),
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


def _addresses(
    names: tuple[AddressField, ...], bodies: tuple[str | None, ...], fields: Fields, defects: list[str]
) -> AddressEntries:
    entries = _NOTHING
    for name, body in zip(names, bodies, strict=True):
        if body is not None:
            found, wrong = _memory[name].get(body) or _parse_field(name, body)
            # Most messages have one field of each kind: nothing is copied then.
            entries = entries + found if entries else found
            if wrong:
                defects += wrong
            # Repeated fields are united: some clients write one Cc field per recipient.
            for again in fields.more.get(name, ()) if fields.more else ():
                found, wrong = _parse_field(name, again)
                entries += found
                defects += wrong
    return entries


def _parse_field(name: AddressField, body: str) -> tuple[AddressEntries, tuple[str, ...]]:
    """Parse one field and remember it: an account writes under one From to the same few people."""
    plain = read_plain_list(body, _entries[name])
    if plain is not None and len(plain) == body.count("@"):
        # Each entry of a plain list is an address, and no other @ is left.
        result: tuple[AddressEntries, tuple[str, ...]] = tuple(plain), ()
    else:
        parsed = parse_address_list(body)
        wrong = [entry.defect for entry in parsed if entry.defect]
        if missed := find_silent_misses(body, parsed):
            wrong.append(missed)
        result = tuple([(name, entry) for entry in parsed]), tuple(wrong)
    if len(body) <= _MEMORY_BODY:
        memory = _memory[name]
        if len(memory) >= _MEMORY_SIZE:
            memory.clear()
        memory[body] = result
    return result


def _sent_at(date_field: str, internal: Moment | None, defects: list[str]) -> Moment:
    """Date if it can be read and lies at most a day after INTERNALDATE, else INTERNALDATE (CONTRACTS: Messages)."""
    date = read_date(date_field) if date_field else None
    if date is None:
        defects.append("date_unreadable" if date_field else "date_missing")
    elif internal is None or date[0] <= internal[0] + _ONE_DAY:
        return date
    else:
        defects.append("date_in_future")
    return internal or (0, None)


def _own_date(sent_at: int, defects: list[str]) -> tuple[str, ...]:
    """Return the date that the server gave, if it stands in for the message's own."""
    return (str(sent_at),) if "date_missing" in defects or "date_unreadable" in defects else ()


def _other_fields(bodies: tuple[str | None, ...]) -> Mapping[str, str]:
    """Return the fields that are no addresses; those of the program that wrote the mail are ever the same."""
    rest = _program_fields_of(bodies)
    found = _programs.get(rest)
    if found is None:
        found = {}
        for name, body in zip(_PROGRAM_FIELDS, rest, strict=True):
            if body is not None:
                limit = _INDEX_LIMIT if name == "list-post" else _FIELD_LIMIT
                found["x-mailer" if name == "user-agent" else name] = _text(body)[:limit]
        # As they came: of a body in blanks nearly nothing is kept, and the key would be all of it.
        if sum(len(body) for body in rest if body is not None) <= _MEMORY_BODY:
            if len(_programs) >= _MEMORY_SIZE:
                _programs.clear()
            _programs[rest] = found
    thread = _thread_fields_of(bodies)
    if thread == _NO_THREAD:
        return found
    return found | {
        name: _text(body)[:_FIELD_LIMIT] for name, body in zip(_THREAD_FIELDS, thread, strict=True) if body is not None
    }


def _text(body: str) -> str:
    # RFC 2047 words, folds and NUL; four searches cost less than one expression.
    if body.isascii() and not ("=?" in body or "\n" in body or "\r" in body or "\0" in body):
        return body.strip()
    # PostgreSQL text refuses NUL; no field means anything by it (RFC 5322, 4: obs-NO-WS-CTL leaves it out).
    text = decode_text(body)
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _raw_text(body: str) -> str:
    """Return a body unfolded but not decoded, 8-bit bytes as backslash escapes: it goes into the identity."""
    if not body.isascii():
        body = body.encode("ascii", "surrogateescape").decode("ascii", "backslashreplace")
    if "\n" in body or "\r" in body:
        body = _FOLD.sub(" ", body)
    return body.strip().replace("\0", "\\x00")
