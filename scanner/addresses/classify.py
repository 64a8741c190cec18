"""Inside, outside, list or unresolved: what an address is under a policy, and which rule says so."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import translate
from typing import Literal

from scanner.addresses.exchange import is_wrapped, wrapped_address
from scanner.addresses.host import is_consumer_host, is_list_host, is_local_host, organisation_of, parents_of
from scanner.addresses.key import split_key
from scanner.addresses.outcome import is_sentinel_host
from scanner.addresses.person import mailbox_hosts, person_key
from scanner.addresses.role import is_role
from scanner.model import SISTER_RULE, AddressClass, AddressKey, OutsiderTest, Policy

_MAX_HOSTS = 1 << 17
_MAX_OUTSIDE_HOSTS = 1 << 13
"""Fewer: a crawl remembers them in two processes, and what it asks of a host is soon said again."""

_UNRESOLVED = AddressClass("unresolved", False, "", "no mail address")
EXCHANGE_RULE = "Exchange's internal form"
"""The rule of X.500 names and IMCEAEX- addresses, which are people inside."""

_EXCHANGE = AddressClass("inside", False, "", EXCHANGE_RULE)


@dataclass(frozen=True, slots=True)
class _HostClass:
    """What all addresses at one host have in common."""

    kind: Literal["inside", "outside"]
    rule: str
    organisation: str
    private: bool = False
    sister: bool = False
    protected: str = ""
    """Name of the protected group that the whole host belongs to."""

    only_lists: bool = False


def make_classifier(policy: Policy) -> OutsiderTest:
    """
    Return the test that classes addresses under a policy; pure, the same key gives the same class.

    The first rule that fits decides: Exchange's internal forms and
    placeholders, hosts of no mail system unless they are ours, then lists that
    the policy names, own addresses, own domains and sister domains with their
    sub-domains, and outside for the rest, where hosts of mailing lists hold
    lists. A mail address that Exchange has wrapped counts as itself. An inside
    address that is protected, by domain or address pattern, counts as an
    outsider. Patterns by mailbox, account, sender, list or subject depend on
    the message and are not looked at here.
    """
    return _Classifier(policy)


def make_outsider_check(policy: Policy) -> Callable[[AddressKey], bool]:
    """Return what tells for a key `make_classifier(policy)(key).outsider`; a crawl asks for every address it meets."""
    return _Classifier(policy).is_outsider


class _Classifier:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._hosts: dict[str, _HostClass] = {}
        self._answers: dict[str, dict[bool, AddressClass]] = {}
        """Host → is it a role → what a usual address there is: made once, not for every address."""

        self._outside_hosts: dict[str, bool | None] = {}
        self._single_addresses = policy.addresses | policy.list_addresses
        self._own_mailboxes = frozenset(person_key(key)[0] for key in policy.addresses)
        self._providers = frozenset(
            host for key in policy.addresses for host in mailbox_hosts(key) if self._standing_of(host) is None
        )
        """Hosts at which an own address has other spellings; at our own domains all are inside."""
        self._protected_addresses = [
            (entry.name, _compile(entry.pattern.glob)) for entry in policy.protected if entry.pattern.by == "address"
        ]
        self._protected_domains = [
            (entry.name, _compile_domain(entry.pattern.glob))
            for entry in policy.protected
            if entry.pattern.by == "domain"
        ]

    def is_outsider(self, key: AddressKey) -> bool:
        """Return `self(key).outsider`; mostly the host decides, and nobody asks whose organisation it is."""
        local, host = split_key(key)
        if host in self._outside_hosts:
            outside = self._outside_hosts[host]
        else:
            if len(self._outside_hosts) >= _MAX_OUTSIDE_HOSTS:
                self._outside_hosts.clear()
            outside = self._outside_hosts[host] = self._is_outside(host)
        return self(key).outsider if outside is None or not local or self._is_single(key, local, host) else outside

    def _is_outside(self, host: str) -> bool | None:
        """Tell whether all usual addresses at a host are outsiders, or none; None = each is asked for by itself."""
        if not host or is_sentinel_host(host):
            return None
        if self._standing_of(host) is None:
            return None if is_local_host(host) else True
        is_protected = self._protected_addresses or any(matches(host) for _, matches in self._protected_domains)
        return None if is_protected else False

    def __call__(self, key: AddressKey) -> AddressClass:
        local, _, host = key.rpartition("@")
        answers = self._answers.get(host)
        if answers is not None and local and not self._is_single(key, local, host):
            known = answers.get(is_role(local))
            if known is not None:
                return known
        # Before all else: their hosts are Microsoft's, their people are ours.
        if local.startswith("imceaex-") or key.startswith(("/o=", "/ou=")):
            return _EXCHANGE
        if is_wrapped(local):
            if inner := wrapped_address(key):
                return self(inner)
            # At another organisation's gateway it is an address like others.
            if local.startswith("imceainvalid-") or self._standing_of(host):
                return _UNRESOLVED
        if not local or not host or is_sentinel_host(host):
            return _UNRESOLVED
        at_host = self._hosts.get(host)
        if at_host is None:
            at_host = self._class_of_host(host)
            if len(self._hosts) >= _MAX_HOSTS:
                self._hosts.clear()
            self._hosts[host] = at_host
        if at_host.kind == "outside" and is_local_host(host) and not self._is_own(key, host):
            return _UNRESOLVED
        found = self._class_of(key, local, host, at_host)
        is_own_answer = at_host.private or (self._protected_addresses and found.kind == "inside")
        if not is_own_answer and not self._is_single(key, local, host):
            if len(self._answers) >= _MAX_HOSTS:
                self._answers.clear()
            self._answers.setdefault(host, {})[found.role] = found
        return found

    def _is_single(self, key: AddressKey, local: str, host: str) -> bool:
        """Tell whether more than its host decides about an address that has one."""
        # Asked of every address: own ones are among the single addresses, but for their other spellings.
        return (
            key in self._single_addresses
            or local.startswith("imcea")
            or key[0] == "/"
            or (host in self._providers and self._is_own(key, host))
        )

    def _is_own(self, key: AddressKey, host: str) -> bool:
        """Tell whether an address is one of our own, in whatever spelling its provider takes it."""
        return key in self._policy.addresses or (host in self._providers and person_key(key)[0] in self._own_mailboxes)

    def _class_of(self, key: AddressKey, local: str, host: str, at_host: _HostClass) -> AddressClass:
        is_own = self._is_own(key, host)
        inside = is_own or at_host.kind == "inside"
        protected = self._protection_of(key, at_host) if inside else ""
        if key in self._policy.list_addresses:
            rule = f"protected {protected}" if protected else "list address"
            return AddressClass("list", not inside or bool(protected), at_host.organisation, rule)
        if at_host.only_lists and not is_own:
            return AddressClass("list", True, at_host.organisation, "host of mailing lists")
        found = AddressClass(
            kind="inside" if inside else "outside",
            outsider=not inside or bool(protected),
            organisation=key if at_host.private and not is_own else at_host.organisation,
            rule=f"protected {protected}" if protected else at_host.rule,
            private=at_host.private,
            role=is_role(local),
            sister=at_host.sister and not is_own,
        )
        if is_own:
            organisation = min(self._policy.domains, default="") or at_host.organisation
            rule = found.rule if protected else "own address"
            return replace(found, organisation=organisation, rule=rule, private=False)
        return found

    def _protection_of(self, key: AddressKey, at_host: _HostClass) -> str:
        for name, matches in self._protected_addresses:
            if matches(key):
                return name
        return at_host.protected

    def _class_of_host(self, host: str) -> _HostClass:
        organisation = organisation_of(host)
        protected = next((name for name, matches in self._protected_domains if matches(host)), "")
        if standing := self._standing_of(host):
            rule, is_sister = standing
            return _HostClass("inside", rule, organisation, sister=is_sister, protected=protected)
        if is_list_host(host):
            return _HostClass("outside", "host of mailing lists", organisation, protected=protected, only_lists=True)
        if is_consumer_host(host):
            return _HostClass("outside", "consumer provider", organisation, private=True, protected=protected)
        return _HostClass("outside", "no own domain", organisation, protected=protected)

    def _standing_of(self, host: str) -> tuple[str, bool] | None:
        """Return (rule, is it a sister's) of a host that is ours, None for any other."""
        parents = parents_of(host)
        for domains, word, is_sister in (
            (self._policy.domains, "domain", False),
            (self._policy.sister_domains, SISTER_RULE, True),
        ):
            for parent in parents:
                if parent in domains:
                    return f"{word} {parent}", is_sister
        return None


def _compile(glob: str) -> Callable[[str], object]:
    return re.compile(translate(glob.lower())).match


def _compile_domain(glob: str) -> Callable[[str], object]:
    """A protected domain covers its sub-domains, as the organisation's own domains do."""
    matches = _compile(glob.removeprefix("@"))
    return lambda host: any(matches(parent) for parent in parents_of(host))
