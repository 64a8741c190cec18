"""What stored mail cites, who wrote it and in which months: the rows behind the witnesses of coverage."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from scanner.addresses import person_key
from scanner.model import AddressKey, UnscannedSender
from scanner.store.insert import chunks
from scanner.store.schema import message

# One copy tells where mail lies; of several the first by name.
_CITING = """
    SELECT message.id, message.in_reply_to, message.references_field, message.sent_at, MIN(account.name)
      FROM message
      JOIN message_copy ON message_copy.message_id = message.id
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message.in_reply_to IS NOT NULL OR message.references_field IS NOT NULL
     GROUP BY message.id
"""

_MESSAGE_IDS = """
    SELECT message.message_id, message.origin, account.name
      FROM message
      JOIN message_copy ON message_copy.message_id = message.id
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message.message_id <> '' AND message.origin <> 'draft'
"""

# Two colleagues in one thread: the mail that is cited may be the other's.
_AMONG_COLLEAGUES = """
    SELECT recipient.message_id
      FROM recipient
      JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
                        AND address_class.kind = 'inside'
     WHERE recipient.message_id IN ({messages})
     GROUP BY recipient.message_id
    HAVING COUNT(DISTINCT recipient.address_id) > 1
"""

_DAYS = """
    SELECT account.name, message.sent_at / 86400 AS day, COUNT(DISTINCT message.id)
      FROM message_copy
      JOIN message ON message.id = message_copy.message_id
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message.origin = 'sent'
     GROUP BY account.name, message.sent_at / 86400
"""

_SENDERS = """
    SELECT address.address_key, COUNT(DISTINCT recipient.message_id), MAX(message.sent_at)
      FROM recipient
      JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
                        AND address_class.kind = 'inside'
      JOIN address ON address.id = recipient.address_id
      JOIN message ON message.id = recipient.message_id
     WHERE recipient.field IN ('from', 'sender', 'resent-from') AND message.origin <> 'draft'
     GROUP BY address.address_key
"""

# What an account without an address in the settings sends most is its own.
_FROMS = """
    SELECT account.name, address.address_key, COUNT(DISTINCT message.id)
      FROM message_copy
      JOIN message ON message.id = message_copy.message_id
      JOIN address ON address.id = message.from_id
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message.origin = 'sent' AND account.name IN ({names})
     GROUP BY account.name, address.address_key
"""


@dataclass(frozen=True, slots=True)
class Citing:
    """The reply fields of one stored message, and an account that holds it."""

    number: int
    """Row of the store; in no result."""

    in_reply_to: str
    references: str
    sent_at: int
    account: str


def citing_mail(connection: Connection) -> Iterator[Citing]:
    """Yield the reply fields of all stored mail that has some, unordered."""
    for number, in_reply_to, references, sent_at, name in connection.execute(text(_CITING)):
        yield Citing(number, in_reply_to or "", references or "", sent_at, name)


def message_ids(connection: Connection) -> Iterator[tuple[str, bool, str]]:
    """Yield (Message-ID, whether we sent it, account) of the copies of all stored mail but drafts, unordered."""
    for name, origin, account in connection.execute(text(_MESSAGE_IDS)):
        yield name, origin == "sent", account


def among_colleagues(connection: Connection, policy_id: int, numbers: Iterable[int]) -> set[int]:
    """Return those of the messages in which two addresses inside or more have a part, the sender among them."""
    found: set[int] = set()
    for some in chunks(sorted(numbers)):
        query = text(_AMONG_COLLEAGUES.format(messages=", ".join(map(str, some))))
        found.update(connection.execute(query, {"policy": policy_id}).scalars())
    return found


def stored_ids(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return those of the Message-IDs that a stored message has, whatever its origin."""
    found: set[str] = set()
    for some in chunks(sorted(names)):
        found.update(
            connection.execute(
                message.select().with_only_columns(message.c.message_id).where(message.c.message_id.in_(some))
            ).scalars()
        )
    return found


def sent_days(connection: Connection) -> dict[str, dict[int, int]]:
    """Return account → day since 1970-01-01 UTC → messages sent; mail without a date is on none."""
    days: dict[str, dict[int, int]] = {}
    for name, day, messages in connection.execute(text(_DAYS)):
        # Both databases cut towards zero: day 0 is the day around it, on which nobody sent mail (`is_dated`).
        if int(day):
            days.setdefault(name, {})[int(day)] = messages
    return days


def own_senders(
    connection: Connection, policy_id: int, scanned: Sequence[tuple[str, AddressKey]]
) -> tuple[UnscannedSender, ...]:
    """
    Return the addresses inside that wrote stored mail and belong to no account of the store, by (-messages, address).

    From, Sender and Resent-From count, drafts do not.

    Args:
        connection: To the store.

        policy_id: Under which addresses were classed.

        scanned: (account, its address) of the settings; of an account of the
            store that is not among them, the address that sent most is its own.
    """
    names = set(connection.execute(text("SELECT name FROM account")).scalars())
    own = {key for _, key in scanned} | _usual_senders(connection, sorted(names - {name for name, _ in scanned}))
    rows = connection.execute(text(_SENDERS), {"policy": policy_id})
    scanned_mailboxes = {person_key(AddressKey(key))[0] for key in own}
    senders = [UnscannedSender(AddressKey(key), messages, last) for key, messages, last in rows]
    found = [one for one in senders if person_key(one.address)[0] not in scanned_mailboxes]
    return tuple(sorted(found, key=lambda one: (-one.messages, one.address)))


def _usual_senders(connection: Connection, names: Sequence[str]) -> set[str]:
    most: dict[str, tuple[int, str]] = {}
    for some in chunks(names):
        bound = {f"name{place}": name for place, name in enumerate(some)}
        query = _FROMS.format(names=", ".join(f":{place}" for place in bound))
        for name, key, messages in connection.execute(text(query), bound):
            most[name] = min(most.get(name, (0, "")), (-messages, key))
    return {key for _, key in most.values()}
