"""A society says how it is, and keeps to a target where it is asked to."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any, ClassVar

import antiphon as ap
import pytest
from antiphon.cli import main
from antiphon.errors import SettingsError
from antiphon.tests.society.cast import FUSE, Does

DISPATCHERS = ["threaded", "pooled", "inline"]


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_a_society_tells_of_its_health_before_during_and_after(dispatcher: str) -> None:
    with ap.Society(dispatcher=dispatcher) as society:
        society.add(Does, n=3)
        assert society.health().ok
        for _ in range(3):
            society.step(dict.fromkeys(society, 0))
        health = society.health()
        assert health.ok, health
        assert (health.members, health.agents.rounds, health.agents.success_rate) == (3, 3, 1.0)
        assert health.kernel.dispatcher == dispatcher
        assert (health.kernel.pool is not None) is (dispatcher == "pooled")
    assert society.health().agents.rounds == 3


def test_crashes_are_warned_of_and_named() -> None:
    with ap.Society(dispatcher="inline") as society:
        society.add(Does, n=1)
        society.add(Breaks, n=1)
        society.step(dict.fromkeys(society, 0))
        keys = [warning.key for warning in society.health().warnings]
    assert "errors.many" in keys
    assert "agents.failing" in keys


class Breaks(ap.Agent):
    def act(self, observation: Any, context: ap.Context) -> Any:
        raise KeyError("lost")


def test_agents_that_are_still_at_work_are_busy(let_go: threading.Event) -> None:
    class Waits(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> Any:
            let_go.wait(FUSE)

    with ap.Society(timeout=0.05, dispatcher="threaded") as society:
        society.add(Waits, ids=["waits"])
        society.step({"waits": 0})
        health = society.health()
        let_go.set()
    assert health.busy == ("waits",)
    assert "timeouts.many" in [warning.key for warning in health.warnings]


@pytest.mark.parametrize("dispatcher", [*DISPATCHERS, "simulated"])
def test_an_agent_at_work_may_ask_how_everybody_is(dispatcher: str) -> None:
    found = []

    def act(seen: Any, context: ap.Context) -> int:
        found.append(society.health())
        return 0

    with ap.Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Does, ids=["asks"], act=act)
        assert society.step({"asks": 0}).actions == {"asks": 0}
    assert [(health.members, health.busy) for health in found] == [(1, ())]


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_another_thread_may_ask_how_everybody_is_while_an_agent_is_at_work(
    dispatcher: str, let_go: threading.Event
) -> None:
    inside, found = threading.Event(), []

    def act(seen: Any, context: ap.Context) -> int:
        inside.set()
        assert let_go.wait(FUSE)
        return 0

    def look() -> None:
        assert inside.wait(FUSE)
        found.append(society.health().members)
        let_go.set()

    with ap.Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Does, ids=["a"], act=act)
        onlooker = threading.Thread(target=look)
        onlooker.start()
        assert society.step({"a": 0}).actions == {"a": 0}
        onlooker.join(FUSE)
    assert found == [1]


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_who_is_told_of_a_dead_letter_may_ask_how_everybody_is(
    dispatcher: str, let_go: threading.Event
) -> None:
    told, found = threading.Event(), []

    def listen(letter: object) -> None:
        found.append(society.health().members)
        told.set()

    with ap.Society(dispatcher=dispatcher, timeout=0.05) as society:
        # On threads its answer comes too late, and dies where rounds are closed.
        society.add(Does, ids=["a"], act=lambda *_: let_go.wait(FUSE))
        society.add(Deaf, ids=["b"])
        society.dead_letters.listen(listen)
        if dispatcher == "inline":
            society.tell("b", "hear")
        else:
            society.step({"a": 0})
            let_go.set()
        assert told.wait(FUSE)
    assert found[0] == 2


class Deaf(ap.Agent):
    def act(self, observation: Any, context: ap.Context) -> int:
        return 0


def test_a_run_on_the_command_line_warns_once_of_each_kind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["run", "--type", "antiphon.tests.society.test_health:Breaks"]
    assert main([*words, "--agents", "2", "--steps", "3", "--quiet"]) == 0
    said = capsys.readouterr().err
    assert said.count("ended in a crash") == 1
    assert said.startswith("antiphon: ")


class Thinker(ap.Agent):
    """Takes a millisecond for each step that it plans, by the society's clock."""

    settings_type = ap.InferenceSettings
    clock: ClassVar[ap.ManualClock]

    def __init__(self, settings: ap.InferenceSettings) -> None:
        self.profile = settings.resolved_profile()

    def act(self, observation: Any, context: ap.Context) -> int:
        self.clock.advance(0.001 * self.profile.policy_length)
        return self.profile.policy_length

    def retune(self, profile: ap.Profile) -> None:
        self.profile = profile


def test_a_tuner_makes_agents_think_less_where_acts_take_too_long() -> None:
    Thinker.clock = ap.ManualClock()
    with ap.Society(tuner=True, dispatcher="inline", clock=Thinker.clock) as society:
        society.add(Thinker, n=2, profile="accurate", target_ms=1.0)
        lengths = [society.step(dict.fromkeys(society, 0)).actions["thinker-1"] for _ in range(90)]
        decisions = society._running.decisions
    assert [(d.key, d.before, d.after) for d in decisions] == [
        ("policy_length", 3, 2),
        ("policy_length", 2, 1),
    ]
    # A decision holds from the very next round.
    assert lengths[decisions[0].round - 1 : decisions[0].round + 1] == [3, 2]
    assert lengths[-1] == 1


def test_without_the_tuner_a_target_changes_nothing() -> None:
    traces = []
    for target_ms in (None, 0.001):
        with ap.Society(ap.GridWorld(size=5), dispatcher="inline", seed=3) as society:
            society.add("explorer", n=2, profile="accurate", target_ms=target_ms)
            traces.append(society.run(60).trace)
    assert traces[0] == traces[1]


def test_a_tuner_without_any_target_is_refused() -> None:
    with ap.Society(ap.GridWorld(size=5), tuner=True) as society:
        society.add("explorer", n=1, profile="fast")
        with pytest.raises(SettingsError, match="target_ms"):
            society.start()


def test_a_retuned_explorer_thinks_as_one_that_was_made_so() -> None:
    from antiphon.models.agent import Place
    from antiphon.models.explorer import Explorer

    world = ap.GridWorld(size=6)
    place = Place("a", world)
    settings = [ap.InferenceSettings(profile=p) for p in ("accurate", "balanced")]
    retuned, made = (Explorer.create(place, settings=s) for s in settings)
    retuned.retune(dataclasses.replace(made.profile))
    for agent in (retuned, made):
        agent.reset(7)
    assert retuned.plan().policies.tolist() == made.plan().policies.tolist()
    with pytest.raises(ValueError, match="policy_length must be <= 2"):
        made.retune(ap.Profile(policy_length=3))
