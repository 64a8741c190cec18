"""Alembic migrations of the store; installed as scanner.migrations."""
