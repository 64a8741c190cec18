"""A policy that cannot be meant is named with its line; what somebody should know is told, and holds."""

import json
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
        (f'[[group]]\nname = "all"\ndomain = ["p.example", "co.uk"]\n{WHO}', 6, "below co.uk many organisations"),
        ('[[partner]]\ndomain = "onmicrosoft.com"\nreason = "x"\n', 5, "below onmicrosoft.com many"),
        ('[[partner]]\ndomain = "mail.onmicrosoft.com"\nreason = "x"\n', 5, "many organisations"),
        ('[[partner]]\ndomain = "github.io"\nreason = "x"\n', 5, "below github.io many"),
        ('[[partner]]\ndomain = "any.ck"\nreason = "x"\n', 5, "below any.ck many"),
    ],
    ids=[
        *("name", "within", "around", "consumer", "partner", "own", "twice", "score"),
        *("suffix", "tenants", "routing", "names", "wildcard"),
    ],
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
    assert remark.text.startswith(f"{file}, line 9: the approval has expired on 2025-06-30")


@pytest.mark.parametrize("more", [BOARD, '[[partner]]\ndomain = "p.example"\nreason = "x"\n'], ids=["group", "partner"])
def test_an_approval_without_a_last_day_is_a_remark(more: str, tmp_path: Path) -> None:
    """It holds, and outlives whoever gave it."""
    file = settings_file(tmp_path, more)

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert remark.text.startswith(f"{file}, line 4: the approval never ends")
    assert "expires = 2026-12-31" in remark.text


def test_groups_that_share_members_are_a_remark(tmp_path: Path) -> None:
    """Somebody may sit on two boards; the number is told, not who."""
    file = settings_file(
        tmp_path,
        f'{BOARD}{LAST_DAY}[[group]]\nname = "choir"\nmembers = ["ada@x.example", "c@x.example"]\n{WHO}{LAST_DAY}',
    )

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert "line 12 and line 6: it shares 1 member with [[group]] 1" in remark.text
    assert "ada@" not in remark.text


def test_a_score_that_hardly_anything_reaches_is_a_remark(tmp_path: Path) -> None:
    """Nominally 100 is the most."""
    file = settings_file(tmp_path, "[policy]\nqueue_score = 120\n")

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert "line 5" in remark.text


@pytest.mark.parametrize("domain", ["co.uk", "onmicrosoft.com", "com", "xn--55qx5d.cn"])
@pytest.mark.parametrize("key", ["domains", "sister_domains"])
def test_nobody_owns_a_public_suffix(key: str, domain: str, tmp_path: Path) -> None:
    """Everybody below it would count as inside, and no mail to them would be a finding."""
    file = tmp_path / "blindcopy.toml"
    named = {"domains": ["corp.example"]} | {key: [domain]}
    lines = (f"{name} = {json.dumps(domains)}\n" for name, domains in named.items())
    file.write_text(f"[organisation]\n{''.join(lines)}", encoding="utf-8")

    with pytest.raises(SettingsError, match=f"below {domain} many organisations have domains of their own") as caught:
        load_settings(file)

    assert caught.value.where.endswith("line 3" if key == "sister_domains" else "line 2")


@pytest.mark.parametrize(
    ("domain", "words"),
    [("gmail.com", "all its customers count as inside"), ("github.io", "others have names of their own")],
)
def test_an_own_domain_that_others_share_is_a_remark(domain: str, words: str, tmp_path: Path) -> None:
    """Whoever runs it writes from it; anybody else has named too much."""
    file = tmp_path / "blindcopy.toml"
    file.write_text(f'[organisation]\ndomains = ["{domain}"]\n', encoding="utf-8")

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert remark.text.startswith(f"{file}, line 2: ")
    assert words in remark.text


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ('members = ["a@sub.p.example", "b@q.example"]', 'domain = "p.example"', "1 member (1 by a domain)"),
        ('domain = "p.example"', 'members = ["a@p.example", "b@sub.p.example"]', "2 members (2 by a domain)"),
        (
            'members = ["a@p.example", "b@p.example"]',
            'members = ["a@p.example"]\ndomain = "p.example"',
            "2 members (1 by a domain)",
        ),
        ('domain = ["sub.p.example", "q.example"]', 'domain = "p.example"', "1 domain"),
    ],
)
def test_a_member_below_the_domain_of_another_group_is_a_remark(
    one: str, other: str, words: str, tmp_path: Path
) -> None:
    """Both approve him; both lines are named, and nobody."""
    text = "".join(f'[[group]]\nname = "{number}"\n{who}\n{WHO}{LAST_DAY}' for number, who in ((1, one), (2, other)))
    file = settings_file(tmp_path, text)

    (remark,) = find_remarks(load_settings(file), file, date(2025, 7, 1))

    assert remark.text.startswith(f"{file}, line 12 and line 6: it shares {words} with [[group]] 1 in the same period")
    assert "@" not in remark.text


def test_groups_of_different_times_share_nobody(tmp_path: Path) -> None:
    """One approval followed the other."""
    file = settings_file(
        tmp_path,
        f'{BOARD}expires = 2030-12-30\n[[group]]\nname = "firm"\ndomain = "x.example"\n{WHO}'
        "since = 2030-12-31\nexpires = 2031-12-31\n",
    )

    assert find_remarks(load_settings(file), file, date(2025, 7, 1)) == []
