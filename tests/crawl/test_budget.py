"""The bytes of a day are counted over all scans of it, and end with it."""

import pytest

from scanner.crawl import budget
from scanner.crawl.budget import Budget
from scanner.errors import BudgetSpentError


class Ledger(dict[int, int]):
    """Remembers bytes by day, as a store does."""

    def keep(self, day: int, received: int) -> int:
        self[day] = self.get(day, 0) + received
        return self[day]


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that holds the number of today."""
    today = [20_000]
    monkeypatch.setattr(budget, "utc_day", lambda: today[0])
    return today


def test_a_budget_is_spent_when_its_last_byte_has_come(day: list[int]) -> None:
    """One byte less is not."""
    spent = Budget(1_000, Ledger().keep)

    spent.add(999)
    before = spent.is_spent
    spent.add(1)

    assert (before, spent.is_spent) == (False, True)


def test_earlier_scans_of_the_day_count(day: list[int]) -> None:
    """The next scan of the same day asks for nothing, and says why."""
    ledger = Ledger()
    first = Budget(2_500_000, ledger.keep)
    first.check()
    first.add(2_500_000)
    first.save()

    with pytest.raises(BudgetSpentError, match=r"the day's budget of 2\.5 MB is used; the scan goes on tomorrow"):
        Budget(2_500_000, ledger.keep).check()


def test_a_new_day_has_a_whole_budget(day: list[int]) -> None:
    """Also in the middle of a scan; what came before midnight stays with its day."""
    ledger = Ledger()
    running = Budget(1_000, ledger.keep)
    running.check()
    running.add(1_000)
    was_spent = running.is_spent

    day[0] += 1

    assert was_spent
    assert not running.is_spent
    assert ledger == {20_000: 1_000, 20_001: 0}


def test_a_killed_scan_forgets_little(day: list[int]) -> None:
    """Every few megabytes are written down as they come."""
    ledger = Ledger()
    running = Budget(1 << 40, ledger.keep)
    running.check()
    for _ in range(10):
        running.add(budget.KEEP_EVERY // 2)
        running.check()

    assert ledger[20_000] == 5 * budget.KEEP_EVERY
