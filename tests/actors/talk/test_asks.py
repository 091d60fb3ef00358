"""Nobody waits in a ring: whoever would close it is told its whole length at once."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest
from antiphon.actors.talk.asks import Asks, AskStatistics
from antiphon.clock import SystemClock
from antiphon.errors import AskDeadlockError, AskError

FUSE = 10.0


def refused(asks: Asks, asker: str, asked: str) -> tuple[str, ...]:
    with pytest.raises(AskDeadlockError) as caught, asks.waiting(asker, asked):
        pytest.fail("it must not wait")
    return caught.value.path


def test_a_ring_is_refused_with_its_path() -> None:
    asks = Asks()
    with asks.waiting("a", "b"), asks.waiting("b", "c"):
        with pytest.raises(AskDeadlockError, match="could answer: c -> a -> b -> c"):
            asks.waiting("c", "a").__enter__()
        assert asks.statistics() == AskStatistics(waiting=2, refused=1)


def test_whoever_asks_itself_is_refused() -> None:
    assert refused(Asks(), "a", "a") == ("a", "a")


def test_two_that_ask_each_other_are_a_ring() -> None:
    asks = Asks()
    with asks.waiting("a", "b"):
        assert refused(asks, "b", "a") == ("b", "a", "b")


def test_a_refused_ask_leaves_no_mark_and_a_finished_one_none_either() -> None:
    asks = Asks()
    with asks.waiting("a", "b"):
        refused(asks, "b", "a")
        with asks.waiting("b", "c"):
            pass
    with asks.waiting("b", "a"):
        pass
    with pytest.raises(KeyError), asks.waiting("a", "b"):
        raise KeyError
    with asks.waiting("b", "a"):
        pass
    assert asks.statistics() == AskStatistics(waiting=0, refused=1)
    assert asks._waits == {}


def test_chains_and_crowds_are_no_rings() -> None:
    asks = Asks()
    with ExitStack() as stack:
        for pair in ("ab", "cb", "bd", "ed", "df"):
            stack.enter_context(asks.waiting(*pair))
        assert asks.statistics().waiting == 5
        assert refused(asks, "f", "a") == ("f", "a", "b", "d", "f")


def test_one_may_wait_for_several_and_every_one_of_them_counts() -> None:
    asks = Asks()
    with asks.waiting("a", "b"), asks.waiting("a", "c"):
        with asks.waiting("a", "b"):
            assert refused(asks, "c", "a") == ("c", "a", "c")
        assert refused(asks, "b", "a") == ("b", "a", "b")
    with asks.waiting("c", "a"):
        pass


def test_a_ring_of_two_hundred_is_found_in_under_fifty_milliseconds() -> None:
    asks, clock = Asks(), SystemClock()
    names = [f"a-{n}" for n in range(200)]
    with ExitStack() as stack:
        for asker, asked in pairwise(names):
            stack.enter_context(asks.waiting(asker, asked))
        started = clock.now()
        path = refused(asks, "a-199", "a-0")
        assert clock.now() - started < 0.05
    assert path == ("a-199", *names)


def test_many_detours_are_walked_once_each() -> None:
    asks, clock = Asks(), SystemClock()
    with ExitStack() as stack:
        for n in range(20):
            for left in "xy":
                for right in "xy":
                    stack.enter_context(asks.waiting(f"{left}{n}", f"{right}{n + 1}"))
        started = clock.now()
        with asks.waiting("z", "x0"):
            assert clock.now() - started < 0.05
        assert len(refused(asks, "x20", "x0")) == 22


def test_look_and_entry_are_under_one_lock() -> None:
    log: list[str] = []

    class Lock:
        def __enter__(self) -> None:
            log.append("locked")

        def __exit__(self, *_: object) -> None:
            log.append("freed")

    class Waits(dict[str, list[str]]):
        def setdefault(self, *arguments: Any) -> Any:
            log.append("entered")
            return super().setdefault(*arguments)

    class Watched(Asks):
        def _path(self, start: str, goal: str) -> list[str] | None:
            log.append("looked")
            return super()._path(start, goal)

    asks = Watched()
    asks._lock, asks._waits = Lock(), Waits()
    with asks.waiting("a", "b"):
        assert log == ["locked", "looked", "entered", "freed"]


def test_of_three_hundred_crossing_pairs_exactly_one_of_each_is_refused() -> None:
    asks = Asks()
    meet = threading.Barrier(2)
    refusals: list[int] = []

    def ask(own: str, other: str) -> None:
        for pair in range(300):
            with ExitStack() as stack:
                meet.wait(FUSE)
                try:
                    stack.enter_context(asks.waiting(f"{own}-{pair}", f"{other}-{pair}"))
                except AskDeadlockError:
                    refusals.append(pair)
                # Nobody lets go before both have asked.
                meet.wait(FUSE)

    other = threading.Thread(target=ask, args=("b", "a"))
    other.start()
    ask("a", "b")
    other.join(FUSE)
    assert refusals == list(range(300))
    assert asks.statistics() == AskStatistics(waiting=0, refused=300)


def test_the_error_is_one_of_the_errors_of_asking() -> None:
    assert issubclass(AskDeadlockError, AskError)
    assert AskDeadlockError(["a", "b", "a"]).path == ("a", "b", "a")


# One rule taken out


class LooksOneStepFar(Asks):
    def _path(self, start: str, goal: str) -> list[str] | None:
        direct = goal in self._waits.get(start, ()) or start == goal
        return [start, goal] if direct else None


class NeverForgets(Asks):
    def _end(self, asker: str, asked: str) -> None:
        pass


class EntersBeforeItLooks(Asks):
    def _begin(self, asker: str, asked: str) -> None:
        self._waits.setdefault(asker, []).append(asked)
        super()._begin(asker, asked)


class SeesTheLatestOnly(Asks):
    def _path(self, start: str, goal: str) -> list[str] | None:
        everything = self._waits
        self._waits = {asker: waits[-1:] for asker, waits in everything.items()}
        try:
            return super()._path(start, goal)
        finally:
            self._waits = everything


@pytest.mark.parametrize(
    ("mutant", "caught_by"),
    [
        (LooksOneStepFar, test_a_ring_is_refused_with_its_path),
        (NeverForgets, test_a_refused_ask_leaves_no_mark_and_a_finished_one_none_either),
        (EntersBeforeItLooks, test_a_refused_ask_leaves_no_mark_and_a_finished_one_none_either),
        (SeesTheLatestOnly, test_one_may_wait_for_several_and_every_one_of_them_counts),
    ],
)
def test_a_rule_taken_out_is_caught(
    mutant: type[Asks], caught_by: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "Asks", mutant)
    with pytest.raises((AssertionError, AskDeadlockError, pytest.fail.Exception)):
        caught_by()  # type: ignore[operator]
