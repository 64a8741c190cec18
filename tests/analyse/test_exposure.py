"""Exposure: who is shown to whom by one message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse.exposure import read_exposure, with_list_posts
from scanner.model import AddressKey, MailboxRole, Pattern, Protected, StoredRecipient
from tests.analyse.sources import HOUR, NOON, OFFICE, POLICY, classify, mail, only, people

EVERYBODY = [*people(6), *people(6, "mill.example"), *people(3, "council.example"), "all@lists.quay.example"]
ADDRESSES = st.lists(st.sampled_from(EVERYBODY), max_size=8)


def test_two_visible_outsiders_are_exposed_in_to_and_cc() -> None:
    """A message exposes when To and Cc together hold at least two distinct outsiders."""
    message = mail(to=["a@gmail.com"], cc=["b@gmail.com"])

    assert read_exposure(message, POLICY, classify).exposed == ("a@gmail.com", "b@gmail.com")


def test_one_outsider_is_not_exposed() -> None:
    """One outsider read only by insiders or Bcc is not exposed; twice in one header is once."""
    message = mail(to=["a@gmail.com", "A@GMAIL.COM", "colleague@council.example"], bcc=people(5))

    assert read_exposure(message, POLICY, classify).exposed == ()


def test_bcc_is_a_viewer_and_never_exposed() -> None:
    """Bcc does not travel with the message (RFC 5322, 3.6.3)."""
    message = mail(to=people(2), bcc=["c@gmail.com"])

    exposure = read_exposure(message, POLICY, classify)

    assert exposure.exposed == ("x00000q@gmail.com", "x00001q@gmail.com")
    assert exposure.hidden == ("c@gmail.com",)
    assert ("c@gmail.com", "bcc", False) in exposure.viewers


def test_resent_fields_are_visible() -> None:
    """Resent-To and Resent-Cc are visible recipients."""
    message = mail(to=["a@gmail.com"])
    resent = StoredRecipient("resent-cc", AddressKey("b@gmail.com"), "b@gmail.com", "")

    exposure = read_exposure(replace(message, recipients=(*message.recipients, resent)), POLICY, classify)

    assert exposure.exposed == ("a@gmail.com", "b@gmail.com")
    assert ("b@gmail.com", "cc", False) in exposure.viewers


def test_sender_is_on_no_rung() -> None:
    """The sender is never counted, neither as From nor as the account's own address."""
    own = "club@gmail.com"
    policy = replace(POLICY, account_addresses=(("club", AddressKey(own)),))
    message = mail(to=["a@gmail.com", "b@gmail.com", own, OFFICE], sender=OFFICE, account="club")

    exposure = read_exposure(message, policy, classify)

    assert exposure.exposed == ("a@gmail.com", "b@gmail.com")
    assert [key for key, _, _ in exposure.viewers] == ["a@gmail.com", "b@gmail.com"]


OURS = tuple((name, AddressKey(f"{name}@council.example")) for name in ("office", "una"))


@pytest.mark.parametrize(
    ("sender", "role", "counts"),
    [
        ("office@council.example", "sent", False),
        ("office@council.example", "inbox", True),
        ("office@council.example", "all", True),
        ("office@council.example", "archive", True),
        ("alias@council.example", "all", False),
        ("alias@council.example", "junk", True),
        ("una@council.example", "inbox", False),
    ],
)
def test_whoever_only_received_it_could_see_the_list(sender: str, role: MailboxRole, counts: bool) -> None:
    """A colleague's copy that was received takes nobody from the rungs, however many mailboxes are scanned."""
    own = "una@council.example"
    message = mail(to=["a@gmail.com", "b@gmail.com", own], sender=sender, account="una", role=role)

    exposure = read_exposure(message, replace(POLICY, account_addresses=OURS), classify)

    assert [(key, inside) for key, _, inside in exposure.viewers if key == own] == [(own, True)] * counts


def test_widest_field_of_an_address_is_kept() -> None:
    """An address in Bcc and Cc could be read: to > cc > bcc."""
    message = mail(to=["a@gmail.com"], cc=["b@gmail.com"], bcc=["a@gmail.com", "b@gmail.com"])

    assert read_exposure(message, POLICY, classify).viewers == (
        ("a@gmail.com", "to", False),
        ("b@gmail.com", "cc", False),
    )


def test_protected_insiders_are_outsiders() -> None:
    """Pupils of the organisation's own sub-domain are data subjects."""
    message = mail(to=people(3, "pupils.council.example"))

    assert len(read_exposure(message, POLICY, classify).exposed) == 3


def test_every_recipient_of_a_protected_sender_is_an_outsider() -> None:
    """Protection by mailbox, account or sender makes all recipients of that mail data subjects."""
    staff = people(3, "council.example")
    policy = replace(POLICY, protected=(Protected("counselling", Pattern("sender", "care@*")),))

    protected = read_exposure(mail(to=staff, sender="care@council.example"), policy, classify)
    ordinary = read_exposure(mail(to=staff), policy, classify)

    assert len(protected.exposed) == 3
    assert ordinary.exposed == ()


def test_unresolved_entries_are_kept_as_text() -> None:
    """What is no address is counted apart, once, and exposes nobody."""
    exposure = read_exposure(mail(to=["Board Members", "board  members", "a@gmail.com"]), POLICY, classify)

    assert exposure.unresolved == ("board members",)
    assert exposure.unresolved_visible == 1
    assert exposure.exposed == ()


def test_list_post_addresses_are_lists() -> None:
    """An address that a List-Post field names is one address with unknown members."""
    test = with_list_posts(classify, [AddressKey("friends@quay.example"), AddressKey("all@council.example")])

    assert test(AddressKey("friends@quay.example")).kind == "list"
    assert test(AddressKey("all@council.example")).kind == "inside"
    assert test(AddressKey("a@quay.example")).kind == "outside"


@given(to=ADDRESSES, cc=ADDRESSES, bcc=ADDRESSES, extra=st.sampled_from(EVERYBODY))
def test_adding_a_bcc_never_adds_an_exposed_address(to: list[str], cc: list[str], bcc: list[str], extra: str) -> None:
    """A Bcc address is a viewer, never exposed (CONTRACTS: Exposure)."""
    before = read_exposure(mail(to=to, cc=cc, bcc=bcc), POLICY, classify)

    after = read_exposure(mail(to=to, cc=cc, bcc=[*bcc, extra]), POLICY, classify)

    assert after.exposed == before.exposed


@given(to=ADDRESSES, cc=ADDRESSES, colleague=st.sampled_from(people(3, "council.example")))
def test_adding_an_unprotected_insider_never_adds_a_finding(to: list[str], cc: list[str], colleague: str) -> None:
    """Outsider = outside, or inside but protected (CONTRACTS: Addresses)."""
    before = read_exposure(mail(to=to, cc=cc), POLICY, classify)

    after = read_exposure(mail(to=[*to, colleague], cc=cc), POLICY, classify)

    assert after.exposed == before.exposed


def test_an_x500_name_is_an_insider_and_not_unreadable() -> None:
    """Exchange writes its own users as X.500 names: nobody outside, and no entry that could not be read."""
    message = mail(to=people(2))
    inner = StoredRecipient("to", None, "/O=CORP/OU=STAFF/CN=RECIPIENTS/CN=ANNA", "Anna", defect="x500_name")
    bare = StoredRecipient("to", None, "All Parents", "")

    exposure = read_exposure(replace(message, recipients=(*message.recipients, inner, bare)), POLICY, classify)

    assert exposure.unresolved == ("all parents",)


def test_x500_names_could_see_the_list() -> None:
    """Two of them beside five outsiders: seven viewers, two inside; case and the prefix "EX:" make no third."""
    message = mail(to=people(5))
    names = ("/O=CORP/OU=STAFF/CN=ANNA", "/o=corp/ou=staff/cn=ben", "EX:/O=Corp/OU=Staff/CN=Ben")
    inner = tuple(StoredRecipient("cc", None, name, "", defect="x500_name") for name in names)

    incident = only([replace(message, recipients=(*message.recipients, *inner))])

    assert (incident.ladder.viewers, incident.ladder.internal_visible) == (7, 2)
    assert [viewer.key for viewer in incident.viewers if viewer.inside] == [
        "/o=corp/ou=staff/cn=anna",
        "/o=corp/ou=staff/cn=ben",
    ]
    assert not any("colleague among" in reason.text for reason in incident.reasons)


def test_protected_insiders_are_outsiders_among_the_viewers() -> None:
    """Six pupils and a teacher: the teacher alone is inside, whichever figure is asked."""
    incident = only([mail(to=[*people(6, "pupils.council.example"), "teacher@council.example"])])

    assert incident.ladder.internal_visible == 1
    assert [viewer.key for viewer in incident.viewers if viewer.inside] == ["teacher@council.example"]


def test_who_is_protected_in_one_mail_is_an_outsider_of_the_incident() -> None:
    """Counselling's mail protects all its recipients; a second mail of the incident makes none of them a colleague."""
    policy = replace(POLICY, protected=(Protected("counselling", Pattern("mailbox", "Counselling")),))
    staff = people(6, "council.example")
    first = mail(to=[*staff, *people(2)], mailbox="Counselling")
    second = mail(to=[*staff, *people(2)], at=NOON + HOUR)

    incident = only([first, second], policy)

    assert incident.ladder.internal_visible == 0
    assert not any(viewer.inside for viewer in incident.viewers)
