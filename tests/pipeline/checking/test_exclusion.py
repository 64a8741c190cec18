"""Exclusions are seen to exclude, and one that excludes nothing is told."""

from pathlib import Path

from scanner.config.loading import parse_settings
from scanner.pipeline.checking.account_check import AccountCheck
from scanner.pipeline.checking.exclusion import (
    ExcludedMailbox,
    excluded_mailboxes,
    unmatched_patterns,
    unused_exclusions,
)

ACCOUNTS = "".join(f'[[account]]\nname = "{name}"\nsource = "{name}.mbox"\n' for name in ("ada", "ben"))


def told(exclude: str, **mailboxes: tuple[str, ...]) -> list[str]:
    """Return what is said of [[exclude]] tables when the accounts checked list these mailboxes."""
    text = f'[organisation]\ndomains = ["corp.example"]\n{ACCOUNTS}{exclude}'
    settings = parse_settings(text, Path("blindcopy.toml"))
    accounts = {account.name: account for account in settings.accounts()}
    answers = [
        AccountCheck(1, name, (), (), unmatched_exclusions=unmatched_patterns(accounts[name], names))
        for name, names in mailboxes.items()
    ]
    return list(unused_exclusions(settings, answers))


def exclude(mailbox: str, account: str = "*") -> str:
    """Return an [[exclude]]."""
    return f'[[exclude]]\nmailbox = "{mailbox}"\naccount = "{account}"\nreason = "agreed"\n'


def test_a_pattern_that_matches_nothing_anywhere_is_told() -> None:
    """With its number; one that matches in any account it applies to is in use."""
    tables = exclude("Workscouncil*") + exclude("Diary")

    said = told(tables, ada=("Sent", "Diary"), ben=("Sent", "Works council"))

    assert said == ["[[exclude]] 1 excludes nothing: no mailbox is called 'Workscouncil*'"]


def test_only_the_accounts_that_it_applies_to_count() -> None:
    """A mailbox of that name elsewhere is not excluded; an account that does not exist is a typing error as well."""
    tables = exclude("Diary", "ada") + exclude("Diary", "eda")

    said = told(tables, ada=("Sent",), ben=("Diary",))

    assert said == [
        "[[exclude]] 1 excludes nothing: no mailbox is called 'Diary'",
        "[[exclude]] 2 excludes nothing: no account is called 'eda'",
    ]


def test_nothing_is_said_of_what_is_not_known() -> None:
    """An account that was not tried or did not list its mailboxes may hold it."""
    assert told(exclude("Diary"), ada=("Sent",)) == []
    assert told(exclude("Diary"), ada=("Sent",), ben=()) == []


def test_the_first_pattern_gives_the_reason() -> None:
    """As for a scan."""
    text = f'[organisation]\ndomains = ["corp.example"]\n{ACCOUNTS}{exclude("D*")}'
    account = parse_settings(text, Path("blindcopy.toml")).accounts()[0]

    assert excluded_mailboxes(account, ("Drafts", "Sent", "Diary")) == (
        ExcludedMailbox("Drafts", "agreed"),
        ExcludedMailbox("Diary", "agreed"),
    )
