"""Whatever breaks between server and scan, the store is complete, or its gaps name what is missing."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from scanner.config import Settings, load_settings
from scanner.pipeline.scan import scan
from scanner.pipeline.upkeep import store_digest, store_status
from scanner.store.engine import disposing, open_engine
from scanner.store.schema import epoch, mailbox, message_copy
from tests.crawl.talk import Listener
from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.fault import Fault, FaultyProxy, plan_faults

SEEDS = int(os.environ.get("BLINDCOPY_FAULT_SEEDS", "6"))
"""`make faults` runs many more."""

MAILBOXES = {"Sent": 60, "Sent Items": 25, "Sent/2019": 15}
BATCH = 16
"""Messages: several FETCH commands and commits for each mailbox."""

MESSAGE_GAPS = frozenset({"message_unserved", "message_unparsed"})

Copy = tuple[str, int]
"""(mailbox, uid)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store says after a scan."""

    digest: str
    copies: dict[Copy, bytes]
    """SHA-256 of the header block."""

    gaps: tuple[tuple[str, str | None, int | None], ...]
    """(kind, mailbox, uid)"""

    @property
    def named(self) -> set[Copy]:
        """Messages that a gap names one by one."""
        return {(box, uid) for kind, box, uid in self.gaps if kind in MESSAGE_GAPS and box and uid}

    def covers(self, copy: Copy) -> bool:
        """Tell whether a gap names the message, its mailbox, or the whole account."""
        return copy in self.named or any(uid is None and box in (None, copy[0]) for _, box, uid in self.gaps)


def _read(settings: Settings) -> Reading:
    query = (
        select(mailbox.c.name, message_copy.c.uid, message_copy.c.header_sha256)
        .select_from(message_copy.join(epoch).join(mailbox))
        .where(~message_copy.c.expunged)
    )
    with disposing(open_engine(settings.store_url, read_only=True)) as engine, engine.connect() as connection:
        copies = {(name, uid): bytes(sha) for name, uid, sha in connection.execute(query)}
    gaps = tuple((gap.kind, gap.mailbox, gap.uid) for gap in store_status(settings).gaps)
    return Reading(store_digest(settings), copies, gaps)


@dataclass(slots=True)
class Office:
    """Mailboxes on a server, and what an undisturbed scan of them gives."""

    server: MailServer
    account: ServerAccount
    undisturbed: Reading | None = None
    responses: int = 0

    def settings(self, folder: Path, port: int) -> Settings:
        """Write and load settings that name the account by way of a proxy."""
        place = Place(folder)
        place.add(self.account, port=port, password=self.account.password, timeout=1)
        place.write_settings()
        return load_settings(place.settings_file)


_OFFICES: dict[int, Office] = {}


@pytest.fixture
def office(
    mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """Return the mailboxes of the server in turn, filled and read undisturbed once."""
    for module in ("account", "fetch"):
        monkeypatch.setattr(f"scanner.crawl.{module}.BATCH_MESSAGES", BATCH)
    if id(mail_server) not in _OFFICES:
        made = Office(mail_server, mail_server.add_account("faults"))
        first = 1
        for name, count in MAILBOXES.items():
            mail_server.deliver(made.account, name, many(count, first=first))
            first += count
        monkeypatch.setenv("PASSWORD_1", made.account.password)
        with FaultyProxy(mail_server.port, []) as proxy:
            settings = made.settings(tmp_path_factory.mktemp("undisturbed"), proxy.port)
            scan(settings, progress=Listener(), base_wait=0.001)
            made.undisturbed, made.responses = _read(settings), proxy.responses
        _OFFICES[id(mail_server)] = made
    found = _OFFICES[id(mail_server)]
    monkeypatch.setenv("PASSWORD_1", found.account.password)
    return found


def _check_disturbed(office: Office, faults: list[Fault], folder: Path) -> list[str]:
    """Scan with faults and state what must hold; return the faults that struck."""
    whole = office.undisturbed
    assert whole is not None
    assert (len(whole.copies), whole.gaps) == (sum(MAILBOXES.values()), ())
    with FaultyProxy(office.server.port, faults) as proxy:
        settings = office.settings(folder, proxy.port)
        scan(settings, progress=Listener(), base_wait=0.001)
        disturbed, struck = _read(settings), list(proxy.struck)
        proxy.stop_faults()

        scan(settings, progress=Listener(), base_wait=0.001)
        healed = _read(settings)

    # Shown by pytest when something below does not hold.
    print(*struck, sep="\n")
    missing = set(whole.copies) - set(disturbed.copies)
    assert disturbed.copies.items() <= whole.copies.items(), "a header was stored that no message has"
    assert disturbed.named <= missing, "a gap names a message that is there"
    assert [copy for copy in sorted(missing) if not disturbed.covers(copy)] == [], "a message is missing silently"
    assert disturbed.digest == whole.digest or disturbed.gaps
    assert healed.gaps == ()
    assert healed.digest == whole.digest
    return struck


@pytest.mark.parametrize("seed", range(SEEDS))
def test_seeded_faults_lose_nothing_silently(seed: int, office: Office, tmp_path: Path) -> None:
    """The digest is the undisturbed one, or gaps name what is missing; a scan after it makes the digest that one."""
    faults = plan_faults(seed, office.responses)

    struck = _check_disturbed(office, faults, tmp_path)

    assert struck
