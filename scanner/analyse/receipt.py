"""
What is proven of the viewers: who received at least one message of an incident, who answered, to whom none came.

Proofs say something about viewers only. They never add an address to what was
shown: an address that no header names stands on no rung.
"""

from collections.abc import Container, Iterable, Sequence

from scanner.analyse.exposure import Exposure
from scanner.model import ARRIVED, AddressKey, ReceiptKind, Received, StoredMessage

_ARRIVED: dict[ReceiptKind, Received] = {"delivered": "delivered", "auto_reply": "auto_reply", "replied": "replied"}


def received_by(readings: Sequence[tuple[StoredMessage, Exposure]]) -> dict[AddressKey, Received]:
    """
    Return what is proven of each viewer of an incident's messages; who is missing, nothing is proven of.

    One message that arrived is enough. `bounced` is only who got none of the
    messages that went to him: a mailbox that was full in the morning may
    have taken the correction at noon.
    """
    found: dict[AddressKey, Received] = {}
    bounces: dict[AddressKey, int] = {}
    for message, exposure in readings:
        if message.receipts:
            viewers = {key for key, _, _ in exposure.viewers}
            arrived, failed = _outcomes(message, viewers)
            for key, proof in arrived.items():
                found[key] = stronger(proof, found.get(key, ""))
            for key in failed:
                bounces[key] = bounces.get(key, 0) + 1
    if bounces:
        addressed: dict[AddressKey, int] = {}
        for _, exposure in readings:
            for key, _, _ in exposure.viewers:
                if key in bounces:
                    addressed[key] = addressed.get(key, 0) + 1
        for key, times in bounces.items():
            if key not in found and times == addressed[key]:
                found[key] = "bounced"
    return found


def _outcomes(
    message: StoredMessage, viewers: Container[AddressKey]
) -> tuple[dict[AddressKey, Received], set[AddressKey]]:
    """
    Return who got a message and by which proof, and to whom it could not be delivered.

    A trace calls delivered what the next server took; where that one sends a
    bounce later, the bounce is right. Who answered has it, whatever came back.
    """
    arrived: dict[AddressKey, Received] = {}
    handed_over: set[AddressKey] = set()
    failed: set[AddressKey] = set()
    came_back: set[AddressKey] = set()
    for receipt in message.receipts:
        key = receipt.key
        if key not in viewers:
            continue
        if receipt.kind == "delivered" and receipt.source == "trace":
            handed_over.add(key)
        elif proof := _ARRIVED.get(receipt.kind):
            arrived[key] = stronger(proof, arrived.get(key, ""))
        elif receipt.kind == "bounced":
            (failed if receipt.source == "trace" else came_back).add(key)
    for key in handed_over - came_back:
        arrived.setdefault(key, "delivered")
    return arrived, (failed | came_back).difference(arrived)


def stronger(one: Received, other: Received) -> Received:
    """Return what two incidents, or two proofs, say of a viewer together: one copy that arrived is enough."""
    if one == other:
        return one
    best = max((one, other), key=_strength)
    # Of one incident nothing is known: a copy of it may have arrived.
    return "" if best == "bounced" else best


def is_looked_for(messages: Iterable[StoredMessage]) -> bool:
    """Tell whether answers to all these messages were looked for, so that none found is a figure, too."""
    read = [message.answers_read for message in messages]
    return bool(read) and all(read)


def _strength(received: Received) -> int:
    return ARRIVED.index(received) + 1 if received in ARRIVED else 0
