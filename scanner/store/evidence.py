"""What the store keeps as evidence: which copies, where they lie, and the hash of each header."""

import hashlib
import heapq
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from scanner.model import HeaderBlock, Identity, IncidentKey
from scanner.store.insert import chunks
from scanner.store.octets import identity_from
from scanner.store.schema import (
    account,
    analysis_run,
    epoch,
    header_block,
    incident,
    incident_message,
    mailbox,
    message,
    message_copy,
)


@dataclass(frozen=True, slots=True)
class KeptEpoch:
    """A mailbox as it was numbered when it was scanned last."""

    epoch_id: int
    account_id: int
    account: str
    mailbox: str
    wire_name: bytes
    uidvalidity: int


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """What one copy was like when it was read."""

    uid: int
    header_sha256: str
    identity: Identity
    expunged: bool
    """A scan has found since that the server lists it no more."""


def kept_epochs(connection: Connection, account_name: str) -> list[KeptEpoch]:
    """Return the account's mailboxes that copies are known of, by name; numberings of the past are left out."""
    rows = connection.execute(
        select(epoch.c.id, account.c.id, account.c.name, mailbox.c.name, mailbox.c.wire_name, epoch.c.uidvalidity)
        .select_from(epoch.join(mailbox, mailbox.c.id == epoch.c.mailbox_id).join(account))
        .where(account.c.name == account_name, epoch.c.is_current)
        .order_by(mailbox.c.wire_name)
    )
    return [KeptEpoch(row[0], row[1], row[2], row[3], bytes(row[4]), row[5]) for row in rows]


def stored_accounts(connection: Connection) -> list[str]:
    """Return the names of all accounts that copies are known of, sorted."""
    rows = connection.execute(
        select(account.c.name)
        .select_from(epoch.join(mailbox, mailbox.c.id == epoch.c.mailbox_id).join(account))
        .where(epoch.c.is_current)
        .distinct()
    ).scalars()
    return sorted(rows)


def copies_of_queued(connection: Connection) -> set[tuple[int, int]]:
    """Return (epoch, UID) of each copy of each message of the queued incidents of the last analysis."""
    result = func.coalesce(analysis_run.c.result_id, analysis_run.c.id)
    newest = select(result).order_by(analysis_run.c.id.desc()).limit(1).scalar_subquery()
    rows = connection.execute(
        select(message_copy.c.epoch_id, message_copy.c.uid)
        .select_from(
            incident.join(
                incident_message,
                (incident_message.c.run_id == incident.c.run_id) & (incident_message.c.incident_key == incident.c.key),
            ).join(message_copy, message_copy.c.message_id == incident_message.c.message_id)
        )
        .where(incident.c.run_id == newest, incident.c.rank > 0)
    )
    return {(row[0], row[1]) for row in rows}


def all_copies(connection: Connection) -> Iterator[tuple[int, int]]:
    """Yield (epoch, UID) of each copy in mailboxes that are numbered as they were."""
    rows = connection.execution_options(stream_results=True).execute(
        select(message_copy.c.epoch_id, message_copy.c.uid)
        .select_from(message_copy.join(epoch, epoch.c.id == message_copy.c.epoch_id))
        .where(epoch.c.is_current)
    )
    for row in rows:
        yield row[0], row[1]


def sampled_copies(connection: Connection, size: int, seed: str) -> set[tuple[int, int]]:
    """
    Return a random sample of copies, the same for the same seed and store.

    Who does not know the seed beforehand cannot know what will be looked at.
    """

    def place(copy: tuple[int, int]) -> bytes:
        return hashlib.blake2b(f"{seed} {copy[0]} {copy[1]}".encode(), digest_size=8).digest()

    return set(heapq.nsmallest(size, all_copies(connection), key=place))


def kept_copies(connection: Connection, epoch_id: int, uids: Sequence[int]) -> dict[int, KeptCopy]:
    """Return what is kept of these copies, by UID."""
    columns = message_copy.c
    found: dict[int, KeptCopy] = {}
    for some in chunks(list(uids)):
        rows = connection.execute(
            select(columns.uid, columns.header_sha256, message.c.identity, columns.expunged)
            .select_from(message_copy.join(message))
            .where(columns.epoch_id == epoch_id, columns.uid.in_(some))
        )
        for row in rows:
            found[row[0]] = KeptCopy(row[0], bytes(row[1]).hex(), identity_from(row[2]), row[3])
    return found


def kept_headers(connection: Connection) -> Iterator[tuple[str, bool]]:
    """Yield (SHA-256, does it still have it) of every header that is kept, by SHA-256; one in memory at a time."""
    rows = connection.execution_options(stream_results=True).execute(
        select(header_block.c.header_sha256, header_block.c.deflated).order_by(header_block.c.header_sha256)
    )
    for sha256, deflated in rows:
        try:
            content = zlib.decompress(bytes(deflated))
        except zlib.error:
            yield bytes(sha256).hex(), False
        else:
            yield bytes(sha256).hex(), hashlib.sha256(content).digest() == bytes(sha256)


def missing_headers(connection: Connection, run_id: int, keys: Collection[IncidentKey]) -> Iterator[str]:
    """Yield the SHA-256 of each header of the messages by which these incidents expose people that is not kept."""
    copies, parts = message_copy.c, incident_message.c
    missing: set[bytes] = set()
    for some in chunks(sorted(keys)):
        rows = connection.execute(
            select(copies.header_sha256)
            .select_from(
                incident_message.join(message_copy, copies.message_id == parts.message_id).outerjoin(
                    header_block, header_block.c.header_sha256 == copies.header_sha256
                )
            )
            .where((parts.run_id == run_id) & (parts.part == "exposing") & parts.incident_key.in_(some))
            .where(header_block.c.header_sha256.is_(None))
        )
        missing.update(bytes(row[0]) for row in rows)
    yield from (one.hex() for one in sorted(missing))


def header_blocks(connection: Connection, run_id: int, keys: Collection[IncidentKey]) -> Iterator[HeaderBlock]:
    """Yield the kept headers of the messages of these incidents, Bcc siblings included, each once, by hash."""
    hashes: set[bytes] = set()
    for some in chunks(sorted(keys)):
        rows = connection.execute(
            select(header_block.c.header_sha256)
            .select_from(
                header_block.join(incident_message, incident_message.c.message_id == header_block.c.message_id)
            )
            .where(
                incident_message.c.run_id == run_id,
                incident_message.c.incident_key.in_(some),
            )
        )
        hashes.update(bytes(row[0]) for row in rows)
    for some_hashes in chunks(sorted(hashes)):
        found = connection.execute(
            select(header_block.c.header_sha256, header_block.c.deflated).where(
                header_block.c.header_sha256.in_(some_hashes)
            )
        )
        blocks = {bytes(sha256): bytes(deflated) for sha256, deflated in found}
        yield from (HeaderBlock(one.hex(), zlib.decompress(blocks[one])) for one in some_hashes)
