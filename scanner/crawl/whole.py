"""
One whole mail, for evidence that a person has asked to preserve.

The one place where more than headers is asked for; nothing of a scan comes
here.
"""

from scanner.crawl.answer import read_items
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import Response
from scanner.crawl.wire import WireClient


def fetch_whole(client: WireClient, uid: int, limit: int) -> bytes | str:
    """
    Return a mail of the mailbox that is open, byte for byte, or in words why there is none.

    BODY.PEEK[] leaves the flag \\Seen as it is (RFC 9051, 6.4.5).

    Args:
        client: With a mailbox opened by EXAMINE.

        uid: Of the mail.

        limit: Bytes that it may have.

    Raises:
        AccountError: The connection cannot go on.
    """
    size = _ask(client, uid, b"RFC822.SIZE", b"RFC822.SIZE")
    if isinstance(size, int) and size > limit:
        return f"it has {size:,} bytes, more than the {limit:,} that are fetched"
    content = _ask(client, uid, b"BODY.PEEK[]", b"BODY[]")
    if isinstance(content, bytes):
        return content
    return "the server lists it and does not give it" if size is not None else "the server does not list it any more"


def _ask(client: WireClient, uid: int, item: bytes, name: bytes) -> object:
    """Return one item of a mail, None when the server does not tell."""
    found: object = None
    ((_, answers, done),) = client.pipelined([b"UID FETCH %d (UID %b)" % (uid, item)])
    response: Response
    for response in answers:
        # Flags of other sessions may come at any time (RFC 9051, 7.5.2).
        items = read_items(response)
        if items is not None and items.get(b"UID") == uid and name in items:
            found = items[name]
    raise_if_busy(done[0])
    return found
