"""Flags and labels that mail programs keep in header fields → IMAP flags (RFC 9051, 2.3.2)."""

import re

from scanner.addresses import decode_text
from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES, fold_name
from scanner.crawl.source.block import field_bodies

# Thunderbird keeps them as hexadecimal sums; 8 is "deleted, but the folder not yet compacted".
_MOZILLA = ((0x1, b"\\Seen"), (0x2, b"\\Answered"), (0x4, b"\\Flagged"), (0x8, b"\\Deleted"))
_MOZILLA_IMAP_DELETED = 0x200000
# Status and X-Status of mutt, Pine, Dovecot and the programs before them.
_STATUS = {"R": b"\\Seen", "D": b"\\Deleted", "A": b"\\Answered", "F": b"\\Flagged", "T": b"\\Draft"}
_HEX = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")
_QUOTED_OR_NOT = re.compile(r'"((?:[^"]|"")*)"|([^,]+)')

VOLATILE = re.compile(
    rb"^(?:X-Mozilla-[!-9;-~]*|X?-?Status|X-Keywords|X-UID|X-UIDL|X-IMAP|X-IMAPbase|Content-Length|Lines)[ \t]*:"
    rb"[^\n]*(?:\n[ \t][^\n]*)*\n?",
    re.IGNORECASE | re.MULTILINE,
)
"""Fields that mail programs rewrite while the message stays the same."""


def flags_of(block: bytes) -> bytes:
    """Return the flags that the header block of an mbox message tells, separated by blanks."""
    flags: dict[bytes, None] = {}
    for body in field_bodies(block, b"x-mozilla-status"):
        if _HEX.match(body):
            flags.update((flag, None) for bit, flag in _MOZILLA if int(body, 16) & bit)
    for body in field_bodies(block, b"x-mozilla-status2"):
        if _HEX.match(body) and int(body, 16) & _MOZILLA_IMAP_DELETED:
            flags[b"\\Deleted"] = None
    for name in (b"status", b"x-status"):
        for body in field_bodies(block, name):
            flags.update((_STATUS[letter], None) for letter in body.decode("latin-1") if letter in _STATUS)
    roles = {ROLE_NAMES.get(label) for label in gmail_labels(block) or ()}
    if "trash" in roles:
        flags[b"\\Deleted"] = None
    if "drafts" in roles:
        flags[b"\\Draft"] = None
    return b" ".join(flags)


def gmail_labels(block: bytes) -> frozenset[str] | None:
    """
    Return the labels that Google's exports keep in X-Gmail-Labels, as `fold_name` gives them; None without the field.

    The list is comma-separated, in the language of the account's owner, and
    encoded as RFC 2047 has it; a label with a comma stands in quotes.
    """
    bodies = field_bodies(block, b"x-gmail-labels")
    if not bodies:
        return None
    labels = set()
    for quoted, plain in _QUOTED_OR_NOT.findall(",".join(map(decode_text, bodies))):
        labels.add(fold_name(quoted.replace('""', '"') or plain))
    return frozenset(label for label in labels if label)


def is_labelled_sent(labels: frozenset[str]) -> bool:
    """Tell whether one of a message's labels means sent mail."""
    return not SENT_NAMES.isdisjoint(labels)
