"""Before a run is over, all who want to know how its last episode ended have been told."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.coordination.ensemble import Ensemble
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Ring, Witness

IDS = ("a", "b", "c")


class Listener(Agent):
    """Writes down what it got for its last step, when the gate is open."""

    def __init__(self, gate: threading.Event, heard: dict[str, Any]) -> None:
        self._gate, self._heard = gate, heard

    def act(self, observation: Any, context: Context) -> Any:
        return 0

    def episode_ended(self, context: Context) -> None:
        self._gate.wait(FUSE)
        self._heard[context.agent_id] = context.previous and context.previous.round


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_a_run_is_over_when_all_have_heard_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, dispatcher: str
) -> None:
    gate, heard = threading.Event(), dict[str, Any]()
    hear_out = Ensemble.hear_out

    def opened(ensemble: Ensemble, timeout: float) -> None:
        gate.set()  # until somebody waits for them, they hear nothing
        hear_out(ensemble, timeout)

    monkeypatch.setattr(Ensemble, "hear_out", opened)
    with Society(Ring(length=4), dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Listener, ids=IDS, gate=gate, heard=heard)
        society.run(4)
        try:
            assert heard == dict.fromkeys(IDS, 4)
        finally:
            gate.set()


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_one_that_hangs_is_waited_for_as_long_as_a_round_may_take_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, dispatcher: str
) -> None:
    gate, heard, asked = threading.Event(), dict[str, Any](), list[float]()
    hear_out = Ensemble.hear_out

    def shortly(ensemble: Ensemble, timeout: float) -> None:
        asked.append(timeout)
        hear_out(ensemble, 0.01)

    monkeypatch.setattr(Ensemble, "hear_out", shortly)
    with Society(Ring(length=4), dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Listener, ids=["a"], gate=gate, heard=heard)
        society.add("random", ids=["b", "c"])
        try:
            society.run(4)
            assert (heard, asked) == ({}, [FUSE])
            (line,) = (one for one in caplog.messages if "agents.not_heard_out" in one)
            assert "'a'" in line
        finally:
            gate.set()


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_who_fails_at_it_holds_nobody_up(dispatcher: str) -> None:
    class Failing(Listener):
        def episode_ended(self, context: Context) -> None:
            super().episode_ended(context)
            raise RuntimeError("no")

    gate, heard = threading.Event(), dict[str, Any]()
    gate.set()
    with Society(Ring(length=4), dispatcher=dispatcher, timeout=FUSE, seed=1) as society:
        society.add(Failing, ids=IDS, gate=gate, heard=heard)
        society.run(4)
        assert heard == dict.fromkeys(IDS, 4)


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_who_stops_a_society_when_its_run_is_over_takes_nothing_from_it(dispatcher: str) -> None:
    class Stops(Witness):
        def end(self) -> None:
            society.stop()

    gate, heard = threading.Event(), dict[str, Any]()
    gate.set()
    with Society(Ring(length=4), dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Listener, ids=IDS, gate=gate, heard=heard)
        assert society.run(4, progress=Stops()).outcomes == {"acted": 12}
