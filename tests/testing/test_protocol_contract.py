from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import antiphon as ap
import pytest
from antiphon.coordination.protocol import Quorum
from antiphon.testing import check_protocol


@pytest.mark.parametrize("named", ["barrier", "quorum:0.8", "quorum:7", "first:3", Quorum(0.5)])
def test_ours_keep_the_contract(named: Any) -> None:
    check_protocol(named)


class Raises:
    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return came[len(called)] == ""


class Changes:
    def enough(self, called: Sequence[str], came: Any) -> bool:
        came.sort()
        return False


class Counts:
    """Goes by how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        self.asked += 1
        return self.asked > 60


class ChangesItsMind:
    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return len(came) == 2


class SaysHowMany:
    def enough(self, called: Sequence[str], came: Sequence[str]) -> Any:
        return len(came)


class ComparesIds:
    """Means more than half, and says that one list of ids is more than another."""

    def enough(self, called: Any, came: Any) -> bool:
        return bool(2 * came > called)


@pytest.mark.parametrize(
    ("protocol", "rule"),
    [
        (Raises(), "rule is broken: enough.* raises nothing: it raised IndexError: list"),
        (Changes(), "changes nothing"),
        (Counts(), "its arguments alone|with one more"),
        (ChangesItsMind(), "with one more"),
        (SaysHowMany(), "True or False"),
        (ComparesIds(), "compare len.came. with len.called."),
    ],
)
def test_a_broken_rule_is_named(protocol: Any, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_protocol(protocol)


class Listens:
    """Never has enough, and keeps the types of what it is given."""

    def __init__(self) -> None:
        self.types: set[type] = set()

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        self.types |= {type(called), type(came)}
        return False


class Yes(ap.Agent):
    def act(self, observation: Any, context: ap.Context) -> bool:
        return True


def test_it_asks_as_a_round_asks() -> None:
    checked, played = Listens(), Listens()
    check_protocol(checked)
    with ap.Society(protocol=played, dispatcher="inline") as society:
        society.add(Yes, n=2)
        society.step(dict.fromkeys(society))
    assert checked.types == played.types
    assert len(played.types) == 1
