"""What an administrator does so that the configured accounts can be read, with the least rights, and undoes after."""

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from scanner.config import Settings
from scanner.crawl.listing import decode_name
from scanner.model import Account
from scanner.pipeline.reaching.accounts import choose_accounts

_USUAL = ("Sent", "Sent Items", "Sent Messages")
"""What stands for the sent mailboxes of an account that names none."""


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
    text = resources.files("scanner.pipeline.checking").joinpath(f"plan-{name}.txt").read_text(encoding="utf-8")
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
        quoted |= _rights(first.user, members)
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


def _rights(user: str, members: list[Account]) -> dict[str, str]:
    """Return a command for each mailbox and purpose, below comments on what the settings leave open."""
    who, rights = shlex.quote(_one_line(f"user={user}")), "lookup read"
    granted = [(_one_line(account.as_user), name) for account in members for name in _mailboxes(account)[0]]
    notes = "\n".join(note for account in members for note in _notes(account))

    def dovecot(command: str) -> str:
        return "\n".join(
            command.format(person=shlex.quote(person), mailbox=shlex.quote(name)) for person, name in granted
        )

    def cyrus(command: str) -> str:
        return "\n".join(f"#   {command.format(mailbox=_in_cyrus(person, name))}" for person, name in granted)

    return {
        "notes": f"{notes}\n" if notes else "",
        "masters": f"/etc/dovecot/blindcopy-{re.sub(r'[^A-Za-z0-9_.-]', '_', user)}.masters",
        "dovecot_grant": dovecot(f"sudo doveadm acl set -u {{person}} {{mailbox}} {who} {rights}"),
        "dovecot_look": dovecot("sudo doveadm acl get -u {person} {mailbox}"),
        "dovecot_revoke": dovecot(f"sudo doveadm acl delete -u {{person}} {{mailbox}} {who}"),
        "cyrus_grant": cyrus(f"setaclmailbox {{mailbox}} {_one_line(user)} lr"),
        "cyrus_revoke": cyrus(f"deleteaclmailbox {{mailbox}} {_one_line(user)}"),
    }


def _mailboxes(account: Account) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the mailboxes to grant, and (name, reason) of those that the settings exclude."""
    granted, excluded = [], []
    for written in dict.fromkeys(account.mailboxes or _USUAL):
        name = _one_line(decode_name(written.encode("utf-8", "replace")))
        why = next((why for glob, why in account.excluded if fnmatchcase(name, glob)), None)
        if why is None:
            granted.append(name)
        elif account.mailboxes:
            excluded.append((name, why))
    return granted, excluded


def _notes(account: Account) -> Iterator[str]:
    """Yield comments: which mailboxes are only examples, which the settings exclude, which have to be added."""
    person = _one_line(account.as_user)
    granted, excluded = _mailboxes(account)
    for name, why in excluded:
        yield f"# {person}: {name} is excluded ({_one_line(why)}) and not granted."
    if account.mailboxes:
        yield f"# {person}: only what the settings name is granted; sent mail in other mailboxes stays unseen."
    else:
        shown = f"{', '.join(granted)} are only examples" if granted else "the usual names are excluded"
        yield f"# {person}: the settings name no mailboxes, {shown}. Put the right names in their place:"
        yield f"#   sudo doveadm mailbox list -u {shlex.quote(person)}"
    if account.scope == "ours":
        yield f'# {person}: scope = "ours" reads every mailbox; grant each that is listed in the same way.'
    globs = ", ".join(_one_line(glob) for glob, _ in account.excluded)
    if globs:
        yield f"# {person}: never grant what is excluded: {globs}"


def _in_cyrus(person: str, name: str) -> str:
    """Return a mailbox as cyradm calls it: below the person's inbox, in quotes where it needs them."""
    # Without altnamespace the owner sees his mailboxes below INBOX, with dots unless unixhierarchysep is set.
    if name.startswith("INBOX."):
        name = name.removeprefix("INBOX.").replace(".", "/")
    whole = f"user/{person}/{name.removeprefix('INBOX/')}" if name.upper() != "INBOX" else f"user/{person}"
    if re.fullmatch(r"[\w./@+-]+", whole):
        return whole
    escaped = re.sub(r'(["\\$])', r"\\\1", whole)
    return f'"{escaped}"'
