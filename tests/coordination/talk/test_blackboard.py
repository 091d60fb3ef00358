"""The shared state changes between rounds, for all at once, in one order."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.talk.blackboard import Blackboard
from antiphon.models.outbox import Outbox, Parcel, Phase
from hypothesis import given
from hypothesis import strategies as st


def writes(sender: str, *steps: tuple[Any, ...], phase: Phase = Phase.ACT) -> list[Parcel]:
    outbox = Outbox(sender, round=1, phase=phase)
    for key, *value in steps:
        outbox.put(key, *value) if value else outbox.remove(key)
    return list(outbox.take())


def test_writes_make_a_new_board_and_leave_the_old_one_as_it_is() -> None:
    blackboard = Blackboard()
    opening = blackboard.board
    first = blackboard.apply(writes("a", ("price/oil", 3), ("price/gas", [1])))
    second = blackboard.apply(writes("b", ("price/oil", 4), ("price/gas",)))
    assert dict(opening) == {}
    assert dict(first) == {"price/oil": 3, "price/gas": (1,)}
    assert dict(second) == {"price/oil": 4}
    assert [board.version for board in (opening, first, second)] == [0, 1, 2]
    assert blackboard.board is second


def test_a_round_without_writes_keeps_the_board() -> None:
    blackboard = Blackboard()
    board = blackboard.apply(writes("a", ("k", 1)))
    assert blackboard.apply([]) is board
    assert blackboard.apply(writes("a", ("no-such-key",))) is board


def test_of_several_writes_on_one_key_the_last_in_order_stands() -> None:
    blackboard = Blackboard()
    late = writes("a", ("k", "act"), ("k", "act again"))
    early = writes("a", ("k", "receive"), phase=Phase.RECEIVE)
    assert blackboard.apply([*late, *early])["k"] == "act again"
    board = blackboard.apply([*writes("c", ("k",)), *writes("b", ("k", "b")), *late])
    assert dict(board) == {}
    assert blackboard.statistics().overruled == 2


def test_room_for_keys_is_bounded_and_those_that_are_there_can_still_change() -> None:
    blackboard = Blackboard(limit=2)
    board = blackboard.apply(writes("a", ("x", 1), ("y", 1), ("z", 1), ("x", 2)))
    assert dict(board) == {"x": 2, "y": 1}
    board = blackboard.apply(writes("a", ("z", 1), ("x",), ("z", 2)))
    assert dict(board) == {"y": 1, "z": 2}
    assert blackboard.apply(writes("a", ("w", 1))) is board
    statistics = blackboard.statistics()
    assert (statistics.refused, statistics.keys, statistics.version) == (3, 2, 2)
    assert (statistics.written, statistics.removed) == (4, 1)
    with pytest.raises(ValueError, match="limit must be >= 1, got 0"):
        Blackboard(limit=0)


steps = st.lists(
    st.tuples(st.sampled_from("xyz")) | st.tuples(st.sampled_from("xyz"), st.integers(0, 9)),
    max_size=5,
)


@given(st.dictionaries(st.sampled_from("abc"), steps), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_board(proposed: Any, chance: Any) -> None:
    tidy, shuffled = Blackboard(limit=2), Blackboard(limit=2)
    everything = [w for sender in sorted(proposed) for w in writes(sender, *proposed[sender])]
    board = tidy.apply(everything)
    other = shuffled.apply(chance.sample(everything, len(everything)))
    assert list(other.items()) == list(board.items())
    assert shuffled.statistics() == tidy.statistics()
    expected: dict[str, Any] = {}
    for write in everything:
        if write.kind == "remove":
            expected.pop(write.name, None)
        elif write.name in expected or len(expected) < 2:
            expected[write.name] = write.payload
    assert dict(board) == expected
