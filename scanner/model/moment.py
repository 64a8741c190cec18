"""When a message was sent, as far as anybody knows."""

_ONE_DAY = 86_400


def is_dated(sent_at: int) -> bool:
    """
    Tell whether a `sent_at` says when a message was sent.

    0 is stored where neither a Date field nor an INTERNALDATE can be read:
    files tell none. Clocks that were never set write the hours around it in
    whatever zone they believe to be in, and nobody sent mail on that day.
    Such a message keeps its place in every order and is in no span of time.

    >>> is_dated(0), is_dated(-3_600), is_dated(1_770_000_000)
    (False, False, True)
    """
    return abs(sent_at) >= _ONE_DAY
