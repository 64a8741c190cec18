"""Whom sent mail went to, in the order of the header: for lists that came again, near misses and follow-ups."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from scanner.model import SENDER_FIELDS, AddressedMail, AddressKey, Policy, SentMail
from scanner.store.insert import chunks
from scanner.store.octets import identity_from
from scanner.store.source import protected_messages

# Mail with two outsiders or more is either a finding of the run, or has them in Bcc; both are looked up by an index.
_OF_RUN = """
    SELECT message_id FROM finding WHERE run_id = :run
     UNION
    SELECT message_id FROM recipient WHERE field = 'bcc' AND message_id <= :newest
"""

_MESSAGES = """
    SELECT message.id, message.identity, message.sent_at, message.subject, address.address_key
      FROM message LEFT JOIN address ON address.id = message.from_id
     WHERE message.id IN ({messages}) AND message.origin = 'sent'
"""

_RECIPIENTS = """
    SELECT message_id, field, address_id
      FROM recipient
     WHERE message_id IN ({messages}) AND address_id IS NOT NULL AND field <> 'reply-to'
     ORDER BY message_id, position
"""

_NO_OUTSIDERS = "SELECT address_id FROM address_class WHERE policy_id = :policy AND NOT outsider"
_UNRESOLVED = "SELECT address_id FROM address_class WHERE policy_id = :policy AND kind = 'unresolved'"

_COPIES = """
    SELECT DISTINCT account.name, mailbox.role
      FROM message_copy
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message_copy.message_id = :number
"""

_PLACES = """
    SELECT DISTINCT message_copy.message_id, account.name, mailbox.name
      FROM message_copy
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message_copy.message_id IN ({messages}) AND mailbox.role NOT IN ('inbox', 'junk')
"""

_SENT = """
    SELECT id, sent_at, subject, in_reply_to, references_field, thread_index
      FROM message
     WHERE origin = 'sent' AND id <= :newest AND sent_at > :first AND sent_at <= :last
"""


class RunScope(NamedTuple):
    """Which analysis is spoken of: its classes, its findings, and the mail that was stored by then."""

    run_id: int
    policy_id: int
    newest: int
    """Highest row of a message then."""


def address_number(key: str) -> int:
    """Return a number for an address key that depends on nothing but the key: 64 bits of its BLAKE2."""
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def addressed_mail(
    connection: Connection, scope: RunScope, policy: Policy, numbers: Sequence[int] | None = None
) -> list[AddressedMail]:
    """
    Return sent mail with the outsiders it went to, by (sent_at, identity).

    Args:
        connection: To the store.

        scope: The analysis whose classes and findings decide.

        policy: Of this analysis: whose mail is protected, and which addresses are the accounts' own.

        numbers: Rows to read, with one outsider or more; None = all mail with at least two, as the analysis found it.
    """
    least = 2 if numbers is None else 1
    wanted = [_OF_RUN] if numbers is None else [", ".join(map(str, some)) for some in chunks(numbers)]
    people = _People(connection, scope, policy)
    found: list[AddressedMail] = []
    for messages in wanted:
        values = {"run": scope.run_id, "newest": scope.newest} if numbers is None else {}
        described = {row[0]: row for row in connection.execute(text(_MESSAGES.format(messages=messages)), values)}
        rows = connection.execute(text(_RECIPIENTS.format(messages=messages)), values)
        for number, shown, hidden in people.of(rows):
            row = described.get(number)
            if row is not None and len(shown) + len(hidden) >= least:
                _, identity, sent_at, subject, sender = row
                found.append(
                    AddressedMail(
                        number,
                        identity_from(identity),
                        sent_at,
                        sender or "",
                        subject,
                        (*shown, *hidden),
                        len(shown),
                    )
                )
    found = people.named(found)
    found.sort(key=lambda mail: (mail.sent_at, mail.identity))
    return found


def mail_between(connection: Connection, scope: RunScope, first: int, last: int) -> Iterator[SentMail]:
    """Yield sent mail after `first` and up to `last`, unordered."""
    values = {"newest": scope.newest, "first": first, "last": last}
    for row in connection.execute(text(_SENT), values):
        yield SentMail(*row)


def mailbox_places(connection: Connection, numbers: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return row → (account, mailbox) of the copies of sent mail, unordered; what was received tells no place."""
    places: dict[int, list[tuple[str, str]]] = {}
    for some in chunks(numbers):
        for number, account, mailbox in connection.execute(text(_filled(_PLACES, some))):
            places.setdefault(number, []).append((account, mailbox))
    return places


class _People:
    """Tells outsiders from recipients' rows, as `scanner.analyse.exposure` does from a message."""

    def __init__(self, connection: Connection, scope: RunScope, policy: Policy) -> None:
        values = {"policy": scope.policy_id}
        self._connection = connection
        self._inside = set(connection.execute(text(_NO_OUTSIDERS), values).scalars())
        self._protected = protected_messages(connection, policy) if policy.protected else set()
        self._unresolved = set(connection.execute(text(_UNRESOLVED), values).scalars()) if self._protected else set()
        self._own = _own_addresses(connection, policy)
        self._policy = policy
        self._suspects: dict[int, tuple[set[int], set[AddressKey]]] = {}
        """Message → addresses that are an account's own, and which of its senders are."""

    def of(self, rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, list[int], list[int]]]:
        """Yield (message, visible outsiders, outsiders in Bcc only), addresses by row and in header order."""
        current, senders, shown, hidden = -1, set[object](), dict[int, None](), dict[int, None]()
        for number, field, address in rows:
            if number != current:
                if current >= 0:
                    yield self._sorted_out(current, senders, shown, hidden)
                current, senders, shown, hidden = int(str(number)), set(), {}, {}
            if field in SENDER_FIELDS:
                senders.add(address)
            else:
                (hidden if field == "bcc" else shown)[address] = None  # type: ignore[index]
        if current >= 0:
            yield self._sorted_out(current, senders, shown, hidden)

    def _sorted_out(
        self, number: int, senders: set[object], shown: dict[int, None], hidden: dict[int, None]
    ) -> tuple[int, list[int], list[int]]:
        left_out = self._unresolved if number in self._protected else self._inside
        visible = [one for one in shown if one not in left_out and one not in senders]
        only_hidden = [one for one in hidden if one not in left_out and one not in senders and one not in shown]
        if self._own and (own := self._own.keys() & {*visible, *only_hidden}):
            self._suspects[number] = own, {self._own[one].key for one in self._own.keys() & senders}
        return number, visible, only_hidden

    def named(self, mails: Iterable[AddressedMail]) -> list[AddressedMail]:
        """Return the mails with numbers made of keys in place of rows, own addresses of their accounts left out."""
        listed = [self._without_own(mail) for mail in mails]
        needed = {one for mail in listed for one in mail.people}
        names: dict[int, int] = {}
        for number, key in self._connection.execute(text("SELECT id, address_key FROM address")):
            if number in needed:
                names[number] = address_number(key)
        return [
            AddressedMail(
                mail.number,
                mail.identity,
                mail.sent_at,
                mail.sender,
                mail.subject,
                tuple(names[one] for one in mail.people),
                mail.shown,
            )
            for mail in listed
        ]

    def _without_own(self, mail: AddressedMail) -> AddressedMail:
        """Leave out the own addresses of the accounts that may have sent it."""
        if mail.number not in self._suspects:
            return mail
        suspects, senders = self._suspects[mail.number]
        copies = [(name, role) for name, role in self._connection.execute(text(_COPIES), {"number": mail.number})]
        accounts = self._policy.sending_accounts(copies, senders)
        own = {one for one in suspects if not accounts.isdisjoint(self._own[one].accounts)}
        return AddressedMail(
            mail.number,
            mail.identity,
            mail.sent_at,
            mail.sender,
            mail.subject,
            tuple(one for one in mail.people if one not in own),
            sum(1 for one in mail.people[: mail.shown] if one not in own),
        )


class _OwnAddress(NamedTuple):
    key: AddressKey
    accounts: set[str]


def _own_addresses(connection: Connection, policy: Policy) -> dict[int, _OwnAddress]:
    """Return row of an address → its key and the accounts whose own it is."""
    own: dict[int, _OwnAddress] = {}
    by_key: dict[AddressKey, set[str]] = {}
    for account, key in policy.account_addresses:
        by_key.setdefault(key, set()).add(account)
    query = text("SELECT id FROM address WHERE address_key = :key")
    for key in sorted(by_key):
        number = connection.execute(query, {"key": key}).scalar()
        if number is not None:
            own[number] = _OwnAddress(key, by_key[key])
    return own


def _filled(query: str, numbers: Sequence[int]) -> str:
    # Our own row numbers, so that any many of them fit; bound values are limited.
    return query.format(messages=", ".join(map(str, numbers)))
