"""One hand-over, from experiences to items, in steps as small as one likes."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.memory import consolidation as consolidation_module
from antiphon.memory.consolidation import Consolidated, Consolidation, Failed, Strategy
from antiphon.memory.hand_over import HandOver
from antiphon.memory.item import Draft, Item
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.merge import merge
from antiphon.memory.strategies.prototypes import prototypes
from antiphon.tests.memory.consolidating import (
    LIVES,
    after,
    broken,
    each_alone,
    form,
    forms,
    handed,
    in_one,
    lived,
)
from antiphon.tests.memory.odd import OddError


def work_on(hand_over: HandOver, strategy: Strategy, **options: Any) -> Consolidation:
    return Consolidation(hand_over, strategy, "mine", **options)


def failed(strategy: Any, **options: Any) -> Failed:
    work = work_on(handed(), strategy, **options)
    work.finish()
    result = work.result(retry_at=9)
    assert isinstance(result, Failed)
    return result


def test_items_stand_for_the_range_and_say_which_experiences_they_came_from() -> None:
    def two(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        odd, even = window[0::2], window[1::2]
        for name, part in (("odd", odd), ("even", even)):
            members = tuple(one.sequence for one in part)
            yield Draft(name, {"n": len(part)}, name, members, 2.0, members[:1])

    work = work_on(
        handed(*(lived(n, reward=float(n)) for n in range(1, 5)), first=11),
        two,
        clock=ManualClock(),
    )
    work.finish()
    result = work.result(0)
    assert isinstance(result, Consolidated)
    assert (result.agent_id, result.number, result.calls) == ("a", 1, 1)
    assert (result.first, result.last, result.count) == (11, 14, 4)
    odd, even = result.items
    assert (odd.id, even.id) == ("11-14.0", "11-14.1")
    assert (odd.members, even.members) == (((11, 11), (13, 13)), ((12, 12), (14, 14)))
    assert (odd.reward, even.reward) == (2.0, 3.0)
    assert (odd.count, odd.round, odd.importance) == (2, 3, 2.0)
    assert [sample.sequence for sample in even.samples] == [12]
    assert result.share == 0.5
    assert result.ratio == result.size / result.size_before > 0


@pytest.mark.parametrize("strategy", [merge, prototypes, each_alone, in_one])
@pytest.mark.parametrize("life", LIVES)
def test_what_comes_out_does_not_depend_on_where_it_was_interrupted(
    strategy: Strategy, life: str
) -> None:
    hand_over = handed(*LIVES[life](150))
    at_once = work_on(hand_over, strategy)
    at_once.finish()
    for steps in (1, 2, 3, 7, 50):
        sliced = work_on(hand_over, strategy)
        slices = 0
        while not sliced.work(after(steps)):
            slices += 1
        assert slices > 0 or steps > 2
        assert forms(sliced.result(0)) == forms(at_once.result(0))


def test_each_call_of_work_gets_on_even_if_there_is_no_time() -> None:
    work = work_on(handed(*(lived(n) for n in range(200))), each_alone)
    for _ in range(1000):
        if work.work(lambda: True):
            break
    assert work.done


def test_the_strategy_is_called_once_with_all_of_the_window() -> None:
    seen: list[Sequence[Remembered]] = []

    def watching(window: Sequence[Remembered]) -> Iterable[Draft | None]:
        seen.append(window)
        return each_alone(window)

    work = work_on(handed(*(lived(n) for n in range(200))), watching)
    while not work.work(lambda: True):
        pass
    assert work.work()
    assert [len(window) for window in seen] == [200]
    assert work.calls == 1


def test_time_is_counted_while_it_works_and_not_between() -> None:
    clock = ManualClock()

    def slow(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        for draft in each_alone(window):
            clock.advance(0.25)
            yield draft

    work = work_on(handed(lived(1), lived(2)), slow, clock=clock)
    while not work.work(lambda: True):
        clock.advance(100.0)
    assert work.seconds == 1.0


class Odd:
    """No draft, and no text either."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def raising(error: BaseException) -> Strategy:
    def strategy(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        yield from each_alone(window)
        raise error

    return strategy


@pytest.mark.parametrize(
    ("strategy", "rule"),
    [
        (broken, "it raised ValueError: so it is"),
        (raising(SystemExit("bye")), "it raised SystemExit: bye"),
        (raising(OddError()), "it raised OddError: it cannot be printed"),
        (lambda window: None, "it raised TypeError: 'NoneType' object is not iterable"),
        (lambda window: [Odd()], "must yield drafts, or None to pause; got type Odd"),
        (lambda window: [], "12 of 12 are in none"),
        (lambda window: [*in_one(window), *in_one(window)], "1 is in a draft before"),
        (Odd.__init__, "it raised TypeError: "),
    ],
)
def test_a_strategy_that_breaks_a_rule_fails_and_says_whose_and_which(
    strategy: Any, rule: str
) -> None:
    result = failed(strategy)
    assert (result.agent_id, result.number, result.calls, result.retry_at) == ("a", 1, 1, 9)
    error = result.error
    assert (error.agent_id, error.strategy) == ("a", "mine")
    assert rule in error.rule
    assert str(error).startswith("memories of agent 'a', strategy 'mine': ")


def test_what_a_strategy_raised_is_chained() -> None:
    assert isinstance(failed(broken).error.__cause__, ValueError)


def test_a_strategy_that_never_comes_to_an_end_fails_in_time() -> None:
    clock = ManualClock()

    def endless(window: Sequence[Remembered]) -> Iterator[None]:
        while True:
            clock.advance(1.0)
            yield None

    result = failed(endless, clock=clock, patience=5.0)
    assert "must be done within 5 s of work" in result.error.rule


def test_after_ctrl_c_it_begins_again_and_nothing_is_doubled() -> None:
    presses = [True]

    def pressed(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        for place, draft in enumerate(each_alone(window)):
            if place == 7 and presses:
                presses.pop()
                raise KeyboardInterrupt
            yield draft

    work, control = work_on(handed(), pressed), work_on(handed(), each_alone)
    with pytest.raises(KeyboardInterrupt):
        work.finish()
    assert not work.done
    work.finish()
    control.finish()
    assert [form(item) for item in work.items] == [form(item) for item in control.items]


def test_after_ctrl_c_between_two_items_none_is_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    work, control = work_on(handed(), each_alone), work_on(handed(), each_alone)
    control.finish()
    pack_item = consolidation_module.pack_item
    presses = [True] * 3

    def pressed(item: Item) -> bytes:
        if item.first == 7 and presses and presses.pop():
            raise KeyboardInterrupt
        return pack_item(item)

    monkeypatch.setattr(consolidation_module, "pack_item", pressed)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            work.finish()
    work.finish()
    assert forms(work.result(0)) == forms(control.result(0))
    ours, whole = work.result(0), control.result(0)
    assert isinstance(ours, Consolidated)
    assert isinstance(whole, Consolidated)
    assert ours.size == whole.size


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is collected meanwhile, so that all that is made can be counted."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_what_waits_for_its_round_is_hardly_anything_to_the_collector() -> None:
    made = [handed(*LIVES["counted"](50), agent_id=str(n)) for n in range(20)]
    before = len(gc.get_objects())
    done = [work_on(one, merge) for one in made]
    for work in done:
        work.finish()
    # What it stands for has fifty experiences, and six items came of it.
    assert len(gc.get_objects()) - before < 5 * len(done)


@pytest.mark.usefixtures("uncollected")
def test_while_alike_experiences_are_merged_there_is_no_object_for_each() -> None:
    work = work_on(handed(*(lived(n, n % 20, n % 3) for n in range(1000))), merge)
    before = gc.get_count()[0]
    most = [0]

    def watch() -> bool:
        most.append(gc.get_count()[0] - before)
        return False

    work.work(watch)
    assert work.done
    assert max(most) < 500
