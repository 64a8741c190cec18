"""`blindcopy check` names the step that failed and what to do."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.pipeline.checking.account_check import AccountCheck, CheckedMailbox, CheckStep
from scanner.pipeline.checking.exclusion import ExcludedMailbox

SENT = CheckedMailbox("Sent", "\\Sent", 1200)
GOOD = AccountCheck(1, "office", (CheckStep("connection", True, "port 993 answers", ""),), (SENT,))
BAD = AccountCheck(
    2,
    "events",
    (
        CheckStep("connection", True, "port 993 answers", ""),
        CheckStep("sign-in", False, "the password was refused", "Set an app password", "sign_in"),
        CheckStep("mailbox list", None, "not tried", ""),
    ),
    (),
)


@pytest.fixture
def checked(pipeline: Callable[..., None]) -> Callable[..., None]:
    """Return a function that says what the check of each account gives."""

    def give(*answers: AccountCheck, unused: tuple[str, ...] = ()) -> None:
        pipeline(
            "checking.check",
            check=lambda *_, **__: iter(answers),
            count_accounts=lambda *_: len(answers),
            unused_exclusions=lambda *_: iter(unused),
        )

    return give


@pytest.mark.parametrize(("answers", "code"), [((GOOD,), 0), ((GOOD, BAD), 1), ((BAD,), 2)])
def test_the_exit_code_says_how_many_work(
    blindcopy: Callable[..., Any], checked: Callable[..., None], answers: tuple[AccountCheck, ...], code: int
) -> None:
    """0 when all accounts can be scanned, 1 when some can, 2 when none can."""
    checked(*answers)

    assert blindcopy("check").code == code


def test_the_failed_step_stands_out(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """What worked, what failed, what to do about it, and what was not tried."""
    checked(GOOD, BAD)

    out = blindcopy("check").out

    assert "sent mailbox Sent: 1,200 messages (\\Sent)" in out
    failed = next(line for line in out.splitlines() if "FAILED" in line)
    assert "sign-in" in failed
    assert "the password was refused" in failed
    assert "Set an app password" in out
    assert "not tried" in out


def test_a_mailbox_read_for_mail_of_ours_is_not_called_a_sent_one(
    blindcopy: Callable[..., Any], checked: Callable[..., None]
) -> None:
    """With scope ours the inbox is read, and holds mail of others as well."""
    inbox = CheckedMailbox("INBOX", "the inbox; read for mail of ours", 40)
    checked(replace(GOOD, sent_mailboxes=(replace(SENT, messages=2), inbox)))

    out = blindcopy("check").out

    assert "  sent mailbox Sent: 2 messages" in out
    assert "  mailbox INBOX: 40 messages (the inbox; read for mail of ours)" in out


def test_one_message_is_one_message(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """Numbers and nouns agree."""
    checked(replace(GOOD, sent_mailboxes=(replace(SENT, messages=1),)))

    assert "sent mailbox Sent: 1 message (\\Sent)" in blindcopy("check").out


def test_the_json_answer_holds_every_step(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """`ok` is null for a step that was not tried."""
    checked(BAD)

    answer = json.loads(blindcopy("check", "--json").out)

    assert [step["ok"] for step in answer["accounts"][0]["steps"]] == [True, False, None]


def test_the_json_answer_names_what_it_tells(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """Mailboxes are objects, read and excluded ones; exclusions that exclude nothing are warnings of the whole."""
    checked(replace(GOOD, excluded=(ExcludedMailbox("Diary", "private"),)), unused=("[[exclude]] 2 excludes nothing",))

    answer = json.loads(blindcopy("check", "--json").out)

    assert answer["accounts"][0]["sent_mailboxes"] == [{"name": "Sent", "reason": "\\Sent", "messages": 1200}]
    assert answer["accounts"][0]["excluded"] == [{"name": "Diary", "reason": "private"}]
    assert answer["warnings"] == ["[[exclude]] 2 excludes nothing"]


def test_exclusions_are_told(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """Which mailboxes are not opened and why; in a table their number; and what excludes nothing."""
    one = replace(GOOD, excluded=(ExcludedMailbox("Sent/Works council", "agreed"),))
    checked(one, unused=("[[exclude]] 2 excludes nothing: no mailbox is called 'Dairy'",))

    out = blindcopy("check").out

    assert "  excluded Sent/Works council: agreed\n" in out
    assert "warning  [[exclude]] 2 excludes nothing: no mailbox is called 'Dairy'\n" in out
    checked(*(replace(one, number=n) for n in range(6)))
    assert "1,200 messages in 1 sent mailbox, 1 excluded" in blindcopy("check").out


def test_the_last_line_always_says_what_is_next(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """Also when no account can be scanned."""
    ends = []
    for answers in ((GOOD,), (GOOD, BAD), (BAD,)):
        checked(*answers)
        ends.append(blindcopy("check").out.splitlines()[-1])

    assert ends == [
        "Next: blindcopy scan",
        "Next: mend what failed, or blindcopy scan for the others",
        "Next: mend what failed, then blindcopy check",
    ]


def test_many_accounts_are_one_table(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """One line each, then how many work, and what keeps the others, the commonest cause first."""
    odd = AccountCheck(1, "odd", (CheckStep("permission", False, "not let in", "Grant it", "permission"),), ())
    checked(*(replace(GOOD, number=n, name=f"good {n}") for n in range(4)), BAD, odd, replace(BAD, name="third"))

    out = blindcopy("check").out.splitlines()

    assert [line.split()[:2] for line in out[1:5]] == [["0", "good"], ["1", "good"], ["2", "good"], ["3", "good"]]
    assert "4 of 7 accounts can be scanned." in out
    causes = [line for line in out if " × " in line]
    assert causes == ["  2 × sign-in: the password was refused", "  1 × permission: not let in"]
    # Somebody has to grant something: the plan says what.
    assert out[-1] == "Next: blindcopy check --plan"


def test_warnings_and_names_are_shown(blindcopy: Callable[..., Any], checked: Callable[..., None]) -> None:
    """That one could also write; and, when no sent mailbox was found, what there is to choose from."""
    none = AccountCheck(
        1,
        "office",
        (CheckStep("sent mailboxes", False, "no sent mailbox found", "Name it", "no_sent_mailbox"),),
        (),
        mailboxes=("INBOX", "Outbound"),
        warnings=("this sign-in could also change mail",),
    )
    checked(none)

    out = blindcopy("check").out

    assert "    Outbound\n" in out
    assert "warning  this sign-in could also change mail" in out


def test_a_csv_is_written_beside_the_answer(
    blindcopy: Callable[..., Any], checked: Callable[..., None], tmp_path: Path
) -> None:
    """And one of that name is left as it is, before anything is tried."""
    checked(GOOD, BAD)

    ended = blindcopy("check", "--csv", "accounts.csv")
    again = blindcopy("check", "--csv", "accounts.csv")

    assert "Written: accounts.csv" in ended.out
    assert (tmp_path / "accounts.csv").read_text(encoding="utf-8-sig").count("\n") == 3
    assert again.code == 2
    assert "accounts.csv" in again.err
    assert again.out == ""


def test_the_plan_tries_nothing(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """The commands as they are, for a shell to take; no account is asked for."""
    pipeline("checking.plan", plan=lambda *_: "line one\n  'quoted' $x")

    ended = blindcopy("check", "--plan")

    assert ended.code == 0
    assert ended.out == "line one\n  'quoted' $x\n"
