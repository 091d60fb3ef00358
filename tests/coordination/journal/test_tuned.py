"""What a tuner decided is decided again, whatever acts take by then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.records.events import Events
from antiphon.errors import JournalError
from antiphon.memory.store.reader import Reader
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Gossip, Planner, founded, ran, resumed
from antiphon.tests.society.cast import Witness

WHOLE = 130
LATE = "run.cannot_be_resumed"


def tuned(steps: int, out: Path | None = None, then: Callable[[Any], None] | None = None) -> Any:
    Planner.clock = ManualClock()
    with Society(
        RING, tuner=True, dispatcher="inline", clock=Planner.clock, tables=False, seed=3,
        state_interval=20,
    ) as society:  # fmt: skip
        society.add(Planner, profile="accurate", target_ms=1.0)
        return society.run(steps, out=out, progress=Witness(then or (lambda step: None)))


def decisions(folder: Path) -> list[Any]:
    with Reader(folder) as reader:
        return [tuple(one) for _, row in reader.rows("tuned") for one in row.value]


def events_of(made: list[Any]) -> str:
    events = Events()
    for round, *facts in made:
        events.record("retuned", round, *facts)
    return events.value


def test_what_a_tuner_decided_is_in_the_events_of_a_run(tmp_path: Path) -> None:
    run = tuned(WHOLE, tmp_path / "r")
    assert run.event_rows == {"retuned": 2}
    assert run.events == events_of(decisions(tmp_path / "r"))
    # Of what is not kept, too.
    assert tuned(WHOLE).events == run.events != tuned(WHOLE // 3).events


def test_a_tuned_run_goes_the_same_way_though_its_acts_are_quicker_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tuned(WHOLE, tmp_path / "r")
    made = decisions(tmp_path / "r")
    assert [(key, before, after) for _, _, key, before, after in made] == [
        ("policy_length", 3, 2),
        ("policy_length", 2, 1),
    ]
    monkeypatch.setattr(Planner, "seconds", 0.0)
    assert Society.verify(tmp_path / "r").rounds == WHOLE
    again = resumed(tmp_path / "r")
    assert (again.trace, again.events) == (run.trace, run.events)
    assert again.event_rows == {"retuned": len(made)}


@pytest.mark.parametrize("at", [30, 40, 75])
def test_a_tuned_run_goes_on_where_its_tuner_stood(tmp_path: Path, at: int) -> None:
    tuned(at, tmp_path / "r")
    before = decisions(tmp_path / "r")
    Planner.clock = ManualClock()
    with Society.resume(tmp_path / "r", clock=Planner.clock) as society:
        run = society.run(WHOLE)
        agents: list[Any] = [host.agent for host in society._ensemble.hosts]
        lengths = {agent.profile.policy_length for agent in agents}
    after = decisions(tmp_path / "r")
    assert after[: len(before)] == before
    assert run.events == events_of(after)
    assert Society.verify(tmp_path / "r").rounds == WHOLE
    assert lengths == {after[-1][-1]} == {1}


def test_explorers_are_tuned_again(tmp_path: Path) -> None:
    with Society(GridWorld(size=5), dispatcher="inline", seed=3, tuner=True) as society:
        society.add("explorer", n=2, profile="accurate", target_ms=0.001)
        run = society.run(WHOLE, out=tmp_path / "r", progress=Witness())
    assert len(decisions(tmp_path / "r")) >= 1
    again = resumed(tmp_path / "r", environment=GridWorld(size=5))
    assert (again.trace, again.events) == (run.trace, run.events)
    Society.verify(tmp_path / "r", environment=GridWorld(size=5))


def test_decisions_of_a_tuner_with_other_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Planner, "seconds", 0.1)
    tuned(WHOLE, tmp_path / "r")
    assert "selective_update_interval" in {key for _, _, key, *_ in decisions(tmp_path / "r")}
    monkeypatch.setenv("ANTIPHON_MAX_UPDATE_INTERVAL", "1")
    resumed(tmp_path / "r")  # has those it was founded with, whatever holds here
    with pytest.raises(JournalError, match="such as max_update_interval: Planner/accurate does"):
        resumed(tmp_path / "r", max_update_interval=1)


def test_what_nobody_can_play_again_is_said_when_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = []
    with founded(RING, Gossip, delivery="immediate") as society:
        society.run(6, out=tmp_path / "r", progress=Witness(lambda step: said.append(caplog.text)))
    assert LATE in said[0]
    assert "what agents said was heard at once, in any order" in said[0]
    with pytest.raises(JournalError, match="heard at once"):
        resumed(tmp_path / "r")


def test_that_a_society_has_played_before_is_said_when_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with founded() as society:
        society.run(4)
        assert LATE not in caplog.text
        society.run(4, out=tmp_path / "r")
    assert "had played 4 rounds before" in caplog.text


def test_of_a_run_that_can_be_played_again_nothing_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        ran(5, out=tmp_path / "r")
        resumed(tmp_path / "r", 7)
        ran(5, delivery="immediate")
    assert LATE not in caplog.text
