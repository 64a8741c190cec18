"""Numbers in sentences."""


def count(number: int, one: str, many: str = "") -> str:
    """
    Return a number with its noun.

    >>> count(1, "message"), count(2000, "message"), count(2, "mailbox", "mailboxes")
    ('1 message', '2,000 messages', '2 mailboxes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
