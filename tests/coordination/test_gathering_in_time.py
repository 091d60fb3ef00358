"""Members that are answered for together: when, with stragglers, and as the deadline comes."""

from __future__ import annotations

from antiphon.coordination.coordinator import GRACE
from antiphon.coordination.outcome import Status
from antiphon.tests.coordination.choir import ACTED, TIMED_OUT, TIMEOUT, Desk, lived, outcome_of


def test_a_straggler_delays_nobody_beyond_the_grace() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.wait(2 * GRACE + GRACE / 2)
    assert desk.choir.calls == [["a", "b"]]
    assert desk.waiting == set()
    desk.wait(0.5)
    assert not reply.is_set()
    desk.act("c")
    outcome = outcome_of(desk, reply)
    assert outcome.status == dict.fromkeys("abc", ACTED)
    assert outcome.latencies["a"] < 3 * GRACE < 0.5 <= outcome.latencies["c"]


def test_one_that_hangs_costs_itself_its_answer_and_nobody_else() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.wait(TIMEOUT)
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": TIMED_OUT}
    assert desk.busy() == ["c"]
    again = desk.start(2)
    desk.join("b", "a")  # and it is not waited for when it was not called
    assert desk.choir.calls[1:] == [["b", "a"]]
    assert outcome_of(desk, again).status == {"a": ACTED, "b": ACTED, "c": Status.BUSY}


def test_as_long_as_others_join_nobody_is_answered_for() -> None:
    desk = Desk("abcdefg")
    desk.start()
    for name in "abcdef":
        desk.join(name)
        desk.wait(GRACE * 4 / 5)
        assert desk.choir.calls == []
    desk.wait(2 * GRACE)
    assert desk.choir.calls == [[*"abcdef"]]
    desk.join("g")
    assert desk.choir.calls[1:] == [["g"]]


def test_those_who_join_after_the_grace_are_gathered_anew() -> None:
    desk = Desk("abcde")
    reply = desk.start()
    desk.join("a")
    desk.wait(3 * GRACE)
    desk.join("b", "c")
    desk.wait(3 * GRACE)
    assert desk.choir.calls == [["a"], ["b", "c"]]
    desk.join("d", "e")
    assert desk.choir.calls[2:] == [["d", "e"]]
    assert outcome_of(desk, reply).status == dict.fromkeys("abcde", ACTED)


def test_all_are_answered_for_in_time_however_many_still_join() -> None:
    desk = Desk("abcdefgh")
    desk.choir.takes = GRACE / 2
    desk.start()
    desk.join(*"abcdefgh")  # now it is known how long an answer takes
    desk.pump()
    reply = desk.start(2, timeout=4 * GRACE)
    opened = desk.clock.now()
    for name in "abc":
        desk.join(name)
        desk.wait(GRACE * 4 / 5)
    assert len(desk.choir.calls) == 1
    desk.wait(GRACE * 4 / 5)
    assert desk.choir.calls[1:] == [["a", "b", "c"]]
    assert desk.clock.now() < opened + 4 * GRACE
    desk.choir.takes = 0.0
    desk.join("d")  # from now on nobody waits for anybody
    assert desk.choir.calls[2:] == [["d"]]
    desk.wait(GRACE)
    outcome = outcome_of(desk, reply)
    assert [outcome.status[name] for name in "abcdefgh"] == [ACTED] * 4 + [TIMED_OUT] * 4


def test_a_round_that_is_shorter_than_the_grace_is_no_longer_for_that() -> None:
    desk = Desk()
    desk.choir.takes = GRACE / 20
    desk.start()
    desk.join(*"abc")
    desk.pump()
    reply = desk.start(2, timeout=GRACE)
    desk.join("a", "b")
    desk.wait(GRACE * 0.92)
    assert desk.choir.calls[1:] == [["a", "b"]]
    desk.wait(GRACE)
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": TIMED_OUT}
    assert outcome.elapsed < GRACE * 5 / 4


def test_those_who_wait_when_the_round_is_over_are_answered_too_late() -> None:
    desk = Desk()
    reply = desk.start(previous={"a": lived(0)})
    desk.join("a", "b")
    desk.clock.advance(TIMEOUT + 0.1)
    desk.actor.wake()
    outcome = reply.get(timeout=0)
    assert outcome.status == dict.fromkeys("abc", TIMED_OUT)
    assert desk.choir.calls == [["a", "b"]]
    assert desk.waiting == set()
    desk.pump()
    assert desk.busy() == ["c"]
    following = desk.start(2, previous={"a": lived(1), "b": lived(1)})
    desk.join("a", "b")
    outcome = outcome_of(desk, following)
    assert (outcome.late, outcome.status["a"]) == (2, ACTED)
    assert desk.choir.lived == {"a": [(0,), (1,)], "b": [(), (1,)]}


def test_who_joins_when_the_round_is_over_is_answered_at_once_and_late() -> None:
    desk = Desk()
    reply = desk.start()
    desk.act("a")
    desk.act("b")
    desk.wait(TIMEOUT)
    assert outcome_of(desk, reply).status["c"] is TIMED_OUT
    desk.join("c")
    assert desk.choir.calls == [["c"]]
    assert desk.waiting == set()
    desk.pump()
    assert desk.busy() == []
    following = desk.start(2)
    desk.join(*"abc")
    assert outcome_of(desk, following).late == 1
