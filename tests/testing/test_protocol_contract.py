from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


@pytest.mark.parametrize(
    ("protocol", "rule"),
    [
        (Raises(), "raises nothing"),
        (Changes(), "changes nothing"),
        (Counts(), "its arguments alone|with one more"),
        (ChangesItsMind(), "with one more"),
        (SaysHowMany(), "True or False"),
    ],
)
def test_a_broken_rule_is_named(protocol: Any, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_protocol(protocol)
