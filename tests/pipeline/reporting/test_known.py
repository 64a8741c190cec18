"""Whoever stands only in settings or logs is known where nobody may be named."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.export import FORMATS, ONE_TABLE, Request, Withheld
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

NOW = AS_OF + 3600
LIST, MEMBER = "choir@lists.example", "qx84@heim-lerche.example"
SETTINGS = f"""
[[list]]
address = "{LIST}"
members = "members.csv"
[[group]]
name = "board"
members = ["ottilie.brackwasser@quay.example"]
owner = "Irmhild Vogelsang"
reason = "agreed"
"""
NAMES = ("Quirina", "Nachtigallova")
SUBJECT = f"Lessons of {NAMES[0]} {NAMES[1]}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, made_file: Path) -> Iterator[Desk]:
    """Return a desk with one confirmed incident; a list's file alone knows who is named in all that was written."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "members.csv").write_text(
        f"address\n{' '.join(NAMES)} <{MEMBER}>\nZdenka <z@heim-lerche.example>\n", encoding="utf-8"
    )
    made = Desk(folder, made_file)
    made.change(SETTINGS)
    made.shelf.put(made.shelf.place(), [letter(1, [*guests(8), LIST], subject=SUBJECT)])
    made.shelf.end()
    made.analyse()
    verdict = Verdicted("confirm", f"{NAMES[0]} rang", decided_by="Dana", aware_source=f"{NAMES[0]} rang", aware_at=NOW)
    decide(made.settings, key_of(made), verdict, now=NOW)
    kinds: tuple[tuple[Any, str], ...] = (("people", "no"), ("effects", ""), ("measures", ""), ("breach", "yes"))
    for kind, answer in kinds:
        text = f"{' '.join(NAMES)} was told about {kind}"
        rule(made.settings, key_of(made), RulingWanted(kind, answer, text, "Dana"), now=NOW)
    yield made
    made.engine.dispose()


def key_of(desk: Desk) -> str:
    """Return the key of the one incident."""
    with open_report(desk.settings) as report:
        return next(report.incidents()).key


def content(path: Path) -> str:
    """Return all text of a file in lower case, that of its parts when it is an archive."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode("utf-8", "replace").lower()
    with zipfile.ZipFile(path) as archive:
        parts = [archive.comment, *(archive.read(name) for name in archive.namelist())]
    return "\n".join(part.decode("utf-8", "replace") for part in parts).lower()


@pytest.mark.parametrize("suffix", [".docx", ".txt", ".xlsx"])
def test_the_authority_is_not_told_a_name_that_only_a_list_knows(office: Desk, suffix: str, tmp_path: Path) -> None:
    """Every sentence with it is left out, and whoever writes the file hears of each."""
    withheld: list[Withheld] = []

    request = Request("authority", what=key_of(office), form="ico", tell=withheld.append)
    done = write_report(office.settings, tmp_path / f"form{suffix}", request, now=NOW)

    text = content(done.path) + content(done.manifest)
    assert not [name for name in (*NAMES, MEMBER) if name.lower() in text]
    assert {one.field for one in withheld} == {"aware", "effects", "measures", "people"}


@pytest.mark.parametrize(("audience", "suffix"), sorted(set(FORMATS) - {("investigator", ".zip")}))
def test_a_pseudonymised_file_does_not_tell_it_either(office: Desk, audience: Any, suffix: str, tmp_path: Path) -> None:
    """Not of the list, not in the subject, not in a reason."""
    what = "register" if suffix in ONE_TABLE else "" if audience == "internal" else key_of(office)

    request = Request(audience, what=what)
    done = write_report(office.settings, tmp_path / f"file{suffix}", request, pseudonymise=True, now=NOW)

    text = content(done.path) + content(done.manifest)
    assert not [name for name in (*NAMES, MEMBER) if name.lower() in text]


def test_who_reads_the_names_is_told_whose_they_are(office: Desk) -> None:
    """A member is somebody to write to, too."""
    (incident,) = office.json()["incidents"]

    assert [(one["address"], one["names"]) for one in incident["viewers_through_lists"]] == [
        (MEMBER, [" ".join(NAMES)]),
        ("z@heim-lerche.example", ["Zdenka"]),
    ]


def test_the_store_holds_no_name_of_a_member(office: Desk) -> None:
    """The policy is kept with the result, and is of addresses only."""
    stored = b"".join(file.read_bytes() for file in office.folder.glob("blindcopy.db*"))

    assert b"z@heim-lerche.example" in stored
    assert b"Zdenka" not in stored


def test_everybody_whom_settings_and_log_name_is_known(office: Desk) -> None:
    """Members of lists are named wherever they stand, who decides or owns a group by the way."""
    with open_report(office.settings) as report:
        known = list(report.known_people())

    near = {name for one in known if not one.is_aside for name in one.names}
    aside = {name for one in known if one.is_aside for name in one.names}
    assert near == {" ".join(NAMES), "Zdenka"}
    assert {"Dana", "Irmhild Vogelsang", "office", "Guest Number1"} <= aside
    assert "ottilie.brackwasser@quay.example" in {one.address for one in known if one.is_aside}
