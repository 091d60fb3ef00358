"""What is for later is told when its time has come, once, in order, and without drift."""

from __future__ import annotations

import math
from typing import Any

import pytest
from antiphon.actors.talk.timers import SHORTEST_PERIOD, Due, Tick, Timers, TimerStatistics
from antiphon.clock import ManualClock
from antiphon.errors import StoppedError, TimersFullError
from hypothesis import given
from hypothesis import strategies as st


class Ear:
    """Hears what it is told, and does something about it if asked to."""

    def __init__(self, then: Any = None) -> None:
        self.heard: list[Any] = []
        self._then = then

    def tell(self, message: Any) -> None:
        if isinstance(message, Tick):
            message = (message.message, message.missed)
        self.heard.append(message)
        if self._then is not None:
            self._then()


def pass_time(timers: Timers, clock: ManualClock, *steps: float) -> None:
    for seconds in steps:
        clock.advance(seconds)
        timers.tell_due()


def test_a_message_is_told_once_when_its_time_has_come_and_not_before() -> None:
    clock, ear = ManualClock(100.0), Ear()
    timers = Timers(clock)
    timers.after(2, ear, "after two")
    timers.at(101, ear, "at 101")
    timers.after(0, ear, "at once")
    assert timers.next_due == 100.0
    pass_time(timers, clock, 0)
    assert ear.heard == ["at once"]
    pass_time(timers, clock, 0.999)
    assert ear.heard == ["at once"]
    pass_time(timers, clock, 0.001, 0.5, 0.5, 9)
    assert ear.heard == ["at once", "at 101", "after two"]
    assert timers.next_due is None


def test_what_is_due_at_the_same_time_is_told_in_the_order_it_was_set() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    for word in ("b", "a", "c"):
        timers.at(3, ear, word)
    timers.at(2, ear, "sooner")
    pass_time(timers, clock, 5)
    assert ear.heard == ["sooner", "b", "a", "c"]


def test_a_time_that_has_passed_is_told_at_once() -> None:
    clock, ear = ManualClock(50.0), Ear()
    timers = Timers(clock)
    timers.at(-3, ear, "long ago")
    pass_time(timers, clock, 0)
    assert ear.heard == ["long ago"]


def test_a_repeated_message_keeps_to_its_multiples() -> None:
    clock, ear = ManualClock(1000.0), Ear()
    timers = Timers(clock)
    timer = timers.every(0.1, ear, "tick")
    times = []
    for _ in range(10_000):
        times.append(timer.due)
        clock.advance(timer.due - clock.now() + 0.01)
        timers.tell_due()
    assert ear.heard == [("tick", 0)] * 10_000
    assert times[-1] == pytest.approx(1000.0 + 10_000 * 0.1, abs=1e-9)


def test_missed_ticks_are_told_as_one_that_says_so() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    timers.every(10, ear, "tick")
    pass_time(timers, clock, 10, 39.9, 0.1, 1, 9)
    assert ear.heard == [("tick", 0), ("tick", 2), ("tick", 0), ("tick", 0)]
    assert timers.next_due == 70
    assert timers.statistics() == TimerStatistics(waiting=1, told=4, missed=2, cancelled=0)


@given(
    st.floats(SHORTEST_PERIOD, 1e4),
    st.floats(0, 1e9),
    st.lists(st.floats(0, 1e5), min_size=1, max_size=20),
)
def test_told_and_missed_are_all_the_ticks_there_were(
    period: float, start: float, steps: list[float]
) -> None:
    clock, ear = ManualClock(start), Ear()
    timers = Timers(clock)
    timer = timers.every(period, ear, "tick")
    first = timer.due
    pass_time(timers, clock, *steps)
    ticks = sum(1 + missed for _, missed in ear.heard)
    assert timer.due > clock.now()
    assert timer.due == first + ticks * period
    assert ticks == 0 or first + (ticks - 1) * period <= clock.now()


def test_what_is_cancelled_is_not_told() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    once, often, other = (
        timers.after(1, ear, "once"),
        timers.every(1, ear, "often"),
        timers.after(2, ear, "other"),
    )
    assert timers.cancel(once)
    assert not timers.cancel(once)
    pass_time(timers, clock, 1)
    assert ear.heard == [("often", 0)]
    assert timers.cancel(often)
    pass_time(timers, clock, 1)
    assert ear.heard == [("often", 0), "other"]
    assert not timers.cancel(other), "it has been told"
    assert timers.statistics() == TimerStatistics(waiting=0, told=2, missed=0, cancelled=2)


def test_a_cancelled_timer_wakes_nobody() -> None:
    timers = Timers(ManualClock())
    soon, later = timers.after(1, Ear(), 0), timers.after(5, Ear(), 0)
    timers.cancel(soon)
    assert timers.next_due == 5
    timers.cancel(later)
    assert timers.next_due is None


def test_whoever_hears_may_set_and_cancel_timers() -> None:
    clock, quiet = ManualClock(), Ear()
    timers = Timers(clock)
    rounds: list[int] = []

    def again() -> None:
        rounds.append(1)
        if len(rounds) < 3:
            timers.after(0, ear, "again")
        timers.cancel(doomed)

    ear = Ear(again)
    timers.after(1, ear, "first")
    doomed = timers.after(2, quiet, "never")
    pass_time(timers, clock, 1, 0, 0, 1)
    assert ear.heard == ["first", "again", "again"]
    assert quiet.heard == []


def test_a_listener_that_raises_keeps_nobody_from_hearing() -> None:
    clock, ear = ManualClock(), Ear()

    def fail() -> None:
        raise ValueError("no ear for it")

    timers = Timers(clock)
    timers.after(1, Ear(fail), 1)
    timers.after(1, ear, 2)
    pass_time(timers, clock, 1)
    assert ear.heard == [2]


def test_so_many_may_wait_and_no_more() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock, limit=2)
    first = timers.after(1, ear, 1)
    timers.every(1, ear, 2)
    with pytest.raises(TimersFullError, match="at most 2 timers may wait, got one more"):
        timers.after(1, ear, 3)
    timers.cancel(first)
    timers.after(1, ear, 3)
    pass_time(timers, clock, 1)
    timers.after(1, ear, 4)
    assert ear.heard == [(2, 0), 3]


def test_setting_and_cancelling_for_ever_takes_no_room() -> None:
    timers = Timers(ManualClock())
    timers.after(1, Ear(), "stays")
    for _ in range(10_000):
        timers.cancel(timers.after(5, Ear(), "goes"))
    assert len(timers._heap) < 100
    assert timers.next_due == 1


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
def test_a_time_that_never_comes_is_refused(seconds: float) -> None:
    timers = Timers(ManualClock())
    for setter in (timers.after, timers.every, timers.at):
        if setter == timers.at and seconds == -1:
            continue
        with pytest.raises(ValueError, match=r"must be finite and >= .*, got "):
            setter(seconds, Ear(), 0)
    with pytest.raises(ValueError, match="time must be finite"):
        timers.at(-math.inf, Ear(), 0)
    with pytest.raises(ValueError, match=r"seconds must be finite and >= 0.001, got 0"):
        timers.every(0, Ear(), 0)


def test_after_the_stop_nothing_is_told_and_nothing_taken() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    timers.after(1, ear, 1)
    timers.every(1, ear, 2)
    timers.stop()
    timers.stop()
    pass_time(timers, clock, 5)
    assert ear.heard == []
    with pytest.raises(StoppedError, match="have been stopped"):
        timers.after(1, ear, 1)
    assert timers.statistics() == TimerStatistics(waiting=0, told=0, missed=0, cancelled=2)


def test_only_a_timer_that_is_due_before_all_others_calls() -> None:
    clock = ManualClock()
    timers = Timers(clock)
    calls: list[float | None] = []
    timers.on_sooner = lambda: calls.append(timers.next_due)
    timers.after(5, Ear(), 0)
    timers.after(5, Ear(), 0)
    timers.after(9, Ear(), 0)
    timers.cancel(timers.every(2, Ear(), 0))
    timers.after(3, Ear(), 0)
    assert calls == [5, 2, 3]


def test_the_plain_core_says_what_is_due_and_tells_nobody() -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    timers.after(1, ear, "one")
    timers.after(9, ear, "nine")
    assert timers.due(0.5) == []
    assert timers.due(1.0) == [Due(ear, "one", 0)]
    assert timers.due(1.0) == []
    assert ear.heard == []


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30), st.integers(1, 7))
def test_every_timer_is_told_once_in_order_of_time_however_often_somebody_looks(
    plan: list[tuple[int, bool]], step: int
) -> None:
    clock, ear = ManualClock(), Ear()
    timers = Timers(clock)
    kept = []
    for number, (due, cancelled) in enumerate(plan):
        timer = timers.at(due, ear, (due, number))
        if cancelled:
            timers.cancel(timer)
        else:
            kept.append((due, number))
    pass_time(timers, clock, 0, *[step] * 21)
    assert ear.heard == sorted(kept)
