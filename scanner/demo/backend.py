"""
pymap's in-memory backend, filled without a wire and with special-use attributes.

Only `scanner.demo.server` imports this module, because pymap is an extra.
Messages are put where pymap's APPEND would put them, but parsed on first
use: three thousand are ready in a tenth of a second, and the mail of an
account nobody opens is never parsed. pymap answers plain LIST with what is
given here and BAD to LIST … RETURN, so SPECIAL-USE is not announced; RFC
6154, 2, lets a server show the attributes in plain LIST all the same.
"""

import asyncio
from argparse import Namespace
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import uuid4

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, MailboxSet, Message
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.listtree import ListEntry, ListTree
from pymap.mime import MessageContent
from pymap.parsing.specials import FetchRequirement
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from scanner.demo.mailbox import ServedAccount, ServedMailbox

UIDVALIDITY = 1_700_000_000
"""Of the first mailbox; the others count on. Fixed, so that a second demo reads the same epochs."""

# A deleted message leaves a hole behind every so many UIDs, as in any mailbox with a past.
_UIDS_BETWEEN_HOLES = 17


class DemoConfig(Config):
    """pymap's settings without host look-ups, password hashing and thread pools."""

    def __init__(self) -> None:
        super().__init__(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            demo_data=False,
            demo_user="",
            demo_password="",
            host="127.0.0.1",
            port=0,
            tls_enabled=False,
            reject_dnsbl=False,
            invalid_user_sleep=0.0,
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
        )

    @property
    def greeting(self) -> bytes:
        return b"Blindcopy demo server ready"


class LazyMessage(Message):
    """A message whose octets are parsed when a client first asks for them."""

    __slots__ = ("_octets",)

    def __init__(self, uid: int, internal_date: datetime, flags: Iterable[Flag], octets: bytes) -> None:
        super().__init__(uid, internal_date, flags)
        self._octets = octets

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        if requirement == FetchRequirement.NONE:
            return LoadedMessage(self, requirement, None)
        return LoadedMessage(self, requirement, MessageContent.parse(self._octets))


class DemoMailbox(MailboxData):
    """A mailbox that is filled when it is made."""

    def __init__(self, messages: MailboxSet, mailbox: ServedMailbox, uidvalidity: int) -> None:
        super().__init__(messages._content_cache, messages._thread_cache)
        self._uid_validity = uidvalidity
        for place, message in enumerate(mailbox.messages):
            uid = place + 1 + place // _UIDS_BETWEEN_HOLES
            flags = [Flag(flag.encode()) for flag in message.flags]
            self._messages[uid] = LazyMessage(uid, message.internal_at, flags, message.content)
            self._max_uid = uid
        self._mod_sequences.update(list(self._messages))


@dataclass(frozen=True)
class SpecialEntry(ListEntry):
    """A LIST entry with an attribute of RFC 6154."""

    special_use: str

    @property
    def attributes(self) -> Sequence[bytes]:
        return [*super().attributes, self.special_use.removeprefix("\\").encode()]


class SpecialTree(ListTree):
    """A tree of mailboxes that knows which of them have a special use."""

    __slots__ = ("_special",)

    def __init__(self, delimiter: str, special: dict[str, str]) -> None:
        super().__init__(delimiter)
        self._special = special

    def list_matching(self, ref_name: str, filter_: str) -> Iterable[ListEntry]:
        for entry in super().list_matching(ref_name, filter_):
            special = self._special.get(entry.name)
            if special:
                yield SpecialEntry(entry.name, entry.exists, entry.marked, entry.has_children, special)
            else:
                yield entry


class DemoMailboxSet(MailboxSet):
    """The mailboxes of one account."""

    def __init__(self, account: ServedAccount, uidvalidity: int) -> None:
        super().__init__()
        self._account = account
        for place, mailbox in enumerate(account.mailboxes):
            filled = DemoMailbox(self, mailbox, uidvalidity + place)
            if mailbox.name.upper() == "INBOX":
                self._inbox = filled
            else:
                self._set[mailbox.name] = filled

    @property
    def delimiter(self) -> str:
        return self._account.delimiter

    @cached_property
    def special_uses(self) -> dict[str, str]:
        """Names of mailboxes with a special use → the attribute."""
        return {mailbox.name: mailbox.special_use for mailbox in self._account.mailboxes if mailbox.special_use}

    async def list_mailboxes(self) -> ListTree:
        return SpecialTree(self.delimiter, self.special_uses).update("INBOX", *self._set)


def imap_server(accounts: Collection[ServedAccount]) -> IMAPServer:
    """Return a pymap server that knows the accounts and their mail; call it inside the event loop."""
    config = DemoConfig()
    config.apply_context()
    login = Login(config)
    uidvalidity = UIDVALIDITY
    for account in accounts:
        login.users_dict[account.user] = UserMetadata(config, account.user, password=account.password)
        config.set_cache[account.user] = DemoMailboxSet(account, uidvalidity), FilterSet()
        uidvalidity += len(account.mailboxes)
    return IMAPServer(login, config)


class GatheringWriter(asyncio.StreamWriter):
    """Sends what was written in one piece at each drain: pymap writes a FETCH answer in a dozen scraps."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(writer.transport, writer.transport.get_protocol(), None, loop)
        self._scraps = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._scraps += data

    async def drain(self) -> None:
        if self._scraps:
            super().write(bytes(self._scraps))
            self._scraps.clear()
        await super().drain()


async def listen(accounts: Collection[ServedAccount]) -> asyncio.Server:
    """Start serving on a free port of the loopback interface and return the listening server."""
    server = imap_server(accounts)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server(reader, GatheringWriter(writer), SocketInfoLocal(writer.transport, unique_id=uuid4().bytes))

    return await asyncio.start_server(connected, host="127.0.0.1", port=0)
