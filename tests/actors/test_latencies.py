"""How long answers take on a virtual clock is drawn by seed, agent and round alone."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.actors.simulation.latencies import find_latencies
from antiphon.errors import PluginError, SettingsError
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.society.cast import Dice, Ring, Witness

MANY = [(f"a-{n % 7}", n) for n in range(2000)]


def drawn(named: str, seed: int = 1) -> list[float]:
    latencies = find_latencies(named, seed)
    return [latencies(agent_id, round) for agent_id, round in MANY]


def test_it_does_not_matter_who_is_asked_first() -> None:
    latencies = find_latencies("exponential:0.02", 3)
    backwards = [latencies(agent_id, round) for agent_id, round in reversed(MANY)]
    assert backwards[::-1] == drawn("exponential:0.02", 3) != drawn("exponential:0.02", 4)
    assert len(set(backwards)) == len(MANY)


@pytest.mark.parametrize(
    ("named", "median"),
    [
        ("constant:0.01", 0.01),
        ("uniform:0.01,0.05", 0.03),
        ("exponential:0.02", 0.02 * math.log(2)),
        ("lognormal:0.01,0.8", 0.01),
    ],
)
def test_each_is_what_its_name_says(named: str, median: float) -> None:
    assert statistics.median(drawn(named)) == pytest.approx(median, rel=0.1)


def test_uniform_keeps_to_its_bounds() -> None:
    assert 0.01 <= min(drawn("uniform:0.01,0.05")) < max(drawn("uniform:0.01,0.05")) <= 0.05


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("normal", "must be one of constant:seconds, uniform:least,most"),
        ("constant", "constant needs seconds, finite numbers >= 0, got ''"),
        ("constant:-1", "got '-1'"),
        ("constant:inf", "got 'inf'"),
        ("constant:nan", "got 'nan'"),
        ("uniform:1", "uniform needs least,most"),
        ("uniform:2,1", "the lesser of its numbers first"),
        ("exponential:x", "got 'x'"),
    ],
)
def test_what_is_no_distribution_is_refused_when_the_society_is_founded(
    named: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=r"'latency'.*" + message.replace("+", r"\+")):
        Society(Ring(), latency=named)


def test_only_a_virtual_clock_has_them() -> None:
    with pytest.raises(SettingsError, match="needs a virtual clock"):
        Society(Ring(), latency="constant:1", dispatcher="threaded")


@pytest.mark.parametrize("answer", [-1.0, math.nan, "soon", None])
def test_what_draws_no_seconds_is_named(answer: Any) -> None:
    with pytest.raises(PluginError, match="draws no seconds >= 0 but"):
        find_latencies(lambda rng: answer, 1)("a", 1)
    with pytest.raises(PluginError, match="cannot be called"):
        find_latencies("math:pi", 1)


def half(rng: np.random.Generator) -> float:
    """Half of them never answer."""
    return math.inf if rng.random() < 0.1 else 0.01


def run(**settings: Any) -> Any:
    witness = Witness()
    with Society(Ring(), tables=False, timeout=0.05, seed=2, **settings) as society:
        society.add(Dice)
        run = society.run(30, progress=witness)
    return run, witness


def test_a_plug_in_may_have_answers_never_come() -> None:
    run_, _ = run(latency=f"{__name__}:half")
    assert run_.outcomes["timed_out"] == 3
    assert run_.outcomes["busy"] > 30


@pytest.mark.parametrize("seconds", [0.049, 0.051])
def test_who_takes_longer_than_the_timeout_is_too_late(seconds: float) -> None:
    run_, witness = run(latency=f"constant:{seconds}")
    assert ("timed_out" in run_.outcomes) == (seconds > 0.05)
    outcome = witness.steps[0].outcome
    assert outcome.elapsed == pytest.approx(min(seconds, 0.05))


def test_nobody_waits_for_virtual_time_and_the_trace_is_as_without() -> None:
    # A day of it; and as nobody is too late, the dispatcher decides nothing.
    slow, _ = run(latency="constant:0.04")
    quick, _ = run()
    assert (slow.trace, slow.events) == (quick.trace, quick.events)


def test_who_fails_where_many_are_answered_for_has_taken_its_time_once() -> None:
    simulation = SimulatedDispatcher(faults=Faults(crash=1.0, longest=1e-6))
    with Society(
        GridWorld(size=5), simulation=simulation, latency="constant:0.5", timeout=0.8, tables=False
    ) as society:
        society.add("explorer", 3, backend="numpy")
        assert society.run(1).outcomes == {"acted": 0, "crashed": 3}
