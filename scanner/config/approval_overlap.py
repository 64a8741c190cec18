"""Whom two approved groups have in common, by name or by domain, and on which days."""

from collections.abc import Sequence
from datetime import date

from scanner.addresses import address_key
from scanner.addresses.host import parents_of
from scanner.config.entry import GroupTable, PartnerTable


def meet(one: GroupTable | PartnerTable, other: GroupTable | PartnerTable) -> bool:
    """Tell whether two approvals hold on a common day."""
    return (one.since or date.min) <= (other.expires or date.max) and (other.since or date.min) <= (
        one.expires or date.max
    )


def is_within(one: GroupTable, other: GroupTable) -> bool:
    """Tell whether a group approves nobody on any day whom the other does not by a member or domain of its own kind."""
    in_time = (other.since or date.min) <= (one.since or date.min) and (one.expires or date.max) <= (
        other.expires or date.max
    )
    return in_time and _below(one.domain, other.domain) == set(one.domain) and _members(one) <= _members(other)


def shared_by(one: GroupTable, other: GroupTable) -> str:
    """
    Say in words whom both groups name, whatever the days; "" for nobody.

    A member below a domain of the other group is named by both, and so is a
    domain below one.
    """
    members = _members(one) & _members(other)
    by_domain = (_at(_members(one), other.domain) | _at(_members(other), one.domain)) - members
    domains = _below(one.domain, other.domain) | _below(other.domain, one.domain)
    said = []
    if members or by_domain:
        number = len(members | by_domain)
        said.append("1 member" if number == 1 else f"{number} members")
    if by_domain:
        said[-1] += f" ({len(by_domain)} by a domain)"
    if domains:
        said.append("1 domain" if len(domains) == 1 else f"{len(domains)} domains")
    return " and ".join(said)


def _members(group: GroupTable) -> frozenset[str]:
    return frozenset(map(address_key, group.members))


def _at(members: frozenset[str], domains: Sequence[str]) -> set[str]:
    return {key for key in members if set(domains).intersection(parents_of(key.rpartition("@")[2]))}


def _below(domains: Sequence[str], others: Sequence[str]) -> set[str]:
    """Return those of `domains` that are one of the others, or lie below one."""
    return {domain for domain in domains if set(others).intersection(parents_of(domain))}
