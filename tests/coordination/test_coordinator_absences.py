"""Whoever is at work or was not called misses a round, and hears later what was for it."""

from __future__ import annotations

import pytest
from antiphon.actors.messages import Deliver, EpisodeEnded
from antiphon.coordination.orders import EndEpisode, WhoIsBusy
from antiphon.tests.coordination.desk import BUSY, TIMED_OUT, Desk, lived, posted


def test_a_busy_agent_gets_no_observation() -> None:
    desk = Desk("a", "b")
    desk.start(1)
    desk.expire()
    desk.refs["a"].take()
    reply = desk.start(2, members="a")
    assert desk.refs["a"].told == []
    assert reply.get(timeout=0).status == {"a": BUSY}


def test_an_agent_back_from_its_work_is_late_once_and_called_again() -> None:
    desk = Desk("a", "b")
    desk.start(1)
    desk.act("b")
    desk.expire()
    desk.act("a", "too late")
    desk.pump()
    assert desk.hear(WhoIsBusy()) == []
    reply = desk.start(2)
    desk.act("a", "in time")
    desk.act("b")
    desk.pump()
    outcome = reply.get(timeout=0)
    assert outcome.actions == {"a": "in time", "b": 1}
    assert outcome.late == 1


def test_missed_steps_arrive_together_in_order_with_the_next_call() -> None:
    desk = Desk("a", "b")
    desk.start(1)
    desk.expire()
    for round in (2, 3):
        desk.start(round, previous={"a": lived(round - 1)})
    desk.act("a")
    desk.pump()
    desk.start(4, previous={"a": lived(3)})
    assert desk.told("a") == (lived(1), lived(2), lived(3))


@pytest.mark.parametrize("told", [True, False])
def test_what_an_unread_call_told_is_told_again(*, told: bool) -> None:
    desk = Desk("a", "b")
    reply = desk.start(2, previous={"a": lived(1)})
    if told:
        # Found the deadline passed before the coordinator did.
        desk.calls("a")[0].reply_to.skip(0)
    desk.expire()
    assert reply.get(timeout=0).status["a"] is TIMED_OUT
    if not told:
        desk.calls("a")[0].reply_to.skip(0)
        desk.pump()
    desk.start(3, previous={"a": lived(2)})
    assert desk.told("a") == (lived(1), lived(2))


def test_what_an_uncalled_member_was_to_hear_is_not_lost() -> None:
    desk = Desk("a", "b")
    desk.start(2, previous={"b": lived(1)}, batch_size=1)
    assert desk.calls("b") == []
    desk.expire()
    desk.start(3, previous={"b": lived(2)})
    assert desk.told("b") == (lived(1), lived(2))


def test_the_end_of_an_episode_reaches_a_busy_agent_with_its_next_call() -> None:
    desk = Desk("a", "b")
    desk.start(1)
    desk.act("b")
    desk.expire()
    desk.hear(EndEpisode(1, {"a": lived(1), "b": lived(1)}))
    assert desk.refs["a"].of(EpisodeEnded) == []
    assert desk.refs["b"].of(EpisodeEnded)[0].experiences == (lived(1),)
    desk.act("a")
    desk.pump()
    desk.start(2)
    assert desk.told("a") == (lived(1),)


def test_a_post_is_held_while_a_round_is_open() -> None:
    desk = Desk("a", "b")
    desk.hear(posted("before", "a"))
    desk.start(7)
    desk.hear(posted("during", "a", "b"))
    assert [d.payload for d in desk.refs["a"].of(Deliver)] == ["before"]
    assert desk.refs["b"].of(Deliver) == []
    desk.act("a")
    desk.act("b")
    desk.pump()
    assert [(d.payload, d.round) for d in desk.refs["a"].of(Deliver)] == [
        ("before", 1),
        ("during", 8),
    ]
    assert [d.sender for d in desk.refs["b"].of(Deliver)] == ["outside"]


def test_a_post_waits_for_an_agent_at_work_and_rides_with_its_next_call() -> None:
    desk = Desk("a")
    desk.start(1)
    desk.expire()
    desk.hear(posted("while away", "a"))
    assert desk.refs["a"].of(Deliver) == []
    desk.act("a")
    desk.pump()
    desk.start(2)
    call = desk.calls("a")[-1].reply_to
    assert [parcel.payload for parcel in call.mail_of("a")] == ["while away"]
