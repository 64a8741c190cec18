"""Open a mailbox and find out which UIDs are to be read: by what EXAMINE, SEARCH and FETCH say together."""

from dataclasses import dataclass

from scanner.crawl.period import Period, uids_outside
from scanner.crawl.search import examine_and_list, list_uids
from scanner.crawl.window import uids_by_number
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError, ServerBusyError
from scanner.model import FoundMailbox, OpenedMailbox
from scanner.uids import Ranges, count, intersect, join_ranges, subtract


@dataclass(frozen=True, slots=True)
class Enumerated:
    """An opened mailbox and what is to be read of it."""

    opened: OpenedMailbox
    uids: Ranges
    """Within the mandate's period."""

    cut: str = ""
    """Why there seems to be more, "" when there does not."""


def limits_of(mailbox: FoundMailbox, period: Period) -> str:
    """Return the SEARCH keys that limit what is read of a mailbox, "" for none."""
    return " ".join(filter(None, (mailbox.search, period.keys)))


def enumerate_mailbox(client: WireClient, mailbox: FoundMailbox, period: Period) -> Enumerated:
    """
    Open a mailbox read-only and list what is to be read of it.

    One round trip where EXISTS and SEARCH agree and no period is set. Where
    SEARCH lists less it is asked again, then every message by its number.
    With a period, the days at its edges are asked for their INTERNALDATE.

    Raises:
        PermissionDeniedError: The server does not open it.

        ServerBusyError: The server asks to come back later.

        ProtocolError: The server lists far more UIDs than messages, or none of them.
    """
    limits = limits_of(mailbox, period)
    opened, uids = examine_and_list(client, mailbox, limits)
    if count(uids) < opened.exists and not limits:
        # Expunged at this moment, or kept from us: asked once more, the server says the same in both answers.
        opened, uids = examine_and_list(client, mailbox, limits)
        if count(uids) < opened.exists:
            uids = _with_unsearched(client, opened, uids)
    # New mail may come in between; "1:4294967295" would be asked for without end.
    if count(uids) > 2 * opened.exists + 10_000:
        raise ProtocolError("the server lists more messages than it says there are", remedy="Run the scan again later")
    listed = count(uids)
    if opened.exists and not listed and not limits:
        raise ProtocolError(
            "the server lists no message and says that there are some", remedy="Run the scan again later"
        )
    if uids and not period.is_open:
        # A server that takes no notice of dates lists everything here, and every date is looked at.
        edge = list_uids(client, period=f"{limits} {period.edge_keys}")
        uids = subtract(uids, uids_outside(client, intersect(uids, edge), period))
    is_short = listed < opened.exists and not limits
    cut = f"the server lists {listed:,} of {opened.exists:,} messages" if is_short else ""
    return Enumerated(opened, uids, cut)


def _with_unsearched(client: WireClient, opened: OpenedMailbox, uids: Ranges) -> Ranges:
    """Add the UIDs that FETCH tells and SEARCH keeps back; a server that refuses FETCH adds none."""
    try:
        return join_ranges((*uids, *uids_by_number(client, opened.exists)))
    except ServerBusyError:
        raise
    except ProtocolError:
        return uids
