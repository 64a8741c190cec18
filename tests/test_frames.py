"""Frames: typed, documented, and without names unless they are asked for."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

import scanner
from scanner import columns
from scanner.errors import StoreMissingError, UsageError
from scanner.frames import Store
from tests.small_store import GUESTS, NAMES, SUBJECT, small_store

TYPES = {
    "text": "string",
    "integer": "Int64",
    "count": "Int64",
    "flag": "boolean",
    "time": "datetime64[s, UTC]",
    "texts": "object",
}
FRAMES = list(columns.frames())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a small analysed store."""
    return small_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def store(place: Path) -> Iterator[Store]:
    """Open it without names."""
    with scanner.open_store(place) as opened:
        yield opened


@pytest.fixture(scope="module")
def named(place: Path) -> Iterator[Store]:
    """Open it with names."""
    with scanner.open_store(place, names=True) as opened:
        yield opened


def frame(store: Store, name: str) -> pd.DataFrame:
    """Return a frame by its name."""
    made: pd.DataFrame = getattr(store, name)()
    return made


@pytest.mark.parametrize("name", FRAMES)
def test_frames_have_the_documented_columns_and_types(store: Store, name: str) -> None:
    """columns.toml is the contract of the frames: order, names and types."""
    made = frame(store, name)

    documented = columns.frame(name).columns
    assert list(made.columns) == [column.name for column in documented]
    assert {column: str(kind) for column, kind in made.dtypes.items()} == {
        column.name: TYPES[column.type] for column in documented
    }
    assert len(made) > 0


def test_messages_count_who_was_shown_and_who_was_hidden(named: Store) -> None:
    """To and Cc are visible, Bcc is not (RFC 5322, 3.6.3)."""
    made = named.messages().set_index("message_id")

    assert made.loc["<m1@corp.example>", ["visible_addresses", "bcc_addresses"]].tolist() == [5, 0]
    assert made.loc["<m3@corp.example>", ["visible_addresses", "bcc_addresses"]].tolist() == [1, 5]
    assert made.loc["<m1@corp.example>", "sent_at"] == pd.Timestamp("2026-03-02T10:00:00Z")


def test_recipients_keep_what_was_no_address(named: Store) -> None:
    """An unreadable entry is a row with its text and without an address."""
    made = named.recipients()

    unread = made.loc[made["address"].isna()]
    assert unread["written"].str.contains("not an address").any()
    assert made.loc[made["address"] == "ada@guests.example", "domain"].unique().tolist() == ["guests.example"]
    assert made.loc[made["field"] == "bcc", "display_name"].tolist() == list(NAMES)


def test_incidents_exposures_and_people_agree(named: Store) -> None:
    """exposure_events equals the rows of exposures; exposed people equal the rows of people."""
    incidents, exposures, people = named.incidents(), named.exposures(), named.people()

    assert incidents["exposure_events"].sum() == len(exposures) == 10
    assert sorted(address for entry in people["addresses"] for address in entry) == sorted(GUESTS)
    assert incidents.loc[0, "subject"] == SUBJECT


def test_reasons_add_up_to_the_score(named: Store) -> None:
    """CONTRACTS, Incidents: the score is the sum of the reasons."""
    scores = named.incidents().set_index("incident")["score"]

    sums = named.reasons().groupby("incident")["points"].sum()

    assert sums.to_dict() == scores.to_dict()


def test_coverage_adds_up(named: Store) -> None:
    """Listed = stored + vanished + unreadable; what could not be read is a gap."""
    row = named.coverage().iloc[0]

    assert row["enumerated"] == row["stored"] + row["vanished"] + row["errored"] == 7
    assert named.gaps()["uid"].tolist() == [7]


@pytest.mark.parametrize("name", ["messages", "recipients"])
def test_chunks_put_together_are_the_whole(store: Store, name: str) -> None:
    """Large stores are read piece by piece; nothing is lost or twice between them."""
    pieces = list(getattr(store, name)(chunksize=4))

    assert [len(piece) for piece in pieces[:-1]] == [4] * (len(pieces) - 1)
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), frame(store, name))


@pytest.mark.parametrize("name", FRAMES)
def test_nothing_names_anybody_unless_names_are_asked_for(store: Store, name: str) -> None:
    """A saved notebook is easily passed on: no address, name, subject, Message-ID, account or mailbox is in a frame."""
    text = frame(store, name).to_csv()

    for secret in (*GUESTS, *NAMES, SUBJECT, "corp.example", "guests.example", "office", "special use"):
        assert secret not in text


def test_labels_groups_and_what_went_wrong_are_hidden_too(tmp_path: Path) -> None:
    """A label may be somebody's name, a reason quotes it, and an error names hosts and mailboxes."""
    place = small_store(tmp_path, more='[[label]]\nname = "Erikas class"\nsubject = "*"\n')
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE gap SET detail = :said"), {"said": "the account has no mailbox 'Erika'"})
        connection.execute(text("UPDATE mailbox SET in_scope = 0, own_mail_note = :said"), {"said": "erika.example"})
    engine.dispose()

    with scanner.open_store(place) as opened:
        shown = "\n".join(frame(opened, name).to_csv() for name in FRAMES)
        asked = opened.sql("SELECT reason FROM reasons").to_csv()
    with scanner.open_store(place, names=True) as opened:
        named = "\n".join(frame(opened, name).to_csv() for name in FRAMES)

    assert "erika" not in (shown + asked).lower()
    assert "labelled label-" in asked
    assert all(said in named for said in ("Erikas class", "mailbox 'Erika'", "erika.example"))


def test_pseudonyms_are_the_same_in_all_frames_and_in_every_run(place: Path, store: Store) -> None:
    """One address is one pseudonym: frames can be joined, and tomorrow's notebook agrees with today's."""
    exposed = set(store.exposures()["address"])

    with scanner.open_store(place) as again:
        assert exposed == set(again.exposures()["address"])
    assert exposed < set(store.recipients()["address"].dropna())
    assert exposed == {address for entry in store.people()["addresses"] for address in entry}


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Whoever has the key can find out who a pseudonym is."""
    place = small_store(tmp_path)

    with scanner.open_store(place):
        first = (tmp_path / "blindcopy.db.key").read_bytes()
    with scanner.open_store(place):
        second = (tmp_path / "blindcopy.db.key").read_bytes()

    assert first == second
    assert (tmp_path / "blindcopy.db.key").stat().st_mode & 0o777 == 0o600


def test_another_key_gives_other_pseudonyms(place: Path, store: Store, tmp_path: Path) -> None:
    """Pseudonyms are keyed: they cannot be guessed by hashing addresses."""
    with scanner.open_store(place, key_file=tmp_path / "other.key") as other:
        assert set(other.exposures()["address"]).isdisjoint(store.exposures()["address"])


def test_a_key_that_cannot_be_kept_is_said(place: Path, tmp_path: Path) -> None:
    """Pseudonyms that change from run to run must not come as a surprise."""
    with pytest.warns(UserWarning, match="pseudonyms differ from run to run"):
        scanner.open_store(place, key_file=tmp_path / "missing" / "x.key").close()


def test_with_names_no_key_is_made(tmp_path: Path) -> None:
    """Nothing is written beside a store that is opened with names."""
    place = small_store(tmp_path)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scanner.open_store(str(place), names=True).close()

    assert not (tmp_path / "blindcopy.db.key").exists()


def test_sql_answers_over_the_documented_views(store: Store) -> None:
    """Views have the columns of the frames, and the same pseudonyms."""
    answer = store.sql(
        "SELECT address, COUNT(*) AS shown FROM recipients WHERE field = :field GROUP BY 1", {"field": "bcc"}
    )

    hidden = store.recipients().query("field == 'bcc'")["address"]
    assert sorted(answer["address"]) == sorted(hidden)
    assert store.sql("SELECT * FROM messages").columns.tolist() == store.messages().columns.tolist()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT address_key FROM address",
        "SELECT subject FROM message",
        "SELECT m.subject FROM messages JOIN message AS m",
        "DELETE FROM message",
        "UPDATE message SET subject = ''",
        "PRAGMA query_only = OFF",
        "SELEC 1",
    ],
)
def test_sql_reads_only_and_names_nobody(store: Store, query: str) -> None:
    """Without names the tables are closed; nothing can be written either way; the message is one line."""
    with pytest.raises(UsageError, match="the query was refused"):
        store.sql(query)

    assert len(store.messages()) == 6


def test_sql_with_names_reads_the_tables_and_writes_nothing(named: Store) -> None:
    """Whoever asked for names may ask for anything that is stored, and change nothing."""
    assert set(GUESTS) < set(named.sql("SELECT address_key FROM address")["address_key"])
    with pytest.raises(UsageError, match="the query was refused"):
        named.sql("DELETE FROM gap")


def test_frames_of_postgresql_are_those_of_sqlite(
    postgresql_url: str, tmp_path: Path, place: Path, named: Store
) -> None:
    """One schema, two databases: the same mail gives the same frames; pseudonyms take the key file that is named."""
    small_store(tmp_path, postgresql_url)

    with scanner.open_store(postgresql_url, names=True) as other:
        for name in FRAMES:
            pd.testing.assert_frame_equal(frame(other, name), frame(named, name))
        answer = other.sql("SELECT subject FROM messages WHERE copies = :copies", {"copies": 1})
        with pytest.raises(UsageError, match="the query was refused"):
            other.sql("DELETE FROM gap")
    with scanner.open_store(postgresql_url, key_file=place.with_name("blindcopy.db.key")) as hidden:
        with pytest.raises(UsageError, match="without names"):
            hidden.sql("SELECT 1")
        assert SUBJECT not in hidden.messages().to_csv()

    assert len(answer) == 6


def test_describe_tells_what_every_column_means(store: Store) -> None:
    """Units and meaning are a call away in the notebook."""
    described = store.describe()

    assert set(described["frame"]) == set(FRAMES)
    assert (described["meaning"].str.len() > 0).all()
    assert described.query("frame == 'messages' and column == 'sent_offset'")["unit"].tolist() == ["minutes"]


def test_a_missing_store_is_one_clear_line(tmp_path: Path) -> None:
    """Opening makes no file."""
    with pytest.raises(StoreMissingError):
        scanner.open_store(tmp_path / "none.db", names=True)

    assert list(tmp_path.iterdir()) == []


def test_a_date_that_nobody_can_have_written_is_kept() -> None:
    """Seconds reach further than nanoseconds: year 2500 must not stop the frame."""
    from scanner.frames import _times

    made = _times([16_725_225_600, None, -3_000_000_000, 0])

    assert made.dt.year.tolist()[0] == 2500
    # 0 is stored where nobody knows when the mail was sent.
    assert made.isna().tolist() == [False, True, False, True]


@pytest.mark.parametrize("name", [*FRAMES, "sql"])
def test_a_closed_store_gives_no_frame(place: Path, name: str) -> None:
    """Nothing opens the file again behind the back of whoever closed it; closing twice is no mistake."""
    with scanner.open_store(place, names=True) as opened:
        kept = opened.messages()
    opened.close()

    with pytest.raises(UsageError, match="the store is closed"):
        opened.sql("SELECT 1 AS one") if name == "sql" else frame(opened, name)

    assert len(kept) > 0
