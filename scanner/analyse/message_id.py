"""Message-IDs in reply fields (RFC 5322, 3.6.4), and whose systems made them."""

import re

from scanner.addresses.host import organisation_of

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


def message_ids_in(field: str) -> list[str]:
    """Return the Message-IDs of a reply field, brackets included, in their order."""
    return _MESSAGE_ID.findall(field)


def message_id_host(message_id: str) -> str:
    """Return the right side of a Message-ID (RFC 5322, 3.6.4), case-folded; without an @ all of it."""
    return message_id.strip().rstrip(">").rpartition("@")[2].casefold()


def message_id_system(message_id: str) -> str:
    """
    Return whose systems made a Message-ID: the organisation of its host.

    A provider numbers its servers: two mails of one sender at Exchange Online
    are named by AM0PR12.eurprd12.prod.outlook.com and by another of thousands.
    """
    host = message_id_host(message_id)
    return organisation_of(host) if host else ""


def is_below(host: str, domains: frozenset[str]) -> bool:
    """Tell whether a host is one of the domains or lies below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
