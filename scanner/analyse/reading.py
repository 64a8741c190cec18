"""A message with everything that can be said of it alone: what it shows, its subject, labels, units and kind."""

from dataclasses import dataclass

from scanner.analyse.exposure import Exposure, read_exposure
from scanner.analyse.kind import alone_kind, calls_back, refers_back
from scanner.analyse.message_id import message_ids_in
from scanner.analyse.pattern import message_labels, register_labels, sending_units
from scanner.analyse.subject import Subject, read_subject
from scanner.model import AddressKey, Identity, Label, MessageKind, OutsiderTest, Policy, StoredMessage


@dataclass(frozen=True, slots=True)
class Reading:
    """One message, read under a policy."""

    message: StoredMessage
    exposure: Exposure
    subject: Subject
    labels: tuple[Label, ...]
    units: frozenset[str]
    kind: MessageKind
    """What it is by itself; its neighbours may say more."""

    refers: bool | None
    """Whether a field says that it answers or forwards another mail, as from `refers_back`."""

    recalls: bool
    """It may take another mail back: a recall, an apology, a request to delete."""

    is_member: bool
    """It shows a list, readable or not: it belongs into an incident."""

    @property
    def hides_its_list(self) -> bool:
        """It went out in Bcc and shows no two outsiders; what it shows besides may still be a list nobody can read."""
        return bool(self.exposure.hidden) and len(self.exposure.visible) < 2

    @property
    def reached(self) -> tuple[AddressKey, ...]:
        """Distinct outsiders it went to, visible or hidden, no order."""
        return (*self.exposure.visible, *self.exposure.hidden)

    @property
    def identity(self) -> Identity:
        """Of the message."""
        return self.message.identity

    @property
    def sent_at(self) -> int:
        """Moment of sending, seconds since 1970 UTC."""
        return self.message.sent_at

    @property
    def exposed(self) -> tuple[AddressKey, ...]:
        """Distinct exposed addresses, sorted; empty when the list is unreadable or hidden."""
        return self.exposure.exposed


def read_message(message: StoredMessage, policy: Policy, classify: OutsiderTest) -> Reading:
    """Read one message of the candidates."""
    exposure = read_exposure(message, policy, classify)
    subject = read_subject(message.subject)
    labels = (*message_labels(message, policy), *register_labels(exposure.exposed, policy))
    refers = refers_back(message.fields)
    unreadable = exposure.unresolved_visible and (
        len(exposure.visible) + exposure.unresolved_visible >= max(2, policy.queue_floor)
    )
    return Reading(
        message=message,
        exposure=exposure,
        subject=subject,
        labels=labels,
        units=sending_units(message, labels, policy),
        kind=alone_kind(message, subject),
        refers=refers,
        recalls=calls_back(subject, is_borne_out=refers),
        is_member=bool(exposure.exposed) or bool(unreadable),
    )


def thread_ids(message: StoredMessage) -> tuple[str, ...]:
    """
    Return the Message-IDs that the message answers, the root of the thread first.

    References lists the thread from its root on (RFC 5322, 3.6.4); without it
    the parent of In-Reply-To is the best known beginning.
    """
    references = message_ids_in(message.fields.get("references", ""))
    return tuple(references or message_ids_in(message.fields.get("in-reply-to", "")))
