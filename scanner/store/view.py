"""
Documented views of the store for people who ask their own questions in SQL.

Columns are those that reports/columns.toml lists for the frame of the same
name, as plain values: moments in seconds since 1970-01-01 UTC, flags as the
database keeps them. The frames of `scanner.open_store` select the same.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

_LATEST_RUN = "(SELECT COALESCE(result_id, id) FROM analysis_run ORDER BY id DESC LIMIT 1)"
_LATEST_POLICY = "(SELECT policy_id FROM analysis_run ORDER BY id DESC LIMIT 1)"


@dataclass(frozen=True, slots=True)
class View:
    """One view: column name → expression, and where the rows come from."""

    columns: Mapping[str, str]
    source: str
    order: str
    """Column of the source that gives the order of storing; rows may be read in pieces by it."""

    def select(self, dialect: str, wrap: Callable[[str, str], str] = lambda name, expression: expression) -> str:
        """
        Return the SELECT of the view, without an order.

        Args:
            dialect: SQLAlchemy's name of the database.

            wrap: Changes the expression of a named column.
        """
        functions = _FUNCTIONS[dialect]
        columns = ", ".join(
            f"{wrap(name, functions(expression))} AS {name}" for name, expression in self.columns.items()
        )
        return f"SELECT {columns} FROM {self.source}"


VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "messages": View(
            columns={
                "identity": "HEX(message.identity)",
                "message_id": "message.message_id",
                "sent_at": "message.sent_at",
                "sent_offset": "message.sent_offset",
                "origin": "message.origin",
                "subject": "message.subject",
                "sender": "sender.address_key",
                # A message's recipients lie together: counting them one message at a time keeps memory flat.
                "visible_addresses": """(SELECT COUNT(DISTINCT seen.address_id) FROM recipient AS seen
                     WHERE seen.message_id = message.id
                       AND seen.field IN ('to', 'cc', 'resent-to', 'resent-cc'))""",
                "bcc_addresses": """(SELECT COUNT(DISTINCT hidden.address_id) FROM recipient AS hidden
                     WHERE hidden.message_id = message.id AND hidden.field = 'bcc')""",
                "copies": "(SELECT COUNT(*) FROM message_copy WHERE message_copy.message_id = message.id)",
                "attachment_count": "structure.attachment_count",
                "attachment_names": "structure.attachment_names",
            },
            source="""message
                LEFT JOIN address AS sender ON sender.id = message.from_id
                LEFT JOIN structure ON structure.message_id = message.id""",
            order="message.id",
        ),
        "recipients": View(
            columns={
                "identity": "HEX(message.identity)",
                "position": "recipient.position",
                "field": "recipient.field",
                "address": "address.address_key",
                # What is left of the key without all that ends in @: a quoted local part may hold one itself.
                "domain": """SUBSTR(address.address_key,
                     LENGTH(RTRIM(address.address_key, REPLACE(address.address_key, '@', ''))) + 1)""",
                "display_name": "TEXT_OF(recipient.display_name)",
                "written": "COALESCE(recipient.written, address.address_key)",
                "group_name": "recipient.group_name",
                "defect": "recipient.defect",
                "address_class": "address_class.kind",
                "class_rule": "address_class.rule",
                "outsider": "address_class.outsider",
                "organisation": "address_class.organisation",
                "private": "address_class.private",
                "role_address": "address_class.role",
            },
            source=f"""recipient
                JOIN message ON message.id = recipient.message_id
                LEFT JOIN address ON address.id = recipient.address_id
                LEFT JOIN address_class ON address_class.address_id = recipient.address_id
                 AND address_class.policy_id = {_LATEST_POLICY}""",
            order="recipient.message_id, recipient.position",
        ),
        "reasons": View(
            columns={
                "rank": "incident.rank",
                "incident": "incident.key",
                "rule": "incident_reason.rule",
                "points": "incident_reason.points",
                "reason": "incident_reason.text",
            },
            source=f"""incident_reason
                JOIN incident ON incident.run_id = incident_reason.run_id
                 AND incident.key = incident_reason.incident_key
                 AND incident.run_id = {_LATEST_RUN} AND incident.rank > 0""",
            order="incident.rank, incident_reason.position",
        ),
    }
)
"""Name → view."""


def _sqlite(expression: str) -> str:
    return expression.replace("TEXT_OF(recipient.display_name)", "CAST(recipient.display_name AS TEXT)").replace(
        "HEX(message.identity)", "LOWER(HEX(message.identity))"
    )


def _postgresql(expression: str) -> str:
    # PostgreSQL has no text with a NUL: such a name is shown as no name.
    shown = "CASE WHEN POSITION('\\x00'::bytea IN recipient.display_name) = 0 THEN"
    return expression.replace(
        "TEXT_OF(recipient.display_name)", f"{shown} CONVERT_FROM(recipient.display_name, 'UTF8') END"
    ).replace("HEX(message.identity)", "ENCODE(message.identity, 'hex')")


_FUNCTIONS: Mapping[str, Callable[[str], str]] = {"sqlite": _sqlite, "postgresql": _postgresql}


def create_views(
    connection: Connection,
    personal: Mapping[str, Mapping[str, str]],
    pseudonym: Callable[[str, str], str] | None,
) -> None:
    """
    Make the views for this connection only; the store itself is not changed.

    Args:
        connection: A connection that reads only, outside a transaction.

        personal: View → column → kind of pseudonym, for columns that name somebody.

        pseudonym: Called with kind and text. None shows names. With
            pseudonyms (SQLite only) the tables themselves cannot be read.
    """
    dialect = connection.dialect.name
    driver: Any = connection.connection.driver_connection
    if dialect == "sqlite":
        # query_only would refuse even temporary views.
        driver.execute("PRAGMA query_only = OFF")
    else:
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
    if pseudonym is not None:
        driver.create_function("pseudonym", 2, _nullable(pseudonym), deterministic=True)
    for name, view in VIEWS.items():
        kinds = personal[name] if pseudonym is not None else {}
        select = view.select(dialect, _wrapped(kinds))
        statement = "CREATE TEMP VIEW IF NOT EXISTS" if dialect == "sqlite" else "CREATE OR REPLACE TEMP VIEW"
        connection.exec_driver_sql(f"{statement} {name} AS {select}")
    connection.commit()
    if dialect == "sqlite":
        driver.execute("PRAGMA query_only = ON")
        driver.set_authorizer(_views_only if pseudonym is not None else None)


def _wrapped(kinds: Mapping[str, str]) -> Callable[[str, str], str]:
    return lambda name, expression: f"pseudonym('{kinds[name]}', {expression})" if name in kinds else expression


def _nullable(pseudonym: Callable[[str, str], str]) -> Callable[[str, str | None], str | None]:
    return lambda kind, value: None if value is None else pseudonym(kind, value)


# What the database says about itself names nobody.
_OPEN_TABLES = frozenset({*VIEWS, "sqlite_master", "sqlite_temp_master"})


def _views_only(action: int, table: str | None, column: str | None, _database: str | None, view: str | None) -> int:
    # Guards against naming somebody by accident, not against the owner of the file.
    if action == sqlite3.SQLITE_READ and table not in _OPEN_TABLES and view not in VIEWS and column:
        return sqlite3.SQLITE_DENY
    if action in (sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_ATTACH):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
