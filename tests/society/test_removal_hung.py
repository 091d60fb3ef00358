"""An agent that does not come back can be taken out too, after the grace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.coordination.outcome import Status
from antiphon.models.agent import Context
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does
from antiphon.tests.society.leaving import living
from antiphon.tests.society.talking_cast import THREADS, Speaker, in_round, step


def hangs_on(let_go: threading.Event) -> Any:
    def act(seen: Any, context: Context) -> int:
        if context.round == 1:
            let_go.wait(10 * FUSE)
        return 1

    return act


@pytest.fixture(params=THREADS)
def with_a_hung(request: Any, let_go: threading.Event) -> Iterator[Society]:
    """A society in which "a" does not come back from its first round."""
    settings = {"dispatcher": request.param, "delivery": "immediate", "grace": 0.05}
    with Society(timeout=FUSE, **settings) as society:
        society.add(Does, ids=["a"], act=hangs_on(let_go))
        society.add(Does, ids=["b"])
        outcome = society.step({"a": 0, "b": 0}, timeout=0.05)
        assert outcome.status["a"] is Status.TIMED_OUT
        yield society


def test_a_hung_agent_is_given_up_after_the_grace(
    with_a_hung: Society, let_go: threading.Event
) -> None:
    society = with_a_hung
    assert society.health().busy == ("a",)
    assert society.remove("a") == ["a"]
    health = society.health()
    assert health.busy == ()
    assert health.kernel.hung == ("a",)
    assert living() == {"coordinator", "b"}
    assert step(society).status == {"b": Status.ACTED}
    late = threading.Event()
    society.dead_letters.listen(lambda letter: letter.reason == "late" and late.set())
    let_go.set()
    assert late.wait(FUSE)
    assert step(society).late == 1
    society.stop()
    assert society.abandoned == ["a"]


def test_what_waits_for_a_hung_agent_is_dead_when_it_is_given_up(with_a_hung: Society) -> None:
    for number in range(3):
        with_a_hung.tell("a", number)
    with_a_hung.remove("a")
    told = [d for d in with_a_hung.dead_letters.last() if hasattr(d.message, "payload")]
    assert [(d.message.payload, d.reason, d.receiver) for d in told] == [
        (number, "closed", "a") for number in range(3)
    ]


def test_a_simulated_agent_may_come_back_within_the_grace_and_reads_nothing_more() -> None:
    for grace, late in ((2.5, []), (1.5, ["a"])):
        simulation = SimulatedDispatcher()
        clock = simulation.clock
        society = Society(simulation=simulation, delivery="immediate", timeout=1.0, grace=grace)
        with society:
            heard: list[Any] = []
            society.add(
                Speaker,
                ids=["a"],
                act=in_round({1: lambda context, clock=clock: clock.advance(3.0)}),
                receive=lambda message, sender, context, heard=heard: heard.append(message),
            )
            society.add(Speaker, ids=["b"])
            assert step(society).status["a"] is Status.TIMED_OUT
            society.tell("a", "too late")
            began = clock.now()
            assert society.remove("a") == late
            assert clock.now() - began == pytest.approx(min(grace, 2.0))
            clock.advance(9.0)
            assert heard == []
            (dead,) = (d for d in society.dead_letters.last() if hasattr(d.message, "payload"))
            assert dead.reason == "closed"
            assert step(society).status == {"b": Status.ACTED}


def test_a_hung_agent_that_was_removed_holds_no_change_of_dispatcher_up(
    let_go: threading.Event,
) -> None:
    world = GridWorld(size=6, max_steps=50)
    with Society(world, grace=0.05, timeout=0.05, start_timeout=3.0) as society:
        society.add(Does, ids=["a"], act=hangs_on(let_go))
        society.add(Does, ids=["b"])
        society.run(1)
        society.remove("a")
        society.configure(timeout=FUSE)
        assert society.run(3, parallelize=False).summary()
        assert society.settings.dispatcher == "inline"
