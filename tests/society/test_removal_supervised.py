"""Of an agent that was taken out nothing more is decided, restarted or warned of."""

from __future__ import annotations

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.leaving import Watcher, everywhere, trio
from antiphon.tests.society.supervised_cast import Fate, society_of
from antiphon.tests.society.talking_cast import Speaker, in_round, step


@everywhere
def test_one_that_is_down_leaves_and_neither_comes_back_nor_is_counted(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2")
    with society_of(fate, dispatcher, backoff=2) as society:
        for _ in range(2):
            step(society)
        society.remove("a")
        for _ in range(8):
            step(society)
        kernel = society.health().kernel
        assert kernel.restarts == {"b": 1}
        assert kernel.quarantined == ()


@pytest.mark.parametrize("before", [True, False])
def test_nothing_is_decided_of_a_failure_that_comes_after_its_round(*, before: bool) -> None:
    simulation = SimulatedDispatcher()
    clock = simulation.clock

    def fail_late(context: Context) -> None:
        clock.advance(3.0)
        raise ValueError("late")

    settings = {"timeout": 1.0, "on_crash": "stop", "grace": 0.0}
    with Society(simulation=simulation, **settings) as society:
        society.add(Speaker, ids=["a"], act=in_round({1: fail_late}))
        society.add(Watcher, ids=["b"], act=in_round({1: lambda context: context.watch("a")}))
        step(society)
        if before:
            clock.advance(3.0)
        society.remove("a")
        clock.advance(3.0)
        assert [step(society).decisions for _ in range(3)] == [(), (), ()]
        assert [word[:2] for word in society.ask("b", "heard")] == [("a", "removed")]


@everywhere
def test_those_that_go_together_go_on_without_it(dispatcher: str) -> None:
    together = [["a", "b", "c"]]
    with society_of(Fate("c act 3"), dispatcher, together=together, backoff=0) as society:
        step(society)
        society.remove("a")
        decided = [d for _ in range(4) for d in step(society).decisions]
        assert [d.agent_id for d in decided] == ["b", "c"]


def test_before_the_start_a_group_goes_on_without_it() -> None:
    with trio(together=[["a", "b"]], on_crash="restart") as society:
        society.remove("a")
        assert step(society).counts["acted"] == 2


@everywhere
def test_its_failures_are_no_more_to_be_warned_of(dispatcher: str) -> None:
    with society_of(Fate(*(f"a act {n}" for n in range(9))), dispatcher, on_crash="resume") as s:
        for _ in range(3):
            step(s)
        before = s.health()
        assert [failing.agent_id for failing in before.agents.failing] == ["a"]
        s.remove("a")
        after = s.health()
        assert after.agents.failing == ()
        assert "agents.failing" not in [warning.key for warning in after.warnings]
        assert after.agents.success_rate == before.agents.success_rate
