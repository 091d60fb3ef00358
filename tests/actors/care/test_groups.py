"""Who goes with an agent that fails."""

from __future__ import annotations

import pytest
from antiphon.actors.care.groups import Groups


def test_alone_by_default() -> None:
    assert Groups().mates("b") == ("b",)


def test_the_members_of_a_group_go_together_and_nobody_else_does() -> None:
    groups = Groups([["c", "a", "a"], {"x", "y"}, []])
    assert groups.mates("a") == groups.mates("c") == ("a", "c")
    assert groups.mates("y") == ("x", "y")
    assert groups.mates("b") == ("b",)


def test_nobody_is_in_two_groups() -> None:
    with pytest.raises(ValueError, match="in one group each, b is in two"):
        Groups([["a", "b"], ["b", "c"]])
