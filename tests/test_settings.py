"""Every key works: changing it changes what the society does."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import SettingsError, StartError
from antiphon.settings import SocietySettings, choice, flag, number, optional, whole


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


def timeout(value: float) -> Any:
    with ap.Society(timeout=value) as society:
        society.add(Probe, do=lambda _, context: context.time_left() > 10)
        return society.step({"probe-1": None}).actions["probe-1"]


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


class SlowToMake(Probe):
    def __init__(self) -> None:
        super().__init__()
        threading.Event().wait(0.2)


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
    "on_missing": (on_missing, "noop", "repeat"),
    "default_action": (default_action, 2, 3),
    "batch_size": (batch_size, None, 1),
    "metrics": (metrics, True, False),
    "tables": (tables, True, False),
    "start_timeout": (start_timeout, 0.05, 5.0),
    "grace": (grace, 0.0, 5.0),
}


def test_every_setting_has_a_probe() -> None:
    assert set(PROBES) == {f.name for f in dataclasses.fields(SocietySettings)}


@pytest.mark.parametrize("key", PROBES)
def test_changing_a_setting_changes_what_happens(key: str) -> None:
    probe, one, other = PROBES[key]
    assert probe(one) != probe(other)


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


def test_the_backend_is_another_engine_that_does_the_same() -> None:
    grid = ap.GridWorld(size=5, agents=1)
    engines = [
        type(ap.Explorer.create(ap.Place("a", grid), settings=settings)._mind.engine).__name__
        for settings in (ap.InferenceSettings(), ap.InferenceSettings(backend="pymdp"))
    ]
    assert engines == ["NumpyEngine", "PymdpEngine"]


def test_every_setting_of_inference_has_a_probe() -> None:
    probed = {"profile", "policy_length", "gamma", "alpha", "selective_update_interval"}
    probed |= {"action_selection", "backend"}
    assert probed == {f.name for f in dataclasses.fields(ap.InferenceSettings)}
