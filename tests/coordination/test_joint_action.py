"""What all outcomes have in common is made once, and each has its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import AllActed, Rules, conclude
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.round import Round
from gymnasium.spaces import Discrete

IDS = ["d", "a", "c", "b"]


def test_each_round_is_given_statuses_of_its_own() -> None:
    acted = AllActed()
    first = acted.of(["a", "b"])
    first["a"] = Status.CRASHED
    first["c"] = Status.ACTED
    assert acted.of(["a", "b"]) == {"a": Status.ACTED, "b": Status.ACTED}


def test_other_members_have_other_statuses_in_their_own_order() -> None:
    acted = AllActed()
    acted.of(["a", "b", "c"])
    assert list(acted.of(["c", "a"])) == ["c", "a"]
    assert list(acted.of(["a", "c"])) == ["a", "c"]
    assert acted.of([]) == {}


def in_order_of_arrival(arrivals: Sequence[str], *, illegal: Sequence[str] = ()) -> Outcome:
    """A round in which all raise but those who answer what is not in their space."""
    round = Round(1, IDS, opened=0.0, timeout=1.0)
    round.call_next(0.0)
    for agent_id in arrivals:
        place = IDS.index(agent_id)
        if agent_id in illegal:
            round.accept(place, 9, 0.0, 0.1)
        else:
            round.fail(place, RuntimeError(agent_id), 0.0, 0.1)
    round.close()
    check = ActionCheck(dict.fromkeys(IDS, Discrete(2)))
    rules = Rules(1.0, None, drop, metrics=True)
    return conclude(round, check, rules, {}, acted=AllActed(), now=0.2, late=0)


@pytest.mark.parametrize("illegal", ["", "c", "dab", "dacb"])
def test_errors_come_in_the_members_order_whichever_failed_first(illegal: str) -> None:
    outcome = in_order_of_arrival("bcad", illegal=illegal)
    assert list(outcome.errors) == IDS
    kinds = [ValueError if i in illegal else RuntimeError for i in IDS]
    assert [type(error) for error in outcome.errors.values()] == kinds
