"""Mail that is protected as a whole: by where it lies or by who sent it, which no recipient's address tells."""

import re
from collections.abc import Callable
from fnmatch import translate

from scanner.model import AddressKey, Policy


class ProtectedMail:
    """
    Tells mail in which every recipient is an outsider (CONTRACTS: Addresses).

    Globs are matched without regard to case, as `analyse.pattern` does it
    once the mail is stored.

    Args:
        policy: Its `protected` entries by mailbox, account and sender count; those by domain and address are
            the classifier's.
    """

    def __init__(self, policy: Policy) -> None:
        whole = [entry.pattern for entry in policy.protected if entry.pattern.by in ("mailbox", "account", "sender")]
        self._places = [(one.by, _compiled(one.glob)) for one in whole if one.by != "sender"]
        self._senders = [_compiled(one.glob) for one in whole if one.by == "sender"]
        self.names_senders = bool(self._senders)
        """It depends on the sender, of any mailbox."""

        self.globs = tuple((one.by, one.glob) for one in whole)
        """What decides, in the order of the policy."""

    def lies_at(self, account: str, mailbox: str) -> bool:
        """Tell whether all mail of a mailbox is protected."""
        texts = {"account": (account,), "mailbox": (mailbox, f"{account}/{mailbox}")}
        return any(matches(text.casefold()) for by, matches in self._places for text in texts[by])

    def is_sent_by(self, key: AddressKey) -> bool:
        """Tell whether all mail of a sender is protected; From, Sender and Resent-From name senders."""
        return any(matches(key.casefold()) for matches in self._senders)


def _compiled(glob: str) -> Callable[[str], object]:
    return re.compile(translate(glob.casefold())).match
