"""Mail in which everybody is an outsider is told by where it lies and by who sent it."""

import pytest

from scanner.addresses import ProtectedMail
from scanner.model import AddressKey, Pattern, Policy, Protected


def protected(*patterns: Pattern) -> ProtectedMail:
    """Return the test under a policy with these patterns."""
    return ProtectedMail(Policy(protected=tuple(Protected("wards", one) for one in patterns)))


@pytest.mark.parametrize(
    ("pattern", "is_protected"),
    [
        (Pattern("mailbox", "sent*"), True),
        (Pattern("mailbox", "DESK/Sent Items"), True),
        (Pattern("mailbox", "Inbox"), False),
        (Pattern("account", "de?k"), True),
        (Pattern("account", "desk/*"), False),
        (Pattern("domain", "*"), False),
        (Pattern("address", "*"), False),
        (Pattern("sender", "*"), False),
    ],
)
def test_a_mailbox_is_protected_by_its_name_or_its_account(pattern: Pattern, is_protected: bool) -> None:
    """Whatever the case of letters; patterns of addresses mean no mailbox."""
    assert protected(pattern).lies_at("Desk", "Sent Items") is is_protected


def test_a_sender_is_protected_by_the_address() -> None:
    """The pattern is held against the key."""
    both = protected(Pattern("mailbox", "x"), Pattern("sender", "Ward*@corp.example"))

    assert both.names_senders
    assert both.is_sent_by(AddressKey("ward7@corp.example"))
    assert not both.is_sent_by(AddressKey("desk@corp.example"))
    assert not protected(Pattern("mailbox", "x")).names_senders
