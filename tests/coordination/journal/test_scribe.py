"""What happened beside the actions is written down, and nothing where nothing did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.attendance import Tardy
from antiphon.coordination.journal import scribe
from antiphon.coordination.journal.origin import World
from antiphon.coordination.journal.scribe import all_acted, events_of
from antiphon.coordination.outcome import Outcome, Status
from antiphon.memory.store.batch import Batch, Totals
from antiphon.memory.store.reader import Reader
from antiphon.tests.coordination.journal.cast import ran, resumed

GRID = World("grid-world", {})


def outcome(*status: Status, **facts: Any) -> Outcome:
    members = {f"a-{place}": how for place, how in enumerate(status)}
    return Outcome(7, {}, members, {}, {}, {}, {}, 0.1, facts.pop("late", 0), **facts)


@pytest.mark.parametrize(
    ("closed", "notes", "events"),
    [
        (outcome(Status.ACTED, Status.ACTED), [], {}),
        (outcome(Status.ACTED, late=2), [], {"late": 2}),
        (outcome(Status.ACTED), [Tardy(7, "a-0")], {"tardy": ["a-0"]}),
        (outcome(Status.ACTED, Status.DOWN), [], {"missing": {"a-1": "down"}}),
        (outcome(Status.REJECTED), [], {}),
    ],
)
def test_what_happened_beside_the_actions_is_told(
    closed: Outcome, notes: list[Any], events: dict[str, Any]
) -> None:
    assert events_of(closed, notes, counted=all_acted(closed)) == events


def test_many_members_lie_in_several_rows_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "_MOST_AGENTS", 3)
    ran(4, GRID, "explorer", 8, out=tmp_path / "r")
    with Reader(tmp_path / "r") as reader:
        parts = [row.value["agents"] for _, row in reader.rows("lived")]
    assert parts == [3, 3, 2] * 4
    assert resumed(tmp_path / "r", 6).trace == ran(6, GRID, "explorer", 8).trace


def test_a_round_that_adds_nothing_to_the_memories_counts_its_agents() -> None:
    assert Totals(2, 5, 1, 1, 1).plus(Batch(1), agents=3) == Totals(3, 5, 1, 1, 1)
