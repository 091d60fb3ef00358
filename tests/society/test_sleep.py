"""Agents that learn from what is consolidated: more reward, one trace, nothing counted twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.coordination.records.progress import Silence
from antiphon.errors import SettingsError, StartError
from antiphon.memory.store.verify import verify
from antiphon.models.active_inference import ActiveInference
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, Dice, Witness
from antiphon.tests.society.rooms import (
    UNKNOWN,
    Confused,
    Forgetful,
    LoneSleeper,
    Rooms,
    Sleeper,
    sleepers,
    thinking,
)

ROUNDS = 200
QUIET = Silence()


def rewards(agents: int, **settings: Any) -> Any:
    """Give what each earns in a round of the second half, on average."""
    witness = Witness()
    with sleepers(agents, dispatcher="inline", **settings) as society:
        society.run(ROUNDS, progress=witness)
    late = witness.steps[ROUNDS // 2 :]
    paid = [[e.reward or 0.0 for e in step.experiences.values()] for step in late]
    return np.mean(paid, axis=0)


def counted(society: Society) -> dict[str, float]:
    """Give how much each has counted of what doors do."""
    first = thinking().prior_strength * np.sum(UNKNOWN["B"])
    hosts: Any = society._running.ensemble.hosts
    return {h.name: float(np.sum(h.agent.get_state()["pB"]) - first) for h in hosts}


def check_counts(society: Society) -> int:
    """See that each move that was consolidated counts once; give how many are counted.

    Nothing may have been evicted: so the moves of an agent are those between its experiences.
    """
    held = counted(society)
    for agent_id, memory in society.memories.items():
        consolidated = memory.statistics().consolidated
        assert held[agent_id] == pytest.approx(max(0, consolidated - 1)), agent_id
    return round(sum(held.values()))


def test_sleep_that_teaches_raises_reward() -> None:
    slept = rewards(12)
    others = {
        "nothing is taught": rewards(12, consolidation=Forgetful()),
        "nothing is learned": rewards(
            12, consolidation="merge", thinks=thinking(learns="", when=None)
        ),
        "it is taught in disorder": rewards(12, consolidation=Confused()),
    }
    for why, control in others.items():
        # Each agent has the same chances in all runs.
        assert (slept > control + 0.1).all(), (why, slept - control)
        assert (slept - control).mean() > 0.3, (why, slept.mean(), control.mean())


def test_every_move_that_is_consolidated_counts_once_and_memories_shrink_as_ever() -> None:
    kept = {}
    forgetful = Forgetful()
    for how in ("learn", forgetful):
        with sleepers(3, consolidation=how, dispatcher="inline") as society:
            society.run(90, progress=QUIET)
            kept[how] = [m.statistics().current_size for m in society.memories.values()]
            taught = society.memories.consolidations().taught
            if how == "learn":
                assert check_counts(society) > 150
                assert taught == society.memories.consolidations().consolidated > 6
                items = [len(m.items()) for m in society.memories.values()]
            else:
                assert set(counted(society).values()) == {0.0}
                assert taught == 0
                # In another run other things are seen, but windows are as large.
                assert [len(m.items()) > 0 for m in society.memories.values()]
    assert kept["learn"] == kept[forgetful]
    assert all(items)


def test_one_trace_on_every_dispatcher_and_wherever_it_is_worked_out() -> None:
    ways: list[dict[str, Any]] = [
        {"dispatcher": dispatcher} for dispatcher in [*DISPATCHERS, "simulated"]
    ]
    ways += [{"dispatcher": d, "host": "cohort"} for d in ("inline", "pooled")]
    ways += [{"dispatcher": d, "consolidation_in": "process"} for d in ("inline", "threaded")]
    seen = set()
    for way in ways:
        with sleepers(3, **way) as society:
            seen.add(society.run(60, progress=QUIET).trace)
            assert check_counts(society) > 90
            assert society.memories.consolidations().failed == 0
    assert len(seen) == 1


def test_gains_are_known_from_the_round_in_which_the_window_is_replaced() -> None:
    with sleepers(1, dispatcher="inline", consolidation_lag=7) as society:
        society.run(26, progress=QUIET)
        assert counted(society)["agent-0"] == 0
        society.run(1, progress=QUIET)
        assert counted(society)["agent-0"] == pytest.approx(19)


def test_by_hand_it_teaches_at_once() -> None:
    with sleepers(1, dispatcher="inline") as society:
        society.run(12, progress=QUIET)
        society["agent-0"].consolidate(force=True)
        society.run(1, progress=QUIET)
        assert counted(society)["agent-0"] == pytest.approx(11)


@pytest.mark.parametrize("seed", range(12))
def test_wherever_the_supervisor_is_killed_no_gain_is_lost_and_none_comes_twice(seed: int) -> None:
    simulation, killed = SimulatedDispatcher(seed), []
    end = 150 + 20 * seed  # from before the first takes effect to the last of them

    def perhaps_kill(step: int) -> None:
        if step == end:
            simulation.kill("memory-supervisor")
            killed.append(step)

    simulation.watch = perhaps_kill
    with sleepers(2, dispatcher="simulated", simulation=simulation) as society:
        society.run(70, progress=QUIET)
        assert killed
        check_counts(society)
        for memory in society.memories.values():
            memory.check_law()


@pytest.mark.parametrize("interval", [1, 10, 1000])
def test_one_that_is_built_anew_knows_what_it_was_taught(
    interval: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the round before gains take effect, in that round, and after.
    fails = frozenset({("agent-0", 22), ("agent-0", 46), ("agent-1", 23), ("agent-1", 60)})
    monkeypatch.setattr(LoneSleeper, "fails_in", fails)
    rules: Any = {"on_crash": "restart", "snapshot_interval": interval, "dispatcher": "threaded"}
    with sleepers(2, kind=LoneSleeper, **rules) as society:
        assert society.run(80, progress=QUIET).outcomes["crashed"] == 4
        hosts: Any = society._running.ensemble.hosts
        teachers = society.memories.teachers
        for host in hosts:
            mine, theirs = host.agent.get_state(), teachers[host.name].pupil.state
            for name in ("pA", "pB", "pD"):
                assert np.allclose(mine[name], theirs[name], rtol=1e-12), name
            assert mine["fresh"] == theirs["fresh"]


def test_nobody_is_told_who_has_left() -> None:
    with Society(dispatcher="inline", memory_size=40, consolidation="learn") as society:
        stays, goes = society.add(Sleeper, 2)
        for round in range(45):
            if round == 25:  # what was made of its windows is under way
                society.remove(goes)
            society.step(dict.fromkeys(society, round % 5))
        held = counted(society)
        assert held[stays] > 0
        assert held[goes] == 0
        assert society.memories[goes].statistics().consolidated > 0
        assert not any(society._running.ensemble.dead_letters.statistics().counts.values())


@pytest.mark.parametrize("stop", [40, 110])
def test_a_run_that_is_resumed_learns_as_if_it_had_not_been_cut(tmp_path: Path, stop: int) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    with sleepers(2, kind=Sleeper, dispatcher="inline") as society:
        expected = society.run(140, out=whole, progress=QUIET).trace
        held = counted(society)
    with sleepers(2, kind=Sleeper, dispatcher="inline") as society:
        society.run(stop, out=cut, progress=QUIET)
    with Society.resume(cut, environment=Rooms(2)) as society:
        assert society.run(140, progress=QUIET).trace == expected
        assert counted(society) == held
        check_counts(society)
    assert verify(cut).rounds == 140


@pytest.mark.parametrize(
    "settings",
    [
        {"consolidation": "merge"},
        {"consolidation": "prototypes"},
        {"consolidate": False},
    ],
)
def test_who_learns_asleep_and_would_never_sleep_is_refused(settings: dict[str, Any]) -> None:
    refusal = pytest.raises(SettingsError, match=r"learns_when.*agent-0 has no other way")
    with sleepers(2, **settings) as society, refusal:
        society.start()


def test_who_learns_asleep_and_remembers_nothing_is_refused() -> None:
    with Society(Rooms(1), tables=False) as society:
        society.add(Sleeper)
        with pytest.raises(SettingsError, match=r"learns_when.*needs memory_size"):
            society.start()


def test_a_strategy_that_would_teach_nobody_is_refused_and_others_are_left_alone() -> None:
    with (
        sleepers(2, thinking(when="awake")) as society,
        pytest.raises(SettingsError, match="'learn' teaches nobody here"),
    ):
        society.start()
    society = Society(
        Rooms(2), tables=False, memory_size=20, consolidation="learn", dispatcher="inline"
    )
    with society:
        society.add(Dice, ids=["agent-0"])
        society.add(Sleeper, ids=["agent-1"])
        society.run(60, progress=QUIET)
        assert [len(m.items()) > 0 for m in society.memories.values()] == [True, True]
        assert society.memories.consolidations().failed == 0


def test_several_factors_are_refused_for_sleep() -> None:
    with Society(memory_size=20, consolidation="learn") as society:
        two = {"A": [np.full((2, 2, 2), 0.5)], "B": [np.eye(2)[:, :, None]] * 2}
        society.add(ActiveInference, model=two, settings=thinking("AB"))
        with pytest.raises(StartError, match=r"learns_when.*model of several factors"):
            society.start()
