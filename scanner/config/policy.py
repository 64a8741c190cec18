"""From the tables of blindcopy.toml to the policy: plain values, addresses as keys, days as moments."""

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from scanner.addresses import address_key, client_mark
from scanner.config.value import domain_key
from scanner.model import AddressKey, ApprovedGroup, Label, MemberList, Partner, Pattern, Policy, Protected
from scanner.review import end_of_day, start_of_day

if TYPE_CHECKING:
    from scanner.config.settings import Settings

PatternBy = Literal["mailbox", "account", "sender", "list", "subject", "domain", "address"]


def make_policy(settings: "Settings", lists: tuple[MemberList, ...], clients: Iterable[str]) -> Policy:
    """
    Return what decides: who is inside, what is sensitive or approved, from where on mail is queued.

    Args:
        settings: The tables.

        lists: Whose members are known.

        clients: Addresses of the client register.
    """
    organisation = settings.organisation
    logins = [user for table in settings.account for user in (table.user, table.as_user) if "@" in user]
    return Policy(
        organisation=organisation.name,
        domains=frozenset(organisation.domains),
        sister_domains=frozenset(organisation.sister_domains),
        addresses=frozenset(map(address_key, (*organisation.addresses, *logins))),
        list_addresses=frozenset(map(address_key, organisation.list_addresses))
        | frozenset(entry.address for entry in lists),
        account_addresses=tuple(
            (table.name, address_key(login))
            for table in settings.account
            if "@" in (login := table.as_user or table.user)
        ),
        protected=tuple(Protected(p.name, _pattern(*pair)) for p in settings.protected for pair in p.patterns()),
        labels=_labels(settings),
        groups=tuple(
            ApprovedGroup(
                name=group.name,
                members=frozenset(map(address_key, group.members)),
                domains=frozenset(group.domain),
                owner=group.owner,
                reason=group.reason,
                since=first_moment(group.since, settings.zone),
                expires=end_moment(group.expires, settings.zone),
            )
            for group in settings.group
        ),
        partners=tuple(
            Partner(p.domain, p.reason, first_moment(p.since, settings.zone), end_moment(p.expires, settings.zone))
            for p in settings.partner
        ),
        lists=lists,
        clients=frozenset(client_mark(AddressKey(key)) for key in clients),
        queue_floor=settings.policy.queue_floor,
        queue_score=settings.policy.queue_score,
        window_days=settings.policy.window_days,
        time_zone=settings.time_zone,
    )


def first_moment(day: date | None, zone: ZoneInfo) -> int | None:
    """Return the first second of a local day; None for no day."""
    return start_of_day(day, zone) if day else None


def end_moment(day: date | None, zone: ZoneInfo) -> int | None:
    """Return the first second after a local day, which is itself included; None for no day."""
    return end_of_day(day, zone) if day else None


def _labels(settings: "Settings") -> tuple[Label, ...]:
    written = (Label(t.name, _pattern(*pair), t.unit) for t in settings.label for pair in t.patterns())
    # An account's own label says less than a pattern that somebody wrote for one mailbox or subject: it comes last.
    accounts = (Label(t.label, Pattern("account", _literal(t.name)), t.unit) for t in settings.account if t.label)
    return (*written, *accounts)


def _pattern(key: str, glob: str) -> Pattern:
    if key == "addresses":
        return Pattern("address", glob.lower() if _has_glob(glob) else address_key(glob))
    if key == "domain":
        return Pattern("domain", glob.lower() if _has_glob(glob) else domain_key(glob))
    by: PatternBy = key  # type: ignore[assignment] # the keys of the tables are the words of Pattern.by
    return Pattern(by, glob.lower() if key in ("sender", "list") else glob)


def _has_glob(text: str) -> bool:
    return any(character in text for character in "*?[")


def _literal(name: str) -> str:
    # An account name is a name, not a glob.
    return re.sub(r"([*?[])", r"[\1]", name)
