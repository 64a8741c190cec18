"""Half a million messages into a mailbox of our Dovecot within a minute: as one mbox file, not a file each."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from benchmarks.mailbox import Mail
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot

_WRITE_BUFFER = 4 << 20


def add_mbox_account(server: Dovecot, name: str) -> ServerAccount:
    """Create an account whose mail lies in mbox files (RFC 4155), unlike that of the server's other accounts."""
    account = server.add_account(name)
    home = server.folder / "mail" / name
    shutil.rmtree(home / "Maildir")
    (home / "mbox").mkdir()
    (home / "inbox").touch()
    for path in (home / "mbox", home / "inbox"):
        _give(path, home)
    users = server.folder / "users" / name
    # What stands behind a password wins over the settings of all accounts.
    users.write_text(f"{name}:{account.password}::::::userdb_mail=mbox:~/mbox:INBOX=~/inbox\n", encoding="utf-8")
    return account


def deliver(server: Dovecot, account: ServerAccount, mailbox: str, mails: Iterable[Mail]) -> None:
    """Write a new mailbox of an account made above; no line of a body may begin with "From "."""
    home = server.folder / "mail" / account.user
    path = home / "mbox" / mailbox
    with path.open("xb", buffering=_WRITE_BUFFER) as file:
        for moment, _, raw in mails:
            file.write(f"From someone@mail.example {moment:%a %b %d %H:%M:%S %Y}\n".encode("ascii"))
            file.write(raw.replace(b"\r\n", b"\n"))
            file.write(b"\n")
    _give(path, home)


def _give(path: Path, home: Path) -> None:
    """Give a file to whom the account's folder belongs."""
    owner = home.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
