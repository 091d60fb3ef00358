"""The thread behind timers: there when it is needed, awake when something is due."""

from __future__ import annotations

import threading
from typing import Any

from antiphon.actors.talk.timekeeper import Timekeeper
from antiphon.actors.talk.timers import Timers
from antiphon.clock import SystemClock

FUSE = 10.0
LONG = 1e12
"""Seconds; more than a lock can wait."""


class Ear:
    """Hears on some thread; a test waits for it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.rung = threading.Semaphore(0)

    def tell(self, message: Any) -> None:
        self.heard.append((message, threading.current_thread().name))
        self.rung.release()


class Watched(Timers):
    """Counts how often somebody looks at the time."""

    looks = 0

    def tell_due(self) -> int:
        self.looks += 1
        return super().tell_due()


def keeper(timers: Timers) -> Timekeeper:
    return Timekeeper(timers, SystemClock())


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "timers"]


def test_without_timers_there_is_no_thread() -> None:
    timers = Timers(SystemClock())
    timekeeper = keeper(timers)
    assert threads() == []
    timekeeper.stop()
    assert threads() == []


def test_what_is_due_is_told_on_its_thread() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)
    timers.after(0.01, ear, "now")
    assert ear.rung.acquire(timeout=FUSE)
    assert ear.heard == [("now", "timers")]
    assert threads() == ["timers"]
    timekeeper.stop()
    assert threads() == []


def test_an_earlier_timer_wakes_a_thread_that_waits_for_a_later_one() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)
    timers.after(LONG, ear, "far away")
    timers.after(FUSE * 9, ear, "later")
    timers.after(0, ear, "now")
    assert ear.rung.acquire(timeout=FUSE)
    assert [word for word, _ in ear.heard] == ["now"]
    timekeeper.stop()


def test_a_thread_that_has_slept_with_nothing_to_do_is_woken() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)
    for word in range(5):
        timers.after(0, ear, word)
        assert ear.rung.acquire(timeout=FUSE)
    assert [word for word, _ in ear.heard] == [0, 1, 2, 3, 4]
    timekeeper.stop()


def test_a_repeated_message_goes_on_until_it_is_cancelled() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)
    timer = timers.every(0.001, ear, "tick")
    for _ in range(5):
        assert ear.rung.acquire(timeout=FUSE)
    assert timers.cancel(timer)
    timekeeper.stop()


def test_between_two_timers_nobody_looks() -> None:
    timers, ear = Watched(SystemClock()), Ear()
    timekeeper = keeper(timers)
    timers.after(FUSE * 9, ear, "later")
    timers.after(0.05, ear, "soon")
    assert ear.rung.acquire(timeout=FUSE)
    # Once when each was set, once when it was due, and again where it woke a moment early.
    assert timers.looks <= 8
    timekeeper.stop()


def test_the_stop_does_not_wait_for_timers_and_may_be_repeated() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)
    timers.after(FUSE * 9, ear, "never")
    timekeeper.stop()
    timekeeper.stop()
    assert threads() == []
    assert ear.heard == []


def test_a_listener_may_stop_the_timekeeper() -> None:
    timers = Timers(SystemClock())
    timekeeper = keeper(timers)
    stopped = threading.Event()

    class Stops:
        def tell(self, message: Any) -> None:
            timekeeper.stop()
            stopped.set()

    timers.after(0, Stops(), "stop")
    assert stopped.wait(FUSE)
    timekeeper.stop()
    assert threads() == []


def test_any_number_of_threads_may_set_timers_at_once() -> None:
    timers, ear = Timers(SystemClock()), Ear()
    timekeeper = keeper(timers)

    def set_many() -> None:
        for n in range(100):
            timers.after(n / 10_000, ear, n)

    setters = [threading.Thread(target=set_many) for _ in range(4)]
    for setter in setters:
        setter.start()
    for _ in range(400):
        assert ear.rung.acquire(timeout=FUSE)
    for setter in setters:
        setter.join(FUSE)
    assert sorted(word for word, _ in ear.heard) == sorted([*range(100)] * 4)
    assert len(threads()) == 1
    timekeeper.stop()
