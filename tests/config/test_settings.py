"""The settings give the stages plain values."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from scanner.config import Settings
from scanner.config.loading import parse_settings
from scanner.errors import SettingsError
from scanner.model import Label, Pattern

FULL = """
[organisation]
name = "Corp"
domains = ["Corp.Example", "bücher.example"]
addresses = ["Our.Club@gmail.com"]
sister_domains = ["sister.example"]
list_addresses = ["all@lists.example"]
time_zone = "Europe/Berlin"

[mandate]
ordered_by = "Data protection officer"
from = 2024-01-01
until = 2024-06-30

[[account]]
name = "office"
host = "imap.corp.example"
user = "office@corp.example"
password_env = "OFFICE_PASSWORD"
label = "health"

[[account]]
name = "events [2]"
host = "127.0.0.1"
port = 1143
security = "none"
user = "events"
mailboxes = "Gesendet"
ca_file = "ca.pem"
label = "guests"

[policy]
queue_floor = 7

[[protected]]
name = "students"
domain = "students.corp.example"

[[protected]]
name = "patients"
addresses = ["ada@corp.example", "*@ward.corp.example"]

[[label]]
name = "counselling"
sender = ["Help@corp.example", "care@corp.example"]
unit = "care"

[[group]]
name = "board"
members = ["Ada@example.org"]
owner = "Secretary"
reason = "agreed"
expires = 2020-12-31

[[partner]]
domain = "partner.example"
reason = "joint office"

[[exclude]]
mailbox = "Sent/Council*"
account = "off*"
reason = "works council"
"""


def settings_of(text: str, folder: str = "/etc/blindcopy") -> Settings:
    """Return settings as if read from a file in a folder."""
    return parse_settings(text, Path(folder) / "blindcopy.toml")


def moment(year: int, month: int, day: int, hour: int) -> int:
    """Return a moment given in UTC."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def test_accounts_carry_ports_folders_and_the_mandate() -> None:
    """Ports follow the security, files lie beside the settings, the period is whole days of the zone."""
    office, events = settings_of(FULL).accounts()

    assert (office.port, office.security, events.port) == (993, "tls", 1143)
    assert events.mailboxes == ("Gesendet",)
    assert events.ca_file == "/etc/blindcopy/ca.pem"
    assert office.excluded == (("Sent/Council*", "works council"),)
    assert events.excluded == ()
    # Berlin is one hour ahead of UTC in winter, two in summer; the last day is included.
    assert (office.sent_from, office.sent_until) == (moment(2023, 12, 31, 23), moment(2024, 6, 30, 22))


def test_a_source_is_meant_from_the_settings_folder() -> None:
    """It needs no host, and its owner's address is an own one."""
    text = '[organisation]\ndomains = ["corp.example"]\n[[account]]\nname = "old"\nsource = "mail/sent.mbox"\n'

    (account,) = settings_of(text).accounts()
    policy = settings_of(text + 'user = "club@mail.example"\n').to_policy()

    assert (account.source, account.host, account.user) == ("/etc/blindcopy/mail/sent.mbox", "", "")
    assert policy.account_addresses == (("old", "club@mail.example"),)


def test_the_policy_holds_keys_and_moments() -> None:
    """Domains become A-labels, addresses keys; logins are own addresses; an expired approval is kept with its end."""
    policy = settings_of(FULL).to_policy()

    assert policy.domains == {"corp.example", "xn--bcher-kva.example"}
    assert policy.addresses == {"our.club@gmail.com", "office@corp.example"}
    assert policy.queue_floor == 7
    assert policy.window_days == 14
    assert [(p.name, p.pattern.by, p.pattern.glob) for p in policy.protected] == [
        ("students", "domain", "students.corp.example"),
        ("patients", "address", "ada@corp.example"),
        ("patients", "address", "*@ward.corp.example"),
    ]
    assert policy.groups[0].members == {"ada@example.org"}
    assert policy.groups[0].expires == moment(2020, 12, 31, 23)
    assert policy.partners[0].expires is None


def test_labels_of_patterns_come_before_labels_of_accounts() -> None:
    """The first label that matches wins, and a pattern says more than the account; account names are no globs."""
    labels = settings_of(FULL).to_policy().labels

    assert labels == (
        Label("counselling", Pattern("sender", "help@corp.example"), "care"),
        Label("counselling", Pattern("sender", "care@corp.example"), "care"),
        Label("health", Pattern("account", "office")),
        Label("guests", Pattern("account", "events [[]2]")),
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "/etc/blindcopy/blindcopy.db"),
        ('[store]\nurl = "data/mail.db"', "/etc/blindcopy/data/mail.db"),
        ('[store]\nurl = "/srv/mail.db"', "/srv/mail.db"),
        ('[store]\nurl = "sqlite:///mail.db"', "/etc/blindcopy/mail.db"),
        ('[store]\nurl = "postgresql://db.example/blindcopy"', "postgresql://db.example/blindcopy"),
    ],
)
def test_the_store_lies_beside_the_settings(url: str, expected: str) -> None:
    """Relative paths are meant from the settings file, wherever the command is called."""
    settings = settings_of(f'[organisation]\ndomains = ["corp.example"]\n{url}')

    assert settings.store_url == expected


def test_the_hash_knows_no_secret_and_no_folder() -> None:
    """Where a password comes from does not change what is scanned; everything else does."""
    one = settings_of(FULL).sha256

    assert settings_of(FULL.replace("OFFICE_PASSWORD", "OTHER"), "/home/ada").sha256 == one
    assert settings_of(FULL.replace("queue_floor = 7", "queue_floor = 8")).sha256 != one
    assert settings_of(FULL.replace("Sent/Council", "Sent/Doctor")).sha256 != one


def test_the_hash_leaves_out_a_database_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed database password is no change of the settings."""
    hashes = set()
    for password in ("one", "two"):
        monkeypatch.setenv("BLINDCOPY_STORE__URL", f"postgresql://ada:{password}@db.example/blindcopy")
        hashes.add(settings_of(FULL).sha256)

    assert len(hashes) == 1


def test_the_mandate_gives_what_is_set() -> None:
    """Only filled-in parts are printed, dates as text; without a mandate there is nothing."""
    settings = settings_of(FULL)

    assert settings.mandate_dict() == {
        "ordered_by": "Data protection officer",
        "from": "2024-01-01",
        "until": "2024-06-30",
    }
    assert settings_of('[organisation]\ndomains = ["corp.example"]').mandate_dict() == {}


def test_settings_cannot_be_changed() -> None:
    """Read once, the same for the whole run."""
    settings = settings_of(FULL)

    with pytest.raises(ValidationError):
        settings.policy.queue_floor = 3


def test_a_server_may_have_a_limit_of_its_own() -> None:
    """Every other one has the general limit; files are read a few at a time."""
    scan = "\n[scan]\naccounts_at_once = 3\nconnections_per_server = 6\n"
    server = '[[server]]\nhost = "IMAP.Corp.example"\nconnections = 2\n'

    settings = settings_of(FULL + scan + server)

    assert settings.scan.accounts_at_once == 3
    assert settings.connections_to("imap.corp.example") == 2
    assert settings.connections_to("imap.gmail.com") == 6
    assert settings.connections_to("") == 2


def test_a_server_may_have_a_budget_for_each_account_and_day() -> None:
    """Gmail locks an account at 2.5 GB a day, so it has one of its own accord; nobody else has."""
    more = '[[account]]\nname = "club"\nhost = "IMAP.gmail.com"\nuser = "our.club@gmail.com"\n'
    server = '[[server]]\nhost = "imap.CORP.example"\nbytes_per_day = 5_000_000\n'

    usual = [account.bytes_per_day for account in settings_of(FULL + more).accounts()]
    told = [account.bytes_per_day for account in settings_of(FULL + more + server).accounts()]

    assert usual == [None, None, 2_000_000_000]
    assert told == [5_000_000, None, 2_000_000_000]
    assert settings_of(FULL + server).connections_to("imap.corp.example") == 8


def test_a_server_without_any_limit_is_a_mistake() -> None:
    """A table that says nothing was meant to say something."""
    with pytest.raises(SettingsError, match="needs `connections` or `bytes_per_day`"):
        settings_of(FULL + '[[server]]\nhost = "imap.corp.example"\n')
