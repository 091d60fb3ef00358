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

TO_AND_FRO = [
    ["threaded", "inline", "threaded", "inline"],
    ["pooled", "inline", "pooled", "inline"],
    ["threaded", "pooled", "threaded", "pooled"],
    ["inline", "pooled", "threaded", "inline"],
]


def name_of(dispatchers: list[str]) -> str:
    return " ".join(dispatchers)


@pytest.mark.parametrize("dispatchers", TO_AND_FRO, ids=name_of)
def test_a_society_goes_on_with_the_same_state_whoever_runs_it(dispatchers: list[str]) -> None:
    whole, _ = play(world_of_six(), steps=20, seed=5, dispatcher="inline")
    witness = Witness()
    with Society(world_of_six(), seed=5, dispatcher=dispatchers[0], tables=False) as society:
        society.add(Dice, 5)
        for steps, dispatcher in zip((4, 5, 6, 5), dispatchers, strict=True):
            go_on_with(society, dispatcher)
            assert society.run(steps, progress=witness).dispatcher == dispatcher
    assert witness.everybody() == whole.everybody()


def go_on_with(society: Society, dispatcher: str) -> None:
    # The public switch names no dispatcher; it chooses between threads and none.
    society.start()
    society._choose_dispatcher(dispatcher)


def test_run_chooses_between_threads_and_none() -> None:
    with Society(Ring(), dispatcher="pooled", tables=False) as society:
        society.add(Does)
        assert society.run(1).dispatcher == "pooled"
        assert society.run(1, parallelize=True).dispatcher == "threaded"
        assert society.run(1, parallelize=False).dispatcher == "inline"


@pytest.mark.parametrize("dispatchers", TO_AND_FRO, ids=name_of)
def test_letters_under_way_arrive_whoever_runs_the_agents_next(dispatchers: list[str]) -> None:
    with Society(Ring(), dispatcher=dispatchers[0], tables=False) as society:
        society.add(Does)
        for number in range(20):
            society.broadcast(number)
            go_on_with(society, dispatchers[number % 4])
            society.run(1)
        for agent_id in society:
            heard = society.ask(agent_id, "heard")
            assert [message for message, _, _ in heard] == list(range(20))


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_a_society_with_an_agent_at_work_stays_as_it_is(
    dispatcher: str, let_go: threading.Event
) -> None:
    def act(seen: Any, context: Context) -> int:
        if context.round == 1:
            let_go.wait(FUSE)
        return 1

    with Society(Ring(), dispatcher=dispatcher, timeout=0.3, tables=False) as society:
        society.add(Does, ids=["b"], act=act)
        society.add(Does)
        society.run(1)
        with pytest.raises(StoppedError, match="cannot change to inline: b still at work"):
            society.run(1, parallelize=False)
        let_go.set()
        assert society.ask("b", "lived", timeout=FUSE) == []
        society.configure(timeout=FUSE)
        assert society.run(2, parallelize=False).outcomes == {"acted": 6}


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_an_agent_that_listens_for_ever_ends_the_society_and_not_its_caller(
    dispatcher: str, let_go: threading.Event
) -> None:
    class Listens(Does):
        def receive(self, message: Any, sender: str, context: Context) -> None:
            let_go.wait(FUSE)

    settings = {"dispatcher": dispatcher, "start_timeout": 1.0, "grace": 0.0}
    with Society(Ring(), tables=False, **settings) as society:
        society.add(Listens, ids=["b"])
        society.add(Does)
        society.tell("b", "a long story")
        with pytest.raises(StoppedError, match="cannot change to inline: b still at work"):
            society.run(1, parallelize=False)
        with pytest.raises(StoppedError):
            society.run(1)
        let_go.set()


@pytest.mark.parametrize("dispatcher", ["inline", "pooled"])
def test_a_society_too_large_for_threads_goes_on_as_before(
    dispatcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Society(Ring(), dispatcher=dispatcher, tables=False) as society:
        society.add(Does)
        society.run(1)
        monkeypatch.setattr(threaded, "thread_limit", lambda: ThreadLimit(2, "a test says so"))
        with pytest.raises(TooManyActorsError, match="use dispatcher='pooled'"):
            society.run(1, parallelize=True)
        assert society.run(1).outcomes == {"acted": 3}
