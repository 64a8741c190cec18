"""
What approvals and thresholds cannot mean: faults of a policy that no single table shows.

A fault stops every command: a judgement under such a policy would be another
one than was meant. A remark is told, and the policy holds as it is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from scanner.addresses.host import is_consumer_host, parents_of, suffix_kind
from scanner.config.approval_overlap import is_within, meet, shared_by
from scanner.config.settings import Settings

_NOMINAL_SCORE = 100
"""CONTRACTS: Incidents; more is rare."""

_HIGHEST_SCORE = 200
"""All that raises a score together stays below."""

Place = tuple[str | int, ...]
"""Where it stands: table, number from 0, key."""


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """Something that cannot be meant, or that somebody should know."""

    place: Place
    what: str
    """Holds no address: members of groups are people."""

    remedy: str
    beside: Place | None = None
    """Where the other one stands, when two do not go together."""

    since: date | None = None
    """The day on which it came to be so by itself; None = since it was written."""


def policy_faults(settings: Settings) -> Iterator[PolicyFault]:
    """Yield what cannot be meant, in the order of the tables."""
    if settings.policy.queue_score > _HIGHEST_SCORE:
        yield PolicyFault(
            ("policy", "queue_score"),
            f"no incident reaches a queue score of {settings.policy.queue_score}, so that nothing would ever be queued",
            f"Scores are nominally up to {_NOMINAL_SCORE}; 0 queues whatever reaches the queue floor",
        )
    yield from _own_domain_faults(settings)
    yield from _group_faults(settings)
    yield from _partner_faults(settings)


def own_domain_fault(domain: str) -> str:
    """Say why a domain, as A-labels, cannot be an organisation's own; "" when it can."""
    # Who gives names away below his own domain may still write from it: that is a remark.
    if suffix_kind(domain) in ("registry", "tenants"):
        return f"below {domain} many organisations have domains of their own: all of them would count as inside"
    return ""


def policy_remarks(settings: Settings, today: date) -> Iterator[PolicyFault]:
    """Yield what somebody should know on a day, in the order of the tables."""
    if _NOMINAL_SCORE < settings.policy.queue_score <= _HIGHEST_SCORE:
        yield PolicyFault(
            ("policy", "queue_score"),
            f"scores are nominally up to {_NOMINAL_SCORE}: hardly anything reaches {settings.policy.queue_score}",
            "Lower it unless that is meant",
        )
    yield from _own_domain_remarks(settings)
    for index, group in enumerate(settings.group):
        yield from _expiry(("group", index), group.expires, today)
        for other, earlier in enumerate(settings.group[:index]):
            shared = shared_by(group, earlier)
            if shared and meet(group, earlier):
                yield PolicyFault(
                    ("group", index, "members" if group.members else "domain"),
                    f"it shares {shared} with [[group]] {other + 1} in the same period; either approval holds for them",
                    "Nothing needs to be done if both are meant",
                    ("group", other, "members" if earlier.members else "domain"),
                )
    for index, partner in enumerate(settings.partner):
        yield from _expiry(("partner", index), partner.expires, today)


def _expiry(place: Place, expires: date | None, today: date) -> Iterator[PolicyFault]:
    if expires is None:
        # Approvals expire (DESIGN: Settings); one that never does outlives whoever gave it.
        yield PolicyFault(
            place,
            "the approval never ends: nobody will be asked whether it still holds",
            f"Give it a last day, such as expires = {today.year + 1}-12-31",
        )
    elif expires < today:
        yield PolicyFault(
            (*place, "expires"),
            f"the approval has expired on {expires.isoformat()}: mail sent after that day is not approved",
            "Renew it if it still holds; leave it for the mail of its time",
            since=expires + timedelta(days=1),
        )


def _group_faults(settings: Settings) -> Iterator[PolicyFault]:
    for index, group in enumerate(settings.group):
        for other, earlier in enumerate(settings.group[:index]):
            if group.name.casefold() == earlier.name.casefold():
                yield PolicyFault(
                    ("group", index, "name"),
                    f"[[group]] {index + 1} has the same name as [[group]] {other + 1}",
                    "Rename one of them, or join them",
                )
            elif meet(group, earlier) and (is_within(group, earlier) or is_within(earlier, group)):
                yield PolicyFault(
                    ("group", index),
                    f"[[group]] {index + 1} and [[group]] {other + 1} overlap: one approves nobody but those of the "
                    "other, in the same period",
                    "Keep one of them, or let the earlier approval end before the later one begins",
                )
        for domain in group.domain:
            yield from _domain_faults(settings, ("group", index, "domain"), domain, inside_is_fault=False)


def _partner_faults(settings: Settings) -> Iterator[PolicyFault]:
    for index, partner in enumerate(settings.partner):
        for other, earlier in enumerate(settings.partner[:index]):
            if partner.domain == earlier.domain and meet(partner, earlier):
                yield PolicyFault(
                    ("partner", index, "domain"),
                    f"[[partner]] {index + 1} and [[partner]] {other + 1} name the same domain for the same time",
                    "Keep one of them, or let the earlier one end before the later one begins",
                )
        yield from _domain_faults(settings, ("partner", index, "domain"), partner.domain, inside_is_fault=True)


def _own_domain_faults(settings: Settings) -> Iterator[PolicyFault]:
    own = (("domains", settings.organisation.domains), ("sister_domains", settings.organisation.sister_domains))
    for key, domains in own:
        for domain in domains:
            if fault := own_domain_fault(domain):
                yield PolicyFault(("organisation", key), fault, "Name the domains below it that are yours")


def _own_domain_remarks(settings: Settings) -> Iterator[PolicyFault]:
    for domain in settings.organisation.domains:
        if is_consumer_host(domain):
            yield PolicyFault(
                ("organisation", "domains"),
                f"{domain} is a provider of private mailboxes: all its customers count as inside",
                "Unless you are the provider, name your own addresses under `addresses` instead",
            )
        elif suffix_kind(domain) == "names":
            yield PolicyFault(
                ("organisation", "domains"),
                f"below {domain} others have names of their own: all of them count as inside",
                "Unless that is meant, name the domains below it that are yours",
            )


def _domain_faults(settings: Settings, place: Place, domain: str, *, inside_is_fault: bool) -> Iterator[PolicyFault]:
    if is_consumer_host(domain):
        yield PolicyFault(
            place,
            f"{domain} is a provider of private mailboxes: all its customers would be approved",
            "Name the people as members of a [[group]]",
        )
    elif suffix_kind(domain):
        yield PolicyFault(
            place,
            f"below {domain} many organisations and people have names of their own: all of them would be approved",
            "Name the domain below it that is meant, or the people as members of a [[group]]",
        )
    # A group may hold protected people of one's own; a partner is somebody else.
    own = {*settings.organisation.domains, *settings.organisation.sister_domains}
    if inside_is_fault and own.intersection(parents_of(domain)):
        yield PolicyFault(place, f"{domain} is inside already, and no partner", "Remove the entry")
