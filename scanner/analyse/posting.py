"""The latest messages or incidents of every address, a few of each."""

from collections.abc import Iterable

from scanner.model import AddressKey

Postings = dict[AddressKey, list[int]]
"""Address → numbers, oldest first."""


def post(postings: Postings, keys: Iterable[AddressKey], number: int, most: int) -> None:
    """
    Add a number to the row of each address; of more than `most` the oldest goes.

    Most addresses have one number or two: a list takes a tenth of the memory
    of a deque with a limit.
    """
    for key in keys:
        row = postings.get(key)
        if row is None:
            postings[key] = [number]
            continue
        row.append(number)
        if len(row) > most:
            del row[0]
