"""Which mail is ours: what a scan keeps of mailboxes that others write to, and how a server is asked to count it."""

import hashlib
from collections.abc import Iterator

from scanner.addresses import make_classifier
from scanner.addresses.host import parents_of
from scanner.addresses.key import split_key
from scanner.crawl.answered import AnsweredBatch
from scanner.model import AddressKey, Batch, Message, Policy
from scanner.uids import ranges_of

_VERSION = "1"
"""Of the rule below: another one asks again for everything that was taken for mail of others."""

_LONGEST_SEARCH = 800
"""Characters; command lines of 1,000 are safe everywhere (IMAP.md), and a name and a period stand there as well."""


class OwnMail:
    """
    Tells mail of ours from mail of others, by From and Sender.

    Ours are the own domains with their sub-domains, the own addresses at a
    provider and Exchange's internal forms; not sister companies, whose mail is
    theirs to answer for.

    Args:
        policy: Names the domains and addresses.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._classify = make_classifier(policy)
        self._known: dict[AddressKey, bool] = {}

    @property
    def rule(self) -> str:
        """Hash of who is ours, 64 hex digits."""
        known = (_VERSION, sorted(self._policy.domains), sorted(self._policy.addresses))
        return hashlib.sha256(repr(known).encode()).hexdigest()

    def is_from_others(self, message: Message) -> bool:
        """
        Tell whether somebody else wrote a message.

        One own address in From or Sender makes it ours. So does the lack of
        any readable address there: what cannot be told is kept, not dropped.
        """
        is_from_others = False
        for field, entry in message.senders:
            if field in ("from", "sender") and entry.key and split_key(entry.key)[1]:
                if self._is_ours(entry.key):
                    return False
                is_from_others = True
        return is_from_others

    def keep(self, batch: Batch | AnsweredBatch) -> Batch:
        """Return a batch without the mail of others, whose UIDs are among `others` instead."""
        kept, others = [], []
        for message in batch.messages:
            if self.is_from_others(message):
                others.append(message.uid)
            else:
                kept.append(message)
        return Batch(batch.examined, tuple(kept), batch.gaps, batch.vanished, ranges_of(others))

    def searches(self) -> tuple[str, ...]:
        """
        Return keys of SEARCH that find mail of ours by From (RFC 9051, 6.4.4); what any of them finds is ours.

        A server compares substrings, of the header as it stands: it misses
        encoded and folded addresses and finds a few that only look alike. Good
        for counting, not for reading. Empty when nothing of ours is ASCII.
        """
        texts = sorted(
            {f"{sign}{domain}" for domain in self._policy.domains for sign in ("@", ".")}
            | {key for key in self._policy.addresses if not self._is_in_own_domain(key)}
        )
        return tuple(_chains([f'FROM "{_quoted(text)}"' for text in texts if text.isascii() and text.isprintable()]))

    def _is_ours(self, key: AddressKey) -> bool:
        ours = self._known.get(key)
        if ours is None:
            if len(self._known) >= 100_000:
                self._known.clear()
            found = self._classify(key)
            # A list of ours is an address of ours, though nobody knows who reads it.
            ours = (found.kind == "inside" and not found.sister) or self._is_in_own_domain(key)
            self._known[key] = ours
        return ours

    def _is_in_own_domain(self, key: AddressKey) -> bool:
        return any(parent in self._policy.domains for parent in parents_of(split_key(key)[1]))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _chains(keys: list[str]) -> Iterator[str]:
    """Join keys by OR, in as many chains as command lines allow."""
    chain: list[str] = []
    for key in keys:
        if chain and len(_either([*chain, key])) > _LONGEST_SEARCH:
            yield _either(chain)
            chain = []
        chain.append(key)
    if chain:
        yield _either(chain)


def _either(keys: list[str]) -> str:
    # RFC 9051, 9: OR takes two keys, so all but the last begin with one.
    return "".join(f"OR {key} " for key in keys[:-1]) + keys[-1]
