"""
What one message shows to whom; the one owner of the rules of CONTRACTS: Exposure.

To, Cc, Resent-To and Resent-Cc travel with a message to every recipient, Bcc
does not (RFC 5322, 3.6.3 and 3.6.6). A message exposes when it shows at least
two distinct outsiders; then it exposes each of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from scanner.analyse.pattern import protection_of
from scanner.model import (
    SENDER_FIELDS,
    VISIBLE_FIELDS,
    AddressClass,
    AddressKey,
    OutsiderTest,
    Policy,
    StoredMessage,
)

ViewField = Literal["to", "cc", "bcc"]

_VIEW_FIELDS: dict[str, ViewField] = {"to": "to", "resent-to": "to", "cc": "cc", "resent-cc": "cc", "bcc": "bcc"}
_WIDTH: dict[ViewField, int] = {"to": 0, "cc": 1, "bcc": 2}


@dataclass(frozen=True, slots=True)
class Exposure:
    """The recipients of one message, told apart; senders are in none of the parts."""

    visible: tuple[AddressKey, ...]
    """Distinct outsiders in To and Cc, sorted, however few."""

    hidden: tuple[AddressKey, ...]
    """Distinct outsiders that stand only in Bcc, sorted."""

    unresolved: tuple[str, ...]
    """Distinct entries of To, Cc and Bcc that are no address, case-folded, sorted."""

    unresolved_visible: int
    """How many of them stand in To or Cc."""

    viewers: tuple[tuple[AddressKey, ViewField, bool], ...]
    """
    (key, widest field, inside) of every address in To, Cc and Bcc, by key; lists included.

    Inside is who is no outsider: protected insiders are outsiders here as everywhere.
    An X.500 name has no key; its folded text stands in its place.
    """

    senders: tuple[AddressKey, ...]
    """Distinct keys of From and Sender, sorted."""

    order: tuple[AddressKey, ...]
    """The visible outsiders in header order, without repetition."""

    protection: str = ""
    """Name of the protected group by which all its recipients are outsiders; "" for none."""

    @property
    def exposed(self) -> tuple[AddressKey, ...]:
        """The visible outsiders if there are at least two of them, else none."""
        return self.visible if len(self.visible) >= 2 else ()


def read_exposure(message: StoredMessage, policy: Policy, classify: OutsiderTest) -> Exposure:
    """
    Return what a message shows under a policy.

    The sender is never counted: neither From and Sender nor the own addresses
    of the accounts that may have sent it. In mail of a protected mailbox, account
    or sender every recipient is an outsider.
    """
    protection = protection_of(message, policy)
    senders = {entry.key for entry in message.recipients if entry.key and entry.field in SENDER_FIELDS}
    accounts = policy.sending_accounts(((copy.account, copy.role) for copy in message.copies), senders)
    own = {address for name, address in policy.account_addresses if name in accounts}
    fields: dict[AddressKey, ViewField] = {}
    x500: dict[AddressKey, ViewField] = {}
    unresolved: dict[str, bool] = {}
    outsiders: set[AddressKey] = set()
    for entry in message.recipients:
        field, key = _VIEW_FIELDS.get(entry.field), entry.key
        if field is None:
            continue
        if entry.defect == "x500_name":
            # Exchange's own form of somebody inside, who could see the list like any colleague (CONTRACTS: Addresses).
            _widen(x500, _x500_key(entry.written), field)
        elif key is None or (found := classify(key)).kind == "unresolved":
            text = _folded(entry.written)
            unresolved[text] = unresolved.get(text, False) or entry.field in VISIBLE_FIELDS
        elif key not in senders and key not in own:
            _widen(fields, key, field)
            if protection or found.outsider:
                outsiders.add(key)
    order = tuple([key for key, field in fields.items() if key in outsiders and field != "bcc"])
    viewers = fields | x500 if x500 else fields
    return Exposure(
        visible=tuple(sorted(order)),
        hidden=tuple(sorted(outsiders.difference(order))) if len(order) < len(outsiders) else (),
        unresolved=tuple(sorted(unresolved)),
        unresolved_visible=sum(unresolved.values()),
        viewers=tuple([(key, viewers[key], key not in outsiders) for key in sorted(viewers)]),
        senders=tuple(sorted(senders)),
        order=order,
        protection=protection,
    )


def unresolved_texts(message: StoredMessage, classify: OutsiderTest) -> set[str]:
    """Return the recipients of a message that are no address, as in `Exposure.unresolved`."""
    return {
        _folded(entry.written)
        for entry in message.recipients
        if entry.field in _VIEW_FIELDS
        and entry.defect != "x500_name"
        and (entry.key is None or classify(entry.key).kind == "unresolved")
    }


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _widen(fields: dict[AddressKey, ViewField], key: AddressKey, field: ViewField) -> None:
    known = fields.setdefault(key, field)
    if known != field:
        fields[key] = wider(field, known)


def _x500_key(written: str) -> AddressKey:
    """Return what stands for an X.500 name: its text without "ex:" or "x500:", folded, for case means nothing in it."""
    folded = _folded(written)
    return AddressKey(folded[folded.find("/") :] if "/" in folded else folded)


def with_list_posts(classify: OutsiderTest, list_posts: Iterable[AddressKey]) -> OutsiderTest:
    """
    Return the test with the addresses that List-Post fields name (RFC 2369, 3.4) known as lists.

    Answers are kept, so that each address is classed once. An inside address
    stays inside: the organisation knows who reads its own lists.
    """
    lists = frozenset(list_posts)
    known: dict[AddressKey, AddressClass] = {}

    def test(key: AddressKey) -> AddressClass:
        answer = known.get(key)
        if answer is None:
            answer = classify(key)
            if key in lists and answer.kind == "outside":
                answer = replace(answer, kind="list", private=False, role=False, rule="List-Post field")
            known[key] = answer
        return answer

    return test


def wider(one: ViewField, other: ViewField) -> ViewField:
    """Return the field that more people could read: to > cc > bcc."""
    return one if _WIDTH[one] <= _WIDTH[other] else other
