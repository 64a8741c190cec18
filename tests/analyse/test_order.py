"""The queue's order on case books that were not written for the detection benchmark."""

import pytest

from scanner.model import Incident
from tests.analyse.case_book import CaseBook, Entry
from tests.analyse.second_book import SecondBook
from tests.analyse.sources import run
from tests.analyse.third_book import ThirdBook

SEEDS = range(1, 9)
BOOKS = (CaseBook, SecondBook, ThirdBook)


def queue_of(book: CaseBook) -> tuple[list[Entry], list[Entry], dict[str, Incident]]:
    """Return disclosures, harmless entries, and the incident of each subject that is queued."""
    disclosures, harmless = book.disclosures(), book.harmless()
    messages = [message for entry in (*disclosures, *harmless) for message in entry.messages]
    incidents = [incident for incident in run([*messages, *book.background]).incidents if incident.rank]
    by_identity = {entry.message.identity: incident for incident in incidents for entry in incident.messages}
    found = {
        entry.subject: by_identity[message.identity]
        for entry in (*disclosures, *harmless)
        for message in entry.messages
        if message.identity in by_identity
    }
    return disclosures, harmless, found


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_disclosure_is_queued(seed: int, book: type[CaseBook]) -> None:
    """Nothing real is missing, whatever stands above it."""
    disclosures, _, found = queue_of(book(seed))

    assert [entry.what for entry in disclosures if entry.subject not in found] == []


@pytest.mark.parametrize("book", BOOKS)
def test_disclosures_stand_above_harmless_mail(book: type[CaseBook]) -> None:
    """Of all pairs of a disclosure and a harmless entry, at most three in a hundred are wrong."""
    wrong: list[tuple[str, str]] = []
    pairs = 0
    for seed in SEEDS:
        disclosures, harmless, found = queue_of(book(seed))
        for one in disclosures:
            for other in harmless:
                pairs += 1
                if other.subject in found and found[one.subject].rank > found[other.subject].rank:
                    wrong.append((one.what, other.what))

    assert len(wrong) <= 0.03 * pairs, wrong


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("seed", SEEDS)
def test_few_harmless_entries_are_opened_until_every_disclosure_is_seen(seed: int, book: type[CaseBook]) -> None:
    """Items opened from the top until every disclosure is seen: at most one and a half for each."""
    disclosures, _, found = queue_of(book(seed))

    opened = max(found[entry.subject].rank for entry in disclosures)

    assert opened <= 1.5 * len(disclosures)
