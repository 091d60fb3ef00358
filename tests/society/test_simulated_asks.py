"""In simulated time an asker waits in the middle of its act, and holds up nobody but itself."""

from __future__ import annotations

import math
import signal
import threading
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation import waits
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.errors import AskDeadlockError, AskError, AskTimeoutError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import Act, Speaker, quiet, step

SEEDS = range(10)


class Frank(Speaker):
    """Answers "fine" to whatever it is asked."""

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return "fine" if sender != "outside" else super().answer(question, sender, context)


def found(simulation: SimulatedDispatcher, acts: dict[str, Act], **settings: Any) -> Society:
    settings = {"timeout": 30.0, **settings}
    society = Society(simulation=simulation, delivery="immediate", **settings)
    for agent_id, act in acts.items():
        society.add(Frank, ids=[agent_id], act=act)
    return society


def asks(to: str, **options: Any) -> Act:
    return lambda context: context.ask(to, "?", **options)


def takes(clock: VirtualClock, seconds: float, act: Act = quiet) -> Act:
    def slowly(context: Context) -> Any:
        clock.advance(seconds)
        return act(context)

    return slowly


@pytest.mark.parametrize("seed", SEEDS)
def test_who_asks_an_asker_has_its_answer_as_soon_as_that_one_has(seed: int) -> None:
    # Whoever comes first: c may ask a while a waits for b, or b while nobody waits.
    simulation = SimulatedDispatcher(seed)
    with found(simulation, {"a": asks("b"), "b": quiet, "c": asks("a")}) as society:
        assert step(society).actions == {"a": "fine", "b": 0, "c": "fine"}
    assert simulation.clock.world == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_one_who_is_at_work_answers_when_it_is_done_and_nobody_else_waits(seed: int) -> None:
    simulation = SimulatedDispatcher(seed)
    clock, done = simulation.clock, {}

    def noting(act: Act) -> Act:
        def noted(context: Context) -> Any:
            given = act(context)
            done[context.agent_id] = clock.now()
            return given

        return noted

    acts = {"a": asks("b"), "b": takes(clock, 5.0), "c": takes(clock, 2.0), "d": asks("a")}
    with found(simulation, {name: noting(act) for name, act in acts.items()}) as society:
        outcome = step(society)
    assert outcome.actions == {"a": "fine", "b": 0, "c": 0, "d": "fine"}
    # Whoever is asked may not be at work yet, and answers at once then.
    assert done["a"] in (0.0, 5.0)
    assert done["d"] in (0.0, done["a"])
    assert (done["b"], done["c"]) == (5.0, 2.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_who_hangs_does_not_answer_in_time(seed: int) -> None:
    simulation = SimulatedDispatcher(seed)
    clock = simulation.clock

    def ask(seconds: float) -> Act:
        def act(context: Context) -> float:
            with pytest.raises(AskTimeoutError, match=f"b did not answer within {seconds:g} s"):
                context.ask("b", "?", timeout=seconds)
            return clock.now()

        return act

    acts = {"a": ask(2.0), "b": takes(clock, math.inf), "c": ask(4.0), "d": takes(clock, 1.0)}
    with found(simulation, acts, timeout=5.0) as society:
        step(society, "b")
        # From when the round before was closed.
        assert step(society, "a", "c", "d").actions == {"a": 7.0, "c": 9.0, "d": 0}
        assert clock.world == 9.0


@pytest.mark.parametrize("seed", SEEDS)
def test_time_that_an_asker_has_spent_is_its_own(seed: int) -> None:
    owns = set()
    simulation = SimulatedDispatcher(seed, watch=lambda _: owns.add(simulation.clock.own))
    clock = simulation.clock

    def act(context: Context) -> list[float]:
        times = []
        for _ in range(2):
            clock.advance(1.0)
            context.ask("b", "?")
            times.append(clock.now())
        return times

    with found(simulation, {"a": act, "b": quiet, "c": quiet}) as society:
        assert step(society).actions == {"a": [1.0, 2.0], "b": 0, "c": 0}
    # Nobody is at work between two steps.
    assert owns == {-math.inf}


def test_a_round_ends_though_somebody_waits_for_longer() -> None:
    simulation = SimulatedDispatcher()
    clock = simulation.clock
    acts = {"a": asks("b", timeout=9.0), "b": takes(clock, math.inf)}
    with found(simulation, acts, timeout=1.0, grace=0.5) as society:
        assert step(society, "b").status == {"b": "timed_out"}
        assert step(society, "a").status == {"a": "timed_out"}
        assert clock.world == 2.0
    assert clock.world == 2.5
    assert sorted(society.abandoned) == ["a", "b"]


@pytest.mark.parametrize("seed", [0, 1])
def test_of_three_hundred_crossing_pairs_exactly_one_each_is_refused(seed: int) -> None:
    refused: list[tuple[str, ...]] = []

    def crossing(other: str) -> Act:
        def act(context: Context) -> Any:
            try:
                return context.ask(other, "?")
            except AskDeadlockError as error:
                refused.append(error.path)
                return "refused"

        return act

    acts = {f"{own}{n}": crossing(f"{to}{n}") for n in range(300) for own, to in ("ab", "ba")}
    with found(SimulatedDispatcher(seed), acts) as society:
        outcome = step(society)
    assert outcome.counts == {"acted": 600}, outcome.errors
    assert len(refused) == 300
    for asker, other, again in refused:
        assert (asker, asker[1:]) == (again, other[1:])
        assert (outcome.actions[asker], outcome.actions[other]) == ("refused", "fine")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_of_three_hundred_crossing_pairs_with_any_seed_as_well(seed: int) -> None:
    test_of_three_hundred_crossing_pairs_exactly_one_each_is_refused(seed)


def test_all_may_ask_one_at_once() -> None:
    simulation = SimulatedDispatcher(seed=3)
    acts = {f"a{n}": asks("hub") for n in range(300)}
    with found(simulation, {**acts, "hub": quiet}) as society:
        outcome = step(society)
    assert outcome.actions == {**dict.fromkeys(acts, "fine"), "hub": 0}


def test_the_same_seed_is_the_same_history_and_others_are_others() -> None:
    def history(seed: int) -> list[Any]:
        simulation = SimulatedDispatcher(seed)
        acts = {"a": asks("b"), "b": quiet, "c": asks("a"), "d": asks("c")}
        with found(simulation, acts) as society:
            for _ in range(3):
                step(society)
        return [tuple(event) for event in simulation.history]

    histories = [history(seed) for seed in SEEDS]
    assert [history(seed) for seed in SEEDS] == histories
    assert len(set(map(tuple, histories))) > 5


def test_between_two_questions_of_one_act_others_have_their_turns() -> None:
    seen = set()
    for seed in range(60):
        said: list[str] = []

        def twice(context: Context, said: list[str] = said) -> int:
            for number in range(2):
                context.ask("b", "?")
                said.append(f"a{number}")
            return 0

        def once(context: Context, said: list[str] = said) -> int:
            said.append("c")
            return 0

        simulation = SimulatedDispatcher(seed)
        with found(simulation, {"a": twice, "b": quiet, "c": once}) as society:
            step(society)
        takers = [event.who for event in simulation.history]
        answered_first = takers.index("c") > takers.index("b", takers.index("b") + 1)
        seen.add((*said, answered_first))
    assert {order[:-1] for order in seen} == {
        ("c", "a0", "a1"),
        ("a0", "c", "a1"),
        ("a0", "a1", "c"),
    }
    # Even when its answer is there already, others may be before it.
    assert ("c", "a0", "a1", True) in seen


def test_more_than_can_be_borne_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "MOST", 3)

    def on(context: Context) -> Any:
        number = int(context.agent_id[1:])
        return context.ask(f"r{number + 1}", "?")

    class Passing(Frank):
        def answer(self, question: Any, sender: str, context: Context) -> Any:
            return on(context)

    with found(SimulatedDispatcher(), {"r0": on}) as society:
        society.add(Passing, ids=[f"r{n}" for n in range(1, 5)])
        outcome = step(society, "r0")
        assert outcome.status == {"r0": "crashed"}
        assert "no more than 3 can wait" in str(outcome.errors["r0"])
        assert isinstance(outcome.errors["r0"], AskError)


def test_no_thread_is_left_of_those_who_waited() -> None:
    before = threading.active_count()
    simulation = SimulatedDispatcher()
    acts = {f"a{n}": asks("b", timeout=60.0) for n in range(9)}
    with found(simulation, {**acts, "b": takes(simulation.clock, math.inf)}) as society:
        step(society)
        assert threading.active_count() == before + 9
    assert threading.active_count() == before


def test_ordered_delivery_needs_no_other_thread() -> None:
    ran_on = set()

    def act(context: Context) -> int:
        ran_on.add(threading.current_thread())
        return 0

    with Society(simulation=SimulatedDispatcher(), timeout=FUSE) as society:
        society.add(Frank, ids=["a"], act=act)
        step(society)
    assert ran_on == {threading.current_thread()}


# Ctrl-C


def test_an_act_that_is_interrupted_is_finished_first(interrupted: threading.Event) -> None:
    def act(context: Context) -> Any:
        signal.raise_signal(signal.SIGINT)
        assert interrupted.wait(FUSE)
        return context.ask("b", "?")

    with found(SimulatedDispatcher(), {"a": act, "b": quiet}) as society:
        with pytest.raises(KeyboardInterrupt):
            step(society)
        # It waits for its answer in good order, and has it by now.
        assert society.ask("b", lambda context: "well", timeout=FUSE) == "well"
    assert society.abandoned == []


def test_one_that_really_hangs_is_abandoned_and_changes_nothing_later(
    interrupted: threading.Event, let_go: threading.Event
) -> None:
    asked: list[str] = []

    def act(context: Context) -> int:
        signal.raise_signal(signal.SIGINT)
        let_go.wait(FUSE)
        return 0

    def latency(name: str, round: int) -> float:
        asked.append(name)
        return 0.0

    simulation = SimulatedDispatcher(latency=latency)
    society = found(simulation, {"a": asks("b"), "b": act})
    with society, pytest.raises(KeyboardInterrupt):
        step(society)
    # a waited for it until the grace was over.
    assert society.abandoned == ["a", "b"]
    (thread,) = [one for one in threading.enumerate() if one.name == "strand"]
    before = simulation._agenda.ready[:], set(simulation._agenda.occupied)
    let_go.set()
    thread.join(FUSE)
    assert not thread.is_alive()
    assert (simulation._agenda.ready, simulation._agenda.occupied) == before
    assert "b" not in asked
