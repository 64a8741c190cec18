"""
What one received mail proves of the messages that are looked for: a reply, an automatic reply, or a bounce.

Matched by Message-ID alone, never by subject: a reply names the mail that it
answers in In-Reply-To, else at the end of References (RFC 5322, 3.6.4). An
answer to somebody else's answer is none to ours. Of one who replies and is no
recipient it is kept that there is such a one: a Bcc line got lost, or the mail
was forwarded. Who he is, is not.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scanner.addresses import parse_address_list, person_key
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.bounce import Copy, Report, is_report, without_xtext
from scanner.crawl.date import read_date, read_internal_date
from scanner.model import AddressKey, ReceiptKind, Sought

RECEIVED_FIELDS = (
    "Date From Message-ID In-Reply-To References Content-Type Auto-Submitted Precedence X-Failed-Recipients "
    "X-Autoreply X-Autorespond"
)
"""What is asked for of received mail: neither recipients nor subjects."""

RECEIVED_ITEMS = f"(UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS ({RECEIVED_FIELDS})])"

_FIELD_END = re.compile(rb"(?:\r\n|\n|\r)(?![ \t\n])")
_NAMES = frozenset(name.lower() for name in RECEIVED_FIELDS.split())
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_DAEMONS = re.compile(
    r"(?:mailer|mail|mda|delivery|smtp)[-_.]?daemon|postmaster|mail[-_.]?deliver\w*|bounces?", re.IGNORECASE
)
_ONLY_DAEMON = re.compile(r"mailer[-_.]?daemon", re.IGNORECASE)
_BULK = frozenset({"auto_reply", "bulk", "junk"})

_KINDS: Mapping[str, ReceiptKind] = {
    "failed": "bounced",
    "delayed": "delayed",
    "delivered": "delivered",
    # RFC 3464, 2.3.3: delivered to the address as the sender had it, and sent on to its members.
    "expanded": "delivered",
}


class Found(NamedTuple):
    """What happened to one recipient's copy."""

    message: int
    """Number of the message that is looked for."""

    key: AddressKey
    """"" = somebody whom the message does not name."""

    kind: ReceiptKind
    happened_at: int | None
    status: str


class Received(NamedTuple):
    """The header of one received mail, as far as it is asked for."""

    uid: int
    at: int | None
    """INTERNALDATE, else Date; seconds UTC."""

    fields: Mapping[str, str]
    """Lower-case name → unfolded body of the first field of that name."""

    sha256: bytes
    """Of the header fields as received."""

    @property
    def is_report(self) -> bool:
        """It is a delivery report in the form of RFC 6522."""
        return is_report(self.fields.get("content-type", ""))

    @property
    def is_automatic(self) -> bool:
        """A program wrote it (RFC 3834, 5), also by what programs wrote before that."""
        submitted = self.fields.get("auto-submitted", "").split(";")[0].split("(")[0].strip().lower()
        return (
            submitted not in ("", "no")
            or self.fields.get("precedence", "").strip().lower() in _BULK
            or "x-autoreply" in self.fields
            or "x-autorespond" in self.fields
            # Read receipts (RFC 8098).
            or self.fields.get("content-type", "").lower().startswith("multipart/report")
        )

    @property
    def looks_like_bounce(self) -> bool:
        """It seems to be one that is not in the form of RFC 6522, by whoever sent it."""
        if "x-failed-recipients" in self.fields:
            return True
        sender = _sender(self.fields)
        local = sender.rpartition("@")[0] if sender else self.fields.get("from", "").strip(" <>")
        if not _DAEMONS.fullmatch(local):
            return False
        # People write as postmaster, too.
        return self.is_automatic or _ONLY_DAEMON.fullmatch(local) is not None


def read_received(answer: FetchAnswer) -> Received:
    """Read the header of a received mail."""
    header = answer.header or b""
    fields: dict[str, str] = {}
    for line in _FIELD_END.split(header):
        name, colon, body = line.partition(b":")
        known = name.decode("ascii", "replace").rstrip().lower()
        if colon and known in _NAMES:
            fields.setdefault(known, " ".join(body.decode("utf-8", "replace").split()))
    moment = read_internal_date(answer.internal_date) or read_date(fields.get("date", ""))
    return Received(answer.uid, moment[0] if moment else None, fields, hashlib.sha256(header).digest())


def message_ids(text: str) -> list[str]:
    """Return the Message-IDs of a field, in order; one that stands without brackets gets them."""
    found = _MESSAGE_ID.findall(text)
    return found or ([f"<{text.strip()}>"] if "@" in text and " " not in text.strip() else [])


class Matcher:
    """
    Tells what received mail proves of the messages that are looked for.

    Args:
        sought: The messages. Two that share a Message-ID went to different people; each is told by its recipients.
    """

    def __init__(self, sought: Iterable[Sought]) -> None:
        self._by_id: dict[str, list[Sought]] = {}
        self._people: dict[int, dict[str, AddressKey]] = {}
        self._known: set[str] = set()
        for one in sought:
            for message_id in message_ids(one.message_id)[:1]:
                self._by_id.setdefault(message_id, []).append(one)
            # Plus-tags are dropped, as for people: the answer to ada+list@ comes from ada@.
            people = {person_key(key)[0]: key for key in sorted(one.recipients, reverse=True)}
            self._people[one.number] = people
            self._known.update(people)

    def replies(self, mail: Received) -> list[Found]:
        """Return what a mail that is no bounce proves: which recipient answered, and which messages."""
        messages = self._answered(mail)
        sender = _sender(mail.fields) if messages else None
        if sender is None:
            return []
        kind: ReceiptKind = "auto_reply" if mail.is_automatic else "replied"
        found = [(one, self._recipient(one, (sender,))) for one in messages]
        named = [Found(one.number, key, kind, mail.at, "") for one, key in found if key is not None]
        # Who writes on in his own thread answers nobody.
        if named or any(sender in one.senders for one in messages):
            return named
        return [Found(messages[0].number, AddressKey(""), kind, mail.at, "")]

    def failed(self, mail: Received) -> list[Found]:
        """Return what X-Failed-Recipients (Exim, Gmail) proves of the message that the bounce itself names."""
        messages = self._answered(mail)
        if not messages or "x-failed-recipients" not in mail.fields:
            return []
        keys = [entry.key for entry in parse_address_list(mail.fields["x-failed-recipients"]) if entry.key]
        return [
            Found(one.number, known, "bounced", mail.at, "")
            for one in messages
            for key in keys
            if (known := self._recipient(one, (key,))) is not None
        ]

    def returned(self, mail: Received, report: Report) -> list[Found] | None:
        """
        Return what a delivery report proves; None when it does not tell which message it is about.

        A report about another message proves nothing, and neither does one
        about people whom the message does not name.
        """
        message_id = report.message_id or next(iter(message_ids(mail.fields.get("in-reply-to", ""))), "")
        if not message_id:
            return None
        found: list[Found] = []
        for one in self._by_id.get(message_id, ()):
            for copy in report.copies:
                kind = _KINDS.get(copy.action)
                key = self._recipient(one, copy.keys)
                if kind is not None and key is not None:
                    found.append(Found(one.number, key, kind, mail.at, copy.status))
        return found

    def is_about_another(self, mail: Received) -> bool:
        """Tell whether a bounce says itself that it is about none of the messages."""
        named = message_ids(mail.fields.get("in-reply-to", ""))
        if named:
            return not any(one in self._by_id for one in named)
        # What came back from where a recipient's mail is sent on to names somebody else.
        if self._answered(mail):
            return False
        failed = mail.fields.get("x-failed-recipients", "")
        return bool(failed) and not self.may_concern(entry.key for entry in parse_address_list(failed))

    def may_concern(self, keys: Iterable[AddressKey | None]) -> bool:
        """Tell whether one of these addresses is a recipient of any of the messages."""
        return any(key is not None and person_key(key)[0] in self._known for key in keys)

    def concerns_copies(self, copies: Iterable[Copy]) -> bool:
        """Tell whether a report that names no message names a recipient of one that is looked for."""
        return self.may_concern(key for copy in copies for key in (*copy.keys, *map(without_xtext, copy.keys)))

    def recipient_of(self, one: Sought, key: AddressKey) -> AddressKey | None:
        """Return the recipient of a message that an address means, None when it names nobody of them."""
        return self._recipient(one, (key,))

    def _answered(self, mail: Received) -> list[Sought]:
        named = message_ids(mail.fields.get("in-reply-to", ""))
        if not named:
            named = message_ids(mail.fields.get("references", ""))[-1:]
        return [one for message_id in dict.fromkeys(named) for one in self._by_id.get(message_id, ())]

    def _recipient(self, one: Sought, keys: Iterable[AddressKey]) -> AddressKey | None:
        """Return the recipient of a message that one of these addresses means."""
        people = self._people[one.number]
        for key in keys:
            if key in one.recipients:
                return key
            for meant in (key, without_xtext(key)):
                if (known := people.get(person_key(meant)[0])) is not None:
                    return known
        return None


def _sender(fields: Mapping[str, str]) -> AddressKey | None:
    """Return the one address of From, None when there is none or several."""
    keys = {entry.key for entry in parse_address_list(fields.get("from", "")) if entry.key}
    return keys.pop() if len(keys) == 1 else None
