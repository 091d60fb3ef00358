"""The tree of calls, with time that moves by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.report.profile.call_tree import DEEPEST, CallTree, Node
from antiphon.report.profile.code import name_of


def watched(work: Callable[[ManualClock], Any]) -> Node:
    """Give the node of a piece of work."""
    clock = ManualClock()
    tree = CallTree(clock)
    before = sys.getprofile()
    tree.start()
    try:
        work(clock)
    finally:
        tree.stop()
        sys.setprofile(before)
    return child(tree.root, work.__name__)


def child(node: Node, name: str) -> Node:
    (found,) = (one for one in node if name_of(one.code).split(".")[-1] == name)
    return found


def outer(clock: ManualClock) -> None:
    clock.advance(1)
    inner(clock)
    inner(clock)
    clock.advance(2)


def inner(clock: ManualClock) -> None:
    clock.advance(10)


def test_time_goes_to_the_function_in_which_it_passed() -> None:
    node = watched(outer)
    assert child(node, "advance").own == 3
    assert (child(node, "inner").calls, child(node, "inner").own) == (2, 0)
    assert child(child(node, "inner"), "advance").own == 20


def raises(clock: ManualClock) -> None:
    try:
        fails(clock)
    except ValueError:
        inner(clock)


def fails(clock: ManualClock) -> None:
    clock.advance(1)
    int("x")


def test_a_call_that_raises_is_over() -> None:
    node = watched(raises)
    assert child(node, "inner").calls == 1
    assert child(child(node, "fails"), "advance").own == 1


def yields(clock: ManualClock) -> None:
    for step in steps(clock):
        clock.advance(step)


def steps(clock: ManualClock) -> Any:
    clock.advance(5)
    yield 1
    clock.advance(5)
    yield 2


def test_a_generator_takes_time_where_it_is_resumed() -> None:
    node = watched(yields)
    assert child(node, "advance").own == 3
    assert child(child(node, "steps"), "advance").own == 10


def dives(clock: ManualClock, depth: int = 3 * DEEPEST) -> None:
    if depth:
        dives(clock, depth - 1)
    else:
        clock.advance(7)


def test_what_is_called_below_the_deepest_level_belongs_to_that() -> None:
    node, depth = watched(dives), 1
    # By name: what the garbage collector calls may come between, anywhere.
    while below := [one for one in node if one.code == node.code]:
        (node,) = below
        depth += 1
    assert depth == DEEPEST
    assert node.own == 7


def test_functions_that_were_there_before_return_into_nothing() -> None:
    clock = ManualClock()
    tree = CallTree(clock)
    before = sys.getprofile()

    def begins() -> None:
        tree.start()

    begins()
    inner(clock)
    tree.stop()
    sys.setprofile(before)
    assert child(child(tree.root, "inner"), "advance").own == 10


@pytest.mark.parametrize("work", [outer, raises, yields])
def test_every_second_is_counted_once(work: Callable[[ManualClock], Any]) -> None:
    clock = ManualClock()
    tree = CallTree(clock)
    before = sys.getprofile()
    tree.start()
    work(clock)
    tree.stop()
    sys.setprofile(before)

    def total(node: Node) -> float:
        return node.own + sum(map(total, node))

    assert total(tree.root) == clock.now()
