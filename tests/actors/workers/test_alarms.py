"""Whoever has noted a time is woken when it has come, once, whatever it has noted since."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.workers import alarms as alarms_module
from antiphon.actors.workers.alarms import Alarms
from antiphon.clock import ManualClock
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping
from hypothesis import given
from hypothesis import strategies as st


class Sleeper:
    def __init__(self, clock: ManualClock, wake_at: float | None = None) -> None:
        self.clock = clock
        self.wake_at = wake_at
        self.woken = 0


class Called:
    """Counts how often somebody said that a nearer time has come in."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


def test_they_come_due_in_order_and_once(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleepers = [Sleeper(clock, at) for at in (103.0, 101.0, 102.0)]
    for sleeper in sleepers:
        alarms.note(sleeper)
    assert alarms.next_in() == 1.0
    assert alarms.take_due() == []
    clock.advance(2.0)
    assert alarms.take_due() == [sleepers[1], sleepers[2]]
    assert alarms.take_due() == []
    assert alarms.next_in() == 1.0


def test_without_alarms_there_is_nothing_to_wait_for(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    assert alarms.next_in() is None
    alarms.note(Sleeper(clock, None))
    alarms.note(Sleeper(clock, math.inf))
    assert alarms.next_in() is None


def test_an_alarm_that_is_past_is_due_at_once(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleeper = Sleeper(clock, 99.0)
    alarms.note(sleeper)
    assert alarms.next_in() == 0.0
    assert alarms.take_due() == [sleeper]


def test_only_a_nearer_time_calls_the_one_who_waits(clock: ManualClock) -> None:
    called = Called()
    alarms = Alarms(called)
    alarms.note(Sleeper(clock, 105.0))
    alarms.note(Sleeper(clock, 106.0))
    assert called.times == 1
    alarms.note(Sleeper(clock, 104.0))
    assert called.times == 2


def test_a_time_that_is_put_off_again_and_again_stands_once(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleeper = Sleeper(clock)
    for _ in range(50):
        sleeper.wake_at = clock.now() + 30.0
        alarms.note(sleeper)
        clock.advance(1.0)
        assert alarms.take_due() == []
    assert len(alarms._heap) == 1
    clock.advance(28.9)
    assert alarms.take_due() == []
    clock.advance(0.1)
    assert alarms.take_due() == [sleeper]


def test_a_time_that_was_brought_forward_holds(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleeper = Sleeper(clock, 130.0)
    alarms.note(sleeper)
    sleeper.wake_at = 101.0
    alarms.note(sleeper)
    clock.advance(1.0)
    assert alarms.take_due() == [sleeper]
    clock.advance(29.0)
    assert alarms.take_due() == []


def test_a_time_that_was_called_off_wakes_nobody(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleeper = Sleeper(clock, 101.0)
    alarms.note(sleeper)
    sleeper.wake_at = None
    clock.advance(5.0)
    assert alarms.take_due() == []
    assert alarms.next_in() is None
    sleeper.wake_at = 106.0
    alarms.note(sleeper)
    clock.advance(1.0)
    assert alarms.take_due() == [sleeper]


class Alike(Sleeper):
    """An actor of a user, for whom all of them are equal and none can be a key."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


def test_actors_that_a_user_takes_for_equal_are_two(clock: ManualClock) -> None:
    alarms = Alarms(Called())
    sleepers = [Alike(clock, 101.0), Alike(clock, 102.0)]
    for sleeper in sleepers:
        alarms.note(sleeper)
    clock.advance(2.0)
    assert [id(sleeper) for sleeper in alarms.take_due()] == [id(sleeper) for sleeper in sleepers]


MOVES = st.one_of(
    st.tuples(st.just("set"), st.integers(0, 2), st.sampled_from([None, 0, 1, 2, 5, 9])),
    st.tuples(st.just("pass"), st.just(0), st.sampled_from([1, 2, 4])),
)


@given(st.lists(MOVES, max_size=40))
def test_in_every_order_whoever_is_due_is_given_and_nobody_else(
    moves: list[tuple[str, int, int | None]],
) -> None:
    clock = ManualClock(100.0)
    alarms = Alarms(Called())
    sleepers = [Sleeper(clock) for _ in range(3)]
    for move, pick, much in moves:
        if move == "set":
            sleepers[pick].wake_at = None if much is None else clock.now() + much
            alarms.note(sleepers[pick])
        else:
            clock.advance(much or 0)
        due = alarms.take_due()
        late = [s for s in sleepers if s.wake_at is not None and s.wake_at <= clock.now()]
        assert sorted(map(id, due)) == sorted(map(id, late))
        for sleeper in due:
            sleeper.wake_at = None
        waiting = [s.wake_at - clock.now() for s in sleepers if s.wake_at is not None]
        if waiting:
            next_in = alarms.next_in()
            assert next_in is not None
            assert next_in <= min(waiting)


# Line by line


class Play:
    """An actor that sets its next time while somebody takes out those that are due."""

    def __init__(self, kind: type[Alarms], seed: int) -> None:
        self.kind = kind
        self.clock = ManualClock(100.0)
        self.stepper = Stepper([file_of(alarms_module), __file__], at_random(seed, 60))

    def run(self) -> None:
        with stepping(self.stepper, alarms_module):
            self.called = self.stepper.event()
            self.alarms = self.kind(self.called.set)
            self.sleeper = Sleeper(self.clock, 101.0)
            self.alarms.note(self.sleeper)
            self.clock.advance(1.0)
            self.stepper.start(self.sleep)
            self.stepper.start(self.ring)
            self.stepper.run()
            assert not self.stepper.stuck

    def sleep(self) -> None:
        """Be done with one round, and begin the next."""
        self.sleeper.wake_at = None
        self.sleeper.wake_at = 130.0
        self.alarms.note(self.sleeper)

    def ring(self) -> None:
        while self.sleeper.wake_at != 130.0 or self.alarms.next_in() is None:
            # Whoever is due is being run here, and notes its next time when it is done.
            self.alarms.take_due()
            if self.alarms.next_in() is None:
                self.called.wait()
                self.called.clear()


def hold(kind: type[Alarms]) -> Callable[[int], None]:
    return lambda seed: Play(kind, seed).run()


def test_no_time_is_lost_that_is_noted_while_others_are_taken_out() -> None:
    for seed in range(200):
        hold(Alarms)(seed)


class LooksThenForgets(Alarms):
    """The mutant: it looks at the actor's time, and says then that none is noted."""

    def take_due(self) -> list[Any]:
        with self._lock:
            if not self._heap or self._heap[0][0] > self._heap[0][2].clock.now():
                return []
            _, _, sleeper = self._heap.pop()
            wake_at = sleeper.wake_at
            self._noted.pop(id(sleeper), None)
            if wake_at is not None and wake_at > sleeper.clock.now():
                self._push(sleeper, wake_at)
                return []
        return [] if wake_at is None else [sleeper]


class CallsNobody(Alarms):
    def note(self, actor: Any) -> None:
        self._call = lambda: None
        super().note(actor)


@pytest.mark.parametrize("mutant", [LooksThenForgets, CallsNobody])
def test_alarms_with_one_rule_taken_out_are_caught(mutant: type[Alarms]) -> None:
    assert caught_by(hold(mutant), range(200))
