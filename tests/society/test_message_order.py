"""What is said is heard in one order, whatever runs the agents."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination.records.run import Run
from antiphon.coordination.rollout import Step
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.cast import FUSE, Ring, Witness
from antiphon.tests.society.talking_cast import (
    THREADS,
    Chatter,
    Speaker,
    dispatchers,
    heard,
    quiet,
    society_of,
    step,
    words,
)


@dispatchers
def test_the_order_is_that_of_receiver_sender_and_sequence(dispatcher: str) -> None:
    def says(name: str) -> Any:
        def act(context: Context) -> int:
            for n in range(3):
                context.tell_many(["hub", "x"], f"{name}{n}")
            return 0

        return act

    # The last by name is the first to be called.
    acts = {name: says(name) for name in "zmb"} | {"hub": quiet, "x": quiet}
    with society_of(acts, dispatcher=dispatcher) as society:
        step(society)
        step(society)
        everything = [f"{name}{n}" for name in "bmz" for n in range(3)]
        assert heard(society, "hub") == [(word, word[0], 2) for word in everything]
        assert words(society, "x") == everything


@pytest.mark.parametrize("dispatcher", THREADS)
def test_who_answers_last_is_heard_first_if_its_name_is(dispatcher: str) -> None:
    z_has_acted = threading.Event()

    def a(context: Context) -> int:
        context.tell("hub", "a")
        assert z_has_acted.wait(FUSE)
        return 0

    def z(context: Context) -> int:
        context.tell("hub", "z")
        z_has_acted.set()
        return 0

    with society_of({"a": a, "hub": quiet, "z": z}, dispatcher=dispatcher) as society:
        step(society)
        step(society, "hub")
        assert words(society, "hub") == ["a", "z"]


def chat(*, seed: int = 3, steps: int = 24, outside: bool = True, **settings: Any) -> Run:
    """Have five chatter across the ends of episodes, while the world outside talks as well."""

    def interfere(taken: Step) -> None:
        if outside and taken.number % 3 == 0:
            society.tell_many(["a", "c"], taken.number)
            society.publish("mood/b", taken.number)
            society.broadcast({"step": taken.number})

    settings = {"tables": False, "heard_per_sender": 3, **settings}
    with Society(Ring(["e", "a", "c", "b", "d"], length=9), seed=seed, **settings) as society:
        society.add(Chatter)
        run = society.run(steps, progress=Witness(interfere))
    assert set(run.outcomes) == {"acted"}
    return run


@pytest.fixture(scope="module")
def as_told() -> Run:
    run = chat(dispatcher="inline")
    assert run.event_rows["delivered"] > 100
    assert run.event_rows["written"] > 10
    return run


@dispatchers
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_what_runs_them_changes_neither_the_trace_nor_the_events(
    dispatcher: str, batch_size: int | None, as_told: Run
) -> None:
    run = chat(dispatcher=dispatcher, batch_size=batch_size)
    assert (run.trace, run.events) == (as_told.trace, as_told.events)
    assert run.event_rows == as_told.event_rows


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that are interrupted after each few instructions."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dispatcher", THREADS)
def test_threads_that_are_interrupted_at_will_change_nothing(dispatcher: str, as_told: Run) -> None:
    for _ in range(3):
        run = chat(dispatcher=dispatcher)
        assert (run.trace, run.events) == (as_told.trace, as_told.events)


@pytest.mark.soak
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dispatcher", THREADS)
@pytest.mark.parametrize("seed", range(20))
def test_many_seeds_on_threads_are_as_inline(dispatcher: str, seed: int) -> None:
    expected = chat(seed=seed, steps=60, dispatcher="inline")
    for batch_size in (None, 2):
        run = chat(seed=seed, steps=60, dispatcher=dispatcher, batch_size=batch_size)
        assert (run.trace, run.events) == (expected.trace, expected.events)


# So short that five in a row stay within the second that a round lasts.
DELAYS = Faults(slow=0.6, repeat=0.2, longest=0.15)


def chat_as_told(expected: Run, batch_size: int | None = None) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        run = chat(simulation=simulation, timeout=1.0, batch_size=batch_size)
        assert (run.trace, run.events) == (expected.trace, expected.events)

    return play


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_order_of_steps_and_answers_that_come_twice_change_nothing(
    batch_size: int | None, as_told: Run
) -> None:
    simulate(chat_as_told(as_told, batch_size), seeds=range(8), faults=DELAYS)


@pytest.mark.soak
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_hundreds_of_orders_change_nothing(batch_size: int | None, as_told: Run) -> None:
    simulate(chat_as_told(as_told, batch_size), seeds=range(300), faults=DELAYS)


def test_the_seed_and_the_words_of_the_world_outside_do_change_them(as_told: Run) -> None:
    others = [chat(seed=4, dispatcher="inline"), chat(outside=False, dispatcher="inline")]
    assert len({run.trace for run in [as_told, *others]}) == 3
    assert len({run.events for run in [as_told, *others]}) == 3


def test_words_that_change_no_action_change_the_events_alone() -> None:
    def run(word: str) -> Run:
        def act(context: Context) -> int:
            context.tell("b", word)
            return 1

        with Society(Ring(), dispatcher="inline", tables=False) as society:
            society.add(Speaker, act=act)
            return society.run(3)

    one, other = run("one"), run("other")
    assert one.trace == other.trace
    assert one.events != other.events
    assert one.event_rows == {"delivered": 6}
