"""Bring a store to the newest revision, with the migrations that are installed beside the package."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def alembic_config() -> Config:
    """Return Alembic's configuration without a file; `scanner:migrations` would fail in editable installs."""
    config = Config()
    config.set_main_option("script_location", str(files("scanner.migrations")))
    return config


def upgrade(engine: Engine) -> None:
    """Run all migrations that the store has not seen, in one transaction."""
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
