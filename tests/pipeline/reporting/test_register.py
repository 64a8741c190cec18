"""The register of GDPR Art. 33(5) holds every incident that somebody decided on, and what became of that."""

import csv
from pathlib import Path

import pytest

from scanner.export import Request
from scanner.model import Verdict
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import sign
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

SIGN_OFF = "[review]\nsign_off = true\n"


def table(desk: Desk, name: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    path: Path = desk.folder / f"{name}{len(list(desk.folder.iterdir()))}.csv"
    write_report(desk.settings, path, Request(what=name))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def clinic(desk: Desk, people: int) -> str:
    """Analyse one letter that shows so many people, and return its incident's key."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(people), subject="Clinic")])
    desk.shelf.end()
    desk.analyse()
    with open_report(desk.settings) as report:
        (key,) = [one.key for one in (*report.outline(), *report.below())]
    return key


def told(row: dict[str, str]) -> str:
    """Return the cell that says what was decided."""
    (text,) = (text for name, text in row.items() if name == "register_decision")
    return text


def test_what_waits_for_its_signature_is_told_once(desk: Desk) -> None:
    """It is no earlier decision: nothing of it ever held."""
    desk.change(SIGN_OFF)
    key = clinic(desk, 8)
    decide(desk.settings, key, Verdicted("confirm", "it is one", decided_by="Dana"), now=AS_OF + 5)

    (row,) = table(desk, "register")

    assert "Waits for a second person's signature" in told(row)
    assert told(row).count("it is one") == 1


def test_what_nobody_signed_is_not_told_as_if_it_had_held(desk: Desk) -> None:
    """What was signed and later replaced did hold."""
    desk.change(SIGN_OFF)
    key = clinic(desk, 8)
    verdicts: list[tuple[Verdict, str, str]] = [
        ("dismiss", "a mistake", ""),
        ("dismiss", "they consented", "Sam"),
        ("confirm", "they did not", "Sam"),
    ]
    for number, (verdict, reason, signer) in enumerate(verdicts):
        decide(desk.settings, key, Verdicted(verdict, reason, decided_by="Dana"), now=AS_OF + number)
        if signer:
            sign(desk.settings, key, signer=signer, now=AS_OF + number)

    text = told(*table(desk, "register"))

    assert "Never took effect, because no second person signed it: Dismissed by Dana" in text
    assert text.count("Never took effect") == text.count("Before: ") == 1
    assert text.index("a mistake") < text.index("Before: ") < text.index("they consented")


@pytest.mark.parametrize("sign_off", ["", SIGN_OFF])
def test_what_lies_below_the_floor_stays_once_it_was_decided_on(desk: Desk, sign_off: str) -> None:
    """Confirmed, waiting for its signature, or opened again: in the register, and there to be assessed and signed."""
    desk.change(sign_off)
    key = clinic(desk, 3)
    assert table(desk, "register") == []

    verdicts: tuple[Verdict, ...] = ("confirm", "reopen")
    for number, verdict in enumerate(verdicts):
        decide(desk.settings, key, Verdicted(verdict, "why", decided_by="Dana"), now=AS_OF + number)

        assert [row["incident"] for row in table(desk, "register")] == [key]
        assert [row["incident"] for row in table(desk, "assessment")] == [key]
