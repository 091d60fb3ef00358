"""However the restarts fall, no window holds more than are allowed, and none is refused early.

The last part takes the budget's edges away one at a time; the same check must notice.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from antiphon.actors.care.budget import Budget
from hypothesis import Phase, given, settings
from hypothesis import strategies as st


def keeps_its_word(kind: type[Budget]) -> Callable[[], None]:
    """Make the check: brute force over every window agrees with a budget of this kind."""

    @given(
        most=st.integers(0, 4),
        window=st.integers(1, 9),
        steps=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), max_size=25),
    )
    def check(most: int, window: int, steps: list[tuple[int, int]]) -> None:
        budget = kind(most, window)
        charged: list[int] = []
        round = 0
        for wait, delay in steps:
            round += wait
            spent = sum(round - window < at <= round for at in charged)
            assert budget.spent(round) == spent
            assert budget.has_room(round) is (spent < most)
            if budget.has_room(round):
                round += delay
                charged.append(round)
                budget.charge(round)
        for first in range(round + 1):
            assert sum(first <= at < first + window for at in charged) <= most

    return check


def test_no_window_holds_more_than_are_allowed_and_none_is_refused_early() -> None:
    keeps_its_word(Budget)()


def test_three_in_ten_rounds_are_three_in_ten_rounds() -> None:
    budget = Budget(3, 10)
    for round in (1, 4, 10):
        assert budget.has_room(round)
        budget.charge(round)
    assert not budget.has_room(10)
    assert budget.has_room(11)


class OneTooMany(Budget):
    def has_room(self, round: int) -> bool:
        return self.spent(round) <= self._most


class OneTooFew(Budget):
    def has_room(self, round: int) -> bool:
        return self.spent(round) < self._most - 1


class WindowTooShort(Budget):
    def __init__(self, most: int, window: int) -> None:
        super().__init__(most, window - 1)


class WindowTooLong(Budget):
    def __init__(self, most: int, window: int) -> None:
        super().__init__(most, window + 1)


class NeverForgives(Budget):
    def spent(self, round: int) -> int:
        return len(self._charged)


class StartsAnewWithEachWindow(Budget):
    def spent(self, round: int) -> int:
        return sum(at // self._window == round // self._window for at in self._charged)


@pytest.mark.parametrize(
    "mutant",
    [
        OneTooMany,
        OneTooFew,
        WindowTooShort,
        WindowTooLong,
        NeverForgives,
        StartsAnewWithEachWindow,
    ],
)
def test_a_budget_with_a_shifted_edge_is_caught(mutant: type[Budget]) -> None:
    quick = settings(
        max_examples=1000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError):
        quick(keeps_its_word(mutant))()
