"""What becomes of an agent that failed, however its society is run, and of nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.care.directive import Directive, Failure, by_type
from antiphon.actors.care.supervision import SupervisionRules, Supervisor
from antiphon.actors.future import Future
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.notices import RoundFilled
from antiphon.coordination.orders import StartRound
from antiphon.errors import DownError, EscalatedError, StoppedError
from antiphon.testing import RecordingRef
from antiphon.tests.society.cast import FUSE, Ring, Witness
from antiphon.tests.society.supervised_cast import (
    DOWN_FOR_ONE,
    IDS,
    Fate,
    Mortal,
    Reborn,
    acted,
    addresses,
    everywhere,
    on_threads,
    play,
    society_of,
)
from pykka import ActorRegistry


@everywhere
def test_one_that_failed_sits_out_and_comes_back_while_the_others_go_on(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, backoff=1) as society:
        assert play(society, 4) == acted(4) | {"a": DOWN_FOR_ONE}
        assert play(society, 4) == acted(4)


@everywhere
def test_it_comes_back_at_the_address_that_it_had(dispatcher: str) -> None:
    fate = Fate("a act 2")
    with society_of(fate, dispatcher) as society:
        society.start()
        before = addresses()
        play(society, 3)
        assert addresses() == before
        assert fate.calls["a"].count("create") == 2
        assert society["a"].ask("acts") == 1


@everywhere
def test_resumed_it_goes_on_with_the_state_it_has(dispatcher: str) -> None:
    fate = Fate("a act 2")
    with society_of(fate, dispatcher, on_crash="resume") as society:
        assert play(society, 4) == acted(4) | {"a": ["acted", "crashed", "acted", "acted"]}
        assert society.ask("a", "acts") == 4
    assert fate.calls["a"].count("create") == 1


@everywhere
def test_stopped_it_is_out_for_good_and_its_actor_is_gone(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, on_crash="stop") as society:
        assert play(society, 4) == acted(4) | {"a": ["acted", "crashed", "down", "down"]}
        error = society.step(dict.fromkeys(IDS)).errors["a"]
        assert isinstance(error, DownError)
        assert str(error) == "agent a is down for good: ValueError: a act 2"
        assert len(addresses()) == len(["the coordinator", "b", "c"])


@everywhere
@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3)])
def test_escalated_it_stops_the_society_and_whoever_runs_it_hears_why(
    error: BaseException, dispatcher: str
) -> None:
    with society_of(Fate("b act 3", error=error), dispatcher, on_crash="escalate") as society:
        play(society, 2)
        with pytest.raises(EscalatedError, match="agent b failed in round 3") as escalated:
            play(society)
        assert escalated.value.__cause__ is error
        with pytest.raises(StoppedError):
            play(society)


@everywhere
def test_what_is_escalated_ends_a_run_too(dispatcher: str) -> None:
    fate = Fate("b act 3")
    with society_of(fate, dispatcher, environment=Ring(), on_crash="escalate") as society:
        with pytest.raises(EscalatedError, match="agent b failed in round 3"):
            society.run(9)
        with pytest.raises(StoppedError):
            society.run(1)


@everywhere
def test_a_strategy_may_answer_each_error_in_its_way(dispatcher: str) -> None:
    told: list[tuple[str, int, str]] = []
    by_error = by_type({KeyError: Directive.STOP}, otherwise=Directive.RESTART)

    def strategy(failure: Failure) -> Directive:
        told.append((failure.agent_id, failure.round, type(failure.error).__name__))
        return by_error(failure)

    class Fragile(Mortal):
        def act(self, observation: Any, context: Any) -> int:
            if observation is not None:
                raise observation
            return super().act(observation, context)

    fate = Fate()
    rules: dict[str, Any] = {"on_crash": "resume", "strategy": strategy}
    with society_of(fate, dispatcher, kind=Fragile, **rules) as society:
        society.step({"a": KeyError(), "b": OSError(), "c": None})
        assert play(society, 2) == acted(2) | {"a": ["down", "down"]}
    assert [fate.calls[i].count("create") for i in IDS] == [1, 2, 1]
    assert told == [("a", 1, "KeyError"), ("b", 1, "OSError")]


def test_the_orders_are_given_before_anybody_hears_of_the_round() -> None:
    order: list[str] = []

    class Reply(Future[Any]):
        def set(self, value: Any = None) -> None:
            order.append("outcome")

    class Ref(RecordingRef):
        def tell(self, message: Any) -> None:
            if isinstance(message, Perceive):
                message.reply_to.fail(message.index, ValueError("no"), 0.0, 0.0)
            else:
                order.append(type(message).__name__)

    strategy = by_type({KeyError: Directive.STOP}, otherwise=Directive.RESTART)
    coordinator = Coordinator(
        {"a": Ref()},
        ActionCheck({}),
        supervisor=Supervisor(strategy, SupervisionRules(), seed=0),
        sequential=False,
        clock=ManualClock(),
    )
    rules = Rules(FUSE, None, drop, metrics=False)
    coordinator.on_receive(StartRound(1, 0, {"a": None}, {}, rules, Reply()))
    coordinator.on_receive(RoundFilled(1))
    assert order == ["Suspend", "outcome"]


@on_threads
def test_one_whom_somebody_else_stops_is_down_and_nothing_is_decided(dispatcher: str) -> None:
    with society_of(Fate(), dispatcher, on_crash="escalate") as society:
        play(society)
        ActorRegistry.get_by_class(AgentActor)[0].stop()
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "down", "b": "acted", "c": "acted"}
        assert not outcome.decisions


@pytest.mark.parametrize("turns", [(True, False), (False, True)])
def test_who_is_down_or_stopped_stays_so_whoever_runs_the_agents_next(
    turns: tuple[bool, bool],
) -> None:
    witness = Witness()
    strategy = by_type({KeyError: Directive.STOP}, otherwise=Directive.RESTART)

    class Struck(Reborn):
        def act(self, observation: Any, context: Any) -> int:
            if context.round == 2 and self.name != "c":
                raise KeyError if self.name == "a" else OSError
            return super().act(observation, context)

    with society_of(
        Fate(), kind=Struck, environment=Ring(), strategy=strategy, backoff=1
    ) as society:
        for parallelize in turns * 3:
            society.run(1, progress=witness, parallelize=parallelize)
    fared = {i: [row[2] for row in witness.rows(i)] for i in IDS}
    assert fared == acted(6) | {
        "a": ["acted", "crashed", *["down"] * 4],
        "b": [*DOWN_FOR_ONE, "acted", "acted"],
    }
