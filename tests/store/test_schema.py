"""The tables, their migrations and the version that the package asks for are one and the same."""

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.fields import HEADER_FIELDS
from scanner.crawl.header import build_message
from scanner.store.engine import create_store, store_url
from scanner.store.schema import FIELD_COLUMNS, SCHEMA_REVISION, message, metadata
from scanner.store.upgrade import alembic_config, upgrade

TABLES = """
    account mailbox epoch message message_copy header_block address recipient crawl_run crawl_mailbox gap policy
    address_class analysis_run finding incident incident_message incident_reason incident_change person person_address
    merge_decision decision export_log incident_found structure
"""


def test_the_migrations_make_what_the_metadata_says(store: str) -> None:
    """Alembic finds no difference between a migrated store and the tables of the package."""
    url = store_url(store)
    migrated = create_engine(url)

    upgrade(migrated)

    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrated.dispose()


def test_a_new_store_is_as_if_it_were_migrated(engine: Engine) -> None:
    """New stores are made without Alembic; its next migration finds them as it left its own."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)

        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_partial_indexes_hold_only_their_rows(engine: Engine) -> None:
    """Alembic does not compare conditions of indexes; both databases have them."""
    name = "dialect_options"
    inspector = inspect(engine)

    conditions: dict[str, Any] = {
        str(index["name"]): index.get(name, {})
        for table in ("message", "recipient", "structure")
        for index in inspector.get_indexes(table)
    }

    key = f"{engine.dialect.name}_where"
    assert "IS NOT NULL" in str(conditions["ix_message_list_post"][key])
    assert "'bcc'" in str(conditions["ix_recipient_bcc"][key])
    assert "IS NULL" in str(conditions["ix_structure_wanted"][key])


def test_the_revision_asked_for_is_the_newest_migration() -> None:
    """A migration without a new SCHEMA_REVISION would lock people out of their stores."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()

    assert head == SCHEMA_REVISION


def test_every_table_of_the_design_is_there(engine: Engine) -> None:
    """Later stages find the tables that the design gives them."""
    there = set(inspect(engine).get_table_names())

    assert set(TABLES.split()) <= there


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    """A store of the newest revision is left as it is."""
    upgrade(engine)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrations_can_be_taken_back(store: str) -> None:
    """A downgrade to nothing leaves nothing but Alembic's own table."""
    config = alembic_config()
    engine = create_store(store)

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_every_field_that_is_parsed_has_a_column() -> None:
    """What the crawl puts into Message.fields is kept, and nothing is kept that it never puts there."""
    names = [name for name in HEADER_FIELDS.split() if name != "Resent-Date"]
    header = b"".join(f"{name}: <a@list.example>\r\n".encode() for name in names) + b"\r\n"

    parsed = build_message(FetchAnswer(1, b"03-Mar-2025 09:00:00 +0000", 1, b"", header), header, is_draft=False)

    assert set(parsed.fields) == set(FIELD_COLUMNS)
    assert set(FIELD_COLUMNS.values()) <= set(message.c.keys())


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_constraint_has_a_name(table: str) -> None:
    """SQLite and PostgreSQL can only alter constraints that they can name."""
    constraints = metadata.tables[table].constraints

    assert all(constraint.name for constraint in constraints)
