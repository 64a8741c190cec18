"""The latest numbers of every address."""

from scanner.analyse.posting import Postings, post
from scanner.model import AddressKey

ADA, BEN = AddressKey("ada@example.org"), AddressKey("ben@example.org")


def test_an_address_keeps_its_latest_numbers_oldest_first() -> None:
    """Of more than so many the oldest goes; the row of another address is not touched."""
    postings: Postings = {}

    post(postings, [ADA, BEN], 1, most=2)
    for number in (2, 3):
        post(postings, [ADA], number, most=2)

    assert postings == {ADA: [2, 3], BEN: [1]}
