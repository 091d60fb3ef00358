"""The memory supervisor: by hand, then on threads of its own."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from antiphon.actors.address import Address
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.mailbox import Letter
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.clock import ManualClock
from antiphon.errors import PluginError, StoppedError
from antiphon.memory.consolidation import Consolidated, Strategy
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.catalogue import strategy as named
from antiphon.memory.supervisor import (
    Collect,
    GiveUp,
    HowMuch,
    MemorySupervisor,
    Offer,
    Progress,
    Work,
    worker_for,
)
from antiphon.tests.memory.consolidating import (
    FUSE,
    broken,
    each_alone,
    forms,
    handed,
    lived,
    names,
)


class Desk:
    """A supervisor that was never started, and its clock, in the hand of one thread."""

    def __init__(self, strategy: Strategy = each_alone) -> None:
        self.clock = ManualClock()
        self.actor = MemorySupervisor(named(strategy), clock=self.clock)

    def hear(self, message: Any) -> Any:
        answer: Future[Any] = Future()
        self.actor.handle(Letter(message, answer))
        return answer.get(timeout=0)


def test_it_works_for_as_long_as_it_is_told_and_says_how_it_stands() -> None:
    desk = Desk()

    def slow(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        for draft in each_alone(window):
            desk.clock.advance(0.5)
            yield draft

    desk.actor = MemorySupervisor(named(slow), clock=desk.clock)
    desk.hear(Offer(handed(lived(1), lived(2), due=3)))
    assert desk.hear(Work(0.0)) == Progress(1, 1, 3, 0.0)
    assert desk.hear(Work(1.0)) == Progress(1, 1, 3, 1.0)
    assert desk.hear(Work(5.0)) == Progress(1, 0, 3, 1.0)
    assert desk.hear(Work(5.0)) == Progress(1, 0, 3, 0.0)
    assert desk.hear(Collect(2)) == ()
    assert names(desk.hear(Collect(3))) == [("a", 1, "")]
    assert desk.hear(Work(5.0)) == Progress(0, 0, None, 0.0)
    assert desk.hear(HowMuch()).consolidated == 1


def test_it_does_nothing_that_it_was_not_told_to_do() -> None:
    called: list[int] = []
    desk = Desk(lambda window: called.append(1) or each_alone(window))  # type: ignore[func-returns-value]
    desk.hear(Offer(handed()))
    desk.hear(HowMuch())
    assert desk.actor.wake_at is None
    assert called == []


def test_what_is_given_up_is_not_collected() -> None:
    desk = Desk()
    desk.hear(Offer(handed()))
    desk.hear(GiveUp("a", 1))
    assert desk.hear(Collect(9)) == ()


def test_a_strategy_that_raises_fails_its_hand_over_and_not_the_actor() -> None:
    desk = Desk(broken)
    desk.hear(Offer(handed()))
    assert names(desk.hear(Collect(3))) == [("a", 1, "failed")]
    assert not desk.actor.actor_stopped.is_set()


def test_what_is_no_message_of_its_is_refused() -> None:
    with pytest.raises(TypeError, match="takes no int"):
        Desk().hear(7)


DISPATCHERS = [ThreadedDispatcher, PooledDispatcher, InlineDispatcher]


@pytest.mark.parametrize("kind", DISPATCHERS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_it_gives_the_same_on_any_dispatcher_in_slices_and_in_a_process(
    kind: Any, *, elsewhere: bool
) -> None:
    merge = named("merge")
    worker = worker_for(merge) if elsewhere else None
    actor, dispatcher = MemorySupervisor(merge, worker=worker), kind()
    dispatcher.start([actor], FUSE)
    try:
        address = Address(actor)
        for agent_id in "ba":
            address.tell(Offer(handed(agent_id=agent_id)))
        address.ask(Work(0.0001), FUSE)
        results = address.ask(Collect(3), FUSE)
    finally:
        assert dispatcher.stop([actor], FUSE) == []
    desk = Desk(merge.call)
    for agent_id in "ba":
        desk.hear(Offer(handed(agent_id=agent_id)))
    expected = desk.hear(Collect(3))
    assert names(results) == names(expected)
    assert [forms(result) for result in results] == [forms(result) for result in expected]


HANGING = """
import os, threading
def hang(window):
    # Whoever opens the other end knows that it has begun.
    with open(os.environ["BELL_OF_A_TEST"], "w") as bell:
        bell.write("begun")
    threading.Event().wait()
"""


def test_a_stop_ends_a_worker_that_hangs_and_whoever_waits_for_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hanging_of_a_test.py").write_text(HANGING)
    monkeypatch.syspath_prepend(tmp_path)
    bell = tmp_path / "bell"
    os.mkfifo(bell)
    begun = os.open(bell, os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setenv("BELL_OF_A_TEST", str(bell))
    hang = named("hanging_of_a_test:hang")
    actor, dispatcher = MemorySupervisor(hang, worker=worker_for(hang)), ThreadedDispatcher()
    dispatcher.start([actor], FUSE)
    said: list[BaseException | tuple[Any, ...]] = []

    def collect() -> None:
        try:
            said.append(Address(actor).ask(Collect(3), FUSE))
        except StoppedError as error:
            said.append(error)

    Address(actor).tell(Offer(handed()))
    waiting = threading.Thread(target=collect)
    waiting.start()
    assert select.select([begun], [], [], FUSE)[0]
    os.close(begun)
    assert dispatcher.stop([actor], FUSE / 2) == []
    waiting.join(FUSE)
    (answer,) = said
    assert isinstance(answer, StoppedError) or names(answer) == [("a", 1, "failed")]


def test_a_strategy_that_another_process_cannot_find_is_refused_at_once() -> None:
    def mine(window: Sequence[Remembered]) -> list[Draft]:
        return []

    with pytest.raises(PluginError, match="cannot be called in another process"):
        worker_for(named(mine))
    worker = worker_for(named("merge"))
    with pytest.raises(PluginError, match="cannot be called in another process"):
        MemorySupervisor(named(mine), worker=worker)


def test_the_strategy_named_merge_is_ready_to_use() -> None:
    desk = Desk(named("merge").call)
    desk.hear(Offer(handed()))
    (result,) = desk.hear(Collect(3))
    assert isinstance(result, Consolidated)
