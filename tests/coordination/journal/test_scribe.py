"""What happened beside the actions is written down, and nothing where nothing did."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.attendance import Tardy
from antiphon.coordination.journal.scribe import all_acted, events_of
from antiphon.coordination.outcome import Outcome, Status


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
