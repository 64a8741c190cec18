"""Whatever breaks between server and scan, the store is complete, or its gaps name what is missing."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from scanner.config import Settings, load_settings
from scanner.pipeline.keeping.upkeep import store_digest, store_status
from scanner.pipeline.scanning.scan import scan
from scanner.store.engine import disposing, open_engine
from scanner.store.schema import epoch, mailbox, message_copy
from tests.crawl.talk import Listener
from tests.journey.allowed import not_allowed
from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import MailboxState, MailServer, ServerAccount
from tests.servers.fault import KINDS, PAIRS, PHASES, FaultyProxy, plan_faults

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


@dataclass(frozen=True, slots=True)
class Office:
    """Mailboxes on a server, and what an undisturbed scan of them gives."""

    server: MailServer
    account: ServerAccount
    undisturbed: Reading
    responses: Mapping[str, int]
    state: Mapping[str, MailboxState]


def _settings(account: ServerAccount, folder: Path, port: int, *, patience: float = 20) -> Settings:
    """Write and load settings that name the account by way of a proxy; `patience` = seconds until a time-out."""
    place = Place(folder)
    place.add(account, port=port, timeout=patience)
    place.write_settings()
    return load_settings(place.settings_file)


def _scan(settings: Settings) -> Reading:
    scan(settings, progress=Listener(), base_wait=0.001)
    return _read(settings)


@pytest.fixture(scope="module")
def office(mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Yield the mailboxes of the server in turn, filled, and read undisturbed once."""
    account = mail_server.add_account("faults")
    first = 1
    for name, count in MAILBOXES.items():
        mail_server.deliver(account, name, many(count, first=first))
        first += count
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSWORD_1", account.password)
        for module in ("steady", "fetch"):
            patch.setattr(f"scanner.crawl.{module}.BATCH_MESSAGES", BATCH)
        with FaultyProxy(mail_server.port, []) as proxy:
            reading = _scan(_settings(account, tmp_path_factory.mktemp("undisturbed"), proxy.port))
            responses = dict(proxy.responses)
        assert responses.keys() == set(PHASES)
        assert (len(reading.copies), reading.gaps) == (sum(MAILBOXES.values()), ())
        yield Office(mail_server, account, reading, responses, mail_server.snapshot(account))


def test_the_plans_reach_every_phase_with_every_fault() -> None:
    """As many seeds as there are pairs, and what an undisturbed scan hears of each phase is not empty."""
    everywhere = dict.fromkeys(PHASES, 10)

    planned = {(fault.kind, fault.phase) for seed in range(len(PAIRS)) for fault in plan_faults(seed, everywhere)}

    assert planned == set(PAIRS)
    assert {kind for kind, _ in planned} == set(KINDS)
    assert len(PAIRS) <= 200


@pytest.mark.parametrize("seed", range(SEEDS))
def test_seeded_faults_lose_nothing_silently(seed: int, office: Office, tmp_path: Path) -> None:
    """The digest is the undisturbed one, or gaps name what is missing; a scan after it makes the digest that one."""
    whole = office.undisturbed

    with FaultyProxy(office.server.port, plan_faults(seed, office.responses)) as proxy:
        disturbed = _scan(_settings(office.account, tmp_path, proxy.port, patience=1))
        proxy.stop_faults()
        healed = _scan(_settings(office.account, tmp_path, proxy.port))
    missing = set(whole.copies) - set(disturbed.copies)

    assert not_allowed(proxy.commands) == set(), proxy.struck
    assert office.server.snapshot(office.account) == office.state, proxy.struck
    assert proxy.struck, "a seed without faults proves nothing"
    assert disturbed.copies.items() <= whole.copies.items(), ("a header no message has", proxy.struck)
    assert disturbed.named <= missing, ("a gap names a message that is there", proxy.struck)
    assert [copy for copy in sorted(missing) if not disturbed.covers(copy)] == [], ("silently", proxy.struck)
    assert disturbed.digest == whole.digest or disturbed.gaps, proxy.struck
    assert healed.gaps == (), proxy.struck
    assert healed.digest == whole.digest, proxy.struck
