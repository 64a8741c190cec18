"""The dictionary of columns agrees with what is written under its names."""

from dataclasses import fields

import pytest

from scanner import columns
from scanner.language import LANGUAGES, Language, speaking
from scanner.model import Ladder

TABLES = [*columns.sheets().values(), *columns.frames().values()]


def test_the_rungs_are_those_of_the_model_in_their_order() -> None:
    """A rung without a definition would be a figure that nobody can name."""
    assert [rung.name for rung in columns.ladder()] == [field.name for field in fields(Ladder)]


@pytest.mark.parametrize(
    "table", [*columns.sheets().values(), *columns.frames().values()], ids=lambda table: table.name
)
def test_names_and_headings_are_unique_in_a_table(table: columns.Table) -> None:
    """Two columns of one name could not be told apart."""
    names = [column.name for column in table.columns]
    headers = [column.header for column in table.columns]

    assert len(set(names)) == len(names)
    assert len(set(headers)) == len(headers)


@pytest.mark.parametrize(
    "table", [*columns.sheets().values(), *columns.frames().values()], ids=lambda table: table.name
)
def test_every_column_says_what_it_means_and_where_it_comes_from(table: columns.Table) -> None:
    """The sheet Read me and the documentation print these."""
    for column in table.columns:
        assert column.meaning.endswith((".", ")")), column.name
        assert column.source, column.name


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_a_heading_to_fill_in_stands_on_one_sheet_only(spoken: Language) -> None:
    """A workbook that comes back is known by these, whatever its sheets are called now."""
    with speaking(spoken):
        places: dict[str, set[str]] = {}
        for table in columns.sheets().values():
            for column in table.columns:
                places.setdefault(column.header.casefold(), set()).add(table.name)
        to_fill = {
            entry.header.casefold()
            for table in columns.sheets().values()
            for entry in table.columns
            if entry.type == "entry"
        }

    assert {header: found for header, found in places.items() if header in to_fill and len(found) > 1} == {}
