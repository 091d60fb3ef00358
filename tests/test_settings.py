"""Every key works: changing it changes what the society does."""

from __future__ import annotations

import dataclasses
import gc
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import antiphon as ap
import numpy as np
import pytest
from antiphon.actors.workers.pool import PoolStatistics
from antiphon.errors import SettingsError, StartError, StoreFullError
from antiphon.memory.store import writer
from antiphon.memory.store.database import Database
from antiphon.models.crowds.shelf import SHELF
from antiphon.settings import SocietySettings, choice, flag, number, optional, whole

FUSE = 5.0
"""Seconds; for what is to happen."""
MOMENT = 0.3
"""Seconds; for what is not to happen."""
NOTHING = 1e-9
"""A share of the processor that is always used."""


class Probe(ap.Agent):
    """Notes what it is shown, and does what the test says."""

    def __init__(self, do: Callable[[Any, ap.Context], Any] = lambda _, __: 1) -> None:
        self.do = do

    def act(self, observation: Any, context: ap.Context) -> Any:
        return self.do(observation, context)


def seed(value: int) -> Any:
    with ap.Society(ap.GridWorld(size=5), seed=value) as society:
        society.add("random", n=3)
        return society.run(10).trace


def dispatcher(value: str) -> Any:
    with ap.Society(dispatcher=value) as society:
        society.add(Probe, do=lambda _, __: threading.current_thread() is threading.main_thread())
        return society.step({"probe-1": None}).actions["probe-1"]


def latency(value: str) -> Any:
    with ap.Society(latency=value, timeout=1.0) as society:
        society.add(Probe)
        return society.step({"probe-1": None}).counts


def timeout(value: float) -> Any:
    with ap.Society(timeout=value) as society:
        society.add(Probe, do=lambda _, context: context.time_left() > 10)
        return society.step({"probe-1": None}).actions["probe-1"]


def protocol(value: str) -> Any:
    with ap.Society(dispatcher="inline", protocol=value) as society:
        society.add(Probe, n=3)
        return society.step(dict.fromkeys(society)).counts


def protocol_patience(value: float) -> Any:
    with ap.Society(dispatcher="simulated", protocol="first:1", protocol_patience=value) as society:
        society.add(Probe, n=3)
        return society.step(dict.fromkeys(society)).counts


def on_missing(value: str) -> Any:
    def act_once(observation: Any, context: ap.Context) -> int:
        if context.round > 1:
            raise RuntimeError("only once")
        return 3

    with ap.Society(ap.GridWorld(size=5), on_missing=value) as society:
        society.add(Probe, n=1, do=act_once)
        return society.run(3).trace


def default_action(value: int) -> Any:
    with ap.Society(ap.GridWorld(size=5), on_missing="default", default_action=value) as society:
        society.add(Probe, n=1, do=lambda _, __: "nonsense")
        return society.step({"probe-1": None}).actions["probe-1"]


def batch_size(value: int | None) -> Any:
    both_there = threading.Barrier(2)

    def meet(observation: Any, context: ap.Context) -> int:
        both_there.wait(timeout=0.2)
        return 1

    with ap.Society(batch_size=value) as society:
        ids = society.add(Probe, n=2, do=meet)
        return society.step(dict.fromkeys(ids)).counts


def metrics(value: object) -> Any:
    with ap.Society(metrics=value) as society:
        society.add(Probe)
        return bool(society.step({"probe-1": None}).latencies)


def tables(value: object) -> Any:
    with ap.Society(ap.GridWorld(size=5), tables=value) as society:
        society.add("random", n=1)
        run = society.run(2)
        return (run.folder.path / "agents.csv").exists()


def meeting(wait: float, *, blocking: bool = False, **settings: Any) -> Any:
    """Have two agents wait for each other in a pool; give how that ends."""
    both_there = threading.Barrier(2)

    class Meets(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            both_there.wait(timeout=wait)
            return 1

    Meets.blocking = blocking  # type: ignore[attr-defined]  # as its author may declare
    with ap.Society(dispatcher="pooled", **settings) as society:
        ids = society.add(Meets, n=2)
        return society.step(dict.fromkeys(ids)).counts


def pool_maximum(value: int) -> Any:
    return meeting(FUSE if value > 1 else MOMENT, blocking=True, pool_maximum=value)


def pool_threshold(value: float) -> Any:
    wait = FUSE if value > 1 else MOMENT
    return meeting(wait, pool_threshold=value, pool_interval=0.01)


def pool_interval(value: float) -> Any:
    # Where no look finds the processor idle, it takes many looks to see that nobody gets on.
    wait = FUSE if value < 1 else MOMENT
    return meeting(wait, pool_interval=value, pool_threshold=NOTHING)


def pool_of(society: Any) -> Any:
    return society._stage.ensemble._dispatcher


def pool_of_four(until: Callable[[PoolStatistics], bool], wait: float, **settings: Any) -> int:
    """Start four threads, with little to do; give how many there are in the end."""
    with ap.Society(
        dispatcher="pooled", pool_initial=4, pool_threshold=NOTHING, **settings
    ) as society:
        society.add(Probe)
        society.start()
        pool = pool_of(society)
        end = time.monotonic() + wait
        never = threading.Event()
        while not until(pool.statistics()) and time.monotonic() < end:
            never.wait(0.005)  # or nobody else would get hold of the pool's lock
        # As long as it may take those that ought to stay, to leave after all.
        never.wait(0.1)
        return int(pool.statistics().workers)


def pool_initial(value: int) -> Any:
    with ap.Society(dispatcher="pooled", pool_initial=value, pool_threshold=NOTHING) as society:
        society.add(Probe)
        society.start()
        pool = pool_of(society)
        return pool.statistics().workers >= 8


def pool_minimum(value: int) -> Any:
    def settled(pool: PoolStatistics) -> bool:
        return pool.workers <= value

    return pool_of_four(settled, FUSE, pool_minimum=value, pool_patience=0.01)


def pool_patience(value: float) -> Any:
    wait = FUSE if value < 1 else MOMENT
    return pool_of_four(lambda pool: pool.workers == 1, wait, pool_patience=value)


class Talker(ap.Agent):
    """Says two things in each round to the listener, and notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def act(self, observation: Any, context: ap.Context) -> int:
        if context.agent_id != "listener":
            for number in (1, 2):
                context.tell("listener", [context.round, number])
        return 1

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.heard.append(message)

    def answer(self, question: Any, sender: str, context: ap.Context) -> Any:
        return list(self.heard)


def heard(**settings: Any) -> Any:
    """Give what the listener hears of what two say in two rounds."""
    with ap.Society(dispatcher="inline", **settings) as society:
        society.add(Talker, ids=["listener", "one", "other"])
        for _ in range(2):
            society.step({"listener": None, "one": None, "other": None})
        return society.ask("listener", "what did you hear?")


def delivery(value: str) -> Any:
    return heard(delivery=value)


def heard_per_sender(value: int) -> Any:
    return heard(heard_per_sender=value)


def heard_per_round(value: int) -> Any:
    return heard(heard_per_round=value)


def mailbox_capacity(value: int | None) -> Any:
    return heard(delivery="immediate", mailbox_capacity=value)


def overflow(value: str) -> Any:
    return heard(delivery="immediate", mailbox_capacity=1, overflow=value)


def thinking(*, tuner: bool, target_ms: float) -> Any:
    """Give how far an agent plans in the end that takes a millisecond for each step of it."""
    clock = ap.ManualClock()

    class Thinks(ap.Agent):
        settings_type = ap.InferenceSettings

        def __init__(self, settings: ap.InferenceSettings) -> None:
            self.retune(settings.resolved_profile())

        def act(self, observation: Any, context: ap.Context) -> int:
            clock.advance(0.001 * self.length)
            return self.length

        def retune(self, profile: ap.Profile) -> None:
            self.length = profile.policy_length

    with ap.Society(tuner=tuner, dispatcher="inline", clock=clock) as society:
        (agent_id,) = society.add(Thinks, profile="accurate", target_ms=target_ms)
        return [society.step({agent_id: None}).actions[agent_id] for _ in range(90)][-1]


def tuner(value: object) -> Any:
    return thinking(tuner=value is True, target_ms=1.0)


class Counts(Probe):
    """Counts its acts, and can be put back."""

    acts = 0

    def act(self, observation: Any, context: ap.Context) -> Any:
        self.acts += 1
        self.do(observation, context)
        return self.acts

    def get_state(self) -> Any:
        return self.acts

    def set_state(self, state: Any) -> None:
        self.acts = state


def fate(bad_rounds: Iterable[int] = (3,), **settings: Any) -> Any:
    """Have an agent fail in these rounds; give what came of each of nine."""

    def do(observation: Any, context: ap.Context) -> None:
        if context.round in bad_rounds:
            raise RuntimeError

    with ap.Society(**{"on_crash": "restart", "backoff": 0, **settings}) as society:
        (agent_id,) = society.add(Counts, do=do)
        outcomes = [society.step({agent_id: None}) for _ in range(9)]
    return [outcome.actions.get(agent_id, outcome.status[agent_id]) for outcome in outcomes]


def on_crash(value: str) -> Any:
    return fate(on_crash=value)


def max_restarts(value: int) -> Any:
    return fate(max_restarts=value)


def restart_window(value: int) -> Any:
    return fate([3, 6], max_restarts=1, restart_window=value)


def backoff(value: int) -> Any:
    return fate(backoff=value)


def backoff_limit(value: int) -> Any:
    return fate(backoff=4, backoff_limit=value)


def snapshot_interval(value: int) -> Any:
    return fate(snapshot_interval=value)


def gc_interval(value: int) -> Any:
    whole: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            whole.append(1)

    gc.callbacks.append(note)
    try:
        with ap.Society(gc_interval=value, dispatcher="inline") as society:
            society.add(Probe)
            for _ in range(4):
                society.step(dict.fromkeys(society))
    finally:
        gc.callbacks.remove(note)
    return len(whole) >= 4


class SlowToMake(Probe):
    def __init__(self) -> None:
        super().__init__()
        threading.Event().wait(0.2)


def disk_patience(value: float) -> Any:
    full = StoreFullError("run.db", "database or disk is full")
    commits = iter([full, full, full])
    whole = Database.commit

    def commit(self: Database, batches: Any) -> None:
        if (error := next(commits, None)) is not None:
            raise error
        whole(self, batches)

    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        ap.Society(ap.GridWorld(size=5), disk_patience=value) as society,
    ):
        patch.setattr(Database, "commit", commit)
        patch.setattr(writer, "RETRY_AFTER", 0.001)
        society.add("random", n=1)
        try:
            return society.run(2, out=Path(folder) / "r").rounds
        except StoreFullError:
            return "full"


def start_timeout(value: float) -> Any:
    with ap.Society(start_timeout=value) as society:
        society.add(SlowToMake)
        try:
            society.start()
        except StartError:
            return "too slow"
    return "made"


def grace(value: float) -> Any:
    never = threading.Event()
    with ap.Society(grace=value, timeout=0.01) as society:
        society.add(Probe, do=lambda _, __: never.wait(0.2))
        society.step({"probe-1": None})
    return society.abandoned


PROBES: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "seed": (seed, 1, 2),
    "dispatcher": (dispatcher, "threaded", "inline"),
    "timeout": (timeout, 5.0, 50.0),
    "latency": (latency, "constant:0.5", "constant:1.5"),
    "protocol": (protocol, "barrier", "first:2"),
    "protocol_patience": (protocol_patience, 0.0, 1.0),
    "on_missing": (on_missing, "noop", "repeat"),
    "default_action": (default_action, 2, 3),
    "batch_size": (batch_size, None, 1),
    "metrics": (metrics, True, False),
    "tables": (tables, True, False),
    "pool_minimum": (pool_minimum, 1, 3),
    "pool_initial": (pool_initial, 1, 8),
    "pool_maximum": (pool_maximum, 1, 2),
    "pool_threshold": (pool_threshold, NOTHING, 1e9),
    "pool_interval": (pool_interval, 0.0005, 10.0),
    "pool_patience": (pool_patience, 0.01, 10.0),
    "delivery": (delivery, "ordered", "immediate"),
    "heard_per_sender": (heard_per_sender, 1, 2),
    "heard_per_round": (heard_per_round, 1, 3),
    "mailbox_capacity": (mailbox_capacity, 1, None),
    "overflow": (overflow, "refuse", "drop_oldest"),
    "on_crash": (on_crash, "resume", "stop"),
    "max_restarts": (max_restarts, 0, 1),
    "restart_window": (restart_window, 3, 4),
    "backoff": (backoff, 0, 4),
    "backoff_limit": (backoff_limit, 1, 4),
    "snapshot_interval": (snapshot_interval, 1, 10),
    "gc_interval": (gc_interval, 1, 0),
    "tuner": (tuner, True, False),
    "disk_patience": (disk_patience, 0.0, 50.0),
    "start_timeout": (start_timeout, 0.05, 5.0),
    "grace": (grace, 0.0, 5.0),
}


def test_every_setting_has_a_probe() -> None:
    assert set(PROBES) == {f.name for f in dataclasses.fields(SocietySettings)}


@pytest.mark.parametrize("key", PROBES)
def test_changing_a_setting_changes_what_happens(key: str) -> None:
    probe, one, other = PROBES[key]
    assert probe(one) != probe(other)


@pytest.mark.parametrize("key", ["pool_minimum", "pool_initial"])
def test_a_pool_of_more_threads_than_its_most_is_refused_before_anybody_starts(key: str) -> None:
    settings: dict[str, Any] = {"dispatcher": "pooled", "pool_maximum": 2, key: 3}
    with ap.Society(**settings) as society:
        society.add(Probe)
        with pytest.raises(SettingsError, match=f"'{key}' .*must be <= pool_maximum, which is 2"):
            society.start()
        assert threading.active_count() == 1


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("pool_minimum", 0),
        ("pool_initial", 0),
        ("pool_maximum", 0),
        ("pool_threshold", 0),
        ("pool_interval", 0),
        ("pool_patience", 0),
        ("heard_per_sender", 0),
        ("heard_per_round", 0),
        ("mailbox_capacity", 0),
        ("overflow", "spill"),
        ("on_crash", "restrat"),
        ("delivery", "late"),
        ("max_restarts", -1),
        ("restart_window", 0),
        ("backoff", -1),
        ("backoff_limit", 0.5),
        ("snapshot_interval", 0),
    ],
)
def test_a_society_with_a_bad_value_is_never_founded(key: str, bad: Any) -> None:
    with pytest.raises(SettingsError, match=f"'{key}' .*must be .*, got "):
        ap.Society(**{key: bad})


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (flag, ["true", "No", "1", True], ["maybe", None, 2]),
        (number(above=0), ["3", 0.5, 1], [0, -1, "nan", float("inf"), True, None, "x"]),
        (number(least=0), [0, "0"], [-0.1]),
        (whole(least=1), ["3", 1, 2.0], [0, 1.5, "1.5", True, None, float("nan"), float("inf")]),
        (choice("a", "b"), ["a"], ["A", None, 1]),
        (optional(whole(least=1)), [None, "None", "none", "", "4"], ["0", "no"]),
    ],
)
def test_a_rule_takes_the_good_and_refuses_the_bad(
    rule: Callable[[Any], Any], good: list[Any], bad: list[Any]
) -> None:
    for value in good:
        rule(value)
    for value in bad:
        with pytest.raises(ValueError, match="got"):
            rule(value)


def test_a_refused_word_suggests_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'dispatcher' .*did you mean 'threaded'\?"):
        ap.Society(dispatcher="thraded")


def test_what_may_change_at_run_time_holds_from_the_next_round() -> None:
    with ap.Society(timeout=5) as society:
        society.add(Probe, do=lambda _, context: context.time_left() > 10)
        assert society.step({"probe-1": None}).actions == {"probe-1": False}
        society.configure(timeout=50)
        assert society.step({"probe-1": None}).actions == {"probe-1": True}
        assert society.source("timeout") == "keyword"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seed": 3}, "cannot change once the society exists"),
        ({"timeout": -1}, "must be a finite number > 0, got -1"),
        ({"timeuot": 1}, "did you mean 'timeout'"),
        ({"on_missing": "default"}, "default_action"),
        ({"max_workers": 2, "batch_size": 3}, "a second time"),
    ],
)
def test_a_refused_change_leaves_all_as_it_was(change: dict[str, Any], why: str) -> None:
    with ap.Society(ap.GridWorld(size=5), timeout=5) as society:
        society.add("random", n=1)
        society.start()
        before = society.settings
        with pytest.raises(SettingsError, match=why):
            society.configure(**change)
        assert society.settings is before
        assert society.run(2).outcomes == {"acted": 2}


def inferring(**options: Any) -> str:
    with ap.Society(ap.GridWorld(size=6), dispatcher="inline") as society:
        society.add("explorer", n=3, **options)
        return society.run(25).trace


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("profile", "fast", "accurate"),
        ("policy_length", 1, 3),
        ("gamma", 1, 16),
        ("alpha", 0.5, 16),
        ("selective_update_interval", 1, 4),
        ("action_selection", "stochastic", "deterministic"),
    ],
)
def test_changing_how_agents_infer_changes_what_they_do(key: str, one: Any, other: Any) -> None:
    assert inferring(**{key: one}) != inferring(**{key: other})


def learned(**options: Any) -> Any:
    """Give what an agent has counted and done, having lived through some observations."""
    model = {
        "A": [[0.7, 0.2, 0.0], [0.3, 0.8, 1.0]],
        "B": np.stack([np.roll(np.eye(3), k, axis=0) * 0.9 + 0.1 / 3 for k in range(2)], axis=2),
    }
    settings = ap.InferenceSettings(**{"learns": "A", "backend": "numpy", **options})
    agent, context, actions = ap.ActiveInference(model, settings), ap.Context("a"), []
    for step, outcome in enumerate([0, 1, 1, 0, 1, 0, 0, 1] * 3):
        actions.append(agent.act(outcome, context))
        lived = ap.Experience(step, outcome, None, actions[-1], "acted", 0.0, False, False)
        context = ap.Context("a", round=step + 1, previous=lived)
    state = agent.get_state()
    return actions, *(np.asarray(state.get(name, [])).tolist() for name in ("pA", "pB", "pD"))


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("learns", "A", "AB"),
        ("learns", "A", ""),
        ("learns_when", "awake", "asleep"),
        ("param_info_gain", False, True),
        ("learning_rate", 1.0, 0.5),
        ("forgetting_rate", 1.0, 0.5),
        ("keep_zeros", True, False),
        ("prior_strength", 10.0, 1.0),
    ],
)
def test_changing_how_agents_learn_changes_what_they_count(key: str, one: Any, other: Any) -> None:
    assert learned(**{key: one}) != learned(**{key: other})


def test_the_beliefs_of_the_last_steps_are_kept_where_asked() -> None:
    model = {"A": [[0.7, 0.2], [0.3, 0.8]], "B": np.stack([np.eye(2)] * 2, axis=2)}
    agent = ap.ActiveInference(model, ap.InferenceSettings(belief_history=3))
    for step in range(5):
        agent.act(step % 2, ap.Context("a", round=step))
    assert len(agent.belief_history) == 3
    assert np.array_equal(agent.belief_history[-1], agent.beliefs)
    assert ap.ActiveInference(model).belief_history == []


def test_a_target_is_what_the_tuner_keeps_to() -> None:
    assert thinking(tuner=True, target_ms=1.0) != thinking(tuner=True, target_ms=10.0)


def backed(backend: str) -> ap.InferenceSettings:
    return ap.InferenceSettings(backend=backend)


def test_the_backend_is_another_engine_that_does_the_same() -> None:
    grid = ap.GridWorld(size=5, agents=1)
    kernels = [
        ap.Explorer.create(ap.Place("a", grid), settings=settings).crowd.kernel.name
        for settings in map(backed, ("numpy", "pymdp"))
    ]
    assert kernels == ["numpy", "pymdp"]


def test_the_number_of_models_that_are_kept_is_kept_to() -> None:
    def kept(keep: int) -> int:
        settings = ap.InferenceSettings(backend="numpy", matrix_cache_size=keep)
        for size in range(4, 9):
            place = ap.Place("a", ap.GridWorld(size=size, agents=1))
            ap.Explorer.create(place, settings=settings)
        return len(SHELF)

    assert [kept(4), kept(0), kept(5)] == [4, 0, 5]


def test_every_setting_of_inference_has_a_probe() -> None:
    probed = {"profile", "policy_length", "gamma", "alpha", "selective_update_interval"}
    probed |= {"action_selection", "target_ms", "backend", "matrix_cache_size"}
    probed |= {"learns", "param_info_gain", "learning_rate", "forgetting_rate", "keep_zeros"}
    probed |= {"prior_strength", "belief_history", "learns_when"}
    assert probed == {f.name for f in dataclasses.fields(ap.InferenceSettings)}
