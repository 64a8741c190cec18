"""Headers that are evidence by now and were not kept when their mail was read: asked for once more."""

import zlib

from scanner.model import FoundMailbox, OpenedMailbox, Progress
from scanner.pipeline.reaching.intake import Crawl
from scanner.pipeline.scanning.shared_store import SharedStore
from scanner.store.kept_header import end_asking, keep_blocks, message_numbers, missing_uids
from scanner.uids import Ranges, count, intersect


def read_missing_headers(
    store: SharedStore,
    crawl: Crawl,
    mailbox: FoundMailbox,
    opened: OpenedMailbox,
    epoch_id: int,
    rule: str,
    listed: Ranges,
    progress: Progress,
) -> None:
    """
    Fetch and keep the headers of a mailbox that are missing; where none is, nothing is asked.

    Only the very bytes that were read before are evidence of it: a header
    that the server gives otherwise now is not kept, and reports go on saying
    that it is missing.

    Args:
        store: All headers are committed, and whose structure is wanted is noted.

        crawl: Of the account.

        mailbox: Which one.

        opened: What it was like when it was opened.

        epoch_id: Its number in the store.

        rule: Names what decides.

        listed: What it lists within the mandate's period: nothing else may be read.

        progress: Told how many are asked for, and done.

    Raises:
        AccountError: The account cannot be read on; the next scan asks again.
    """
    with store.begin() as connection:
        missing = intersect(missing_uids(connection, epoch_id, rule), listed)
    left = count(missing)
    if left:
        progress.expect(left)
        try:
            for batch in crawl.batches(mailbox, opened, missing):
                given = {message.uid: message for message in batch.messages}
                with store.begin() as connection:
                    kept = message_numbers(connection, epoch_id, given)
                    blocks = {
                        sha256: (number, zlib.compress(given[uid].header_block, 1))
                        for uid, (number, sha256) in kept.items()
                        if given[uid].header_sha256 == sha256
                    }
                    keep_blocks(connection, blocks)
                done = count(batch.examined)
                left -= done
                progress.advance(done)
        finally:
            progress.expect(-left)
    with store.begin() as connection:
        end_asking(connection, epoch_id, rule)
