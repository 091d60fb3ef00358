"""One answer, the first; whoever waits for it gets it, or the time runs out."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future

FUSE = 10.0


def test_an_answer_can_be_read_again_and_again() -> None:
    future: Future[int] = Future()
    assert not future.is_set()
    future.set(3)
    assert future.is_set()
    assert [future.get(), future.get(timeout=0)] == [3, 3]


def test_the_first_answer_stands() -> None:
    future: Future[int] = Future()
    future.set(1)
    future.set(2)
    future.set_exception((ValueError, ValueError(), None))
    assert future.get(timeout=0) == 1


def test_an_error_stands_as_well() -> None:
    future: Future[int] = Future()
    error = ValueError("first")
    future.set_exception((ValueError, error, None))
    future.set(2)
    for _ in range(2):
        with pytest.raises(ValueError, match="first"):
            future.get(timeout=0)


def test_set_exception_takes_the_error_being_handled() -> None:
    future: Future[int] = Future()
    try:
        {}["handled"]
    except KeyError:
        future.set_exception()
    with pytest.raises(KeyError, match="handled"):
        future.get(timeout=0)


def test_set_exception_takes_a_type_without_a_value() -> None:
    future: Future[int] = Future()
    future.set_exception((ValueError, None, None))
    with pytest.raises(ValueError):  # noqa: PT011  it has no message
        future.get(timeout=0)


@pytest.mark.parametrize("timeout", [0, 0.001, -5, float("nan")])
def test_no_answer_in_time_is_a_timeout(timeout: float) -> None:
    with pytest.raises(pykka.Timeout):
        Future[int]().get(timeout=timeout)


@pytest.mark.parametrize("timeout", [1e12, float("inf"), threading.TIMEOUT_MAX * 2])
def test_a_time_longer_than_locks_can_wait_is_no_error(timeout: float) -> None:
    future: Future[int] = Future()
    answerer = threading.Thread(target=future.set, args=(1,))
    answerer.start()
    assert future.get(timeout=timeout) == 1
    answerer.join(FUSE)


def test_everyone_who_waits_is_answered() -> None:
    future: Future[int] = Future()
    got: list[int] = []
    waiters = [threading.Thread(target=lambda: got.append(future.get())) for _ in range(8)]
    for waiter in waiters:
        waiter.start()
    future.set(5)
    for waiter in waiters:
        waiter.join(FUSE)
    assert got == [5] * 8


def test_of_answers_that_race_one_wins_and_everyone_sees_that_one() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(200):
            future: Future[int] = Future()
            gate = threading.Barrier(5)

            def answer(
                value: int, future: Future[int] = future, gate: threading.Barrier = gate
            ) -> None:
                gate.wait(FUSE)
                future.set(value)

            threads = [threading.Thread(target=answer, args=(n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            gate.wait(FUSE)
            first = future.get(timeout=FUSE)
            for thread in threads:
                thread.join(FUSE)
            assert future.get(timeout=0) == first
    finally:
        sys.setswitchinterval(interval)


def test_what_pykka_builds_on_futures_works_on_ours() -> None:
    future: Future[list[int]] = Future()
    future.set([1, 2, 3])
    doubled = future.map(lambda values: [2 * value for value in values])
    assert doubled.get(timeout=FUSE) == [2, 4, 6]
    assert future.filter(lambda value: value > 1).get(timeout=FUSE) == [2, 3]
    assert future.reduce(lambda a, b: a + b).get(timeout=FUSE) == 6
    other: Future[Any] = Future()
    other.set("b")
    assert future.join(other).get(timeout=FUSE) == [[1, 2, 3], "b"]
    assert pykka.get_all([future, other], timeout=FUSE) == [[1, 2, 3], "b"]


class Lock:
    """Is free at the fifth wait, and keeps for how long each was."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def acquire(self, *, blocking: bool = True, timeout: float = -1) -> bool:
        if blocking:
            self.waits.append(timeout)
        return len(self.waits) == 5

    def release(self) -> None:
        pass


def test_the_main_thread_looks_for_signals_again_and_again() -> None:
    future: Future[int] = Future()
    future._answered = lock = Lock()  # type: ignore[assignment]
    assert future.get() is None
    assert len(lock.waits) == 5
    assert max(lock.waits) <= 0.1


def test_other_threads_have_no_signals_to_look_for() -> None:
    future: Future[int] = Future()
    future._answered = lock = Lock()  # type: ignore[assignment]
    thread = threading.Thread(target=future.get, kwargs={"timeout": FUSE})
    thread.start()
    thread.join(FUSE)
    assert lock.waits[0] == FUSE
