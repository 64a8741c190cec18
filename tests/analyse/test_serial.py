"""Numbers of parts, ranges and dates are no part of the stem; numbers that name something are."""

import pytest

from scanner.analyse.subject import read_subject

PARTS = """
Rundbrief 1 | Rundbrief (2) | Rundbrief - 3 | Rundbrief 1. Teil | Rundbrief, 2. Hälfte | Rundbrief 1st mailing
Rundbrief 2nd batch | Rundbrief 1ère partie | Rundbrief 2ème partie | Rundbrief (first batch) | Rundbrief part two
Rundbrief erste Hälfte | Rundbrief zweite Hälfte | Rundbrief primera parte | Rundbrief seconda parte
Rundbrief eerste helft | Rundbrief del 2 | Rundbrief osa 1 | Rundbrief część 2 | Rundbrief 1. část | Rundbrief 2. rész
Rundbrief часть 1 | Rundbrief bölüm 2 | Rundbrief その1 | Rundbrief 第2回 | Rundbrief 제1회 | Rundbrief Gruppe B
Rundbrief 1-50 | Rundbrief 051-100 | Rundbrief (51–100) | Rundbrief A bis K | Rundbrief (A to M) | Rundbrief Aa-Kz
Rundbrief Teil II von 3 | Rundbrief (12)
"""
DATES = """
Rundbrief 03/2025 | Rundbrief 2025-03 | Rundbrief 202503 | Rundbrief 20250312 | Rundbrief 2024/25 | Rundbrief 3 marca
Rundbrief 12. března 2025 | Rundbrief 3 марта | Rundbrief 4 травня 2025 | Rundbrief maaliskuussa | Rundbrief kwietnia
Rundbrief 3월 | Rundbrief 4월호 | Rundbrief 3月号 | Rundbrief 10am - 11am | Rundbrief 9-11 Uhr | Rundbrief 2pm
Rundbrief 5. maj 2025 | Rundbrief Μαρτίου 2025 | Rundbrief március 3.
"""
LOUD = """
WICHTIG: Rundbrief | URGENT - Rundbrief | Important: Rundbrief | ACHTUNG! Rundbrief | Viktigt: Rundbrief
Urgente: Rundbrief | Срочно: Rundbrief | 重要：Rundbrief | Belangrijk: Re: Rundbrief
"""


def _split(table: str) -> list[str]:
    return [entry.strip() for line in table.strip().splitlines() for entry in line.split("|")]


@pytest.mark.parametrize("subject", [*_split(PARTS), *_split(DATES), *_split(LOUD)])
def test_parts_dates_and_calls_for_attention_are_no_part_of_the_stem(subject: str) -> None:
    """Stem = subject without … part and batch numbers, dates."""
    assert read_subject(subject).stem == "rundbrief"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Klasse 4", "Klasse 5"),
        ("Elternabend Klasse 4a", "Elternabend Klasse 4b"),
        ("Room 2", "Room 3"),
        ("Mail 1", "Mail 2"),
        ("Holiday club 7-9 years", "Holiday club 10-12 years"),
        ("Section 106 meeting", "Section 106 hearing"),
        ("Invoice 4711", "Invoice 4712"),
        ("Gruppe Nord", "Gruppe Süd"),
        ("Kurs I", "Kurs A"),
        ("50 part time jobs", "50 full time jobs"),
        ("Maja Nowak", "Marta Nowak"),
        ("Important dates", "Urgent dates"),
    ],
)
def test_numbers_that_name_something_stay(one: str, other: str) -> None:
    """A class, a room and an age are no parts of one mailing."""
    assert read_subject(one).stem != read_subject(other).stem


@pytest.mark.parametrize(
    ("subject", "signs"),
    [
        ("WICHTIG: Korrektur: Camp", ("correction",)),
        ("URGENT: Recall: Camp", ("recall",)),
        ("** WICHTIG ** Re: Camp", ("reply",)),
        ("Important: Camp", ()),
        ("重要：訂正：Camp", ("correction",)),
    ],
)
def test_a_call_for_attention_hides_no_prefix(subject: str, signs: tuple[str, ...]) -> None:
    """It says nothing itself; the prefix behind it does."""
    assert (read_subject(subject).stem, read_subject(subject).signs) == ("camp", signs)


def test_an_invitation_keeps_its_stem_when_its_time_changes() -> None:
    """Google writes the time, the zone and the guest into the subject."""
    subjects = [
        "Invitation: Choir @ Mon 3 Mar 2025 10am - 11am (GMT) (ada@example.org)",
        "Updated invitation: Choir @ Tue 4 Mar 2025 2pm - 3pm (GMT) (ada@example.org)",
        "Updated invitation with note: Choir @ Tue 4 Mar 2025 3pm (GMT) (ben@example.org)",
        "Aktualisierte Einladung: Choir @ Di 4. März 2025 14:00 - 15:00 (MEZ) (ada@example.org)",
    ]

    assert {read_subject(subject).stem for subject in subjects} == {"choir"}
    assert read_subject("Choir @ St Mary's, 2 rooms").stem != "choir"
