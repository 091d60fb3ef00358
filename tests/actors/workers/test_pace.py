"""A crowd of threads is woken a few at a time, and nobody waits for one that blocks."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from typing import Any

import antiphon as ap
import pytest
from antiphon.actors.workers.pace import Pace

FUSE = 10.0


class Bell:
    """A sleeper that counts how often it was rung."""

    def __init__(self) -> None:
        self.bell = allocate_lock()
        self.bell.acquire()
        self.baton = 0

    def rung(self, timeout: float = 0) -> bool:
        return self.bell.acquire(timeout=timeout) if timeout else self.bell.acquire(blocking=False)


def watched(pace: Pace) -> threading.Thread | None:
    return pace._watch


def test_so_many_are_woken_at_once_and_the_next_when_one_rests() -> None:
    pace = Pace(2, tick=FUSE)
    bells = [Bell() for _ in range(4)]
    for bell in bells:
        pace.ring(bell)
    assert [bell.rung() for bell in bells] == [True, True, False, False]
    pace.pass_on(bells[0].baton)
    assert [bell.rung() for bell in bells] == [False, False, True, False]
    pace.pass_on(bells[2].baton)
    assert bells[3].rung()
    pace.stop()


def test_a_baton_that_nobody_waits_for_is_laid_down() -> None:
    pace = Pace(1, tick=FUSE)
    first, second = Bell(), Bell()
    pace.ring(first)
    pace.pass_on(first.baton)
    pace.ring(second)
    assert second.rung()
    pace.stop()


def test_batons_of_those_who_block_are_written_off_and_twice_as_many_are_woken() -> None:
    pace = Pace(1)
    bells = [Bell() for _ in range(20)]
    for bell in bells:
        pace.ring(bell)
    assert all(bell.rung(FUSE) for bell in bells)
    pace.stop()


def test_a_written_off_baton_wakes_nobody_when_it_comes_back() -> None:
    pace = Pace(1)
    blocked, other = Bell(), Bell()
    pace.ring(blocked)
    pace.ring(other)
    assert blocked.rung(FUSE)
    assert other.rung(FUSE)
    third, fourth = Bell(), Bell()
    pace.pass_on(other.baton)
    pace.pass_on(blocked.baton)
    pace.ring(third)
    assert third.rung(FUSE)
    pace.pass_on(blocked.baton)
    pace.stop()
    pace.ring(fourth)
    assert fourth.rung()


def test_after_the_stop_nobody_waits() -> None:
    pace = Pace(1, tick=FUSE)
    bells = [Bell() for _ in range(3)]
    for bell in bells:
        pace.ring(bell)
    pace.stop()
    assert all(bell.rung() for bell in bells)
    late = Bell()
    pace.ring(late)
    assert late.rung()


@pytest.mark.parametrize("n", [3, 60])
def test_agents_that_all_wait_for_one_another_meet(n: int) -> None:
    everybody = threading.Barrier(n)

    class Meets(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            return int(everybody.wait(FUSE) >= 0)

    with ap.Society(timeout=FUSE) as society:
        ids = society.add(Meets, n=n)
        for _ in range(3):
            assert society.step(dict.fromkeys(ids)).counts == {"acted": n}


def test_hung_agents_do_not_slow_the_others_once_they_are_written_off() -> None:
    let_go = threading.Event()

    class Hangs(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            let_go.wait(FUSE)
            return 1

    class Works(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            return 1

    with ap.Society(timeout=0.05) as society:
        ids = [*society.add(Hangs, n=10), *society.add(Works, n=30)]
        first = society.step(dict.fromkeys(ids))
        assert first.counts == {"acted": 30, "timed_out": 10}
        for _ in range(5):
            assert society.step(dict.fromkeys(ids)).counts == {"acted": 30, "busy": 10}
        let_go.set()
