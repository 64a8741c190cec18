"""Alembic's entry: runs migrations on the connection it is handed."""

from alembic import context

from scanner.store.schema import metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter a column: batch mode makes a new table and copies.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
