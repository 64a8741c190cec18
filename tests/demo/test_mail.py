"""Composed mail: the standard library's parser reads back what was written."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.demo.mail import Contact, Letter, compose, encoded_words, fold, invitation_text

SENDER = Contact("Quill, Ada", "ada@harbour.example")
MOMENT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)


def letter(**changes: object) -> Letter:
    values = {"sender": SENDER, "sent_at": MOMENT, "subject": "Tide", "message_id": "<1@harbour.example>"}
    return Letter(**(values | changes))  # type: ignore[arg-type]


def test_addresses_survive_with_their_names() -> None:
    """Commas, quotation marks and letters beyond ASCII in display names come back unchanged."""
    people = (Contact("O'Hara, Zoë", "zoe@example.org"), Contact('Sam "Skip" Lee', "sam@example.org"))

    header = message_from_bytes(compose(letter(to=people)), policy=policy.default)["To"]

    assert isinstance(header, AddressHeader)
    assert [(found.display_name, found.addr_spec) for found in header.addresses] == [
        (person.display_name, person.addr_spec) for person in people
    ]


def test_bcc_stays_in_the_copy() -> None:
    """The sender's copy keeps Bcc, as RFC 5322, 3.6.3 allows."""
    message = message_from_bytes(compose(letter(bcc=(Contact("", "zoe@example.org"),))))

    assert message["Bcc"] == "zoe@example.org"


def test_long_lists_are_folded() -> None:
    """RFC 5322, 2.1.1: a line should have no more than 78 characters."""
    people = tuple(Contact(f"Person {serial}", f"person{serial}@example.org") for serial in range(200))

    header = compose(letter(to=people)).split(b"\r\n\r\n")[0]

    assert max(map(len, header.split(b"\r\n"))) <= 78


def test_moment_without_zone_is_refused() -> None:
    """A Date field needs a zone; guessing one would shift every figure by hours."""
    with pytest.raises(ValueError, match="zone"):
        compose(letter(sent_at=datetime(2025, 3, 4)))  # noqa: DTZ001 - the naive moment is the point


def test_invitation_names_its_attendees() -> None:
    """The calendar part names whoever stands in To."""
    invited = letter(to=(Contact("", "zoe@example.org"),))

    text = invitation_text(invited, starts=MOMENT, ends=MOMENT, uid="1@harbour.example")

    assert "METHOD:REQUEST" in text
    assert "DTSTART:20250304T093000Z" in text
    assert "ATTENDEE;RSVP=TRUE:mailto:zoe@example.org" in text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1))
def test_encoded_words_are_short(text: str) -> None:
    """RFC 2047, 2: an encoded-word may not be more than 75 characters long."""
    assert all(len(word) <= 75 for word in encoded_words(text).split(" "))


@given(st.lists(st.text(alphabet="abc@.,", min_size=1, max_size=90), min_size=1))
def test_unfolding_gives_the_line_back(words: list[str]) -> None:
    """RFC 5322, 2.2.3: unfolding removes any CRLF that is immediately followed by white space."""
    line = "To: " + " ".join(words)

    assert "".join(fold(line)) == line
    assert all(part.strip() for part in fold(line))
