"""
What is proven of the viewers: who received at least one message of an incident, who answered, to whom none came.

Proofs say something about viewers only. They never add an address to what was
shown: an address that no header names stands on no rung.
"""

from collections.abc import Iterable, Sequence

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
        if not message.receipts:
            continue
        viewers = {key for key, _, _ in exposure.viewers}
        arrived, failed = set(), set()
        for receipt in message.receipts:
            if receipt.key not in viewers:
                continue
            if proof := _ARRIVED.get(receipt.kind):
                arrived.add(receipt.key)
                found[receipt.key] = stronger(proof, found.get(receipt.key, ""))
            elif receipt.kind == "bounced":
                failed.add(receipt.key)
        for key in failed - arrived:
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


def stronger(one: Received, other: Received) -> Received:
    """Return what two incidents, or two proofs, say of a viewer together: one copy that arrived is enough."""
    if one == other:
        return one
    best = max((one, other), key=_strength)
    # Of one incident nothing is known: a copy of it may have arrived.
    return "" if best == "bounced" else best


def is_looked_for(messages: Iterable[StoredMessage]) -> bool:
    """Tell whether somebody has looked for bounces and replies, so that none found is a figure, too."""
    return any(message.answers_read for message in messages)


def _strength(received: Received) -> int:
    return ARRIVED.index(received) + 1 if received in ARRIVED else 0
