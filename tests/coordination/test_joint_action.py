"""What all outcomes have in common is made once, and each has its own."""

from __future__ import annotations

from antiphon.coordination.joint_action import AllActed
from antiphon.coordination.outcome import Status


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
