"""What each setting of rounds, and of who acts in them, changes."""

from __future__ import annotations

import threading
from typing import Any

import antiphon as ap
from antiphon.tests.settings.cast import Probe, Probes, thinking


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


def tuner(value: object) -> Any:
    return thinking(tuner=value is True, target_ms=1.0)


PROBES: Probes = {
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
    "tuner": (tuner, True, False),
}
