"""What becomes of an agent that failed, however its society is run, and of nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.care.directive import Directive, Failure, always, by_type
from antiphon.actors.care.supervision import SupervisionRules, Supervisor
from antiphon.actors.future import Future
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.call import RoundFilled
from antiphon.coordination.coordinator import Coordinator, StartRound
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.errors import (
    AskError,
    DownError,
    EscalatedError,
    RestartError,
    StateError,
    StoppedError,
)
from antiphon.society import Society
from antiphon.testing import RecordingRef
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Dice, Ring, Witness
from antiphon.tests.society.supervised_cast import (
    IDS,
    RULES,
    Fate,
    Mortal,
    Mute,
    Reborn,
    acted,
    play,
    society_of,
)
from antiphon.tests.society.test_harm import hold_others_to_a_control_run
from pykka import ActorRegistry

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
on_threads = pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])

DOWN_FOR_ONE = ["acted", "crashed", "down", "acted"]
"""What befalls one that fails in round 2, where the first pause is one round."""


def addresses() -> set[str]:
    return {ref.actor_urn for ref in ActorRegistry.get_all()}


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


@everywhere
def test_what_it_is_told_while_it_is_down_the_new_one_hears_in_order(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, backoff=1) as society:
        play(society, 2)
        society.tell("a", "one")
        assert play(society)["a"] == ["down"]
        society.broadcast("two")
        society.tell("a", "three")
        play(society)
        assert society.ask("a", "heard") == ["one", "two", "three"]
        assert society.ask("b", "heard") == ["two"]


@everywhere
@pytest.mark.parametrize("struck", [["a act 2"], ["a act 2", "a create 2"]])
def test_what_others_tell_it_from_the_round_on_in_which_it_fails_the_new_one_hears(
    struck: list[str], dispatcher: str
) -> None:
    class Talks(Mortal):
        def act(self, observation: Any, context: Any) -> int:
            if self.name == "b":
                context.tell("a", context.round)
            return super().act(observation, context)

    with society_of(Fate(*struck), dispatcher, kind=Talks, backoff=1) as society:
        play(society, 8)
        # What was said in round 1 was heard before the failure.
        assert society.ask("a", "heard") == [2, 3, 4, 5, 6, 7]


@everywhere
def test_whoever_asks_one_that_is_down_hears_why_and_for_how_long(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, backoff=1) as society:
        play(society, 2)
        with pytest.raises(DownError, match="a is down until round 4: ValueError: a act 2") as down:
            society.ask("a", "acts")
        assert down.value.until == 4
        play(society, 2)
        assert society.ask("a", "acts") == 1


@everywhere
@pytest.mark.parametrize(
    ("kind", "interval", "acts"), [(Reborn, 2, 5), (Reborn, 10, 1), (Mortal, 2, 1)]
)
def test_its_state_is_that_of_the_last_snapshot_if_there_is_one(
    kind: type[Mortal], interval: int, acts: int, dispatcher: str
) -> None:
    with society_of(Fate("a act 6"), dispatcher, kind=kind, snapshot_interval=interval) as society:
        play(society, 7)
        # Of rounds 5 and 6 nothing is left; in round 7 it acts once.
        assert society.ask("a", "acts") == acts
        assert society.ask("b", "acts") == 7


def without_pictures(calls: list[str]) -> list[str]:
    return [call for call in calls if call != "get_state"]


@everywhere
@pytest.mark.parametrize(
    ("struck", "interval", "revived"),
    [
        # Its state is of the first episode; it has entered the second, or is yet to enter it.
        (6, 4, ["create", "reset", "set_state", "reset"]),
        (4, 2, ["create", "reset", "set_state", "reset"]),
        # Its state is of the second.
        (7, 5, ["create", "reset", "set_state"]),
    ],
)
def test_it_enters_the_episode_that_the_others_are_in(
    struck: int, interval: int, revived: list[str], dispatcher: str
) -> None:
    fate = Fate(f"a act {struck}")
    rules: dict[str, Any] = {"environment": Ring(length=4), "snapshot_interval": interval}
    with society_of(fate, dispatcher, **rules) as society:
        society.run(8)
    lives = [*["act"] * 4, "episode_ended", "reset", *["act"] * 4, "episode_ended"]
    assert without_pictures(fate.calls["b"]) == ["create", "reset", *lives]
    calls = without_pictures(fate.calls["a"])
    begins = calls.index("create", 1)
    assert calls[begins : begins + len(revived) + 1] == [*revived, "act"]
    assert calls.count("reset") == 1 + (struck > 4) + revived.count("reset")


@everywhere
def test_what_passed_while_it_was_down_it_is_told_when_it_is_back(dispatcher: str) -> None:
    with society_of(Fate("a act 3"), dispatcher, backoff=1) as society:
        play(society, 6)
        assert society.ask("a", "lived") == [3, 4, 5]
        assert society.ask("b", "lived") == [1, 2, 3, 4, 5]


@everywhere
def test_its_random_stream_goes_on_where_it_was(dispatcher: str) -> None:
    calm, struck = Fate(), Fate("a act 3", "a act 4")
    for fate in (calm, struck):
        with society_of(fate, dispatcher, snapshot_interval=2) as society:
            play(society, 6)
    assert struck.drawn == calm.drawn
    assert len(set(struck.drawn["a"])) == 6


@everywhere
def test_past_its_budget_it_is_quarantined(dispatcher: str) -> None:
    fate = Fate("a act 2", "a act 3", "b act 3")
    with society_of(fate, dispatcher, max_restarts=1) as society:
        a = ["acted", "crashed", "crashed", "down", "down"]
        b = ["acted", "acted", "crashed", "acted", "acted"]
        assert play(society, 5) == acted(5) | {"a": a, "b": b}
        error = society.step(dict.fromkeys(IDS)).errors["a"]
        assert isinstance(error, DownError)
        assert error.until is None
        assert "no more than 1 restarts in 100 rounds; ValueError: a act 3" in str(error)
        assert len(addresses()) == len(["the coordinator", "b", "c"])


@everywhere
def test_one_that_fails_rarely_enough_is_always_restarted(dispatcher: str) -> None:
    fate = Fate(*(f"a act {n}" for n in range(1, 20, 3)))
    with society_of(fate, dispatcher, max_restarts=1, restart_window=3) as society:
        assert play(society, 20)["a"] == (["crashed", "acted", "acted"] * 7)[:20]


def course(dispatcher: str, **settings: Any) -> tuple[dict[str, list[str]], str]:
    """Give how each fares in a run with many failures, and the trace of it."""
    fate = Fate(*(f"{i} act {n}" for i in "ab" for n in (2, 5, 6, 11)), "c act 9")
    witness = Witness()
    rules: dict[str, Any] = {"backoff": 3, "backoff_limit": 9, "snapshot_interval": 4, **settings}
    with society_of(fate, dispatcher, environment=Ring(length=9), **rules) as society:
        trace = society.run(40, progress=witness).trace
    return {i: [row[2] for row in witness.rows(i)] for i in IDS}, trace


def test_one_seed_gives_one_course_of_failures_and_restarts_on_every_dispatcher() -> None:
    courses = [course(dispatcher) for dispatcher in (*DISPATCHERS, "simulated")]
    assert all(other == courses[0] for other in courses)
    fared = courses[0][0]
    assert {status for each in fared.values() for status in each} == {"acted", "crashed", "down"}
    # They fail at the same acts, and still do not come back together.
    assert fared["a"] != fared["b"]


def test_another_seed_draws_other_pauses() -> None:
    assert course("inline", seed=1)[0] != course("inline", seed=2)[0]


@everywhere
def test_rounds_close_though_everybody_is_down(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2", "c act 2")
    with society_of(fate, dispatcher, backoff=1) as society:
        assert play(society, 4) == dict.fromkeys(IDS, DOWN_FOR_ONE)


@everywhere
def test_those_who_belong_together_go_back_together(dispatcher: str) -> None:
    fate = Fate("b act 8")
    groups = [["a", "b"]]
    rules: dict[str, Any] = {"backoff": 1, "snapshot_interval": 5, "together": groups}
    with society_of(fate, dispatcher, **rules) as society:
        assert play(society, 10) == {
            "a": [*["acted"] * 8, "down", "acted"],
            "b": [*["acted"] * 7, "crashed", "down", "acted"],
            "c": ["acted"] * 10,
        }
        assert [society.ask(i, "acts") for i in IDS] == [6, 6, 10]
    assert [fate.calls[i].count("create") for i in IDS] == [2, 2, 1]


@everywhere
def test_those_who_belong_together_are_stopped_together(dispatcher: str) -> None:
    with society_of(Fate("b act 2"), dispatcher, on_crash="stop", together=[["a", "b"]]) as society:
        play(society, 2)
        error = society.step(dict.fromkeys(IDS)).errors["a"]
        assert str(error) == "agent a is down for good: goes with b"
        assert play(society) == acted(1) | {"a": ["down"], "b": ["down"]}


@everywhere
def test_what_failed_before_a_mate_did_goes_with_the_state_that_is_given_up(
    dispatcher: str,
) -> None:
    fate = Fate("a receive 1", "b act 2")
    with society_of(fate, dispatcher, together=[["a", "b"]]) as society:
        play(society)
        society.tell("a", "a bad word")
        assert society.step({"b": None, "c": None}).status == {"b": "crashed", "c": "acted"}
        assert play(society, 2) == acted(2)
        assert [fate.calls[i].count("create") for i in IDS] == [2, 2, 1]


@on_threads
def test_one_that_hangs_while_its_mate_fails_is_built_anew_once_it_is_back(
    dispatcher: str, let_go: threading.Event
) -> None:
    # It fails as well, long after its state has been given up.
    fate = Fate("a act 3", "b act 3", waits={"b act 3": let_go})
    rules: dict[str, Any] = {"backoff": 1, "snapshot_interval": 2, "together": [["a", "b"]]}
    with society_of(fate, dispatcher, **rules) as society:
        play(society, 2)
        outcome = society.step(dict.fromkeys(IDS), timeout=0.5)
        assert outcome.status == {"a": "crashed", "b": "timed_out", "c": "acted"}
        assert play(society) == {"a": ["down"], "b": ["down"], "c": ["acted"]}
        assert play(society) == {"a": ["acted"], "b": ["busy"], "c": ["acted"]}
        let_go.set()
        with pytest.raises(DownError):
            society.ask("b", "acts", timeout=FUSE)
        assert play(society, 3) == acted(3)
        assert [society.ask(i, "acts") for i in IDS] == [6, 5, 8]


@on_threads
def test_a_failure_that_comes_late_counts_in_the_round_that_it_comes_in(
    dispatcher: str, let_go: threading.Event
) -> None:
    fate = Fate("b act 2", waits={"b act 2": let_go})
    with society_of(fate, dispatcher, backoff=1, snapshot_interval=1) as society:
        play(society)
        assert society.step(dict.fromkeys(IDS), timeout=0.5).status["b"] == "timed_out"
        let_go.set()
        society.ask("b", "acts", timeout=FUSE)
        assert play(society, 5)["b"][1:] == ["down", "acted", "acted", "acted"]
        assert fate.calls["b"].count("create") == 2


@on_threads
def test_an_answer_that_comes_late_is_no_failure(dispatcher: str, let_go: threading.Event) -> None:
    with society_of(Fate(waits={"b act 2": let_go}), dispatcher) as society:
        play(society)
        assert society.step(dict.fromkeys(IDS), timeout=0.5).status["b"] == "timed_out"
        let_go.set()
        society.ask("b", "acts", timeout=FUSE)
        assert play(society, 3) == acted(3)
        assert society.ask("b", "acts") == 5


@on_threads
def test_one_whom_somebody_else_stops_is_down_and_nothing_is_decided(dispatcher: str) -> None:
    with society_of(Fate(), dispatcher, on_crash="escalate") as society:
        play(society)
        ActorRegistry.get_by_class(AgentActor)[0].stop()
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "down", "b": "acted", "c": "acted"}
        assert not outcome.decisions


@everywhere
@pytest.mark.parametrize("error", [None, SystemExit(3)])
@pytest.mark.parametrize("call", ["create 2", "reset 2", "set_state 1"])
def test_one_that_cannot_be_built_anew_has_failed_again(
    call: str, error: BaseException | None, dispatcher: str
) -> None:
    fate = Fate("a act 3", f"a {call}", error=error)
    with society_of(fate, dispatcher, snapshot_interval=2) as society:
        assert play(society, 3)["a"][-1] == "crashed"
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        if error is None:
            assert isinstance(outcome.errors["a"], RestartError)
            assert outcome.errors["a"].step == call.split(maxsplit=1)[0]
        assert play(society, 2) == acted(2)
        assert society.ask("a", "acts") == 4


@everywhere
def test_one_that_fails_at_what_waited_for_it_hears_the_rest_the_next_time(
    dispatcher: str,
) -> None:
    # What is said at once waits with its host; otherwise it comes with the next call.
    fate = Fate("a act 1", "a receive 1")
    with society_of(fate, dispatcher, delivery="immediate") as society:
        play(society)
        society.tell("a", "poison")
        society.tell("a", "bread")
        assert play(society, 3)["a"] == ["crashed", "acted", "acted"]
        assert society.ask("a", "heard") == ["bread"]


@everywhere
def test_one_that_cannot_give_its_state_has_failed_in_that_call(dispatcher: str) -> None:
    fate = Fate("a get_state 2")
    with society_of(fate, dispatcher, kind=Mute, snapshot_interval=2) as society:
        play(society, 3)
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        assert isinstance(outcome.errors["a"], StateError)
        # Its third act again, from the snapshot of round 2.
        assert society.step({"a": None}).actions == {"a": 3}


@everywhere
def test_a_state_that_is_none_is_named_and_the_last_good_one_stays(dispatcher: str) -> None:
    class Odd(Reborn):
        def get_state(self) -> Any:
            state = super().get_state()
            return state if self.acts < 4 else {**state, "odd": object()}

    with society_of(Fate(), dispatcher, kind=Odd, snapshot_interval=2) as society:
        play(society, 3)
        outcome = society.step({"a": None})
        assert "state['odd'] must be a JSON value" in str(outcome.errors["a"])
        play(society)
        assert society.ask("a", "acts") == 3


def fail_between_rounds(society: Society, method: str) -> None:
    if method == "receive":
        society.tell("a", "a bad word")
    else:
        with pytest.raises(AskError, match="a raised ValueError: a answer 1"):
            society.ask("a", "acts")


@everywhere
@pytest.mark.parametrize("method", ["receive", "answer"])
def test_a_failure_between_two_rounds_counts_in_the_next_tell_and_ask_alike(
    method: str, dispatcher: str
) -> None:
    with society_of(Fate(f"a {method} 1"), dispatcher, backoff=1, snapshot_interval=2) as society:
        play(society, 3)
        fail_between_rounds(society, method)
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        assert str(outcome.errors["a"]) == f"a {method} 1"
        assert play(society, 2) == acted(2) | {"a": ["down", "acted"]}
        assert society.ask("a", "acts") == 3


@everywhere
def test_a_failure_at_what_another_agent_says_counts_in_the_round_that_it_is_heard_in(
    dispatcher: str,
) -> None:
    class Talks(Mortal):
        def act(self, observation: Any, context: Any) -> int:
            if self.name == "b" and context.round == 2:
                context.tell("a", "a bad word")
            return super().act(observation, context)

    with society_of(Fate("a receive 1"), dispatcher, kind=Talks) as society:
        fared = ["acted", "acted", "crashed", "acted"]
        assert play(society, 4) == acted(4) | {"a": fared}


@everywhere
@pytest.mark.parametrize("method", ["receive", "answer"])
@pytest.mark.parametrize(
    ("directive", "later"), [(Directive.RESUME, "acted"), (Directive.STOP, "down")]
)
def test_a_strategy_decides_of_failures_between_two_rounds_as_of_others(
    directive: Directive, later: str, method: str, dispatcher: str
) -> None:
    with society_of(Fate(f"a {method} 1"), dispatcher, strategy=always(directive)) as society:
        play(society)
        fail_between_rounds(society, method)
        assert play(society, 3) == acted(3) | {"a": ["crashed", later, later]}


@everywhere
def test_a_failure_at_the_end_of_an_episode_counts_in_the_next_round(dispatcher: str) -> None:
    fate, witness = Fate("a episode_ended 1"), Witness()
    with society_of(fate, dispatcher, environment=Ring(length=3)) as society:
        society.run(5, progress=witness)
    life = ["create", "reset", "act", "act", "act", "episode_ended"]
    assert without_pictures(fate.calls["a"]) == [*life, "create", "reset", "act"]
    assert [row[2] for row in witness.rows("a")] == [*["acted"] * 3, "crashed", "acted"]
    assert {row[2] for row in witness.rows("b")} == {"acted"}


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


def with_a_mortal_villain(fate: Fate, kind: type[Mortal], dispatcher: str) -> Witness:
    """Play one among dice; it is told and asked something after every step."""

    def talk(step: Any) -> None:
        society.tell("villain", step.number)
        with suppress(AskError, StoppedError):
            society.ask("villain", "acts")

    witness = Witness(talk)
    others = [f"other-{n}" for n in range(5)]
    world = Ring([*others[:2], "villain", *others[2:]], length=9)
    rules: dict[str, Any] = {"on_crash": "restart", "backoff": 1, "snapshot_interval": 3}
    with Society(world, seed=3, tables=False, dispatcher=dispatcher, **rules) as society:
        society.add(kind, ids=["villain"], fate=fate)
        society.add(Dice)
        society.run(14, progress=witness)
    return witness


@everywhere
@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize(
    "method",
    ["act", "receive", "answer", "episode_ended", "get_state", "set_state", "create", "reset"],
)
def test_whatever_raises_in_an_agent_and_however_often_the_others_do_not_notice(
    method: str, nth: int, dispatcher: str
) -> None:
    # Its first life begins well, and ends soon, so that there is a second.
    first = nth + (method in ("create", "reset"))
    struck = [f"villain {method} {n}" for n in range(first, 40, nth)]
    kind = Mute if method == "get_state" else Reborn
    witness = with_a_mortal_villain(Fate("villain act 4", *struck), kind, dispatcher)
    assert "down" in {row[2] for row in witness.rows("villain")}
    hold_others_to_a_control_run(witness, 14, dispatcher)


TAKEN_OUT_IS_CAUGHT_BY: dict[str, tuple[Callable[..., None], Any]] = {
    "orders go out before the reply": (
        test_the_orders_are_given_before_anybody_hears_of_the_round,
        (),
    ),
    "mates are told": (test_those_who_belong_together_go_back_together, ["inline"]),
    "who sits out is told": (
        test_its_state_is_that_of_the_last_snapshot_if_there_is_one,
        (Reborn, 2, 5, "inline"),
    ),
    "who is stopped is told": (
        test_stopped_it_is_out_for_good_and_its_actor_is_gone,
        ["inline"],
    ),
    "what is escalated is raised": (
        test_what_is_escalated_ends_a_run_too,
        ["inline"],
    ),
    "it is asked who is due": (
        test_one_that_failed_sits_out_and_comes_back_while_the_others_go_on,
        ["inline"],
    ),
    "who is down is not called": (
        test_one_that_failed_sits_out_and_comes_back_while_the_others_go_on,
        ["inline"],
    ),
    "what waits is held": (
        test_one_that_fails_at_what_waited_for_it_hears_the_rest_the_next_time,
        ["inline"],
    ),
    "snapshots are taken": (
        test_its_state_is_that_of_the_last_snapshot_if_there_is_one,
        (Reborn, 2, 5, "inline"),
    ),
    "the random stream goes on": (test_its_random_stream_goes_on_where_it_was, ["inline"]),
    "what passes is kept for who is down": (
        test_what_passed_while_it_was_down_it_is_told_when_it_is_back,
        ["inline"],
    ),
    "failures between rounds are kept": (
        test_a_failure_between_two_rounds_counts_in_the_next_tell_and_ask_alike,
        ("answer", "inline"),
    ),
    "late failures are counted": (
        test_a_failure_that_comes_late_counts_in_the_round_that_it_comes_in,
        ("threaded", threading.Event()),
    ),
    "failures of a state given up are not": (
        test_one_that_hangs_while_its_mate_fails_is_built_anew_once_it_is_back,
        ("threaded", threading.Event()),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_supervision_with_one_rule_taken_out_is_caught(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, name, mutate = RULES[rule]
    monkeypatch.setattr(part, name, mutate(getattr(part, name)))
    check, arguments = TAKEN_OUT_IS_CAUGHT_BY[rule]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(*arguments)
