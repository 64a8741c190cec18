"""A policy classes every address, and says by which rule."""

import pytest

from scanner.addresses import address_key, make_classifier, make_outsider_check
from scanner.model import AddressClass, Pattern, Policy, Protected

POLICY = Policy(
    domains=frozenset({"corp.example"}),
    sister_domains=frozenset({"sister.example"}),
    addresses=frozenset({address_key("ourclub@gmail.com")}),
    list_addresses=frozenset({address_key("parents@lists.example"), address_key("all@corp.example")}),
    protected=(
        Protected("students", Pattern("domain", "students.corp.example")),
        Protected("interns", Pattern("address", "intern-*@corp.example")),
        Protected("clinic", Pattern("mailbox", "Clinic*")),
    ),
)


def classed(written: str) -> AddressClass:
    return make_classifier(POLICY)(address_key(written))


@pytest.mark.parametrize(
    ("written", "kind", "outsider", "rule"),
    [
        ("anna@corp.example", "inside", False, "domain corp.example"),
        ("anna@mail.corp.example", "inside", False, "domain corp.example"),
        ("anna@notcorp.example", "outside", True, "no own domain"),
        ("anna@corp.example.evil.example", "outside", True, "no own domain"),
        ("anna@sister.example", "inside", False, "sister domain sister.example"),
        ("OurClub@gmail.com", "inside", False, "own address"),
        ("our.club+archive@googlemail.com", "inside", False, "own address"),
        ("anna@gmail.com", "outside", True, "consumer provider"),
        ("ourclub@yahoo.com", "outside", True, "consumer provider"),
        ("tim@students.corp.example", "inside", True, "protected students"),
        ("tim@a.students.corp.example", "inside", True, "protected students"),
        ("intern-7@corp.example", "inside", True, "protected interns"),
        ("parents@lists.example", "list", True, "list address"),
        ("all@corp.example", "list", False, "list address"),
        ("IMCEAEX-_O=CORP_CN=ANNA@namprd01.prod.outlook.com", "inside", False, "Exchange's internal form"),
        ("aaron@MISSING_DOMAIN", "unresolved", False, "no mail address"),
        ("aaron@.MISSING-HOST-NAME.", "unresolved", False, "no mail address"),
        ("aaron@unspecified-domain", "unresolved", False, "no mail address"),
        ("aaron", "unresolved", False, "no mail address"),
        ("IMCEASMTP-ada+40gmail+2Ecom@corp.example", "outside", True, "consumer provider"),
        ("IMCEAMAILTO-ada+40client+2Eexample@corp.example", "outside", True, "no own domain"),
        ("IMCEASMTP-anna+40corp+2Eexample@far.example", "inside", False, "domain corp.example"),
        ("IMCEASMTP-ada@corp.example", "unresolved", False, "no mail address"),
        ("IMCEANOTES-Bob+20Jones_HQ@corp.example", "unresolved", False, "no mail address"),
        ("IMCEANOTES-Bob+20Jones_HQ@client.example", "outside", True, "no own domain"),
        ("IMCEAINVALID-Bob@client.example", "unresolved", False, "no mail address"),
        ("bob@localhost", "unresolved", False, "no mail address"),
        ("bob@pc7.localdomain", "unresolved", False, "no mail address"),
        ("bob@mail.invalid", "unresolved", False, "no mail address"),
        ("members@googlegroups.com", "list", True, "host of mailing lists"),
        ("crew@sailing.groups.io", "list", True, "host of mailing lists"),
    ],
)
def test_the_first_rule_that_fits_decides(written: str, kind: str, outsider: bool, rule: str) -> None:
    """CONTRACTS: inside, outside, list or unresolved; outsiders are outside or protected."""
    found = classed(written)

    assert (found.kind, found.outsider, found.rule) == (kind, outsider, rule)


def test_private_mailboxes_share_no_organisation() -> None:
    """Two people at one provider are two organisations, however common the provider."""
    anna, bob = classed("anna@gmail.com"), classed("bob@gmail.com")

    assert anna.private
    assert anna.organisation == "anna@gmail.com"
    assert anna.organisation != bob.organisation


def test_colleagues_share_their_organisation() -> None:
    """Sub-domains belong to the registrable domain."""
    assert (
        classed("anna@a.client.example").organisation == classed("bob@client.example").organisation == "client.example"
    )


def test_an_own_address_belongs_to_the_organisation() -> None:
    """Our mailbox at a provider is no private person's."""
    found = classed("ourclub@gmail.com")

    assert not found.private
    assert found.organisation == "corp.example"


def test_sister_companies_are_marked() -> None:
    """They count as inside and are listed apart."""
    assert classed("anna@sister.example").sister
    assert not classed("anna@corp.example").sister


def test_roles_are_marked_wherever_they_are() -> None:
    """info@ is a role at a client and at a provider."""
    assert classed("info@client.example").role
    assert not classed("anna@client.example").role


def test_a_rule_never_names_the_address() -> None:
    """Rules are shown in logs and reports without names."""
    for written in ("secret.person@gmail.com", "secret.person@students.corp.example", "secret.person@client.example"):
        assert "secret" not in classed(written).rule


def test_patterns_that_need_the_message_protect_no_address() -> None:
    """A protected mailbox protects recipients per message, not for good."""
    assert not classed("clinic@corp.example").outsider


def test_the_same_key_gives_the_same_class_in_any_order() -> None:
    """The test is pure: what was asked before changes nothing."""
    keys = [address_key(written) for written in ("a@gmail.com", "b@gmail.com", "ourclub@gmail.com", "x@corp.example")]
    forward, backward = make_classifier(POLICY), make_classifier(POLICY)

    assert [forward(key) for key in keys] == [backward(key) for key in reversed(keys)][::-1]


@pytest.mark.parametrize(
    "written",
    [
        "anna@corp.example",
        "anna@mail.corp.example",
        "anna@notcorp.example",
        "anna@sister.example",
        "ourclub@gmail.com",
        "our.club+archive@googlemail.com",
        "anna@gmail.com",
        "tim@students.corp.example",
        "intern-7@corp.example",
        "interno@corp.example",
        "imceasmtp-ada+40client+2eexample@corp.example",
        "imceasmtp-anna+40corp+2eexample@client.example",
        "imceainvalid-x@client.example",
        "bob@localhost",
        "members@googlegroups.com",
        "parents@lists.example",
        "all@corp.example",
        "IMCEAEX-_O=CORP_CN=ANNA@namprd01.prod.outlook.com",
        "IMCEAEX-_O=CORP_CN=ANNA@elsewhere.example",
        "/o=corp/cn=anna@elsewhere.example",
        "anna@missing_domain",
        "anna@.SYNTAX-ERROR.",
        "@notcorp.example",
        "anna@",
    ],
)
@pytest.mark.parametrize("policy", [POLICY, Policy(domains=frozenset({"corp.example"})), Policy()])
def test_the_short_way_to_outsiders_is_the_rule(written: str, policy: Policy) -> None:
    """A crawl asks only whether an address is an outsider; first and again, the answer is that of the full class."""
    key = address_key(written)
    is_outsider, full = make_outsider_check(policy), make_classifier(policy)(key).outsider

    assert [is_outsider(key), is_outsider(key)] == [full, full]


def test_answers_at_one_host_do_not_depend_on_who_was_asked_for_before() -> None:
    """People, roles, lists, own and protected addresses share hosts, and what one is says nothing about the next."""
    written = [
        *(
            "anna@corp.example",
            "info@corp.example",
            "all@corp.example",
            "intern-7@corp.example",
            "imceaex-x@corp.example",
        ),
        *("anna@gmail.com", "ourclub@gmail.com", "tim@gmail.com", "info@gmail.com"),
        *("anna@other.example", "info@other.example", "imceaex-x@other.example", "ben@other.example"),
        *("imceasmtp-ada+40other+2eexample@corp.example", "imceanotes-x@corp.example", "imceanotes-x@other.example"),
        *("info@googlegroups.com", "crew@googlegroups.com", "ada@localhost", "info@localhost"),
    ]
    keys = [address_key(each) for each in written]
    alone = {key: make_classifier(POLICY)(key) for key in keys}

    for order in (keys, keys[::-1], [*keys, *keys]):
        classify = make_classifier(POLICY)

        assert [classify(key) for key in order] == [alone[key] for key in order]


def test_an_own_domain_may_have_any_name() -> None:
    """What the settings name is ours, be it a host that is nobody's elsewhere or one of lists."""
    policy = Policy(
        domains=frozenset({"localhost", "groups.io"}), addresses=frozenset({address_key("me@mail.invalid")})
    )
    classify = make_classifier(policy)

    found = [classify(address_key(key)).kind for key in ("ada@localhost", "ada@groups.io", "me@mail.invalid")]

    assert found == ["inside", "inside", "inside"]
