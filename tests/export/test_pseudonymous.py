"""Pseudonyms in place of all that names somebody, in every format, tied to names by the key alone."""

import dataclasses
import io
import re
import zipfile
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from scanner import export, model
from scanner.export import FORMATS, ONE_TABLE, Request
from scanner.export.pseudonymous import TEXTS, PseudonymousReport
from scanner.model import FoundMailbox
from scanner.pseudonym import Pseudonymiser
from tests.export import sample

KEY = b"k" * 32
NAMES = ("Zoë Wunderlich", "Maximus Muster", "Lenka Berger-Ott")
ADDRESSES = ("zoe.wunderlich@rare-clinic.example", "maximus.muster@post-kasten.example", "lenka@berger-ott.example")
SUBJECT = "Gruppe Abendrot am Dienstag"


def hidden(report: Any, key: bytes = KEY) -> PseudonymousReport:
    """Return the report with pseudonyms."""
    return PseudonymousReport(report, Pseudonymiser(key))


def telling_report() -> sample.SampleReport:
    """Return a report in which each text that names somebody is one of a few words."""
    shown = sample.message(1, ADDRESSES, subject=SUBJECT, names=NAMES, account="lenka@corp.example", copies=2)
    return sample.report([sample.incident(1, [shown])])


def content(path: Path) -> str:
    """Return all text of a file, that of its parts when it is an archive."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def parts(hint: Any) -> set[Any]:
    """Return all classes that a type hint speaks of."""
    if get_origin(hint) in (Union, UnionType) or get_args(hint):
        return {get_origin(hint)} | {part for argument in get_args(hint) for part in parts(argument)}
    return {getattr(hint, "__supertype__", hint)}


def classes(hint: Any) -> set[type]:
    """Return the frozen objects that can be reached from a type hint."""
    found: set[type] = set()
    waiting = [part for part in parts(hint) if is_dataclass(part)]
    while waiting:
        one: Any = waiting.pop()
        if one not in found:
            found.add(one)
            hints = get_type_hints(one)
            waiting += [part for field in fields(one) for part in parts(hints[field.name]) if is_dataclass(part)]
    return found


def test_every_text_of_a_report_is_known() -> None:
    """A text that is added to the model, and forgotten here, would go out with names in it."""
    methods = [value for name, value in vars(model.Report).items() if callable(value) and not name.startswith("_")]
    hints = [get_type_hints(method)["return"] for method in methods] + list(get_type_hints(model.Report).values())
    reached = {one for hint in hints for one in classes(hint)}

    unknown = {
        f"{one.__name__}.{field.name}"
        for one in reached
        for field in fields(one)  # type: ignore[arg-type]
        if parts(get_type_hints(one)[field.name]) & {str, bytes}
        or any(isinstance(part, str) for part in parts(get_type_hints(one)[field.name]))
        if field.name not in TEXTS.get(one, {})
    }

    assert unknown == set()


@pytest.mark.parametrize(("audience", "suffix"), sorted(FORMATS), ids="-".join)
def test_nothing_that_names_somebody_is_left_in_a_file(audience: Any, suffix: str, tmp_path: Path) -> None:
    """Addresses, their parts and hosts, names, subjects, Message-IDs and accounts are gone; figures are not."""
    path = tmp_path / f"pseudonyms{suffix}"
    table = "exposures" if suffix in ONE_TABLE else ""

    export.write(hidden(telling_report()), path, None, Request(audience, what=table))  # type: ignore[arg-type]

    text = content(path).lower()
    words = {word for one in (*NAMES, SUBJECT) for word in re.findall(r"\w{4,}", one.lower())}
    hosts = {"rare-clinic", "post-kasten", "berger-ott", "corp.example"}
    assert {word for word in words | hosts if word in text} == set()


def test_words_of_settings_and_types_that_nobody_uses_are_hidden(tmp_path: Path) -> None:
    """Why a mailbox is excluded is somebody's sentence, an error names a host, a type of content may be any word."""
    report = telling_report()
    why = FoundMailbox.excluded(b"X", "X", "other", "therapy notes of Erika Mustermann").reason
    part = model.MessagePart("2", "application/x-erika.mustermann", "MUSTERMANN", "x-mustermann", "list.pdf", 7)
    usual = replace(part, section="3", content_type="application/pdf", method="", disposition="inline")
    shown = sample.message(2, ADDRESSES)
    entry = replace(shown, message=replace(shown.message, parts=(part, usual)))
    row = replace(report.all_coverage[0], reason=why, own_mail_note="no mailbox 'Erika Mustermann'")
    failed = model.InboxReading("office", None, 0, 0, 0, "the certificate is not valid for 'mustermann.example'")
    told = replace(
        sample.report([sample.incident(1, [entry])]),
        all_coverage=(row,),
        all_delivery=model.DeliveryState(inboxes=(failed,)),
    )
    path = tmp_path / "impact.json"

    export.write(hidden(told), path, None)

    text = path.read_text("utf-8").lower()
    assert "mustermann" not in text
    assert "excluded: " in text
    assert "application/pdf" in text


def test_the_same_address_is_the_same_pseudonym_wherever_it_stands() -> None:
    """Who counts them gets the same figures, and who has the key can tie them to names."""
    report = hidden(telling_report())

    (incident,) = report.incidents()
    viewers = {viewer.key for viewer in incident.viewers if not viewer.inside}

    assert {entry.key for entry in incident.exposed} == viewers == set(incident.messages[0].exposed)
    assert viewers == {Pseudonymiser(KEY).pseudonym("address", address) for address in ADDRESSES}
    assert incident.ladder == next(iter(telling_report().incidents())).ladder


def test_another_key_gives_other_pseudonyms() -> None:
    """Without the key nobody can try addresses out."""
    first, second = (next(hidden(telling_report(), key).incidents()) for key in (KEY, b"x" * 32))

    assert not {entry.key for entry in first.exposed} & {entry.key for entry in second.exposed}


def test_the_order_of_addresses_tells_nothing() -> None:
    """Lists by address are by pseudonym."""
    (incident,) = hidden(telling_report()).incidents()

    assert [entry.key for entry in incident.exposed] == sorted(entry.key for entry in incident.exposed)
    assert [viewer.key for viewer in incident.viewers] == sorted(viewer.key for viewer in incident.viewers)


def test_who_decided_is_hidden_and_that_nobody_did_is_not() -> None:
    """`automatic` names nobody; members of a list and names that do not fit are pseudonyms like all others."""
    shown = telling_report()
    (first,) = shown.incidents()
    stated = dataclasses.replace(first.exposed[0], tier_source="Dana Protect", unfit_names=(NAMES[0],))
    through = model.ThroughList(
        model.AddressKey("all@rare-clinic.example"),
        "2026-01-01",
        (model.ListMember(first.exposed[1].key, inside=False),),
    )
    changed = dataclasses.replace(first, exposed=(stated, *first.exposed[1:]), through_lists=(through,))

    (incident,) = hidden(dataclasses.replace(shown, all_incidents=(changed,))).incidents()

    pseudonym = Pseudonymiser(KEY).pseudonym
    assert sorted({entry.tier_source for entry in incident.exposed}) == ["automatic", pseudonym("name", "Dana Protect")]
    assert {name for entry in incident.exposed for name in entry.unfit_names} == {pseudonym("name", NAMES[0])}
    assert incident.through_lists[0].members[0].key == pseudonym("address", first.exposed[1].key)
    assert incident.through_lists[0].address == pseudonym("address", "all@rare-clinic.example")


def test_a_flag_in_somebodys_own_words_is_hidden_and_a_known_one_shown() -> None:
    """What stands in a register may name a person; that somebody is a child does not."""
    made = telling_report()
    client = model.Client("C1", NAMES[0], "", ("child", "lives with Zoë Wunderlich"), "")
    contact = model.Contact(None, "", ("do-not-contact", "ask Lenka Berger-Ott"), "", 1)
    person = replace(made.all_people[0], clients=(client,), contact=contact)

    (shown,) = hidden(replace(made, all_people=(person,))).people()

    assert shown.contact is not None
    flags = (*shown.clients[0].flags, *shown.contact.flags)
    assert {"child", "do-not-contact"} < set(flags)
    assert not [flag for flag in flags if "Lenka" in flag or "Zo" in flag]
