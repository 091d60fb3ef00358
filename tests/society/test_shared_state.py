"""A state that all may read: written by proposals, changed between rounds, for all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import PayloadError, TopicError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.talking_cast import (
    ALL,
    Speaker,
    counted,
    in_round,
    quiet,
    society_of,
    step,
)

dispatchers = pytest.mark.parametrize("dispatcher", ALL)


class Reader:
    """Notes what it reads, by round."""

    def __init__(self) -> None:
        self.read: dict[int, dict[str, Any]] = {}
        self.versions: dict[int, int] = {}

    def __call__(self, context: Context) -> int:
        self.read[context.round] = dict(context.shared)
        self.versions[context.round] = context.shared.version
        return 0


@dispatchers
def test_what_is_written_in_a_round_is_read_by_all_in_the_next(dispatcher: str) -> None:
    def write(context: Context) -> int:
        if context.round < 3:
            context.put("price", context.round)
            assert context.shared.get("price", 0) == context.round - 1
        return 0

    first, last = Reader(), Reader()
    acts = {"a": first, "m": write, "z": last}
    with society_of(acts, dispatcher=dispatcher) as society:
        for _ in range(4):
            step(society)
        assert dict(society.shared) == {"price": 2}
        assert society.shared.version == 2
    expected = {1: {}, 2: {"price": 1}, 3: {"price": 2}, 4: {"price": 2}}
    assert first.read == last.read == expected
    assert first.versions == last.versions == {1: 0, 2: 1, 3: 2, 4: 2}


@dispatchers
def test_of_several_writers_the_last_by_id_stands_whoever_came_last(dispatcher: str) -> None:
    def write(context: Context) -> int:
        context.put("k", context.agent_id)
        context.put(f"own/{context.agent_id}", context.round)
        return 0

    acts = dict.fromkeys("zma", in_round({1: write}))
    with society_of(acts, dispatcher=dispatcher, batch_size=1) as society:
        step(society)
        step(society)
        assert dict(society.shared) == {"k": "z", "own/a": 1, "own/m": 1, "own/z": 1}
        assert list(society.shared) == ["k", "own/a", "own/m", "own/z"]
        assert counted(society).board.overruled == 2


@dispatchers
def test_what_is_taken_out_is_gone_and_what_was_read_stays_as_it_was(dispatcher: str) -> None:
    boards = []

    def keep(context: Context) -> int:
        boards.append(context.shared)
        return 0

    acts = {
        "a": in_round({1: lambda c: c.put("k", {"v": [1]}), 2: lambda c: c.remove("k")}),
        "b": keep,
    }
    with society_of(acts, dispatcher=dispatcher) as society:
        for _ in range(3):
            step(society)
    assert [dict(board) for board in boards] == [{}, {"k": {"v": (1,)}}, {}]
    assert [board.version for board in boards] == [0, 1, 2]
    with pytest.raises(TypeError):
        boards[1]["k"] = 1
    with pytest.raises(TypeError):
        boards[1]["k"]["v"] = 1


@dispatchers
def test_what_receive_writes_is_read_one_round_later(dispatcher: str) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.put("heard", message)

    reader = Reader()
    with Society(dispatcher=dispatcher) as society:
        society.add(Speaker, ids=["a"], act=in_round({1: lambda c: c.tell("b", "word")}))
        society.add(Speaker, ids=["b"], act=reader, receive=receive)
        for _ in range(3):
            step(society)
    assert reader.read == {1: {}, 2: {}, 3: {"heard": "word"}}


@dispatchers
def test_what_a_crashing_act_wrote_is_written_nowhere(dispatcher: str) -> None:
    def crash(context: Context) -> int:
        context.put("k", 1)
        context.remove("kept")
        raise ValueError("why")

    acts = {"a": in_round({1: lambda c: c.put("kept", 1)}), "b": in_round({2: crash})}
    with society_of(acts, dispatcher=dispatcher) as society:
        for _ in range(3):
            step(society)
        assert dict(society.shared) == {"kept": 1}


@dispatchers
def test_what_cannot_be_written_is_the_writers_error(dispatcher: str) -> None:
    def careful(context: Context) -> int:
        with pytest.raises(TopicError, match="key 'no key': a level is"):
            context.put("no key", 1)
        with pytest.raises(PayloadError, match=r"payload\[0\] must be None"):
            context.put("k", [object()])
        return 0

    with society_of({"a": careful}, dispatcher=dispatcher) as society:
        assert step(society).counts == {"acted": 1}
        step(society)
        assert society.shared.version == 0


def test_arrays_on_the_board_are_copies_that_nobody_can_change() -> None:
    array = np.arange(3)
    acts = {"a": in_round({1: lambda c: c.put("k", array)}), "b": quiet}
    with society_of(acts, dispatcher="inline") as society:
        step(society)
        array[0] = 9
        step(society)
        shown = society.shared["k"]
    assert list(shown) == [0, 1, 2]
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        shown.setflags(write=True)


def test_there_is_room_for_a_thousand_keys_and_the_rest_are_counted() -> None:
    def write(context: Context) -> None:
        for n in range(1_005):
            context.put(f"k/{n}", n)

    with society_of({"a": in_round({1: write})}, dispatcher="inline") as society:
        step(society)
        step(society)
        assert len(society.shared) == 1_000
        assert counted(society).board.refused == 5
