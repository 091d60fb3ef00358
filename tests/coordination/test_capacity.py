"""More agents than the machine bears are refused before any of them is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.limits import ThreadLimit
from antiphon.coordination import capacity
from antiphon.coordination.capacity import LEAST_BYTES, check_memory
from antiphon.errors import TooManyActorsError
from antiphon.sweeps.plan import Plan
from antiphon.sweeps.recipe import Recipe
from antiphon.sweeps.sweep import Sweep
from antiphon.tests.society.cast import Does


@pytest.fixture
def room_for(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let memory bear so many agents, and no more."""

    def set_room(agents: int) -> None:
        monkeypatch.setattr(capacity, "memory_limit", lambda: agents * LEAST_BYTES)

    return set_room


def test_no_machine_bears_a_trillion_and_every_machine_some() -> None:
    with pytest.raises(ValueError, match=r"1,000,000,000,000 agents need.*at most.*add fewer"):
        check_memory(10**12)
    check_memory(200_000)


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_what_does_not_fit_into_memory_is_refused_when_it_is_added(
    dispatcher: str, room_for: Any
) -> None:
    room_for(11_000)
    with ap.Society(dispatcher=dispatcher) as society:
        with pytest.raises(ValueError, match=r"11,001 agents need.*at most 11,000 of them"):
            society.add(Does, 11_001)
        assert len(society) == 0


def test_those_who_are_there_already_count(room_for: Any) -> None:
    room_for(11_000)
    with ap.Society() as society:
        society.add(Does, 10)
        with pytest.raises(ValueError, match="11,001 agents need"):
            society.add(Does, 10_991)
        assert len(society) == 10


class Counted(AgentActor):
    """A host of which each that is made is counted."""

    made = 0

    def __init__(self, seat: Any) -> None:
        type(self).made += 1
        super().__init__(seat)


def test_more_threads_than_there_are_is_known_before_a_host_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Counted, "made", 0)
    monkeypatch.setattr(capacity, "thread_limit", lambda: ThreadLimit(2, "a test says so"))
    with ap.Society(dispatcher="threaded") as society:
        society.add(Does, 3, host=Counted)
        with pytest.raises(TooManyActorsError, match=r"3 threaded actors.*use dispatcher='pooled'"):
            society.start()
        assert Counted.made == 0


@pytest.mark.parametrize("settings", [{"dispatcher": "inline"}, {"dispatcher": "pooled"}])
def test_whoever_needs_no_thread_each_is_not_counted(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "thread_limit", lambda: ThreadLimit(2, "a test says so"))
    with ap.Society(**settings) as society:
        society.add(Does, 3)
        society.start()
        assert len(society) == 3


def test_agents_that_share_an_actor_need_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "thread_limit", lambda: ThreadLimit(2, "a test says so"))
    with ap.Society("grid-world", dispatcher="threaded") as society:
        society.add("explorer", 5, host="cohort", backend="numpy")
        assert society.run(1).outcomes == {"acted": 5}


def test_a_sweep_with_too_large_a_society_is_refused_before_its_first_cell(
    room_for: Any, tmp_path: Path
) -> None:
    room_for(11_000)
    plan = Plan(Recipe(type="random", steps=1), {"agents": [2, 20_000]}, [0])
    with pytest.raises(ValueError, match="20,000 agents need"):
        Sweep(plan, tmp_path / "sweep").play(workers=1)
    assert not (tmp_path / "sweep").exists()
