"""The note's block on who received it: what is proven, where it lies, and nothing where nobody has looked."""

from dataclasses import replace

from scanner.export.note import Entry, Paragraph, Subject, note_sections
from scanner.export.words.moment import Clock
from scanner.model import AddressKey, Incident, Receipt, ReceiptKind
from tests.export import sample

PEOPLE = tuple(f"p{number}@people.example" for number in range(6))


def proof(address: str, kind: ReceiptKind, *, trace: str = "", uid: int = 7) -> Receipt:
    """Return a proof that lies in the office's inbox, or in a trace."""
    place = {"source": "trace", "place": trace} if trace else {"source": "mail", "place": "office", "mailbox": "INBOX"}
    return Receipt(  # type: ignore[arg-type]
        key=AddressKey(address), kind=kind, happened_at=sample.SPRING, status="5.1.1", uidvalidity=9, uid=uid, **place
    )


def told(*proofs: Receipt, **rungs: int | None) -> list[str]:
    """Return the texts of the section for an incident with these proofs and figures."""
    part = sample.message(1, PEOPLE)
    part = replace(part, message=replace(part.message, receipts=proofs))
    incident: Incident = sample.incident(1, [part])
    incident = replace(incident, ladder=replace(incident.ladder, **rungs))  # type: ignore[arg-type]
    sections = list(note_sections(Subject(incident, Clock("UTC")), "received"))
    blocks = sections[0].blocks if sections else ()
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph | Entry):
            texts += [block.text, *(block.details if isinstance(block, Entry) else ())]
    return texts


def test_where_nobody_has_looked_there_is_no_block() -> None:
    """What is not known stands in a section of its own."""
    assert told() == []


def test_bounces_say_what_is_left_and_where_they_lie() -> None:
    """No address: a screen is seen; account, mailbox, UIDVALIDITY and UID find the proof again."""
    texts = told(proof(PEOPLE[0], "bounced"), bounced=1, replied=0, auto_replied=0)

    assert any("1 address got nothing" in text and "at most 6" in text for text in texts)
    assert "office / INBOX, UIDVALIDITY 9, UID 7" in texts
    assert not any("@" in text for text in texts)


def test_a_trace_tells_of_recipients_that_the_stored_copy_does_not_name() -> None:
    """A Bcc line that was not kept: told, and in none of the figures."""
    texts = told(
        proof(PEOPLE[0], "delivered", trace="march.csv"),
        proof("hidden@quay.example", "delivered", trace="march.csv"),
        delivered=1,
        bounced=0,
    )

    assert any(text.startswith("1 of 7 addresses verifiably received it") for text in texts)
    assert any(text.startswith("1 address more received it") for text in texts)
    assert "Message trace march.csv: 2 proofs." in texts


def test_many_proofs_are_told_by_their_number() -> None:
    """A person reads ten places, not a thousand."""
    texts = told(*(proof(PEOPLE[0], "replied", uid=uid) for uid in range(1, 1001)), delivered=1, replied=1)

    assert sum("UIDVALIDITY" in text for text in texts) == 10
    assert any("990 more" in text for text in texts)
