"""The coordinator by hand: never started, its letters handled one by one on a clock we move."""

from __future__ import annotations

from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.notices import RoundFilled
from antiphon.coordination.orders import AbandonRound, StartRound, WhoIsBusy
from antiphon.coordination.outcome import Outcome
from antiphon.errors import RoundIncompleteError, StoppedError
from antiphon.models.experience import Experience
from antiphon.tests.coordination.desk import ACTED, BUSY, REJECTED, TIMED_OUT, TIMEOUT, Desk, lived
from gymnasium.spaces import Discrete


def test_every_member_is_called_with_its_observation_and_what_it_lived() -> None:
    desk = Desk("a", "b")
    desk.start(2, previous={"a": lived(1)})
    (a,), (b,) = desk.calls("a"), desk.calls("b")
    assert (a.reply_to.observation_of(a.index), a.reply_to.round) == ("seen-2", 2)
    assert (desk.told("a"), desk.told("b")) == ((lived(1),), ())
    assert (b.reply_to.deadline, b.reply_to.timeout) == (101.0, TIMEOUT)


def test_the_round_closes_as_soon_as_everyone_has_answered() -> None:
    desk = Desk("a", "b")
    reply = desk.start()
    desk.act("a", "left")
    desk.pump()
    assert not reply.is_set()
    desk.clock.advance(0.5)
    desk.act("b", "right")
    desk.pump()
    outcome = reply.get(timeout=0)
    assert outcome.actions == {"a": "left", "b": "right"}
    assert outcome.status == {"a": ACTED, "b": ACTED}
    assert (outcome.round, outcome.elapsed, outcome.late) == (1, 0.5, 0)
    assert desk.actor.wake_at is None


def test_deadline_closes_a_round_without_the_silent_agent() -> None:
    desk = Desk("a", "b")
    reply = desk.start()
    assert desk.actor.wake_at == 101.0
    desk.act("a")
    desk.expire()
    outcome = reply.get(timeout=0)
    assert outcome.status == {"a": ACTED, "b": TIMED_OUT}
    assert outcome.actions == {"a": 1}
    assert desk.hear(WhoIsBusy()) == ["b"]


def test_the_next_of_the_batch_is_called_by_the_answer_itself() -> None:
    desk = Desk("a", "b", "c")
    reply = desk.start(batch_size=1)
    assert [len(desk.calls(i)) for i in "abc"] == [1, 0, 0]
    desk.act("a")
    assert [len(desk.calls(i)) for i in "abc"] == [1, 1, 0]
    desk.calls("b")[0].reply_to.lose(1, pykka.ActorDeadError())
    desk.act("c")
    desk.pump()
    assert reply.get(timeout=0).counts == {"acted": 2, "down": 1}


def test_a_missing_action_can_be_an_error_after_the_round_has_closed() -> None:
    desk = Desk("b", "a", "c")
    reply = desk.start(3, fallback=None)
    desk.act("c")
    desk.expire()
    with pytest.raises(RoundIncompleteError, match="round 3 did not close: no action from a, b"):
        reply.get(timeout=0)
    assert desk.actor.wake_at is None
    reply = desk.start(4, members="c", fallback=None)
    desk.act("c")
    desk.pump()
    assert reply.get(timeout=0).counts == {"acted": 1}


def test_the_error_of_an_incomplete_round_holds_what_did_arrive() -> None:
    desk = Desk("a", "b")
    reply = desk.start(fallback=None)
    desk.act("b", 5)
    desk.expire()
    with pytest.raises(RoundIncompleteError) as caught:
        reply.get(timeout=0)
    assert (caught.value.round, caught.value.missing) == (1, ("a",))
    assert isinstance(caught.value.outcome, Outcome)
    assert caught.value.outcome.intended == {"b": 5}


def test_stop_during_a_round_answers_who_waits() -> None:
    desk = Desk("a")
    reply = desk.start()
    desk.actor.finish()
    with pytest.raises(StoppedError):
        reply.get(timeout=0)


def test_a_round_called_for_after_the_stop_is_answered_too() -> None:
    desk = Desk("a")
    desk.actor.finish()
    reply: Future[Outcome] = Future()
    rules = Rules(TIMEOUT, None, drop, metrics=True)
    desk.actor.actor_inbox.put(Letter(StartRound(1, 0, {"a": 0}, {}, rules, reply)))
    with pytest.raises(StoppedError):
        reply.get(timeout=0)


def test_a_second_round_is_refused_while_one_is_open_and_harms_it_not() -> None:
    desk = Desk("a")
    first = desk.start(1)
    with pytest.raises(RuntimeError, match="round 1 is still open"):
        desk.start(2).get(timeout=0)
    desk.act("a")
    desk.pump()
    assert first.get(timeout=0).counts == {"acted": 1}


def test_an_abandoned_round_lets_the_next_one_begin() -> None:
    desk = Desk("a")
    desk.start(1)
    desk.hear(AbandonRound())
    assert desk.calls("a")[0].reply_to.over
    assert desk.hear(WhoIsBusy()) == ["a"]
    desk.hear(AbandonRound())
    assert desk.start(2).get(timeout=0).status == {"a": BUSY}


def test_run_inline_nobody_is_busy_after_an_abandoned_round() -> None:
    desk = Desk("a", sequential=True)
    desk.start(1)
    assert desk.actor.wake_at is None
    desk.hear(AbandonRound())
    assert desk.hear(WhoIsBusy()) == []


def test_an_action_outside_its_space_is_rejected_with_the_reason() -> None:
    desk = Desk("a", "b", spaces={"a": Discrete(2), "b": Discrete(2)})
    reply = desk.start()
    desk.act("a", 2)
    desk.act("b", 1)
    desk.pump()
    outcome = reply.get(timeout=0)
    assert outcome.status == {"a": REJECTED, "b": ACTED}
    assert outcome.actions == {"b": 1}
    assert outcome.intended == {"a": 2, "b": 1}
    assert "action of a: 2 is not in Discrete(2)" in str(outcome.errors["a"])


def holds_itself() -> Any:
    action: dict[str, Any] = {}
    action["itself"] = action
    return action


class Hostile:
    """An answer that raises however it is looked at."""

    def _refuse(self, *_: object) -> Any:
        raise RuntimeError("do not look at me")

    __repr__ = __str__ = __eq__ = __hash__ = __array__ = __int__ = __index__ = __len__ = _refuse


@pytest.mark.parametrize("space", [Discrete(3), None])
@pytest.mark.parametrize("action", [holds_itself(), Hostile(), [Hostile()], 2**70, b"", None])
def test_an_answer_that_cannot_be_looked_at_harms_nobody(action: Any, space: Any) -> None:
    desk = Desk("a", "b", spaces={} if space is None else {"a": space, "b": space})
    reply = desk.start()
    desk.act("a", action)
    desk.act("b", 1)
    desk.pump()
    outcome = reply.get(timeout=0)
    assert outcome.status["b"] is ACTED
    assert outcome.status["a"] is REJECTED or space is None


def test_what_raises_while_a_round_is_concluded_reaches_who_waits() -> None:
    def broken(agent_id: str, previous: Experience | None) -> Any:
        raise LookupError("no fallback")

    desk = Desk("a")
    reply = desk.start(1, fallback=broken)
    desk.expire()
    with pytest.raises(LookupError, match="no fallback"):
        reply.get(timeout=0)
    desk.act("a")
    desk.pump()
    reply = desk.start(2)
    desk.act("a", 2)
    desk.pump()
    assert reply.get(timeout=0).actions == {"a": 2}


def test_a_message_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="the coordinator takes no str"):
        Desk("a").hear("close!")


def test_word_of_a_full_round_comes_once() -> None:
    desk = Desk("a", "b")
    desk.start(1)
    for agent_id in ("a", "b", "a", "b"):
        desk.act(agent_id)
    letters = []
    while (letter := desk.actor.actor_inbox.get(0)) is not BLANK:
        letters.append(letter.message)
    assert [letter for letter in letters if isinstance(letter, RoundFilled)] == [RoundFilled(1)]
    desk.actor.handle(Letter(RoundFilled(1)))
