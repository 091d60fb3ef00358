"""Who is who: ids, counts and places, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.errors import (
    AgentIdError,
    StartError,
)
from antiphon.society import Society
from antiphon.tests.society.cast import Does, Ring


def test_ids_are_the_environments_in_its_order_whoever_is_added_first() -> None:
    with Society(Ring(["c", "a", "b"])) as society:
        assert society.add(Does, ids=["b"]) == ["b"]
        assert society.add(Does, 1) == ["c"]
        assert society.add(Does) == ["a"]
        assert list(society) == ["c", "a", "b"]
        with pytest.raises(ValueError, match="all 3 of the environment's agents are taken"):
            society.add(Does)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"ids": ["a", "a"]}, "agent id 'a': is taken already"),
        ({"ids": ["z"]}, "agent id 'z': is none of a, b, c"),
        ({"ids": ["No!"]}, r"agent id 'No!': must match \[a-z0-9\]"),
        ({"ids": ["a" * 65]}, "must match"),
        ({"ids": ["a"], "n": 2}, "n is 2, but 1 ids were given"),
        ({"n": 4}, "n is 4, but only 3 are left: a, b, c"),
        ({"n": 0}, "n must be a whole number >= 1, got 0"),
        ({"n": True}, "n must be a whole number >= 1, got True"),
        ({"n": 1.5}, "n must be a whole number >= 1"),
    ],
)
def test_ids_and_counts_that_do_not_fit_are_refused_and_nobody_is_added(
    arguments: dict[str, Any], why: str
) -> None:
    with Society(Ring()) as society:
        with pytest.raises((AgentIdError, ValueError), match=why):
            society.add(Does, **arguments)
        assert len(society) == 0


def test_a_place_that_is_vacant_is_an_error_at_start() -> None:
    with Society(Ring()) as society:
        with pytest.raises(ValueError, match="a society needs agents"):
            society.start()
        society.add(Does, 2)
        with pytest.raises(ValueError, match="nobody plays c"):
            society.run(1)


def test_names_that_are_no_ids_are_mapped_and_never_merged() -> None:
    with Society(Ring(["Prey 1", "prey-1", "<b>"]), tables=False) as society:
        ids = society.add(Does)
        assert len(set(ids)) == 3
        assert "prey-1" in ids
        assert society.run(1).outcomes == {"acted": 3}


def test_an_agent_that_cannot_be_made_is_named_and_nothing_runs() -> None:
    class Stillborn(Does):
        def __init__(self) -> None:
            raise SystemExit("no")

    with Society(Ring()) as society:
        society.add(Does, 2)
        society.add(Stillborn)
        with pytest.raises(StartError, match="c did not start, so nothing did: SystemExit"):
            society.run(1)


def test_a_society_is_something_before_anybody_lives_in_it() -> None:
    with Society() as society:
        assert len(society) == 0
        assert (society or "another") is society
