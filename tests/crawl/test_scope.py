"""Who wrote a message decides whether it is ours, and what cannot be told is kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.addresses import address_key
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.scope import OwnMail
from scanner.model import Batch, Message, Policy
from scanner.uids import count, intersect
from tests.crawl.talk import header

POLICY = Policy(
    organisation="Corp",
    domains=frozenset({"corp.example"}),
    sister_domains=frozenset({"sister.example"}),
    addresses=frozenset({address_key("ourclub@provider.example")}),
)


def message(uid: int = 1, **fields: str) -> Message:
    """Return a message with these fields in place of the usual ones."""
    block = header(uid, **fields)
    answer = FetchAnswer(uid=uid, flags=b"", internal_date=b'"03-Feb-2021 10:00:00 +0000"', size=1, header=block)
    return build_message(answer, block, is_draft=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "Ada <ada@corp.example>"},
        {"From": "ADA@Corp.Example"},
        {"From": "ada@mail.north.corp.example"},
        {"From": "Club <ourclub@provider.example>"},
        {"From": "ben@people.example", "Sender": "office@corp.example"},
        {"From": "ben@people.example, ada@corp.example"},
        {"From": '"ada@people.example" <ada@corp.example>'},
        {"From": "=?utf-8?q?Ada_=C3=84?= <ada@corp.example>"},
        {"From": "Ada\r\n <ada@\r\n corp.example>"},
        {"From": '"/O=CORP/OU=FIRST/CN=RECIPIENTS/CN=ADA"'},
        {"From": ""},
        {"From": "Ada Example"},
    ],
)
def test_what_we_wrote_and_what_cannot_be_told_is_kept(fields: dict[str, str]) -> None:
    """By From or Sender, encoded and folded ones too, where a server's search would miss them."""
    assert not OwnMail(POLICY).is_from_others(message(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "ben@people.example"},
        {"From": "ben@people.example", "Reply-To": "ada@corp.example"},
        {"From": "ben@notcorp.example"},
        {"From": "ben@corp.example.people.example"},
        {"From": '"ada@corp.example" <ben@people.example>'},
        {"From": "other@provider.example"},
        {"From": "carla@sister.example"},
    ],
)
def test_what_others_wrote_is_theirs(fields: dict[str, str]) -> None:
    """A name that looks like ours, a reply address and a sister company do not make a message ours."""
    assert OwnMail(POLICY).is_from_others(message(**fields))


def test_a_batch_keeps_ours_and_names_the_rest() -> None:
    """Every UID stays accounted for: kept, a gap, or one of others."""
    mails = tuple(
        message(uid, From="ada@corp.example" if uid % 3 == 0 else "ben@people.example") for uid in range(1, 10)
    )

    kept = OwnMail(POLICY).keep(Batch(((1, 12),), mails, (), 3))

    assert [one.uid for one in kept.messages] == [3, 6, 9]
    assert kept.others == ((1, 2), (4, 5), (7, 8))
    assert (kept.examined, kept.vanished) == (((1, 12),), 3)
    assert len(kept.messages) + count(kept.others) == len(mails)
    assert intersect(kept.others, ((2, 4),)) == ((2, 2), (4, 4))


def test_the_rule_is_who_is_ours() -> None:
    """The same people, the same hash; another domain or address of ours, another one."""
    rule = OwnMail(POLICY).rule

    assert re.fullmatch("[0-9a-f]{64}", rule)
    assert OwnMail(Policy(organisation="", domains=POLICY.domains, addresses=POLICY.addresses)).rule == rule
    assert OwnMail(Policy(organisation="", domains=frozenset({"b.example"}), addresses=POLICY.addresses)).rule != rule
    assert OwnMail(Policy(organisation="", domains=POLICY.domains)).rule != rule


def test_a_server_is_asked_for_domains_sub_domains_and_single_addresses() -> None:
    """OR takes two keys (RFC 9051, 9)."""
    assert OwnMail(POLICY).searches() == (
        'OR FROM ".corp.example" OR FROM "@corp.example" FROM "ourclub@provider.example"',
    )
    assert OwnMail(Policy(organisation="", domains=frozenset())).searches() == ()


def test_an_address_within_an_own_domain_needs_no_key() -> None:
    """Logins are own addresses; the domain finds them already. What no quoted string can carry is left out."""
    addresses = frozenset(map(address_key, ("ada@corp.example", "jörg@provider.example")))

    searches = OwnMail(Policy(organisation="", domains=POLICY.domains, addresses=addresses)).searches()

    assert searches == ('OR FROM ".corp.example" FROM "@corp.example"',)


@given(st.sets(st.from_regex(r"[a-z]{1,40}\.example", fullmatch=True), min_size=1, max_size=120))
def test_many_domains_make_lines_that_every_server_takes(domains: set[str]) -> None:
    """Each domain is asked for twice and once only; every chain has one OR fewer than keys."""
    searches = OwnMail(Policy(organisation="", domains=frozenset(domains))).searches()

    keys = [key for line in searches for key in re.findall(r'FROM "([^"]*)"', line)]
    assert sorted(keys) == sorted(sign + domain for domain in domains for sign in "@.")
    assert all(len(line) <= 800 for line in searches)
    assert all(len(re.findall(r"OR ", line)) == len(re.findall("FROM ", line)) - 1 for line in searches)
