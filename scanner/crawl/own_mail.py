"""Count mail of ours in mailboxes that are not read: the server searches, no header is fetched."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import quote
from scanner.crawl.search import read_search
from scanner.crawl.wire import WireClient
from scanner.model import FoundMailbox
from scanner.uids import count


@dataclass(frozen=True, slots=True)
class OwnMailCount:
    """How much mail of ours lies in a mailbox, as far as its server can tell."""

    messages: int | None
    """None = not counted."""

    note: str = ""
    """Why not, in plain words."""


_UNREADABLE = OwnMailCount(None, "the server's answer to the search cannot be read")


def count_own_mail(client: WireClient, mailbox: FoundMailbox, searches: Sequence[str]) -> OwnMailCount:
    """
    Count what any of the searches finds, in one round trip; the mailbox is opened read-only.

    Args:
        client: Signed in.

        mailbox: One that is not excluded.

        searches: SEARCH keys of `OwnMail.searches`, with the mandate's period.

    Raises:
        ServerBusyError: The server asks to come back later.
    """
    forms = ("RETURN (ALL) ", "") if client.has_capability("ESEARCH") else ("",)
    for form in forms:
        commands = [f"UID SEARCH {form}{keys}".encode("ascii") for keys in searches]
        answering = iter(client.execute_all([b"EXAMINE " + quote(mailbox.wire_name), *commands]))
        _, opened = next(answering)
        if opened.status != "OK":
            raise_if_busy(opened)
        found = list(answering)
        if opened.status != "OK":
            return OwnMailCount(None, "the server does not open the mailbox")
        if all(completion.status == "OK" for _, completion in found):
            listed = read_search([answer for answers, _ in found for answer in answers])
            if listed is None and form:
                continue
            return _UNREADABLE if listed is None else OwnMailCount(count(listed))
        for _, completion in found:
            raise_if_busy(completion)
    return OwnMailCount(None, "the server does not answer the search")
