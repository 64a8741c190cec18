"""The plan grants the least, for exactly the configured mailboxes, and revokes it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scanner.config.loading import parse_settings
from scanner.pipeline.checking.plan import plan

HEAD = '[organisation]\ndomains = ["corp.example"]\n'
APP = 'auth = "microsoft"\ntenant = "corp.onmicrosoft.com"\nclient_id = "1b4e28ba-2fa1"\n'


def planned(text: str, folder: Path = Path("/etc/blindcopy"), accounts: tuple[str, ...] = ()) -> str:
    """Return the plan of accounts given as TOML."""
    return plan(parse_settings(HEAD + text, folder / "blindcopy.toml"), accounts)


def table(name: str, user: str, more: str) -> str:
    """Return an [[account]]."""
    return f"[[account]]\nname = {json.dumps(name)}\nuser = {json.dumps(user)}\n{more}"


def test_an_application_gets_each_mailbox_by_name() -> None:
    """One part for all accounts of an application; what is granted is revoked."""
    text = planned(table("a", "ada@corp.example", APP) + table("b", "o'neil@corp.example", APP))

    assert text.count("## Grant") == text.count("## Revoke") == 1
    assert "  'ada@corp.example',\n  'o''neil@corp.example'\n" in text
    granted, revoked = text.split("## Revoke")
    assert "New-ServicePrincipal -AppId '1b4e28ba-2fa1'" in granted
    assert "Add-MailboxPermission -Identity $_ -User $sp.Id -AccessRights FullAccess" in granted
    assert "Remove-MailboxPermission" in revoked
    assert "Remove-ServicePrincipal" in revoked
    assert "IMAP.AccessAsApp" in granted


def test_two_applications_are_two_parts() -> None:
    """Each with its own mailboxes only."""
    other = APP.replace("1b4e28ba", "99999999")

    parts = planned(table("a", "ada@corp.example", APP) + table("b", "ben@corp.example", other)).split(
        "# Microsoft 365"
    )

    assert len(parts) == 3
    assert "ben@" not in parts[1]
    assert "ada@" not in parts[2]


def test_a_value_cannot_become_a_command() -> None:
    """A user name with quotes of either kind, curly ones that PowerShell takes too, stays a text; so do line ends."""
    text = planned(table("a", "x\u2019; Remove-Mailbox *;\n$(evil)", APP))

    assert "  'x\u2019\u2019; Remove-Mailbox *; $(evil)'\n" in text
    with pytest.raises(Exception, match="must be an id"):
        planned(table("a", "ada", APP.replace("1b4e28ba", "$(evil)")))


def test_a_person_with_a_code_is_granted_instead_of_the_application() -> None:
    """Delegated: no service principal."""
    text = planned(table("a", "ada@corp.example", APP + 'flow = "device"\n'))

    assert "New-ServicePrincipal" not in text
    assert "-User $auditor" in text


def test_a_service_account_is_named_from_its_key(tmp_path: Path) -> None:
    """Never the key itself; before there is a key, what to put in its place."""
    key = {"project_id": "audit", "client_email": "b@audit.iam.example", "client_id": "123", "private_key": "hush"}
    (tmp_path / "key.json").write_text(json.dumps(key | {"private_key_id": "k1"}))
    account = table("a", "ada@corp.example", 'auth = "google"\nkey_file = "key.json"\n')

    known, unknown = planned(account, tmp_path), planned(account)

    assert "Client ID      123" in known
    assert "keys delete k1 --iam-account=b@audit.iam.example" in known
    assert "hush" not in known
    assert "https://mail.google.com/" in known
    assert "CLIENT_ID" in unknown


def test_a_master_user_gets_lookup_and_read() -> None:
    """Dovecot and Cyrus, for each person; nothing that writes."""
    more = 'host = "imap.corp.example"\nas_user = "{}"\nauth = "plain"\n'
    text = planned(table("a", "auditor", more.format("anna")) + table("b", "auditor", more.format("ben b")))

    assert "sudo doveadm acl set -u anna Sent user=auditor lookup read\n" in text
    assert "sudo doveadm acl set -u 'ben b' Sent user=auditor lookup read\n" in text
    assert "sudo doveadm acl delete -u anna Sent user=auditor\n" in text
    assert "setaclmailbox user/anna/Sent auditor lr\n" in text
    assert not re.search(r"\b(?:write|insert|delete|expunge|admin)\b.*user=", text.replace("acl delete", ""))


MASTER = 'host = "imap.corp.example"\nas_user = "anna"\nauth = "plain"\n'


def commands(text: str) -> list[str]:
    """Return the lines that grant, show or revoke a right on a mailbox."""
    return [line.removeprefix("#   ") for line in text.splitlines() if "doveadm acl " in line or "aclmailbox " in line]


def test_the_mailboxes_of_the_settings_are_granted_and_no_excluded_one() -> None:
    """Exactly these, by the names that people read; what is excluded is said, never granted, also by its wire name."""
    named = 'mailboxes = ["Projects/Clients", "M&APw-ll", "Sent Items", "Sent"]\n'
    excluded = '[[exclude]]\nmailbox = "Sent"\nreason = "WC"\n[[exclude]]\nmailbox = "M?ll"\nreason = "doctor"\n'

    text = planned(table("a", "auditor", MASTER + named) + excluded)

    assert commands(text) == [
        "sudo doveadm acl set -u anna Projects/Clients user=auditor lookup read",
        "sudo doveadm acl set -u anna 'Sent Items' user=auditor lookup read",
        "sudo doveadm acl get -u anna Projects/Clients",
        "sudo doveadm acl get -u anna 'Sent Items'",
        "sudo doveadm acl delete -u anna Projects/Clients user=auditor",
        "sudo doveadm acl delete -u anna 'Sent Items' user=auditor",
        "setaclmailbox user/anna/Projects/Clients auditor lr",
        'setaclmailbox "user/anna/Sent Items" auditor lr',
        "deleteaclmailbox user/anna/Projects/Clients auditor",
        'deleteaclmailbox "user/anna/Sent Items" auditor',
    ]
    assert "# anna: Sent is excluded (WC) and not granted.\n" in text
    assert "only examples" not in text
    assert "# anna: only what the settings name is granted; sent mail in other mailboxes stays unseen.\n" in text


@pytest.mark.parametrize("glob", ["Sent", "*"])
def test_the_usual_names_are_said_to_be_examples(glob: str) -> None:
    """Where no mailbox is named nobody knows the right ones before the first sign-in; an excluded one is none."""
    text = planned(table("a", "auditor", MASTER) + f'[[exclude]]\nmailbox = "{glob}"\nreason = "WC"\n')

    granted = [line for line in commands(text) if "acl set" in line]
    assert [line.split(" user=")[0].rpartition("anna ")[2] for line in granted] == (
        ["'Sent Items'", "'Sent Messages'"] if glob == "Sent" else []
    )
    assert "the settings name no mailboxes" in text
    assert f"# anna: never grant what is excluded: {glob}\n" in text


def test_master_users_of_others_are_left_alone() -> None:
    """What is written and removed is a file of this work only, one for each user."""
    other = table("b", "o'neil", MASTER)

    text = planned(table("a", "auditor", MASTER) + other)

    assert "/etc/dovecot/masters" not in text
    assert text.count("sudo rm /etc/dovecot/blindcopy-auditor.masters\n") == 1
    assert text.count("/dev/stdin /etc/dovecot/blindcopy-o_neil.masters\n") == 1


def test_an_owners_password_has_nothing_to_grant() -> None:
    """And that is said, with what limits it: nothing."""
    text = planned(table("a", "ada", 'host = "imap.corp.example"\n'))

    assert "nothing to grant" in text


def test_files_need_no_right_on_a_server() -> None:
    """Only that of reading them."""
    text = planned('[[account]]\nname = "a"\nsource = "old\\nrm -rf .mbox"\n')

    assert "no right on one is needed" in text
    assert all(line.startswith("#") for line in text.splitlines() if line)


def test_only_the_accounts_named_are_planned() -> None:
    """As for every other use of --account."""
    both = table("a", "ada@corp.example", APP) + table("b", "ben@corp.example", APP)

    assert "ben@" not in planned(both, accounts=("a",))


@pytest.mark.parametrize("kind", ["google", "master"])
def test_shells_can_read_the_plan(kind: str, tmp_path: Path) -> None:
    """`sh -n` takes every line of it."""
    shell = shutil.which("sh")
    assert shell is not None
    more = {
        "google": 'auth = "google"\nkey_file = "my key.json"\n',
        "master": 'host = "imap.corp.example"\nas_user = "an\'na"\nauth = "plain"\nmailboxes = ["it\'s $sent"]\n',
    }[kind]

    done = subprocess.run([shell, "-n"], input=planned(table("a", "o'neil@corp.example", more)), text=True, check=False)

    assert done.returncode == 0
