"""Messages in memory: a builder, an outsider test and a MessageSource, none of which need the store."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from scanner.analyse import NOTHING_STATED, StatedPeople, analyse
from scanner.analyse.alone import first_alone
from scanner.model import (
    AddressClass,
    AddressField,
    AddressKey,
    Analysis,
    Identity,
    Incident,
    MailboxRole,
    MessageOrigin,
    MessagePart,
    OutsiderTest,
    Policy,
    StoredCopy,
    StoredMessage,
    StoredRecipient,
)

OFFICE = "office@council.example"
NOON = int(datetime(2024, 3, 4, 12, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY = 60, 3_600, 86_400
PRIVATE_HOSTS = ("gmail.com", "btinternet.com", "gmx.de", "mailbox.example")
ROLES = ("info", "office", "press")
POLICY = Policy(
    organisation="Council", domains=frozenset({"council.example"}), sister_domains=frozenset({"sister.example"})
)


def classify(key: AddressKey) -> AddressClass:
    """Class an address for tests: two own domains, a few private hosts, lists@ hosts, one protected sub-domain."""
    local, _, host = key.rpartition("@")
    if host == "pupils.council.example":
        return AddressClass("inside", True, "council.example", "protected pupils")
    if host == "council.example" or host == "sister.example":
        return AddressClass("inside", False, host, f"domain {host}", sister=host.startswith("sister"))
    if host.startswith("lists."):
        return AddressClass("list", True, host, "list address")
    if host in PRIVATE_HOSTS:
        return AddressClass("outside", True, key, "consumer domain", private=True)
    return AddressClass("outside", True, host, "outside", role=local in ROLES)


def people(count: int, host: str = "gmail.com", start: int = 0) -> list[str]:
    """Return addresses of invented people who share nothing but the provider."""
    return [f"x{number:05d}q@{host}" for number in range(start, start + count)]


def colleagues(count: int, organisations: int, start: int = 0) -> list[str]:
    """Return people with full names, dealt out to organisations."""
    return [f"ada.berg{start + place}@org{place % organisations}.example" for place in range(count)]


def mail(
    subject: str = "Winter gathering",
    *,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    at: int = NOON,
    sender: str = OFFICE,
    account: str = "",
    mailbox: str = "Sent",
    role: MailboxRole = "sent",
    origin: MessageOrigin = "sent",
    message_id: str = "",
    fields: Mapping[str, str] | None = None,
    parts: Sequence[MessagePart] | None = None,
) -> StoredMessage:
    """Return a stored message; recipients are "key" or "Name <key>", and text without an @ is unresolved."""
    entries = [_recipient("from", sender)]
    named: tuple[tuple[AddressField, Sequence[str]], ...] = (("to", to), ("cc", cc), ("bcc", bcc))
    for field, texts in named:
        entries += [_recipient(field, text) for text in texts]
    text = "|".join([subject, str(at), sender, account, *map(repr, entries)])
    identity = Identity(hashlib.sha256(text.encode()).hexdigest())
    return StoredMessage(
        identity=identity,
        message_id=message_id or f"<{identity[:16]}@council.example>",
        date_field="",
        sent_at=at,
        sent_offset=0,
        origin=origin,
        subject=subject,
        recipients=tuple(entries),
        copies=(StoredCopy(account or sender, mailbox, role, 1, at % 100_000 + 1, at, "00" * 32),),
        fields=fields or {},
        parts=None if parts is None else tuple(parts),
    )


def _recipient(field: AddressField, text: str) -> StoredRecipient:
    name, bracket, rest = text.rpartition("<")
    written = rest.rstrip(">") if bracket else text
    key = AddressKey(written.lower()) if "@" in written else None
    return StoredRecipient(field, key, written, name.strip())


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A MessageSource over a list of messages, in whatever order they are given."""

    messages: Sequence[StoredMessage]
    lists: Sequence[str] = ()

    def address_keys(self) -> Iterator[AddressKey]:
        """Yield every distinct key, sorted."""
        yield from sorted({entry.key for message in self.messages for entry in message.recipients if entry.key})

    def list_posts(self) -> Iterator[AddressKey]:
        """Yield the addresses named as lists."""
        yield from map(AddressKey, self.lists)

    def candidates(self, outsiders: OutsiderTest, policy: Policy) -> Iterator[StoredMessage]:
        """Yield sent mail with at least two recipients; analysis itself must leave out what shows nothing."""
        for message in self.messages:
            if message.origin == "sent" and len(message.recipients) > 2:
                yield message

    def by_message_id(self, message_ids: frozenset[str]) -> Iterator[StoredMessage]:
        """Yield the messages with these Message-IDs."""
        yield from (message for message in self.messages if message.message_id in message_ids)

    def first_alone(self, keys: Collection[AddressKey], outsiders: OutsiderTest) -> Mapping[AddressKey, int]:
        """Return when each address was first written to alone."""
        return first_alone(self.messages, keys, outsiders)


def run(
    messages: Sequence[StoredMessage],
    policy: Policy = POLICY,
    lists: Sequence[str] = (),
    stated: StatedPeople = NOTHING_STATED,
) -> Analysis:
    """Analyse messages with the test's classifier."""
    return analyse(MemorySource(messages, lists), policy, classify, as_of=NOON, stated=stated)


def only(messages: Sequence[StoredMessage], policy: Policy = POLICY) -> Incident:
    """Analyse messages that must make exactly one incident."""
    incidents = run(messages, policy).incidents
    assert len(incidents) == 1, [incident.subject for incident in incidents]
    return incidents[0]


def find(messages: Sequence[StoredMessage], subject: str) -> Incident:
    """Return the incident with this subject."""
    return next(incident for incident in run(messages).incidents if incident.subject == subject)


def points(incident: Incident, rule: str) -> int:
    """Return the points of one reason, 0 when the incident does not have it."""
    return sum(reason.points for reason in incident.reasons if reason.rule == rule)
