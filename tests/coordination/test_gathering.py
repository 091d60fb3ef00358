"""Members that are answered for together: by whom, and what becomes of who is missing."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.coordination.notices import Gathering
from antiphon.coordination.orders import AbandonRound
from antiphon.coordination.outcome import Status
from antiphon.errors import StoppedError
from antiphon.tests.coordination.choir import (
    ACTED,
    CRASHED,
    DOWN,
    TIMED_OUT,
    TIMEOUT,
    Desk,
    lived,
    outcome_of,
)


def test_the_last_of_those_in_flight_answers_for_all_in_one_call() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("b", "a")
    assert desk.choir.calls == []
    desk.join("c")
    assert desk.choir.calls == [["b", "a", "c"]]
    assert desk.waiting == set()
    outcome = outcome_of(desk, reply)
    assert outcome.actions == {"a": 1, "b": 1, "c": 1}
    assert outcome.status == dict.fromkeys("abc", ACTED)
    assert desk.busy() == []


def test_one_that_acts_by_itself_is_waited_for_like_any_other() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.act("c")
    assert desk.choir.calls == [["a", "b"]]
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", ACTED)


@pytest.mark.parametrize(
    ("word", "how"),
    [
        (lambda call: call.reply_to.fail(call.index, ValueError(), 100.0, 100.0), CRASHED),
        (lambda call: call.reply_to.lose(call.index, StoppedError()), DOWN),
        (lambda call: call.reply_to.skip(call.index), TIMED_OUT),
    ],
    ids=["crashed", "dead", "unread"],
)
def test_nobody_is_waited_for_who_will_not_come(word: Any, how: Status) -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    word(desk.call("c"))
    assert desk.choir.calls == [["a", "b"]]
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": how}


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_only_those_that_were_let_out_are_waited_for(batch_size: int) -> None:
    desk = Desk("abcde")
    reply = desk.start(batch_size=batch_size)
    batches = ["abcde"[k : k + batch_size] for k in range(0, 5, batch_size)]
    for batch in batches:
        assert [name for name in "abcde" if desk.refs[name].told][-len(batch) :] == [*batch]
        desk.join(*batch)
    desk.pump()
    assert desk.choir.calls == [[*batch] for batch in batches]
    assert reply.get(timeout=0).status == dict.fromkeys("abcde", ACTED)


def test_one_that_ends_while_it_waits_is_down_and_nobody_answers_for_it() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    call = desk.call("a")
    call.reply_to.leave(call.index, StoppedError("a"))
    desk.join("c")
    assert desk.choir.calls == [["b", "c"]]
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": DOWN, "b": ACTED, "c": ACTED}


def test_one_that_ends_after_it_was_answered_for_has_its_answer() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    call = desk.call("b")
    desk.act("c")
    assert desk.choir.calls == [["a", "b"]]
    call.reply_to.leave(call.index, StoppedError("b"))  # too late to say so
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", ACTED)


def test_one_that_ends_while_it_is_being_answered_for_has_it_too() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    call = desk.call("a")
    desk.choir.then = lambda: call.reply_to.leave(call.index, StoppedError("a"))
    desk.join("c")
    outcome = outcome_of(desk, reply)
    assert outcome.status == dict.fromkeys("abc", ACTED)


def test_one_whose_observation_is_bad_has_crashed_and_the_others_act() -> None:
    desk = Desk()
    reply = desk.start()
    desk.choir.refuses["b"] = ValueError("nonsense")
    desk.join(*"abc")
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": CRASHED, "c": ACTED}
    assert str(outcome.errors["b"]) == "nonsense"


def test_a_crowd_that_cannot_answer_crashes_its_agents_and_closes_the_round() -> None:
    desk = Desk()
    reply = desk.start()

    def breaks() -> None:
        raise MemoryError("no room")

    desk.choir.then = breaks
    desk.join(*"abc")
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", CRASHED)
    assert desk.waiting == set()


def test_each_is_charged_with_its_share_of_the_time() -> None:
    desk = Desk("abcd")
    reply = desk.start()
    desk.choir.takes = 0.4
    desk.join(*"abcd")
    outcome = outcome_of(desk, reply)
    assert list(outcome.act_seconds.values()) == pytest.approx([0.1] * 4)


def test_word_of_a_gathering_in_a_closed_round_is_ignored() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join(*"abc")
    outcome_of(desk, reply)
    desk.start(2)
    wake_at = desk.actor.wake_at
    desk.actor.handle(Letter(Gathering(1)))
    assert desk.actor.wake_at == wake_at


def test_the_coordinator_is_told_once_for_all_that_wait() -> None:
    desk = Desk("abcdef")
    desk.start()
    desk.join(*"abcde")
    told = []
    while (letter := desk.actor.actor_inbox.get(0)) is not BLANK:
        told.append(letter.message)
    assert told == [Gathering(1)]


# Ctrl-C, which comes inline only, where everyone has time of its own


def test_ctrl_c_while_they_are_answered_for_leaves_nobody_waiting() -> None:
    desk = Desk(sequential=True)
    reply = desk.start(previous={"a": lived(0)})

    def interrupt() -> None:
        raise KeyboardInterrupt

    desk.choir.then = interrupt
    desk.join("a", "b")
    with pytest.raises(KeyboardInterrupt):
        desk.join("c")
    desk.choir.then = lambda: None
    desk.actor.handle(Letter(AbandonRound()))
    assert desk.waiting == set()
    assert reply.get(timeout=0).status == dict.fromkeys("abc", TIMED_OUT)
    assert desk.busy() == []
    following = desk.start(2, previous={"a": lived(1), "b": lived(1)})
    desk.join(*"abc")
    assert outcome_of(desk, following).status == dict.fromkeys("abc", ACTED)
    # What they were not told then they are told now, once and in order.
    assert desk.choir.lived == {"a": [(0, 1)], "b": [(1,)], "c": [()]}


def test_with_time_of_their_own_nobody_has_to_hurry() -> None:
    desk = Desk(sequential=True)
    desk.start()
    desk.join("a")
    desk.wait(2 * TIMEOUT)
    assert desk.choir.calls == [["a"]]  # after the grace
    desk.join("b")
    desk.clock.advance(2 * TIMEOUT)
    desk.act("c")
    assert desk.choir.calls == [["a"], ["b"]]
