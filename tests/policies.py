"""The policy of the invented organisation, and what a test does with it before it reads a store."""

from sqlalchemy import Engine

from scanner.addresses import make_classifier
from scanner.model import AddressKey, Pattern, Policy, Protected
from scanner.policy import policy_sha256, policy_text, rule_versions
from scanner.store.classes import classify_addresses, mark_received, save_policy

CORP = Policy(
    organisation="Corp",
    domains=frozenset({"corp.example"}),
    account_addresses=(("office", AddressKey("office@corp.example")),),
    time_zone="Europe/Berlin",
)


def protecting(*patterns: Pattern) -> Policy:
    """Return the policy with protected groups."""
    protected = tuple(Protected(f"group {number}", pattern) for number, pattern in enumerate(patterns))
    return Policy(organisation="Corp", domains=CORP.domains, protected=protected)


def class_all(engine: Engine, policy: Policy) -> int:
    """Class all addresses under a policy, mark what was received, and return the policy's number."""
    versions = rule_versions()
    with engine.begin() as connection:
        number = save_policy(connection, policy_sha256(policy, versions), policy_text(policy, versions))
        classify_addresses(connection, number, make_classifier(policy))
        mark_received(connection, number, policy.account_addresses)
    return number
