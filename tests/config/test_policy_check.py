"""A policy that cannot be meant is named with its line; what somebody should know is told, and holds."""

from datetime import date
from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.config.loading import find_remarks
from scanner.errors import SettingsError

HEAD = '[organisation]\ndomains = ["corp.example"]\nsister_domains = ["sister.example"]\n'
WHO = 'owner = "Secretary"\nreason = "Agreed"\n'
BOARD = f'[[group]]\nname = "board"\nmembers = ["ada@x.example", "ben@x.example"]\n{WHO}'
LAST_DAY = "expires = 2030-12-31\n"


def settings_file(folder: Path, more: str) -> Path:
    """Return the path of settings with these lines; they begin at line 4."""
    file = folder / "blindcopy.toml"
    file.write_text(HEAD + more, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("more", "line", "words"),
    [
        (f'{BOARD}[[group]]\nname = "Board"\nmembers = ["c@x.example"]\n{WHO}', 10, "same name as [[group]] 1"),
        (f'{BOARD}[[group]]\nname = "few"\nmembers = ["ADA@x.example"]\n{WHO}', 9, "overlap"),
        (f'[[group]]\nname = "few"\nmembers = ["ada@x.example"]\n{WHO}{BOARD}', 9, "overlap"),
        (f'[[group]]\nname = "all"\ndomain = "gmail.com"\n{WHO}', 6, "private mailboxes"),
        ('[[partner]]\ndomain = "web.de"\nreason = "x"\n', 5, "private mailboxes"),
        ('[[partner]]\ndomain = "mail.sister.example"\nreason = "x"\n', 5, "inside already"),
        ('[[partner]]\ndomain = "p.example"\nreason = "x"\n' * 2, 8, "the same domain"),
        ("[policy]\nqueue_score = 201\n", 5, "nothing would ever be queued"),
    ],
    ids=["name", "within", "around", "consumer", "partner", "own", "twice", "score"],
)
def test_what_cannot_be_meant_is_named_with_its_line(tmp_path: Path, more: str, line: int, words: str) -> None:
    """File, line, what, and what to do; no member is quoted."""
    with pytest.raises(SettingsError) as caught:
        load_settings(settings_file(tmp_path, more))

    assert words in str(caught.value)
    assert caught.value.where.endswith(f"blindcopy.toml, line {line}")
    assert caught.value.remedy
    assert "ada@" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "more",
    [
        f"{BOARD}expires = 2023-12-31\n"
        f'[[group]]\nname = "board 2"\nmembers = ["ada@x.example"]\n{WHO}since = 2024-01-01\n',
        '[[partner]]\ndomain = "p.example"\nreason = "x"\nexpires = 2020-12-31\n'
        '[[partner]]\ndomain = "p.example"\nreason = "x"\nsince = 2021-01-01\n',
        '[[protected]]\nname = "s"\ndomain = "s.corp.example"\n'
        f'[[group]]\nname = "s"\ndomain = "s.corp.example"\n{WHO}',
        "[policy]\nqueue_score = 200\n",
    ],
    ids=["renewed group", "renewed partner", "protected insiders", "high score"],
)
def test_what_can_be_meant_is_left_alone(tmp_path: Path, more: str) -> None:
    """An approval may end and begin anew, and one's own protected people may agree as well."""
    assert load_settings(settings_file(tmp_path, more)).to_policy()


def test_an_expired_approval_is_a_remark(tmp_path: Path) -> None:
    """It holds for the mail of its time, so that it is no fault; on its last day it is no remark either."""
    file = settings_file(tmp_path, f"{BOARD}expires = 2025-06-30\n")
    settings = load_settings(file)

    assert find_remarks(settings, file, date(2025, 6, 30)) == []
    (remark,) = find_remarks(settings, file, date(2025, 7, 1))
    assert remark.startswith(f"{file}, line 9: the approval has expired on 2025-06-30")


@pytest.mark.parametrize("more", [BOARD, '[[partner]]\ndomain = "p.example"\nreason = "x"\n'], ids=["group", "partner"])
def test_an_approval_without_a_last_day_is_a_remark(more: str, tmp_path: Path) -> None:
    """It holds, and outlives whoever gave it."""
    file = settings_file(tmp_path, more)

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert remark.startswith(f"{file}, line 4: the approval never ends")
    assert "expires = 2026-12-31" in remark


def test_groups_that_share_members_are_a_remark(tmp_path: Path) -> None:
    """Somebody may sit on two boards; the number is told, not who."""
    file = settings_file(
        tmp_path,
        f'{BOARD}{LAST_DAY}[[group]]\nname = "choir"\nmembers = ["ada@x.example", "c@x.example"]\n{WHO}{LAST_DAY}',
    )

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert "line 12: it shares 1 member with [[group]] 1" in remark
    assert "ada@" not in remark


def test_a_score_that_hardly_anything_reaches_is_a_remark(tmp_path: Path) -> None:
    """Nominally 100 is the most."""
    file = settings_file(tmp_path, "[policy]\nqueue_score = 120\n")

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert "line 5" in remark
