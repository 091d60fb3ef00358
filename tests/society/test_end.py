"""The end of a run and of a society, whoever brings it about."""

from __future__ import annotations

import json
import signal
import threading
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest
from antiphon.actors.mail.dead_letters import Reason
from antiphon.coordination.records.run import Run
from antiphon.errors import (
    RunInterrupted,
    StoppedError,
)
from antiphon.models.agent import Context, Place
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Does, Ring, Witness

EARLY = range(1, 40, 3)
"""Which calls of an agent a run is stopped in at every push."""


def test_after_a_stop_everything_is_a_typed_error_and_stop_may_come_again() -> None:
    world = Ring()
    society = Society(world)
    society.add(Does)
    society.run(1)
    society.stop()
    society.stop()
    assert world.closed == 1
    for use in (
        lambda: society.run(1),
        lambda: society.step({"a": 0}),
        lambda: society.tell("a", 1),
        lambda: society.ask("a", 1),
        lambda: society.broadcast(1),
        lambda: society.add(Does),
    ):
        with pytest.raises(StoppedError, match="has been stopped; found a new one"):
            use()


class SlowToStart(Does):
    """Is made when it may be."""

    starting: threading.Event
    let_go: threading.Event
    made: int

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        cls.made += 1
        cls.starting.set()
        assert cls.let_go.wait(FUSE)
        return super().create(place, **options)


@pytest.fixture
def _slow_to_start(let_go: threading.Event) -> None:
    SlowToStart.starting, SlowToStart.let_go = threading.Event(), let_go
    SlowToStart.made = 0


class Door:
    """A lock that tells how many came to it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.came = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()


@pytest.mark.usefixtures("_slow_to_start")
@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_two_who_are_the_first_to_speak_start_one_society(
    dispatcher: str, let_go: threading.Event
) -> None:
    with Society(dispatcher=dispatcher) as society:
        society.add(SlowToStart, ids=["a"])
        door = society._starting = Door()  # type: ignore[assignment]
        first, second = (threading.Thread(target=society.tell, args=("a", n)) for n in (1, 2))
        first.start()
        assert SlowToStart.starting.wait(FUSE)
        second.start()
        assert all(door.came.acquire(timeout=FUSE) for _ in range(2))
        let_go.set()
        first.join(FUSE)
        second.join(FUSE)
        assert sorted(message for message, *_ in society.ask("a", "heard")) == [1, 2]
        assert SlowToStart.made == 1


@pytest.mark.usefixtures("_slow_to_start")
@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_a_stop_while_it_starts_leaves_nobody(dispatcher: str, let_go: threading.Event) -> None:
    world = Ring()
    society = Society(world, dispatcher=dispatcher, memory_size=9)
    society.add(SlowToStart)

    def stop() -> None:
        assert SlowToStart.starting.wait(FUSE)
        society.stop()
        let_go.set()

    outside = threading.Thread(target=stop)
    outside.start()
    with pytest.raises(StoppedError, match="has been stopped; found a new one"):
        society.start()
    outside.join(FUSE)
    assert threading.enumerate() == [threading.main_thread()]
    assert world.closed == 1


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_after_a_stop_what_is_over_can_be_read(dispatcher: str) -> None:
    def act(seen: Any, context: Context) -> int:
        context.put("seen", context.round)
        return 1

    society = Society(dispatcher=dispatcher, memory_size=9)
    society.add(Does, ids=["a"], act=act)
    for _ in range(40):
        society.step({"a": 0})
    shared, before = dict(society.shared), society.memories.consolidations()
    assert shared.keys() == {"seen"}
    assert before.consolidated > 0
    society.stop()
    assert dict(society.shared) == shared
    assert society["a"].memory.recent(1)[0].round == 40
    assert society.memories.consolidations() == before
    with pytest.raises(StoppedError):
        society["a"].consolidate(force=True)


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_letters_that_die_with_a_society_can_be_counted(
    dispatcher: str, let_go: threading.Event
) -> None:
    society = Society(dispatcher=dispatcher, delivery="immediate", timeout=0.05, grace=0.05)
    society.add(Does, ids=["a"], act=lambda *_: let_go.wait(FUSE))
    society.step({"a": 0})
    society.tell("a", "and it never reads this")
    assert society.dead_letters.statistics().total == 0
    society.stop()
    assert society.dead_letters.statistics().counts[Reason.CLOSED] == 1


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_of_a_society_that_never_ran_nothing_is_left_to_read(dispatcher: str) -> None:
    society = Society(dispatcher=dispatcher, memory_size=9)
    society.add(Does, ids=["a"])
    society.stop()
    for read in (
        lambda: society.dead_letters,
        lambda: society.memories,
        lambda: society.shared,
    ):
        with pytest.raises(StoppedError):
            read()


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
@pytest.mark.parametrize("stoppers", [1, 2])
def test_stop_from_other_threads_ends_a_run(
    stoppers: int, dispatcher: str, let_go: threading.Event
) -> None:
    in_round = threading.Event()

    def act(seen: Any, context: Context) -> int:
        if context.round == 3:
            in_round.set()
            let_go.wait(FUSE)
        return 1

    def stop() -> None:
        in_round.wait(FUSE)
        society.stop()

    society = Society(Ring(), dispatcher=dispatcher, grace=0.5, tables=False)
    society.add(Does, ids=["b"], act=act)
    society.add(Does)
    threads = [threading.Thread(target=stop) for _ in range(stoppers)]
    for thread in threads:
        thread.start()
    with pytest.raises(StoppedError):
        society.run(10)
    for thread in threads:
        thread.join(FUSE)
    assert society.abandoned == ["b"]


class StopsAt:
    """An ``act`` whose nth call has two others stop the society; nobody waits for that."""

    def __init__(self, nth: int) -> None:
        self._calls = count(1)
        self._nth = nth
        self.now = threading.Event()

    def __call__(self, seen: Any, context: Context) -> int:
        if next(self._calls) == self._nth:
            self.now.set()
        return 1


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
@pytest.mark.parametrize(
    "nth",
    [*EARLY, *[pytest.param(n, marks=pytest.mark.soak) for n in range(1, 214) if n not in EARLY]],
)
def test_a_stop_at_any_moment_of_a_run_ends_it_and_leaves_nobody(nth: int, dispatcher: str) -> None:
    act = StopsAt(nth)
    society = Society(Ring(), dispatcher=dispatcher, grace=FUSE, tables=False)
    society.add(Does, act=act)

    def stop() -> None:
        act.now.wait(FUSE)
        society.stop()

    threads = [threading.Thread(target=stop) for _ in range(2)]
    for thread in threads:
        thread.start()
    with pytest.raises(StoppedError):
        society.run(10**6)
    for thread in threads:
        thread.join(FUSE)
    assert society.abandoned == []


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_an_agent_may_stop_its_society(dispatcher: str) -> None:
    stopped = threading.Event()

    def act(seen: Any, context: Context) -> int:
        society.stop()
        stopped.set()
        return 1

    world = Ring()
    society = Society(world, dispatcher=dispatcher, grace=0.05, tables=False)
    society.add(Does, ids=["b"], act=act)
    society.add(Does)
    with pytest.raises(StoppedError):
        society.run(10)
    assert stopped.wait(FUSE)
    assert world.closed == 1


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_ctrl_c_carries_the_run_and_the_society_goes_on(
    dispatcher: str, let_go: threading.Event
) -> None:
    def act(seen: Any, context: Context) -> int:
        if context.round == 3:
            if dispatcher == "inline":
                raise KeyboardInterrupt
            # The caller waits by then; a signal just before a wait is seen only after it.
            let_go.wait(0.2)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            let_go.wait(FUSE)
        return 1

    witness = Witness()
    with Society(Ring(), dispatcher=dispatcher, tables=False) as society:
        society.add(Does, ids=["a"])
        society.add(Does, ids=["b"], act=act)
        society.add(Does, ids=["c"])
        with pytest.raises(RunInterrupted) as caught:
            society.run(10, progress=witness)
        run = caught.value.run
        assert isinstance(run, Run)
        assert (run.rounds, run.interrupted, run.outcomes) == (2, True, {"acted": 6})
        let_go.set()
        assert len(society.ask("b", "lived", timeout=FUSE)) == 2
        assert society.run(4).rounds == 4
        for agent_id in ("a", "c"):
            lived = society.ask(agent_id, "lived", timeout=FUSE)
            # The round that was cut short was nobody's; no other was told twice.
            assert [experience.round for experience in lived] == [1, 2, 4, 5, 6]


def test_a_baseline_that_fails_leaves_the_run_itself(tmp_path: Path) -> None:
    numbers = count(1)

    def world() -> Ring:
        if next(numbers) > 1:
            raise RuntimeError("there is no second one")
        return Ring()

    with Society(world, dispatcher="inline") as society:
        society.add(Does)
        with pytest.raises(RuntimeError, match="no second one"):
            society.run(3, baseline=True, out=tmp_path / "r")
    figures = json.loads((tmp_path / "r/result.json").read_text(encoding="utf-8"))
    assert (figures["rounds"], figures["interrupted"], figures["speedup"]) == (3, False, None)
