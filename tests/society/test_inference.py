"""Agents that infer, in societies: the same bits with whomever they are answered for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Agent, Context
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.explorer import Explorer
from antiphon.models.grid_world import GridWorld
from antiphon.models.profile import InferenceSettings
from antiphon.society import Society
from antiphon.tests.models.kernels.cases import EVERY_KERNEL
from antiphon.tests.society.cast import FUSE, Dice, Witness
from antiphon.tests.society.simulated_cast import LONGEST, SimulatedSociety

HOSTED: list[dict[str, Any]] = [
    {"dispatcher": "inline"},
    {"dispatcher": "inline", "batch_size": 3},
    {"dispatcher": "threaded"},
    {"dispatcher": "threaded", "batch_size": 1},
    {"dispatcher": "threaded", "batch_size": 4},
    {"dispatcher": "pooled"},
    {"dispatcher": "pooled", "batch_size": 4},
    {"dispatcher": "pooled", "pool_initial": 8},
    {"dispatcher": "simulated"},
    {"dispatcher": "simulated", "batch_size": 2},
]
# So short that all in a row stay within the second that a round lasts.
DELAYS = Faults(slow=0.6, repeat=0.2, longest=0.05)
SIZE = 6
MODEL = {
    "A": np.full((SIZE, SIZE), 0.05) + np.eye(SIZE) * (1 - SIZE * 0.05),
    "B": np.stack([np.eye(SIZE), np.roll(np.eye(SIZE), 1, 0), np.roll(np.eye(SIZE), 2, 0)], 2),
    "C": np.arange(SIZE) / 4,
}
SETTINGS = InferenceSettings(backend="numpy", gamma=1.0, alpha=1.0)


class Own(Explorer):
    """A user's, which its host calls by itself."""


def populate(society: Society, kernel: str, *, others: bool = True) -> None:
    society.add("explorer", n=5, backend=kernel)
    society.add("explorer", n=3, backend=kernel, profile="balanced")
    if others:
        society.add(Own, n=2, backend=kernel)
        society.add(Dice, 3)


def world() -> GridWorld:
    return GridWorld(size=6, goals=4, max_steps=7)


def trace(kernel: str = "numpy", steps: int = 12, **settings: Any) -> str:
    with Society(world(), tables=False, seed=5, **settings) as society:
        populate(society, kernel)
        run = society.run(steps, progress=Witness())
    assert run.outcomes == {"acted": 13 * steps}
    return run.trace


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
def test_dispatchers_and_batch_sizes_change_nothing(kernel: str) -> None:
    traces = [trace(kernel, **settings) for settings in HOSTED]
    assert traces == [traces[0]] * len(traces)


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
@pytest.mark.parametrize("batch_size", [None, 3])
def test_the_order_in_which_they_come_changes_nothing(kernel: str, batch_size: int | None) -> None:
    expected, histories = trace(kernel, 5, dispatcher="inline"), set()
    for seed in range(12):
        simulation = SimulatedDispatcher(seed, faults=DELAYS)
        with SimulatedSociety(
            simulation, world(), seed=5, timeout=1.0, batch_size=batch_size
        ) as society:
            populate(society, kernel)
            assert society.run(5, progress=Witness()).trace == expected
        histories.add(tuple(simulation.history))
    assert len(histories) == 12


def test_who_else_is_there_changes_nobody() -> None:
    def states(others: bool, **settings: Any) -> list[bytes]:  # noqa: FBT001
        with Society(tables=False, seed=5, **settings) as society:
            ids = [f"one-{k}" for k in range(4)]
            society.add(ActiveInference, ids=ids, model=MODEL, settings=SETTINGS)
            if others:
                more = [f"more-{k}" for k in range(9)]
                society.add(ActiveInference, ids=more, model=MODEL, settings=SETTINGS)
                ids += more
            for number in range(12):
                outcome = society.step({name: (k + number) % SIZE for k, name in enumerate(ids)})
                kept.append([outcome.actions[name] for name in ids[:4]])
            return [state_of(society, name) for name in ids[:4]]

    kept: list[Any] = []
    alone = states(others=False, dispatcher="inline")
    for settings in HOSTED:
        assert states(others=True, **settings) == alone
    assert kept == kept[:12] * (1 + len(HOSTED))


def agent_of(society: Society, name: str) -> Any:
    (host,) = [actor for actor in society._ensemble._actors if actor.name == name]
    return host.agent


def state_of(society: Society, name: str) -> bytes:
    state = agent_of(society, name).get_state()
    return b"".join([state["beliefs"].tobytes(), f"{state['step']} {state['stream']}".encode()])


@pytest.mark.parametrize("settings", HOSTED, ids=range(len(HOSTED)))
def test_one_that_is_shown_nonsense_has_crashed_and_changes_nobody(
    settings: dict[str, Any],
) -> None:
    def play(nonsense: Any) -> Any:
        names, kept = ["a", "b", "c", "d"], []
        with Society(tables=False, seed=5, on_missing="drop", **settings) as society:
            society.add(ActiveInference, ids=names, model=MODEL, settings=SETTINGS)
            for number in range(8):
                shown = {name: (k + number) % SIZE for k, name in enumerate(names)}
                if number % 3 == 1:
                    shown["b"] = nonsense(shown["b"])
                outcome = society.step(shown)
                statuses.append(outcome.status["b"].value)
                kept.append([outcome.actions[name] for name in "acd"])
            return kept, [state_of(society, name) for name in "acd"]

    statuses: list[str] = []
    sound = play(lambda seen: seen)
    assert play(lambda seen: "nonsense") == sound
    assert play(lambda seen: -1) == sound
    assert statuses[:8] == ["acted"] * 8
    assert statuses[8:] == (["acted", "crashed", "acted"] * 3)[:8] * 2


def recorded(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """Note what each agent is shown and told, call by call."""
    calls: dict[str, list[Any]] = {}
    act = Crowd.act

    def note(self: Crowd, seats: Any, seen: Any, lived: Any, ids: Sequence[str]) -> Any:
        for name, *given in zip(ids, seen, lived, strict=True):
            calls.setdefault(name, []).append(given)
        return act(self, seats, seen, lived, ids)

    monkeypatch.setattr(Crowd, "act", note)
    return calls


@pytest.mark.parametrize("batch_size", [None, 2])
def test_who_is_late_has_the_same_bits_as_if_it_had_come_in_time(
    batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = 0
    for seed in range(15):
        with monkeypatch.context() as patched:
            calls = recorded(patched)
            faults = Faults(slow=0.5, stall=0.05, longest=LONGEST)
            simulation = SimulatedDispatcher(seed, faults=faults)
            with SimulatedSociety(
                simulation, seed=5, timeout=1.0, on_missing="drop", batch_size=batch_size
            ) as society:
                names = ["a", "b", "c", "d"]
                society.add(ActiveInference, ids=names, model=MODEL, settings=SETTINGS)
                for number in range(6):
                    late += society.step(dict.fromkeys(names, number % SIZE)).late
                simulation.clock.advance(100.0)
                states = {name: state_of(society, name) for name in names}
                seeds = {name: stream_of(society, name) for name in names}
        for name in names:
            assert states[name] == played_alone(calls[name], seeds[name])
    assert late > 5


def stream_of(society: Society, name: str) -> int:
    return int(agent_of(society, name).get_state()["stream"])


def played_alone(calls: list[Any], stream: int) -> bytes:
    """Give the state of one that was called with the same, by itself and never late."""
    agent = ActiveInference(MODEL, SETTINGS)
    agent.set_state({**agent.get_state(), "stream": stream})
    for seen, lived in calls:
        (action,) = agent.crowd.act([agent.seat], [seen], [lived], ["alone"])
        assert isinstance(action, int)
    state = agent.get_state()
    return b"".join([state["beliefs"].tobytes(), f"{state['step']} {state['stream']}".encode()])


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_users_agent_that_hangs_holds_up_nobody(
    dispatcher: str, batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, act = threading.Event(), Crowd.act
    seen: set[str] = set()

    def note(self: Crowd, seats: Any, observations: Any, lived: Any, ids: Any) -> Any:
        seen.update(ids)
        if len(seen) == 3:
            answered.set()
        return act(self, seats, observations, lived, ids)

    class Hangs(Agent):
        def act(self, observation: Any, context: Context) -> bool:
            return answered.wait(FUSE)  # until all of ours have been answered for

    monkeypatch.setattr(Crowd, "act", note)
    with Society(tables=False, dispatcher=dispatcher, batch_size=batch_size) as society:
        society.add(Hangs, ids=["user"])
        names = ["a", "b", "c"]
        society.add(ActiveInference, ids=names, model=MODEL, settings=SETTINGS)
        outcome = society.step(dict.fromkeys(["user", *names], 1))
    assert outcome.counts == {"acted": 4}
    assert outcome.actions["user"] is True


class Fragile(ActiveInference):
    """One that its crowd answers for, and that can be built anew from what it was."""

    together = True


@pytest.mark.parametrize("interval", [1, 3])
def test_one_that_is_built_anew_goes_on_from_its_snapshot_wherever_it_is_run(
    interval: int,
) -> None:
    def play(**settings: Any) -> Any:
        names, kept = ["a", "b", "c"], []
        with Society(
            tables=False,
            seed=5,
            on_missing="drop",
            on_crash="restart",
            snapshot_interval=interval,
            **settings,
        ) as society:
            society.add(Fragile, ids=names, model=MODEL, settings=SETTINGS)
            for number in range(12):
                shown: dict[str, Any] = {n: (k + number) % SIZE for k, n in enumerate(names)}
                if number == 5:
                    shown["b"] = "nonsense"
                outcome = society.step(shown)
                kept.append(({n: s.value for n, s in outcome.status.items()}, outcome.actions))
            return kept, [state_of(society, name) for name in names]

    expected = play(dispatcher="inline")
    told = [statuses["b"] for statuses, _ in expected[0]]
    assert told[:6] == ["acted"] * 5 + ["crashed"]
    assert "down" in told[6:] or told[6] == "acted"
    assert told[-3:] == ["acted"] * 3
    for settings in HOSTED[1:]:
        assert play(**settings) == expected


@pytest.mark.parametrize(("batch_size", "at"), [(None, 1), (2, 1), (2, 2), (4, 2)])
def test_ctrl_c_inline_in_the_middle_of_an_answer_leaves_nobody_waiting(
    batch_size: int | None, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, count = Crowd.act, iter(range(1, 10**6))

    def interrupt(self: Crowd, *arguments: Any) -> Any:
        if next(count) == at:
            raise KeyboardInterrupt
        return act(self, *arguments)

    with Society(tables=False, dispatcher="inline", batch_size=batch_size) as society:
        names = ["a", "b", "c", "d", "e"]
        society.add(ActiveInference, ids=names, model=MODEL, settings=SETTINGS)
        assert society.step(dict.fromkeys(names, 1)).counts == {"acted": 5}
        monkeypatch.setattr(Crowd, "act", interrupt)
        with suppress(KeyboardInterrupt):
            society.step(dict.fromkeys(names, 2))
        assert next(count) > at
        for number in (3, 4):
            assert society.step(dict.fromkeys(names, number)).counts == {"acted": 5}
        society._choose_dispatcher("threaded")
        assert society.step(dict.fromkeys(names, 5), timeout=FUSE).counts == {"acted": 5}


class Hears(ActiveInference):
    together = True

    def reset(self, seed: int | None = None) -> None:
        super().reset(seed)
        self.heard: list[Any] = []

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append(tuple(message))


class Speaks(Agent):
    def act(self, observation: Any, context: Context) -> int:
        for name in "abc":
            context.tell(name, [context.round, context.agent_id])
        return 1


def heard(**settings: Any) -> list[Any]:
    """Give what each of three has heard in six rounds."""
    with Society(tables=False, seed=5, **settings) as society:
        society.add(Speaks, ids=["x", "y"])
        society.add(Hears, ids=[*"abc"], model=MODEL, settings=SETTINGS)
        for number in range(6):
            assert society.step(dict.fromkeys([*"abcxy"], number)).counts == {"acted": 5}
        return [agent_of(society, name).heard for name in "abc"]


@pytest.mark.parametrize("settings", HOSTED, ids=range(len(HOSTED)))
def test_what_is_said_to_those_who_wait_is_heard_in_order(settings: dict[str, Any]) -> None:
    expected = [(number, who) for number in range(1, 6) for who in "xy"]
    assert heard(**settings) == [expected] * 3


@pytest.mark.parametrize("settings", HOSTED[2:8], ids=range(6))
def test_what_is_said_at_once_is_heard_in_each_ones_order(settings: dict[str, Any]) -> None:
    for told in heard(delivery="immediate", **settings):
        for who in "xy":
            # Of the last round they may not have heard yet.
            said = [number for number, sender in told if sender == who and number < 6]
            assert said == [1, 2, 3, 4, 5]
