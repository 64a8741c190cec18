"""Noting what was done about viewers and people: deletion asked for and confirmed, who was told, what to heed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scanner.addresses import address_key
from scanner.config import Settings
from scanner.errors import UsageError
from scanner.flag import NO_FLAGS, flag_names, stated_flags
from scanner.model import AddressKey, Incident, Person, Statement
from scanner.pipeline.deciding.author import Author, demand_text, past, write_statements
from scanner.pipeline.deciding.review import check_after_mail, check_sent_by
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.review import FLAGS, NOTIFIED, person_statement, viewer_statement


def viewers_of(incident: Incident) -> frozenset[AddressKey]:
    """Return all who could see an incident's lists, members of lists included."""
    members = (member.key for entry in incident.through_lists for member in entry.members)
    return frozenset((*(viewer.key for viewer in incident.viewers), *members))


def note_viewers(
    settings: Settings,
    key: str,
    addresses: Sequence[str],
    done: str,
    *,
    at: int | None = None,
    by: str = "",
    everybody: bool = False,
    take_back: bool = False,
    now: int | None = None,
) -> int:
    """
    Note that viewers were asked to delete the mail, or have confirmed it; return how many.

    Args:
        settings: Which store.

        key: Of the incident.

        addresses: Of viewers of it.

        done: requested | confirmed.

        at: When; None = now.

        by: Who states it.

        everybody: All viewers outside, in place of addresses.

        take_back: It is not so.

        now: The clock.

    Raises:
        UsageError: An address is none of a viewer, or something cannot be meant.

        StoreError: The store cannot be written.
    """
    author = Author.of(by, now)
    moment = None if take_back else past(author.now if at is None else at, author.now, "--at")
    with open_report(settings) as report:
        incident = find_incident(report, key)
    if everybody:
        keys = [viewer.key for viewer in incident.viewers if not viewer.inside]
    else:
        known = viewers_of(incident)
        what = f"could see incident {incident.key}"
        keys = [known_address(address, known, what, place) for place, address in enumerate(addresses, 1)]
    check_after_mail(moment, incident, "--at")
    if not keys:
        raise UsageError("nobody is named", where=done, remedy="Name addresses of viewers, or use --everybody")
    rows = [
        viewer_statement(
            incident.key, one, done, moment,
            decided_by=author.decided_by, applied_by=author.applied_by, now=author.now,
        )
        for one in dict.fromkeys(keys)
    ]  # fmt: skip
    return len(write_statements(settings, rows, author.now))


def note_people(
    settings: Settings,
    addresses: Sequence[str],
    done: str,
    content: Mapping[str, Any],
    *,
    by: str = "",
    now: int | None = None,
) -> int:
    """
    Note of exposed people that they were told, what to heed, or how to reach them; return of how many.

    Args:
        settings: Which store.

        addresses: One of each person.

        done: notified | flags | channel.

        content: As `person_statement` has it.

        by: Who states it.

        now: The clock.

    Raises:
        UsageError: An address is none of an exposed person, or something cannot be meant.

        StoreError: The store cannot be written.
    """
    author = Author.of(by, now)
    if content.get("at") is not None:
        past(content["at"], author.now, "--at")
    with open_report(settings) as report:
        people = {address: person for person in report.people() for address in person.addresses}
    wanted = {
        people[known_address(address, people.keys(), "was exposed", place)].person_id: address
        for place, address in enumerate(addresses, 1)
    }
    if not wanted:
        raise UsageError("nobody is named", where=done, remedy="Name an address of each person")
    chosen = {person.person_id: person for person in people.values() if person.person_id in wanted}
    for person in chosen.values():
        check_sent_by(content.get("at"), person.first_sent_at, "--at")
    rows = [person_row(chosen[one], done, content, author) for one in wanted]
    return len(write_statements(settings, rows, author.now))


def person_row(person: Person, done: str, content: Mapping[str, Any], author: Author) -> Statement:
    """Return what holds of a person as a row for the log."""
    demand_text(*(text for text in content.values() if isinstance(text, str)), where="--how")
    if done == NOTIFIED and content.get("at") is not None and not content.get("how"):
        raise UsageError("how the person was told is missing", where="--how", remedy="Write letter, call, mail …")
    said = dict(content)
    if done == FLAGS:
        said["flags"] = list(flags_after(person, content["flags"]))
    return person_statement(
        person.addresses,
        done,
        said,
        decided_by=author.decided_by,
        applied_by=author.applied_by,
        now=author.now,
    )


def flags_after(person: Person, flags: Sequence[str]) -> tuple[str, ...]:
    """Return what is noted of a person once flags were added to those noted so far; none of them takes all back."""
    # Whoever notes that somebody is a child does not mean that one may write again to somebody not to be contacted.
    noted = person.contact.flags if person.contact else ()
    return tuple(dict.fromkeys((*noted, *flags))) if flags else ()


def read_flags(text: str) -> list[str]:
    """
    Return the flags that a text states, as they are kept; "none", in any language, stands for no flag.

    Raises:
        UsageError: Something in it is no flag: a letter might go out to somebody who must not get one.
    """
    flags = stated_flags(text)
    if flags is None:
        raise UsageError(
            "this is none of the flags that letters heed",
            where=" ".join(text.split()),
            remedy=f"Write one or more of {', '.join(flag_names())}, or {NO_FLAGS}; German words will do",
        )
    return list(flags)


def known_address(text: str, known: Iterable[AddressKey], what: str, place: int) -> AddressKey:
    """
    Return the key of an address that is one of those known.

    Raises:
        UsageError: It is none of them; the message says which of those named it is, for errors hold no addresses.
    """
    key = address_key(text.strip()) if "@" in text else AddressKey(text.strip())
    if key not in known:
        raise UsageError(
            f"nobody with this address {what}",
            where=f"address {place}",
            remedy="`blindcopy show KEY --people` lists them",
        )
    return key
