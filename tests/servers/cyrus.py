"""
A Cyrus 3 of our own: its own configuration, loopback ports, users and mail in a temporary folder.

It needs nothing that runs already and ends with the tests. Started by root,
it works as the user `cyrus`. Mail goes in by APPEND, some dozens a second:
keep mailboxes small.
"""

import contextlib
import grp
import hashlib
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient.imap_utf7 import encode as modified_utf7

from tests.servers import Mail, MailboxState, ServerAccount, ServerMissingError
from tests.servers.certificate import Authority

_BIN = Path("/usr/lib/cyrus/bin")
_PASSWORD = "correct horse %d"
_ADMINISTRATOR = ServerAccount("administrator", "a battery staple")
_SPECIAL_USES = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Trash": "\\Trash"}

# Skiplists need no fsync here: the mail lives as long as the tests. Unless told otherwise, Cyrus deletes no \Sent.
_CONFIGURATION = """
configdirectory: {folder}/conf
partition-default: {folder}/spool
proc_path: {folder}/run/proc
mboxname_lockpath: {folder}/run/lock
lmtpsocket: {folder}/run/lmtp
idlesocket: {folder}/run/idle
notifysocket: {folder}/run/notify
cyrus_user: {user}
cyrus_group: {group}
servername: localhost
admins: {administrator}
proxyservers: {administrator}
altnamespace: yes
unixhierarchysep: yes
mailbox_legacy_dirs: yes
skiplist_unsafe: yes
specialuse_protect: \\Snoozed
allowplaintext: yes
failedloginpause: 0
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/conf/sasldb2
tls_server_cert: {folder}/tls/good.pem
tls_server_key: {folder}/tls/good.key
"""

_SERVICES = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {folder}/imapd.conf -U 100" listen="127.0.0.1:{port}" proto="tcp4" prefork=1
  imaps cmd="{bin}/imapd -s -C {folder}/imapd.conf -U 100" listen="127.0.0.1:{tls_port}" proto="tcp4" prefork=0
}}
EVENTS {{
}}
"""


class Cyrus:
    """A running server; use as a context manager."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self._saslpasswd = shutil.which("saslpasswd2", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if self._saslpasswd is None or not all(os.access(_BIN / name, os.X_OK) for name in ("master", "imapd")):
            raise ServerMissingError("Cyrus is not installed (Debian, as root: .ci/install-cyrus)")
        try:
            me = pwd.getpwnam("cyrus") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        except KeyError as error:
            raise ServerMissingError("there is no user cyrus (Debian, as root: .ci/install-cyrus)") from error
        # pytest's own folders are closed to the user that mail belongs to, and too long for socket names.
        self.folder = Path(tempfile.mkdtemp(prefix="bc-cyrus-", dir="/tmp"))
        self.folder.chmod(0o755)
        for name in ("conf", "spool", "run", "tls"):
            (self.folder / name).mkdir()
        with socket.create_server((self.host, 0)) as one, socket.create_server((self.host, 0)) as other:
            self.port: int = one.getsockname()[1]
            self.tls_port: int = other.getsockname()[1]
        authority = Authority(self.folder / "tls")
        authority.issue("good", names=("DNS:localhost", f"IP:{self.host}"))
        self.ca_file = str(authority.ca_file)
        self._accounts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._configure(me)

    def _configure(self, me: pwd.struct_passwd) -> None:
        text = _CONFIGURATION.format(
            folder=self.folder,
            user=me.pw_name,
            group=grp.getgrgid(me.pw_gid).gr_name,
            administrator=_ADMINISTRATOR.user,
        )
        (self.folder / "imapd.conf").write_text(text, encoding="utf-8")
        services = _SERVICES.format(bin=_BIN, folder=self.folder, port=self.port, tls_port=self.tls_port)
        (self.folder / "cyrus.conf").write_text(services, encoding="utf-8")
        self._let_in(_ADMINISTRATOR)
        if os.geteuid() == 0:
            for path in (*self.folder.iterdir(), *(self.folder / "tls").iterdir(), self.folder / "conf" / "sasldb2"):
                os.chown(path, me.pw_uid, me.pw_gid)

    def _let_in(self, account: ServerAccount) -> None:
        subprocess.run(
            [str(self._saslpasswd), "-f", str(self.folder / "conf" / "sasldb2"), "-cpu", "localhost", account.user],
            input=account.password.encode(),
            check=True,
            capture_output=True,
            timeout=30,
        )

    def __enter__(self) -> Self:
        master = [str(_BIN / "master"), "-C", "imapd.conf", "-M", "cyrus.conf", "-p", "run/master.pid"]
        with (self.folder / "start.log").open("wb") as log:
            self._process = subprocess.Popen(
                [part if "." not in part else str(self.folder / part) for part in master],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 5) as greeted:
                if greeted.recv(4) == b"* OK":
                    return self
            time.sleep(0.05)
        self.close()
        raise RuntimeError(f"Cyrus did not start:\n{self.log()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """End the server with all its processes and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # An imapd with a client ends only when that client does.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def log(self) -> str:
        """Return what the server printed; everything else it tells syslog."""
        return (self.folder / "start.log").read_text(encoding="utf-8", errors="replace")

    # --- accounts and mail ---------------------------------------------------

    @property
    def administrator(self) -> ServerAccount:
        """May sign in as any other account (RFC 4616: the authorization identity)."""
        return _ADMINISTRATOR

    def add_account(self, name: str) -> ServerAccount:
        """Create an account with an empty INBOX."""
        self._accounts += 1
        account = ServerAccount(name, _PASSWORD % self._accounts)
        self._let_in(account)
        with self._client(_ADMINISTRATOR) as client:
            _done(client.create(f"user/{name}"))
        return account

    def deliver(self, account: ServerAccount, mailbox: str, mails: Iterable[Mail]) -> list[int]:
        """
        Append mails to a mailbox, which is made when it is new; return their UIDs.

        What comes after a \\Recent message is \\Recent as well: Cyrus keeps
        the highest UID that somebody has seen, no flag.
        """
        name = _quoted(mailbox)
        uids: list[int] = []
        with self._client(account) as client:
            if mailbox != "INBOX" and client.status(name, "(UIDNEXT)")[0] != "OK":
                use = _SPECIAL_USES.get(mailbox)
                # RFC 6154, 3: CREATE with a special use.
                _done(client.xatom("CREATE", name, *([f"(USE ({use}))"] if use else [])))
            is_seen = True
            for internal, flags, raw in mails:
                if is_seen and "\\Recent" in flags:
                    _done(client.select(name))
                    _done(client.unselect())
                    is_seen = False
                kept = " ".join(flag for flag in flags if flag != "\\Recent")
                said = _done(client.append(name, f"({kept})", imaplib.Time2Internaldate(internal), raw))
                uids.append(int(re.search(rb"APPENDUID \d+ (\d+)", said)[1]))  # type: ignore[index]  # RFC 4315
            if is_seen:
                _done(client.select(name))
        return uids

    def expunge(self, account: ServerAccount, mailbox: str, uids: Iterable[int]) -> None:
        """Remove messages as another client would."""
        with self._client(account) as client:
            _done(client.select(_quoted(mailbox)))
            _done(client.uid("STORE", ",".join(map(str, uids)), "+FLAGS", "(\\Deleted)"))
            _done(client.expunge())

    def renumber(self, account: ServerAccount, mailbox: str, uidvalidity: int) -> int:
        """
        Make a mailbox without children anew with the same mail.

        Returns:
            The new UIDVALIDITY: Cyrus takes the clock's seconds, not what it is told.
        """
        with self._client(account) as client:
            _done(client.select(_quoted(mailbox), readonly=True))
            answers = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]
            _done(client.unselect())
            _done(client.delete(_quoted(mailbox)))
        self.deliver(account, mailbox, [_mail(*answer) for answer in answers if isinstance(answer, tuple)])
        return self.snapshot(account)[mailbox].uidvalidity

    # --- looking without touching -------------------------------------------

    @contextlib.contextmanager
    def _client(self, account: ServerAccount) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4(self.host, self.port, timeout=60)
        # An APPEND is three small writes; held back by Nagle's algorithm, it takes 40 ms longer.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client.login(account.user, account.password)
            yield client
        finally:
            client.logout()

    def snapshot(self, account: ServerAccount) -> dict[str, MailboxState]:
        """Return the state of every mailbox by its name on disk: as EXAMINE tells it, and as the files are."""
        root = self.folder / "spool" / "user" / account.user
        # With unixhierarchysep a dot in a name lies on disk as "^".
        folders = sorted(each.parent for each in root.rglob("cyrus.header"))
        names = {"INBOX" if each == root else str(each.relative_to(root)).replace("^", "."): each for each in folders}
        with self._client(account) as client:
            return {name: _state(client, name, path) for name, path in names.items()}


def _done(answer: tuple[str, list[bytes | None]]) -> bytes:
    """Return the first line of an answer that is OK."""
    status, lines = answer
    assert status == "OK", (status, lines)
    return lines[0] or b""


def _quoted(mailbox: str) -> str:
    return f'"{modified_utf7(mailbox).decode("ascii")}"'


def _mail(head: bytes, raw: bytes) -> Mail:
    moment = imaplib.Internaldate2tuple(head)
    assert moment is not None
    flags = tuple(flag.decode() for flag in imaplib.ParseFlags(head) if flag != b"\\Recent")
    return datetime.fromtimestamp(time.mktime(moment), UTC), flags, raw


def _state(client: imaplib.IMAP4, name: str, path: Path) -> MailboxState:
    _done(client.select(f'"{name}"', readonly=True))
    figures = {key: int(client.response(key)[1][0] or 0) for key in ("UIDVALIDITY", "UIDNEXT", "RECENT")}
    answers = client.uid("FETCH", "1:*", "(FLAGS)")[1]
    found = (re.search(rb"FLAGS \((.*?)\) UID (\d+)", each) for each in answers if each)
    flags = sorted((int(match[2]), tuple(sorted(match[1].decode().split()))) for match in found if match)
    files = sorted(
        (each.name, hashlib.sha256(each.read_bytes()).hexdigest())
        for each in path.iterdir()
        if each.name[0].isdigit() and each.is_file()
    )
    return MailboxState(
        uidvalidity=figures["UIDVALIDITY"],
        uidnext=figures["UIDNEXT"],
        recent=figures["RECENT"],
        flags=tuple(flags),
        files=tuple(files),
    )
