"""What stands in for a missing action."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.outcome import Outcome
from antiphon.errors import (
    RoundIncompleteError,
    SettingsError,
)
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import Does, PartialRing, Ring


def missing(on_missing: str, world: Ring | None = None, **settings: Any) -> list[Any]:
    """Play four rounds in which "b" acts, crashes, crashes, acts; give what it executed."""
    world = world or Ring()

    def act(seen: Any, context: Context) -> int:
        if context.round in (2, 3):
            raise RuntimeError("no action")
        return 2

    with Society(world, on_missing=on_missing, tables=False, **settings) as society:
        society.add(Does, ids=["b"], act=act)
        society.add(Does)
        society.run(4)
    assert all(joint["a"] == joint["c"] == 1 for joint in world.played)
    return [joint.get("b", "left out") for joint in world.played]


def test_noop_is_what_the_environment_declares_or_else_action_0() -> None:
    class Resting(Ring):
        noop_action = 3

    assert missing("noop") == [2, 0, 0, 2]
    assert missing("noop", Resting()) == [2, 3, 3, 2]


def test_repeat_is_what_was_executed_last_and_noop_at_an_episodes_start() -> None:
    assert missing("repeat") == [2, 2, 2, 2]
    assert missing("repeat", Ring(length=2)) == [2, 2, 0, 2]


def test_default_is_the_given_action() -> None:
    assert missing("default", default_action=3) == [2, 3, 3, 2]
    with pytest.raises(SettingsError, match=r"default_action.*9 of a is not in Discrete\(4\)"):
        missing("default", default_action=9)
    with pytest.raises(SettingsError, match=r"default_action.*must be given"):
        missing("default")


def test_drop_leaves_the_agent_out_where_the_environment_bears_it() -> None:
    assert missing("drop", PartialRing()) == [2, "left out", "left out", 2]


def test_drop_is_refused_at_start_where_it_does_not() -> None:
    world = Ring()
    with pytest.raises(SettingsError, match="'drop' needs an environment that takes partial"):
        missing("drop", world)
    assert world.played == []


def test_raise_is_an_error_once_the_round_has_closed_and_the_society_lives_on() -> None:
    world, fails = Ring(), iter([False, True, False, False, False])

    def act(seen: Any, context: Context) -> int:
        if next(fails):
            raise RuntimeError("once")
        return 2

    with Society(world, on_missing="raise", tables=False) as society:
        society.add(Does, ids=["b"], act=act)
        society.add(Does)
        with pytest.raises(RoundIncompleteError, match="no action from b") as caught:
            society.run(2)
        assert caught.value.missing == ("b",)
        assert isinstance(caught.value.outcome, Outcome)
        assert society.run(3).outcomes == {"acted": 9}
        assert [e.round for e in society.ask("a", "lived")] == [1, 3, 4]
    assert len(world.played) == 4


def test_without_an_environment_who_is_missing_is_left_out() -> None:
    def act(seen: Any, context: Context) -> Any:
        if seen == "crash":
            raise RuntimeError(seen)
        return seen

    with Society() as society:
        ids = society.add(Does, 2, act=act)
        outcome = society.step(dict(zip(ids, ["crash", "act"], strict=True)))
        assert outcome.actions == {"does-2": "act"}
        assert outcome.counts == {"acted": 1, "crashed": 1}
