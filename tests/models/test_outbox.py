"""What an agent says during one call: checked at once, numbered, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from antiphon.errors import (
    AgentIdError,
    OutboxClosedError,
    OutboxFullError,
    PayloadError,
    TopicError,
)
from antiphon.models.board import Board
from antiphon.models.outbox import OUTSIDE, Kind, Outbox, Parcel, Phase, in_order


def test_everything_said_is_kept_in_the_order_in_which_it_was_said() -> None:
    outbox = Outbox("a", round=7)
    outbox.tell("b", {"offer": 2})
    outbox.tell_many(["c", "b"], [1])
    outbox.broadcast("hello")
    outbox.publish("market/oil", 42)
    outbox.subscribe("market/*")
    outbox.unsubscribe("**")
    outbox.put("price/oil", 3.5)
    outbox.remove("price/gas")
    assert len(outbox) == 8
    act = ("a", 7, Phase.ACT)
    assert outbox.take() == (
        Parcel(*act, 0, Kind.TELL, targets=("b",), payload={"offer": 2}),
        Parcel(*act, 1, Kind.TELL, targets=("c", "b"), payload=(1,)),
        Parcel(*act, 2, Kind.BROADCAST, payload="hello"),
        Parcel(*act, 3, Kind.PUBLISH, "market/oil", payload=42),
        Parcel(*act, 4, Kind.SUBSCRIBE, "market/*"),
        Parcel(*act, 5, Kind.UNSUBSCRIBE, "**"),
        Parcel(*act, 6, Kind.PUT, "price/oil", payload=3.5),
        Parcel(*act, 7, Kind.REMOVE, "price/gas"),
    )


def test_a_parcel_has_a_name_of_its_own_and_that_of_its_cause() -> None:
    outbox = Outbox("b", round=8, phase=Phase.RECEIVE, first=3, cause="a:7:act:0")
    outbox.broadcast(None)
    (parcel,) = outbox.take()
    assert parcel.id == "b:8:receive:3"
    assert parcel.cause == "a:7:act:0"


def test_one_who_tells_several_at_once_is_shown_the_word_for_it() -> None:
    outbox = Outbox("a")
    with pytest.raises(AgentIdError, match=r"\['b', 'c'\]: is not one agent's id; use tell_many"):
        outbox.tell(["b", "c"], 1)  # type: ignore[arg-type]
    with pytest.raises(AgentIdError, match="'B!': must match"):
        outbox.tell("B!", 1)
    assert len(outbox) == 0


def test_what_is_sent_is_sealed() -> None:
    belief = np.zeros(2)
    outbox = Outbox("a")
    outbox.tell("b", [belief])
    outbox.put("belief", belief)
    belief[:] = 1
    for parcel in outbox.take():
        assert np.sum(parcel.payload) == 0


def test_an_agent_that_is_named_twice_hears_it_once() -> None:
    outbox = Outbox("a")
    outbox.tell_many(iter(["c", "b", "c"]), None)
    assert outbox.take()[0].targets == ("c", "b")


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (lambda outbox: outbox.tell("Trader 3", 1), AgentIdError),
        (lambda outbox: outbox.tell(3, 1), AgentIdError),
        (lambda outbox: outbox.tell_many(["b", ""], 1), AgentIdError),
        (lambda outbox: outbox.tell_many("bob", 1), TypeError),
        (lambda outbox: outbox.tell("b", {1}), PayloadError),
        (lambda outbox: outbox.tell_many(["b"], {1}), PayloadError),
        (lambda outbox: outbox.broadcast({1}), PayloadError),
        (lambda outbox: outbox.publish("a", {1}), PayloadError),
        (lambda outbox: outbox.put("a", {1}), PayloadError),
        (lambda outbox: outbox.publish("a/*", 1), TopicError),
        (lambda outbox: outbox.subscribe("a/**/b"), TopicError),
        (lambda outbox: outbox.unsubscribe("a//b"), TopicError),
        (lambda outbox: outbox.put("a b", 1), TopicError),
        (lambda outbox: outbox.remove("*"), TopicError),
    ],
    ids=range(14),
)
def test_what_cannot_be_said_is_refused_at_once_and_leaves_nothing(
    say: Callable[[Any], None], error: type[Exception]
) -> None:
    outbox = Outbox("a")
    with pytest.raises(error):
        say(outbox)
    assert outbox.take() == ()


def test_a_key_is_called_a_key() -> None:
    with pytest.raises(TopicError, match="key 'a b': a level is letters"):
        Outbox("a").put("a b", 1)


def test_one_answer_carries_so_much_and_no_more() -> None:
    outbox = Outbox("a", first=2, limit=4)
    outbox.broadcast(1)
    outbox.put("k", 2)
    with pytest.raises(OutboxFullError, match="agent 'a': at most 4 messages go with one") as full:
        outbox.broadcast(3)
    assert (full.value.agent_id, full.value.limit) == ("a", 4)
    assert [parcel.number for parcel in outbox.take()] == [2, 3]


def test_a_context_that_was_kept_is_told_that_its_call_is_over() -> None:
    outbox = Outbox("a", round=7)
    outbox.take()
    with pytest.raises(OutboxClosedError, match="that of round 7 is over") as closed:
        outbox.tell("b", 1)
    assert (closed.value.agent_id, closed.value.round) == ("a", 7)
    assert outbox.take() == ()


def test_parcels_are_ordered_by_sender_and_what_it_said_first() -> None:
    expected = [
        Parcel(sender, round, phase, number, Kind.BROADCAST)
        for sender in (OUTSIDE, "a", "a-10", "a-2", "z")
        for round in (1, 2, 10)
        for phase in Phase
        for number in (0, 1, 10)
    ]
    order = np.random.default_rng(3).permutation(len(expected))
    assert in_order(expected[i] for i in order) == expected


def test_a_board_is_a_mapping_that_nobody_can_change() -> None:
    values = {"b": 1, "a": 2}
    board = Board(values, 3)
    values["c"] = 3
    assert dict(board) == {"b": 1, "a": 2}
    assert (list(board), len(board), board.version) == (["b", "a"], 2, 3)
    assert board.get("c") is None
    assert repr(board) == "<board of 2 keys, version 3>"
    with pytest.raises(AttributeError):
        board.version = 4  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"read only: propose it with context\.put\('a', "):
        board["a"] = 1  # type: ignore[index]
    with pytest.raises(TypeError, match=r"read only: propose it with context\.remove\('a'\)"):
        del board["a"]  # type: ignore[attr-defined]
    assert dict(board) == {"b": 1, "a": 2}
    assert (Board().version, len(Board())) == (0, 0)
