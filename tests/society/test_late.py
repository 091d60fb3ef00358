"""An answer that comes when its round is over counts for no round, and is one dead letter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.coordination.outcome import Status
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does
from antiphon.tests.society.talking_cast import step

LATE = 3.0


def society_with_one_late(dispatcher: str, let_go: threading.Event) -> tuple[Society, Any]:
    """Found one in which "a" is late in its first round; give also what lets it come back."""
    late = threading.Event()
    settings: dict[str, Any] = {"dispatcher": dispatcher}
    hold: Callable[[], object] = lambda: let_go.wait(FUSE)  # noqa: E731  one of two
    if dispatcher == "simulated":
        simulation = SimulatedDispatcher()
        settings = {"simulation": simulation}
        hold = lambda: simulation.clock.advance(LATE)  # noqa: E731
    society = Society(timeout=FUSE, on_missing="drop", **settings)

    def act(seen: Any, context: Context) -> int:
        if context.round == 1:
            hold()
        return context.round

    def come_back() -> None:
        let_go.set()
        if dispatcher == "simulated":
            society._clock.advance(LATE)  # type: ignore[attr-defined]  # it is a virtual one
        assert late.wait(FUSE)

    society.add(Does, ids=["a"], act=act)
    society.add(Does, ids=["b"], act=lambda seen, context: context.round)
    society.start()
    society.dead_letters.listen(lambda letter: letter.reason == "late" and late.set())
    return society, come_back


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled", "simulated"])
def test_it_counts_for_no_later_round_and_every_member_has_one_outcome_in_each(
    dispatcher: str, let_go: threading.Event
) -> None:
    society, come_back = society_with_one_late(dispatcher, let_go)
    with society:
        first = step(society, timeout=0.05)
        second = step(society, timeout=0.05)
        come_back()
        third, fourth = step(society), step(society)
        assert [dict(outcome.status) for outcome in (first, second, third, fourth)] == [
            {"a": Status.TIMED_OUT, "b": Status.ACTED},
            {"a": Status.BUSY, "b": Status.ACTED},
            {"a": Status.ACTED, "b": Status.ACTED},
            {"a": Status.ACTED, "b": Status.ACTED},
        ]
        assert third.actions == {"a": 3, "b": 3}
        assert fourth.actions == {"a": 4, "b": 4}
        assert [outcome.late for outcome in (first, second, third, fourth)] == [0, 0, 1, 0]
        assert society.dead_letters.statistics().counts["late"] == 1
        lived = [(past.round, past.status) for past in society.ask("a", "lived")]
        assert lived == [(1, "timed_out"), (2, "busy"), (3, "acted")]
