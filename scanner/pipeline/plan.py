"""What an administrator does so that the configured accounts can be read, with the least rights, and undoes after."""

import json
import shlex
from collections import defaultdict
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from scanner.config import Settings
from scanner.model import Account
from scanner.pipeline.scan import choose_accounts

_SENT = "Sent"


def plan(settings: Settings, accounts: tuple[str, ...] = ()) -> str:
    """
    Return the commands that grant, show and revoke what the accounts need, filled in from the settings.

    One part for each application, service account, server with a master user,
    and server whose accounts sign in with passwords of their own. Nothing is
    asked of any server, and no secret is read.

    Raises:
        SettingsError: No account is configured.

        UsageError: An account is named that does not exist.
    """
    groups: dict[tuple[str, object], list[Account]] = defaultdict(list)
    for _, account in choose_accounts(settings, accounts):
        groups[_kind(settings, account)].append(account)
    return "\n\n".join(_part(settings, name, members) for (name, _), members in groups.items())


def _kind(settings: Settings, account: Account) -> tuple[str, object]:
    """Return (text, what tells groups of this text apart)."""
    if account.source:
        return "source", None
    if account.auth == "microsoft":
        app = settings.microsoft_app(account.name)
        return ("microsoft-device" if app.by_device else "microsoft"), (app.tenant, app.client_id)
    if account.auth == "google":
        return "google", settings.key_file(account.name)
    if account.as_user:
        return "master", (account.host, account.user)
    return "own", account.host


def _part(settings: Settings, name: str, members: list[Account]) -> str:
    text = resources.files("scanner.pipeline").joinpath(f"plan-{name}.txt").read_text(encoding="utf-8")
    first = members[0]
    if name == "source":
        paths = "\n#   ".join(_one_line(account.source) for account in members)
        return Template(text).substitute(mailboxes=paths).rstrip()
    people = [account.as_user or account.user for account in members]
    known = {"host": first.host, "user": first.user, "mailboxes": "\n#   ".join(map(_one_line, people))}
    if name.startswith("microsoft"):
        app = settings.microsoft_app(first.name)
        known |= {"tenant": app.tenant, "client_id": app.client_id}
        quoted = {f"q_{key}": _powershell(value) for key, value in known.items()}
        quoted["q_mailboxes"] = ",\n".join(f"  {_powershell(person)}" for person in people)
    else:
        if name == "google":
            known |= _service_account(settings.key_file(first.name))
        quoted = {f"q_{key}": shlex.quote(_one_line(value)) for key, value in known.items()}
    if name == "master":
        quoted |= _rights(first.user, people)
    shown = {key: value if key == "mailboxes" else _one_line(value) for key, value in known.items()}
    return Template(text).substitute(shown | quoted).rstrip()


def _one_line(text: str) -> str:
    # A comment that a value could end would be a command.
    return " ".join(text.split())


def _powershell(text: str) -> str:
    # Within single quotes PowerShell reads nothing but the quote itself; it takes curly ones for quotes, too.
    kept = _one_line(text)
    for quote in "'\u2018\u2019\u201a\u201b":
        kept = kept.replace(quote, quote * 2)
    return f"'{kept}'"


def _service_account(key_file: str) -> dict[str, str]:
    """Return what a key says of its service account, placeholders where there is no key yet; never the key itself."""
    try:
        found: Any = json.loads(Path(key_file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    content = found if isinstance(found, dict) else {}
    return {
        "project": str(content.get("project_id", "PROJECT")),
        "service_account": str(content.get("client_email", "blindcopy@PROJECT.iam.gserviceaccount.com")),
        "client_id": str(content.get("client_id", "CLIENT_ID")),
        "key_id": shlex.quote(_one_line(str(content.get("private_key_id", "KEY_ID")))),
        "key_file": key_file,
    }


def _rights(user: str, people: list[str]) -> dict[str, str]:
    """Return a command for each person and purpose; the sent mailbox's name is to be set right by hand."""
    who, rights = shlex.quote(f"user={user}"), "lookup read"

    def each(command: str) -> str:
        return "\n".join(command.format(person=shlex.quote(_one_line(person))) for person in people)

    def cyrus(command: str) -> str:
        return "\n".join(f"#   {command.format(mailbox=f'user/{_one_line(person)}/{_SENT}')}" for person in people)

    return {
        "dovecot_grant": each(f"sudo doveadm acl set -u {{person}} {_SENT} {who} {rights}"),
        "dovecot_look": each(f"sudo doveadm acl get -u {{person}} {_SENT}"),
        "dovecot_revoke": each(f"sudo doveadm acl delete -u {{person}} {_SENT} {who}"),
        "cyrus_grant": cyrus(f"setaclmailbox {{mailbox}} {_one_line(user)} lr"),
        "cyrus_revoke": cyrus(f"deleteaclmailbox {{mailbox}} {_one_line(user)}"),
    }
