"""Who was late is late again, and back when it was, though nobody waits for it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.attendance import Place
from antiphon.coordination.journal.origin import World
from antiphon.errors import DivergedError, JournalError
from antiphon.memory.store.reader import Reader
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import (
    DRAG,
    RING,
    Diary,
    Gossip,
    Rememberer,
    Stumbler,
    Waits,
    founded,
    ran,
    resumed,
)
from antiphon.tests.society.cast import Does, Witness

SHORT = World(RING, {"length": 9})
GRID = World("grid-world", {"size": 7, "goals": 4, "max_steps": 9})
ANEW = {"on_crash": "restart", "snapshot_interval": 4, "max_restarts": 2}
CASES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((SHORT, Diary), {}),
    ((SHORT, Gossip), {"on_missing": "repeat"}),
    ((SHORT, Stumbler), {}),
    ((RING, Stumbler), ANEW),
    ((GRID, "explorer", 4), {}),
    ((SHORT, Rememberer), {"memory_size": 10, "consolidation_lag": 3}),
    ((SHORT, Gossip), {"batch_size": 2}),
    ((SHORT, Stumbler), {"protocol": "quorum:0.6"}),
    ((SHORT, Gossip), {"protocol": "first:1"}),
]


def of_threads(folder: Path, case: int, seed: int) -> None:
    """Write a run in which anything may be late, and play it as one that had threads."""
    arguments, settings = CASES[case]
    run = ran(40, *arguments, out=folder, latency=DRAG, timeout=1.0, seed=seed, **settings)
    assert run.outcomes["timed_out"] + run.outcomes.get("unneeded", 0) > 0
    Society.verify(folder, dispatcher="threaded", latency=None)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_whoever_was_late_is_late_again(tmp_path: Path, case: int) -> None:
    of_threads(tmp_path / "r", case, seed=3 + case)


@pytest.mark.soak
@pytest.mark.parametrize(("case", "seed"), [*product(range(len(CASES)), range(100))])
def test_whoever_was_late_is_late_again_in_any_run(tmp_path: Path, case: int, seed: int) -> None:
    of_threads(tmp_path / "r", case, seed)


@pytest.mark.parametrize("case", [1, 8])
def test_agents_are_back_when_they_were_also_between_two_rounds(tmp_path: Path, case: int) -> None:
    arguments, settings = CASES[case]
    with founded(*arguments, latency=DRAG, timeout=1.0, **settings) as society:
        # Somebody outside takes their time after each step.
        passing = Witness(lambda step: society._clock.advance(0.4))  # type: ignore[attr-defined]
        society.run(60, out=tmp_path / "r", progress=passing)
    with Reader(tmp_path / "r") as reader:
        events = [row.value for _, row in reader.rows("events")]
    assert {back[2] for value in events for back in value.get("back", ())} == set(Place)
    Society.verify(tmp_path / "r", dispatcher="threaded", latency=None)


@pytest.mark.parametrize("protocol", ["barrier", "first:2"])
@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_what_threads_have_done_is_done_again(
    tmp_path: Path, dispatcher: str, protocol: str
) -> None:
    Waits.go_on.clear()

    def let_go(step: Any) -> None:
        if step.number in (5, 11):
            Waits.go_on.set()
        elif step.number == 7:
            Waits.go_on.clear()

    options = {"dispatcher": dispatcher, "protocol": protocol, "timeout": 0.05}
    ran(14, SHORT, Waits, out=tmp_path / "r", then=let_go, **options)
    Waits.go_on.set()
    Society.verify(tmp_path / "r")
    with Reader(tmp_path / "r") as reader:
        # In which rounds is for the machine to say.
        assert any(row.value.get("away") for _, row in reader.rows("events"))
    with Society.resume(tmp_path / "r") as society:
        # On threads again, and in time that passes by itself.
        assert society.run(20).rounds == 20
        before = society._clock.now()
        assert any(society._clock.now() > before for _ in range(10**6))
        assert society.settings.dispatcher == dispatcher
    assert Society.verify(tmp_path / "r").rounds == 20


def slow(clock: ManualClock) -> Any:
    def act(observation: Any, context: Context) -> int:
        if context.round == 3 and context.agent_id == "b":
            clock.advance(60)
        return int(context.rng.integers(4))

    return lambda society: society.add(Does, act=act)


def test_who_took_too_long_with_no_threads_takes_too_long_again(tmp_path: Path) -> None:
    def run(steps: int, out: Path) -> Any:
        clock = ManualClock()
        with Society(SHORT, tables=False, dispatcher="inline", clock=clock) as society:
            slow(clock)(society)
            return society.run(steps, out=out)

    whole = run(12, tmp_path / "whole")
    assert whole.outcomes["timed_out"] == 1
    run(5, tmp_path / "r")
    again = resumed(tmp_path / "r", 12, agents=slow(ManualClock()))
    assert (again.trace, again.events) == (whole.trace, whole.events)
    Society.verify(tmp_path / "r", agents=slow(ManualClock()))


def test_a_run_on_a_virtual_clock_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    options: dict[str, Any] = {"latency": DRAG, "timeout": 1.0}
    whole = ran(24, SHORT, Gossip, **options)
    ran(13, SHORT, Gossip, out=tmp_path / "r", **options)
    again = resumed(tmp_path / "r", 24)
    assert (again.trace, again.events) == (whole.trace, whole.events)
    Society.verify(tmp_path / "r")


def test_on_a_virtual_clock_the_time_of_every_act_is_lived_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")
    ran(13, RING, Diary, out=tmp_path / "r", latency="constant:0.5")
    Diary.calls.clear()
    resumed(tmp_path / "r", 15)
    assert set(Diary.calls.values()) == {15}


def test_what_is_unknown_is_over_when_the_run_goes_on(tmp_path: Path) -> None:
    # Away at the end of all that was kept; the first new round finds it free.
    Waits.go_on.clear()
    with founded(SHORT, Waits, timeout=0.5, dispatcher="threaded") as society:
        society.run(4, out=tmp_path / "r")
        Waits.go_on.set()
    witness = Witness()
    with Society.resume(tmp_path / "r") as society:
        society.run(6, progress=witness)
    assert [row[2] for row in witness.rows("b")][:5][2:] == ["timed_out", "busy", "acted"]


def test_a_late_one_that_does_something_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(40, SHORT, Diary, out=tmp_path / "r", latency=DRAG, timeout=1.0)
    real = Diary.act

    def act(self: Diary, observation: Any, context: Context) -> Any:
        if context.round == 20:
            self.sum += 1
        return real(self, observation, context)

    monkeypatch.setattr(Diary, "act", act)
    with pytest.raises(DivergedError, match=r"round (2\d|3\d) goes another way: .* of agent [abc]"):
        Society.verify(tmp_path / "r", dispatcher="threaded", latency=None)


def test_late_ones_that_share_an_actor_are_refused_by_name(tmp_path: Path) -> None:
    with Society(GRID, tables=False, timeout=1.0, latency=DRAG) as society:
        society.add("explorer", 4)
        society.run(20, out=tmp_path / "r")

    def together(society: Society) -> None:
        society.add("explorer", 4, host="cohort")

    with pytest.raises(JournalError, match=r"in round \d+ explorer-\d, whose actor others share"):
        Society.verify(tmp_path / "r", agents=together, dispatcher="threaded", latency=None)
