"""`blindcopy check` names the step that failed and what to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Step:
    """One step of a check."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """The check of one account."""

    name: str
    steps: tuple[Step, ...]
    sent_mailboxes: tuple[tuple[str, str, int], ...] = ()


GOOD = Answer("office", (Step("connection", True, "port 993 answers"),), (("Sent", "\\Sent", 1200),))
BAD = Answer(
    "events",
    (
        Step("connection", True, "port 993 answers"),
        Step("sign-in", False, "the password was refused", "Set an app password"),
        Step("mailboxes", None, "not tried"),
    ),
)


@pytest.mark.parametrize(("answers", "code"), [((GOOD,), 0), ((GOOD, BAD), 1), ((BAD,), 2)])
def test_the_exit_code_says_how_many_work(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None], answers: tuple[Answer, ...], code: int
) -> None:
    """0 when all accounts can be scanned, 1 when some can, 2 when none can."""
    pipeline("check", check=lambda *_, **__: iter(answers))

    assert blindcopy("check").code == code


def test_the_failed_step_stands_out(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """What worked, what failed, what to do about it, and what was not tried."""
    pipeline("check", check=lambda *_, **__: iter((GOOD, BAD)))

    out = blindcopy("check").out

    assert "sent mailbox Sent: 1,200 messages (\\Sent)" in out
    failed = next(line for line in out.splitlines() if "FAILED" in line)
    assert "sign-in" in failed
    assert "the password was refused" in failed
    assert "Set an app password" in out
    assert "not tried" in out


def test_the_json_answer_holds_every_step(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """`ok` is null for a step that was not tried."""
    pipeline("check", check=lambda *_, **__: iter((BAD,)))

    answer = json.loads(blindcopy("check", "--json").out)

    assert [step["ok"] for step in answer["accounts"][0]["steps"]] == [True, False, None]
