"""Each mistake in blindcopy.toml is one line that says what, where and what to do."""

from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.config.loading import CONFIG_VARIABLE, find_line, parse_settings
from scanner.errors import SettingsError

ORGANISATION = '[organisation]\ndomains = ["corp.example"]\n'
ACCOUNT = '[[account]]\nname = "office"\nhost = "imap.corp.example"\nuser = "office"\n'
FILE = Path("blindcopy.toml")


def error_of(text: str) -> str:
    """Return the line that these settings are refused with."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, FILE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ('[organisaton]\nname = "x"', 1, ("`organisaton`", "`organisation`")),
        ('[organisation]\ndomain = ["corp.example"]', 2, ("[organisation] `domain`", "`domains`")),
        (ORGANISATION + "[policy]\nqueue_flor = 3", 4, ("`queue_flor`", "`queue_floor`")),
        (ORGANISATION + ACCOUNT + ACCOUNT.replace("office", "two") + 'hots = "x"', 11, ("[[account]] 2", "`host`")),
        ("queue_floor = 3\n" + ORGANISATION, 1, ("`queue_floor`", "[policy]")),
        (ORGANISATION + "[policy]\nzzz = 3", 4, ("`zzz`", "queue_floor, queue_score, window_days")),
    ],
)
def test_an_unknown_key_names_its_line_and_the_right_key(text: str, line: int, parts: tuple[str, ...]) -> None:
    """A typing mistake in a key is told with its line and the key that was probably meant."""
    message = error_of(text)

    assert message.startswith(f"blindcopy.toml, line {line}: unknown key")
    assert all(part in message for part in parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (ORGANISATION + ACCOUNT + "port = 99999", ("line 7", "`port` must be at most 65535")),
        (ORGANISATION + ACCOUNT + 'port = "imap"', ("line 7", "`port` must be a whole number")),
        (ORGANISATION + ACCOUNT + 'security = "none"', ("loopback", "starttls")),
        (ORGANISATION + ACCOUNT + 'security = "ssl"', ("line 7", "'tls', 'starttls' or 'none'")),
        (ORGANISATION + ACCOUNT + ACCOUNT, ("[[account]] 2", "same name as [[account]] 1")),
        (ORGANISATION + '[[account]]\nname = "a"\nsource = "b"\nhost = "c"', ("line 3", "`host` is for servers")),
        (ORGANISATION + '[[account]]\nname = "a"\nuser = "b"', ("line 3", "`host` is missing")),
        (ORGANISATION + '[account]\nname = "a"', ("[[account]]", "two brackets")),
        ('[organisation]\ndomains = ["corp example"]', ("line 2", "must be a domain")),
        ('[organisation]\ndomains = ["*.corp.example"]', ("sub-domains are included",)),
        (ORGANISATION + 'time_zone = "Mars/Olympus"', ("line 3", "IANA")),
        ("[organisation]\n", ("no own domain",)),
        ("", ("`organisation` is missing",)),
        (ORGANISATION + '[[label]]\nname = "x"', ("exactly one of mailbox, account, sender, list, subject",)),
        (ORGANISATION + '[[label]]\nname = "x"\nsender = "a"\nlist = "b"', ("sender and list are set",)),
        (ORGANISATION + '[[group]]\nname = "b"\nowner = "o"\nreason = "r"', ("`members` or `domain`",)),
        (ORGANISATION + "[mandate]\nfrom = 2024-01-02\nuntil = 2024-01-01", ("`until` lies before `from`",)),
        (ORGANISATION + '[mandate]\nfrom = "soon"', ("line 4", "must be a date such as")),
        (ORGANISATION + "[policy]\nqueue_floor = 1", ("must be at least 2",)),
        (ORGANISATION + ACCOUNT + 'password_env = "A"\npassword_command = "b"', ("keep one of them",)),
        ("a = [\nx", ("not TOML", "line 2")),
    ],
)
def test_a_value_that_cannot_be_used_is_named(text: str, parts: tuple[str, ...]) -> None:
    """The line says which key is wrong and what it may be."""
    message = error_of(text)

    assert "\n" not in message
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    "text",
    [
        ORGANISATION + ACCOUNT + 'password = "hunter2"',
        ORGANISATION + '[store]\nurl = "postgresql://ada:hunter2@db.example/blindcopy"',
        ORGANISATION + ACCOUNT + 'port = "hunter2"',
        ORGANISATION + ACCOUNT + "password = hunter2",
        ORGANISATION + ACCOUNT + 'password_command = [3, "hunter2"]',
    ],
)
def test_a_secret_in_the_file_is_never_repeated(text: str) -> None:
    """No error, nor what it was raised from, quotes a value of the file."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, FILE)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_order_is_option_then_variable_then_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config wins over $BLINDCOPY_CONFIG, which wins over ./blindcopy.toml."""
    for name in ("option", "variable", "blindcopy"):
        (tmp_path / f"{name}.toml").write_text(f'[organisation]\nname = "{name}"\ndomains = ["corp.example"]')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)

    by_folder = load_settings(None)
    monkeypatch.setenv(CONFIG_VARIABLE, "variable.toml")
    by_variable = load_settings(None)
    by_option = load_settings(Path("option.toml"))

    assert [s.organisation.name for s in (by_folder, by_variable, by_option)] == ["blindcopy", "variable", "option"]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings, the line names the file looked for and `blindcopy init`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)

    with pytest.raises(SettingsError, match=r"blindcopy\.toml: .*blindcopy init"):
        load_settings(None)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """TOML is UTF-8 (TOML 1.0, Spec); Latin-1 is told, not guessed."""
    file = tmp_path / "blindcopy.toml"
    file.write_bytes('[organisation]\nname = "Büro"'.encode("latin-1"))

    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(file)


def test_a_variable_takes_the_place_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BLINDCOPY_STORE__URL wins over [store] url, so that a database password need not stand in the file."""
    monkeypatch.setenv("BLINDCOPY_STORE__URL", "postgresql://ada:secret@db.example/blindcopy")
    monkeypatch.setenv("BLINDCOPY_STORE", "elsewhere.db")

    settings = parse_settings(ORGANISATION + '[store]\nurl = "a.db"', tmp_path / "blindcopy.toml")

    assert settings.store_url == "postgresql://ada:secret@db.example/blindcopy"


def test_a_wrong_variable_is_named_instead_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the environment is at fault, the line names the variable."""
    monkeypatch.setenv("BLINDCOPY_POLICY__QUEUE_FLOOR", "many")

    message = error_of(ORGANISATION)

    assert message.startswith("$BLINDCOPY_POLICY__QUEUE_FLOOR: ")


def test_a_line_is_found_in_the_right_table() -> None:
    """The same key in two tables is found in the one that is meant; a missing key gives the table's line."""
    text = 'a = 1\n[[account]]\nhost = "x"\n# host\n[[account]] # second\nname = "y"\nhost = "z"\n'

    assert find_line(text, ("account", 1, "host")) == 7
    assert find_line(text, ("account", 0, "port")) == 2
    assert find_line(text, ("a",)) == 1
    assert find_line(text, ("store", "url")) is None
