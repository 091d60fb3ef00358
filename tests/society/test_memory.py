"""A society that remembers: one trace however it is put in order, nothing lost, bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import MemoryOffError, PluginError, SettingsError, UnknownNameError
from antiphon.memory.store.verify import verify
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, Dice, Does, Ring, play

SMALL = {"memory_size": 20, "consolidation_lag": 3}


def remembering(**settings: Any) -> Society:
    return Society(Ring(), tables=False, **{**SMALL, **settings})


@pytest.mark.parametrize("dispatcher", [*DISPATCHERS, "simulated"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"consolidation": "prototypes"},
        {"consolidate": False},
        {"memory_cleanup": "relevance", "consolidation_lag": 40},
        {"memory_size": 0, "consolidation_lag": 10},
    ],
)
def test_who_does_not_look_at_its_memory_plays_the_same(
    dispatcher: str, settings: dict[str, Any]
) -> None:
    plain, _ = play(Ring(), steps=60, dice=3, seed=7, dispatcher="inline")
    settings = {key: x for key, x in settings.items() if settings.get("memory_size") != 0}
    witness, run = play(
        Ring(), steps=60, dice=3, seed=7, dispatcher=dispatcher, **{**SMALL, **settings}
    )
    assert witness.everybody() == plain.everybody()
    figures = run.memory
    assert figures is not None
    assert figures.written == 180 == figures.live + figures.consolidated + figures.evicted
    assert figures.live <= 60


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_a_process_makes_the_same_of_it_as_slices(dispatcher: str) -> None:
    kept = []
    for where in ("slices", "process"):
        with remembering(dispatcher=dispatcher, consolidation_in=where) as society:
            society.add(Dice)
            society.run(60)
            kept.append({i: [x.id for x in m.items()] for i, m in society.memories.items()})
            figures = society.memories.summary()
        assert figures.consolidations > 3
    assert kept[0] == kept[1]


class Reminded(Agent):
    """Acts by what it remembers, so that any difference in that shows."""

    def act(self, observation: Any, context: Context) -> int:
        recent = context.memory.recent(3)
        assert [one.round for one in recent] == list(
            range(max(1, context.round - 3), context.round)
        )
        best = context.memory.recall("did 2", 2)
        known = [hash(type(one.memory).__name__) % 1 + len(one.text) for one in best]
        return (sum(known) + sum(e.executed for e in recent) + context.round) % 4


def test_who_acts_by_its_memory_acts_the_same_with_every_dispatcher() -> None:
    traces = set()
    for dispatcher in [*DISPATCHERS, "simulated"]:
        with remembering(dispatcher=dispatcher, seed=3) as society:
            society.add(Reminded)
            run = society.run(50)
        assert run.outcomes == {"acted": 150}
        traces.add(run.trace)
    assert len(traces) == 1


def test_a_memory_can_be_asked_from_outside_and_put_in_order_by_hand() -> None:
    with remembering(memory_size=100) as society:
        society.add(Dice)
        society.run(8)
        member = society["a"]
        assert not member.should_consolidate()
        assert member.consolidate() is None
        result = member.consolidate(force=True)
        assert result is not None
        assert result.count == 8
        item = member.memory.items()[0]
        why = member.memory.why(item.id)
        assert (why.first, why.count) == (item.first, item.count)
        assert member.memory.statistics().current_size == 0
        with pytest.raises(UnknownNameError, match=r"1-99\.0"):
            member.memory.why("1-99.0")


def test_what_no_threshold_sets_off_can_be_set_off_by_hand() -> None:
    switches: dict[str, Any] = {
        "AUTO_CONSOLIDATE_ON_THRESHOLD": False,
        "AUTO_CONSOLIDATION_THRESHOLD": 10,
    }
    with remembering(**switches) as society:
        society.add(Dice)
        society.run(12)
        member = society["a"]
        assert society.memories.summary().consolidations == 0
        assert member.should_consolidate()
        result = member.consolidate()
        assert result is not None
        assert result.count == 12
        assert not member.should_consolidate()
        other = society["b"].consolidate(force=True)
        assert other is not None


def out_of_order(candidates: Any, count: int, round: int) -> list[int]:
    raise LookupError("no such thing")


def out_of_words(window: Any) -> list[Any]:
    raise OSError("the model is gone")


def test_consolidations_that_fail_show_in_the_runs_summary_and_in_its_health() -> None:
    with remembering(consolidation=out_of_words, dispatcher="inline") as society:
        society.add(Dice)
        run = society.run(30)
        (warning,) = [one for one in society.health().warnings if one.key == "memories.failing"]
    assert run.memory is not None
    assert run.memory.failed > 1
    for words in (run.summary(), warning.message):
        assert f"{run.memory.failed} consolidations failed" in words
    assert "the model is gone" in warning.message


def test_clean_ups_that_fail_show_in_the_runs_summary_and_in_its_health() -> None:
    with remembering(memory_size=8, memory_cleanup=out_of_order, consolidate=False) as society:
        society.add(Dice)
        run = society.run(9)
        assert "; 3 clean-ups failed" in run.summary()
        assert run.to_dict()["memory"]["failed_cleanups"] == 3
        health = society.health()
        (warning,) = [one for one in health.warnings if one.key == "memories.failing"]
        assert "3 clean-ups failed" in warning.message
        assert "no such thing" in warning.message
        assert health.to_dict()["memory_failures"]["cleanups"] == 3


def test_a_society_that_keeps_no_memories_says_so() -> None:
    def look(seen: Any, context: Context) -> int:
        with pytest.raises(MemoryOffError, match="memory_size"):
            context.memory.recent(1)
        return 1

    with Society(Ring(), tables=False, dispatcher="inline") as society:
        society.add(Does, act=look)
        run = society.run(2)
        assert run.outcomes == {"acted": 6}
        assert run.memory is None
        with pytest.raises(MemoryOffError):
            _ = society.memories
        with pytest.raises(MemoryOffError):
            society["a"].consolidate(force=True)


def test_rounds_without_an_environment_are_remembered_too() -> None:
    with Society(dispatcher="inline", **SMALL) as society:
        society.add(Does, ids=["a"])
        for n in range(5):
            society.step({"a": n})
        assert [e.observation for e in society["a"].memory.recent()] == [0, 1, 2, 3, 4]


def test_a_run_with_a_folder_keeps_everything_in_its_store(tmp_path: Path) -> None:
    with remembering() as society:
        society.add(Dice)
        society.run(30, out=tmp_path / "first")
        with pytest.raises(ValueError, match="begins with empty memories"):
            society.run(30, out=tmp_path / "second")
        counts = {i: m.statistics() for i, m in society.memories.items()}
    verified = verify(tmp_path / "first")
    assert verified.totals.written == 90
    assert {i: c.consolidated for i, c in verified.counts.items()} == {
        i: s.consolidated for i, s in counts.items()
    }


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"memory_size": -1}, "memory_size.*whole number >= 0"),
        ({"memory_size": 5, "consolidation_threshold": 6}, "must be <= memory_size"),
        ({"memory_size": 9, "consolidation_window": 5}, "must be <= consolidation_threshold"),
        ({"memory_size": 9, "memory_warning": 1.5}, "must be <= 1"),
        ({"consolidation_lag": 3}, "needs a memory_size above 0"),
        ({"memory_size": 5, "consolidation_in": "thread"}, "must be one of slices, process"),
    ],
)
def test_what_does_not_fit_is_refused_before_anybody_starts(
    settings: dict[str, Any], why: str
) -> None:
    def start() -> None:
        with Society(Ring(), **settings) as society:
            society.add(Dice)
            society.start()

    with pytest.raises(SettingsError, match=why):
        start()


def test_a_memory_keeps_its_size_while_the_society_lives() -> None:
    with remembering() as society, pytest.raises(SettingsError, match="cannot change"):
        society.configure(memory_size=3)


def test_a_strategy_that_no_other_process_can_find_is_refused_at_the_start() -> None:
    settings = {"consolidation": lambda window: [], "consolidation_in": "process"}
    with remembering(**settings) as society:
        society.add(Dice)
        with pytest.raises(PluginError, match="process"):
            society.start()


def test_the_guides_names_mean_the_same(tmp_path: Path) -> None:
    config = tmp_path / "config.ini"
    config.write_text(
        "[Memory]\nMAX_EPISODIC_MEMORY_SIZE=50\nMEMORY_CLEANUP_STRATEGY=age\n"
        "MEMORY_WARNING_THRESHOLD=0.7\nAUTO_CONSOLIDATE_ON_THRESHOLD=True\n"
        "AUTO_CONSOLIDATION_THRESHOLD=30\n"
    )
    with Society(Ring(), config=config) as society:
        society.add(Dice)
        society.run(40)
        statistics = society["a"].memory.statistics()
        assert statistics.max_size == 50
        assert statistics.consolidated > 0
        assert society.source("memory_size") == str(config)
        assert society.source("consolidation_lag") == "default"


def test_who_listens_hears_of_a_memory_that_fills_up() -> None:
    with remembering(memory_size=10, consolidate=False) as society:
        society.add(Dice)
        heard: list[Any] = []
        society.memories.monitor.on_alert(heard.append)
        society.run(60)
        monitor = society.memories.monitor
    assert {alert.agent_id for alert in heard} == {"a", "b", "c"}
    assert monitor.of("a").size == 10
    assert monitor.of("a").round == 60


def test_why_takes_what_recall_gave() -> None:
    with remembering(dispatcher="inline") as society:
        society.add(Dice)
        society.run(40)
        memory = society["a"].memory
        found = {type(one.memory).__name__: one for one in memory.recall("did 1", 30)}
        assert memory.why(found["Item"]).item == found["Item"].memory.id
        with pytest.raises(ValueError, match="is whole"):
            memory.why(found["Remembered"])


def test_a_baseline_remembers_as_much_as_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    founded: list[Society] = []
    start = Society.start

    def noted(society: Society) -> None:
        founded.append(society)
        start(society)

    monkeypatch.setattr(Society, "start", noted)
    with Society(Ring, tables=False, **SMALL) as society:
        society.add(Dice)
        run = society.run(30, baseline=True)
    assert run.speedup is not None
    sizes = {s._rulebook.memory.memory_size for s in founded}
    assert len({id(s) for s in founded}) == 2
    assert sizes == {20}
