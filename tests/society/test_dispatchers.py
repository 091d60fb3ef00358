"""One society, run on threads and without, by turns."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors import threaded
from antiphon.actors.limits import ThreadLimit
from antiphon.errors import (
    StoppedError,
    TooManyActorsError,
)
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Dice, Does, Ring, Witness, play, world_of_six


def test_a_society_goes_on_with_the_same_state_on_threads_and_without() -> None:
    whole, _ = play(world_of_six(), steps=20, seed=5, dispatcher="inline")
    witness = Witness()
    with Society(world_of_six(), seed=5, tables=False) as society:
        society.add(Dice, 5)
        for steps, parallelize in ((4, True), (5, False), (6, True), (5, False)):
            run = society.run(steps, parallelize=parallelize, progress=witness)
            assert run.dispatcher == ("threaded" if parallelize else "inline")
    assert witness.everybody() == whole.everybody()


def test_letters_under_way_arrive_whoever_runs_the_agents_next() -> None:
    with Society(Ring(), tables=False) as society:
        society.add(Does)
        for number in range(20):
            society.broadcast(number)
            society.run(1, parallelize=number % 2 == 0)
        for agent_id in society:
            heard = society.ask(agent_id, "heard")
            assert [message for message, _, _ in heard] == list(range(20))


def test_a_society_with_an_agent_at_work_stays_as_it_is(let_go: threading.Event) -> None:
    def act(seen: Any, context: Context) -> int:
        if context.round == 1:
            let_go.wait(FUSE)
        return 1

    with Society(Ring(), timeout=0.3, tables=False) as society:
        society.add(Does, ids=["b"], act=act)
        society.add(Does)
        society.run(1)
        with pytest.raises(StoppedError, match="cannot change to inline: b still at work"):
            society.run(1, parallelize=False)
        let_go.set()
        assert society.ask("b", "lived", timeout=FUSE) == []
        society.configure(timeout=FUSE)
        assert society.run(2, parallelize=False).outcomes == {"acted": 6}


def test_an_agent_that_listens_for_ever_ends_the_society_and_not_its_caller(
    let_go: threading.Event,
) -> None:
    class Listens(Does):
        def receive(self, message: Any, sender: str, context: Context) -> None:
            let_go.wait(FUSE)

    with Society(Ring(), start_timeout=1.0, grace=0.0, tables=False) as society:
        society.add(Listens, ids=["b"])
        society.add(Does)
        society.tell("b", "a long story")
        with pytest.raises(StoppedError, match="cannot change to inline: b still at work"):
            society.run(1, parallelize=False)
        with pytest.raises(StoppedError):
            society.run(1)
        let_go.set()


def test_a_society_too_large_for_threads_goes_on_inline(monkeypatch: pytest.MonkeyPatch) -> None:
    with Society(Ring(), dispatcher="inline", tables=False) as society:
        society.add(Does)
        society.run(1)
        monkeypatch.setattr(threaded, "thread_limit", lambda: ThreadLimit(2, "a test says so"))
        with pytest.raises(TooManyActorsError):
            society.run(1, parallelize=True)
        assert society.run(1).outcomes == {"acted": 3}
