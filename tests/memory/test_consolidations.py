"""Hand-overs of many agents: each result given once it is due, in agent order, and only once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from antiphon.memory.consolidation import Consolidated, Consolidation, Failed, Strategy
from antiphon.memory.consolidations import Consolidations
from antiphon.memory.hand_over import HandOver, HandOvers
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.rests import Rests
from antiphon.tests.memory.consolidating import (
    after,
    broken,
    conversed,
    each_alone,
    forms,
    handed,
    in_one,
    lived,
    names,
    packed,
)


class Counting:
    """A strategy that says how often it was called."""

    def __init__(self, strategy: Strategy = each_alone) -> None:
        self.calls = 0
        self.strategy = strategy

    def __call__(self, window: Sequence[Remembered]) -> Any:
        self.calls += 1
        return self.strategy(window)


def workshop(strategy: Strategy = each_alone, rests: Rests | None = None) -> Consolidations:
    return Consolidations(lambda made: Consolidation(made, strategy, "mine"), "mine", rests)


def test_results_are_given_when_due_in_agent_order_whatever_the_order_of_the_work() -> None:
    work = workshop()
    for agent_id, due in (("c", 5), ("a", 5), ("d", 6), ("b", 4)):
        assert work.take(handed(agent_id=agent_id, due=due))
    work.work(lambda: False)
    assert work.unfinished == 0
    assert work.collect(3) == ()
    assert names(work.collect(5)) == [("a", 1, ""), ("b", 1, ""), ("c", 1, "")]
    assert (work.open, work.next_due) == (1, 6)
    assert names(work.collect(6)) == [("d", 1, "")]
    assert (work.open, work.next_due) == (0, None)


def test_what_is_due_and_not_done_is_done_when_it_is_collected() -> None:
    work = workshop()
    work.take(handed(agent_id="a", due=2))
    work.take(handed(agent_id="b", due=3))
    assert names(work.collect(2)) == [("a", 1, "")]
    assert work.unfinished == 1


def lives_of(ids: str) -> list[HandOver]:
    return [
        handed(*conversed(40, seed=ord(agent_id)), agent_id=agent_id, due=due)
        for agent_id, due in zip(ids, (4, 3, 5, 3, 4), strict=True)
    ]


@pytest.mark.parametrize("steps", [0, 1, 5, 33, 10_000])
def test_what_is_given_does_not_depend_on_how_the_work_was_sliced(steps: int) -> None:
    work, control = workshop(), workshop()
    for made in lives_of("cabed"):
        work.take(made)
        control.take(made)
        if steps:
            work.work(after(steps))
    for round in range(1, 6):
        if steps:
            work.work(after(steps))
        results, expected = work.collect(round), control.collect(round)
        assert names(results) == names(expected)
        assert [forms(r) for r in results] == [forms(r) for r in expected]


def test_a_hand_over_that_comes_again_is_worked_on_once() -> None:
    strategy = Counting()
    work = workshop(strategy)
    made = handed()
    assert work.take(made)
    work.work(after(3))
    assert not work.take(made)
    work.work(lambda: False)
    assert not work.take(made)
    assert names(work.collect(3)) == [("a", 1, "")]
    assert strategy.calls == 1
    assert work.statistics().doubled == 2


def test_another_one_of_an_agent_waits_until_the_first_is_collected() -> None:
    work = workshop()
    work.take(handed(number=1))
    with pytest.raises(ValueError, match="hand-over 1 is under way, got 2"):
        work.take(handed(number=2))
    work.collect(3)
    assert work.take(handed(number=2, round=4, due=6))


def test_a_round_that_is_collected_again_gives_the_same_and_a_later_one_no_more() -> None:
    work = workshop()
    work.take(handed(agent_id="b", due=3))
    first = work.collect(3)
    assert work.collect(3) == first
    work.take(handed(agent_id="a", due=3))
    assert names(work.collect(3)) == [("a", 1, ""), ("b", 1, "")]
    assert work.collect(4) == ()
    with pytest.raises(ValueError, match="round 4 has been collected, got 3"):
        work.collect(3)


def test_calls_are_no_more_than_items_by_window() -> None:
    strategy = Counting(in_one)
    work = workshop(strategy)
    window = 12
    for number in range(1, 21):
        for agent_id in "abc":
            work.take(handed(agent_id=agent_id, number=number, round=number, due=number))
        work.work(after(number))
        work.collect(number)
    statistics = work.statistics()
    assert statistics.calls == strategy.calls == 60
    assert statistics.calls <= statistics.experiences / window
    assert statistics.consolidated == statistics.items == 60
    assert statistics.ratio == statistics.size / statistics.size_before


def test_one_that_failed_thaws_and_harms_no_other() -> None:
    def picky(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        if window[0].experience.observation == "bad":
            raise ValueError("not this")
        yield from each_alone(window)

    work = workshop(picky, Rests(first=4))
    for agent_id, seen in (("a", "good"), ("b", "bad"), ("c", "good")):
        work.take(handed(lived(1, seen), agent_id=agent_id))
    a, b, c = work.collect(3)
    assert isinstance(a, Consolidated)
    assert isinstance(c, Consolidated)
    assert isinstance(b, Failed)
    assert (b.retry_at, b.calls, work.statistics().failed) == (7, 1, 1)


def test_a_strategy_that_failed_is_not_called_while_it_rests() -> None:
    strategy = Counting(broken)
    work = workshop(strategy, Rests(first=4))
    for round in range(1, 9):
        work.take(handed(number=round, round=round, due=round))
        (result,) = work.collect(round)
        assert isinstance(result, Failed)
        if result.calls == 0:
            assert "it rests after failures, until round" in result.error.rule
            assert result.retry_at > round
    assert strategy.calls == work.statistics().calls == 2
    assert work.statistics().refused == 6


def test_a_success_ends_the_failures_in_a_row() -> None:
    strategies = iter([broken, each_alone, broken])

    def moody(window: Sequence[Remembered]) -> Any:
        return next(strategies)(window)

    work, rests = workshop(moody, Rests(first=4)), []
    for number, round in enumerate((1, 10, 20), start=1):
        work.take(handed(number=number, round=round, due=round))
        rests += [result.retry_at - round for result in work.collect(round) if is_failed(result)]
    assert rests == [4, 4]


def is_failed(result: Any) -> bool:
    return isinstance(result, Failed)


def test_what_is_given_up_is_forgotten_and_may_come_again() -> None:
    work = workshop()
    for agent_id in "ab":
        work.take(handed(agent_id=agent_id))
    work.forget("a", 2)
    work.forget("z", 1)
    assert work.open == 2
    work.forget("a", 1)
    work.work(lambda: False)
    assert names(work.collect(3)) == [("b", 1, "")]
    work.take(handed(agent_id="a", number=2))
    work.forget("a", 2)
    assert (work.open, work.unfinished) == (0, 0)


class Crashed(BaseException):
    """The supervisor is gone in the middle of something."""


class Mortal:
    """A strategy's work that crashes the supervisor at one of its steps."""

    def __init__(self) -> None:
        self.left = -1

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crashed


class MortalConsolidation(Consolidation):
    def __init__(self, made: HandOver, mortal: Mortal) -> None:
        super().__init__(made, each_alone, "mine")
        self._mortal = mortal

    def _step(self) -> None:
        self._mortal.step()
        super()._step()
        self._mortal.step()


class Owner:
    """Owns the memories: hands over, applies what comes back, and outlives supervisors."""

    def __init__(self, workshop: Callable[[], Consolidations]) -> None:
        self.book = HandOvers(lag=2)
        self.new = workshop
        self.work = workshop()
        self.applied: list[tuple[str, int, list[bytes]]] = []
        self.crashes = 0

    def live(self, rounds: int) -> None:
        for round in range(1, rounds + 1):
            for agent_id in "ba":
                if not self.book.is_open(agent_id):
                    life = [lived(round, n) for n in range(4)]
                    made = self.book.open(agent_id, packed(*life), round=round)
                    self.try_to(lambda made=made: self.work.take(made))
            self.try_to(lambda: self.work.work(after(5)))
            self.try_to(lambda now=round: self.apply(self.work.collect(now)))

    def try_to(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Crashed:
            self.crashes += 1
            self.work = self.new()
            for made in self.book.under_way:
                self.work.take(made)
            self.try_to(do)

    def apply(self, results: Sequence[Any]) -> None:
        for result in results:
            if self.book.settle(result) is not None:
                self.applied.append((result.agent_id, result.number, forms(result)))


def test_a_crash_at_any_step_loses_and_doubles_nothing() -> None:
    mortal = Mortal()

    def new() -> Consolidations:
        return Consolidations(lambda made: MortalConsolidation(made, mortal), "mine")

    control = Owner(new)
    control.live(7)
    steps = -mortal.left
    assert len(control.applied) == 4
    for step in range(1, steps):
        mortal.left = step
        owner = Owner(new)
        owner.live(7)
        assert owner.crashes == 1
        assert owner.applied == control.applied
        assert owner.book.strays == 0


def test_an_answer_that_gets_lost_is_given_again() -> None:
    owner = Owner(workshop)
    made = owner.book.open("a", packed(lived()), round=1)
    owner.work.take(made)
    owner.work.collect(made.due)  # and nobody hears it
    assert owner.book.due(made.due) == (made,)
    owner.apply(owner.work.collect(made.due))
    owner.apply(owner.work.collect(made.due))
    assert [agent_id for agent_id, _, _ in owner.applied] == ["a"]
    assert owner.book.strays == 1
