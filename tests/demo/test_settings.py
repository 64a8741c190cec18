"""The demo's settings: the ordinary reader of settings accepts them, and they fit the mail."""

from pathlib import Path

from scanner.config import load_settings
from scanner.demo.organisation import invent
from scanner.demo.server import DemoServer
from scanner.demo.settings import passwords, settings_text

ORGANISATION = invent()
SERVER = DemoServer("127.0.0.1", 14301, ORGANISATION.accounts)


def written(folder: Path) -> Path:
    file = folder / "blindcopy.toml"
    file.write_text(settings_text(ORGANISATION, SERVER), encoding="utf-8")
    return file


def test_accounts_are_those_of_the_server(tmp_path: Path) -> None:
    """Each account signs in on loopback, in plain text, as a user the server knows."""
    accounts = load_settings(written(tmp_path)).accounts()

    assert [account.user for account in accounts] == [account.user for account in ORGANISATION.accounts]
    assert {(account.host, account.port, account.security) for account in accounts} == {("127.0.0.1", 14301, "none")}


def test_store_lies_beside_the_settings(tmp_path: Path) -> None:
    """The folder can be moved with everything in it."""
    settings = load_settings(written(tmp_path))

    assert Path(settings.store_url) == tmp_path / "blindcopy.db"


def test_policy_names_group_partners_and_label(tmp_path: Path) -> None:
    """Approved trustees, two partners, a sister company and the label of the counselling service are set."""
    policy = load_settings(written(tmp_path)).to_policy()

    assert len(policy.groups[0].members) == 9
    assert len(policy.partners) == 2
    assert policy.domains == {"harbourlight.example"}
    assert policy.sister_domains == {"harbourlight-homes.example"}
    assert [label.name for label in policy.labels] == ["health"]


def test_no_password_stands_in_the_file(tmp_path: Path) -> None:
    """The file names environment variables; their values are elsewhere."""
    text = written(tmp_path).read_text(encoding="utf-8")

    assert all(variable in text for variable in passwords(ORGANISATION))
    assert not any(password in text for password in passwords(ORGANISATION).values())
