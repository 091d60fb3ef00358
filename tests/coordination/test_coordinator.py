"""The coordinator by hand: never started, its letters handled one by one on a clock we move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Deliver, EpisodeEnded, Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.call import Returned, RoundFilled
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import AbandonRound, EndEpisode, Post, StartRound, WhoIsBusy
from antiphon.coordination.outcome import Outcome, Status
from antiphon.errors import RoundIncompleteError, StoppedError
from antiphon.models.experience import Experience
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.testing import RecordingRef
from gymnasium.spaces import Discrete

TIMEOUT = 1.0
ACTED, TIMED_OUT, CRASHED = Status.ACTED, Status.TIMED_OUT, Status.CRASHED
DOWN, BUSY, REJECTED = Status.DOWN, Status.BUSY, Status.REJECTED


def lived(round: int) -> Experience:
    return Experience(round, None, round, round, "acted", 1.0, False, False)


class Desk:
    """A coordinator, its clock and its agents' addresses, all in one thread's hand."""

    def __init__(
        self,
        *agent_ids: str,
        spaces: Mapping[str, Any] | None = None,
        sequential: bool = False,
        kind: type[Coordinator] = Coordinator,
    ) -> None:
        self.clock = ManualClock(100.0)
        self.refs = {agent_id: RecordingRef(agent_id) for agent_id in agent_ids}
        check = ActionCheck(spaces or {})
        self.actor = kind(self.refs, check, sequential=sequential, clock=self.clock)

    def start(
        self,
        round: int = 1,
        *,
        members: str | None = None,
        previous: Mapping[str, Experience] | None = None,
        batch_size: int | None = None,
        fallback: Any = drop,
    ) -> Future[Outcome]:
        reply: Future[Outcome] = Future()
        rules = Rules(TIMEOUT, batch_size, fallback, metrics=True)
        seen = dict.fromkeys(members or self.refs, f"seen-{round}")
        self.hear(StartRound(round, 0, seen, previous or {}, rules, reply))
        return reply

    def hear(self, message: Any) -> Any:
        """Handle one message; give the answer, as an ask would have."""
        answer: Future[Any] = Future()
        self.actor.handle(Letter(message, answer))
        return answer.get(timeout=0)

    def pump(self) -> None:
        """Handle what the coordinator was told."""
        while (letter := self.actor.actor_inbox.get(0)) is not BLANK:
            self.actor.handle(letter)

    def calls(self, agent_id: str) -> list[Perceive]:
        return self.refs[agent_id].of(Perceive)

    def told(self, agent_id: str) -> tuple[Experience, ...]:
        """Give what an agent's latest call tells it."""
        return self.calls(agent_id)[-1].reply_to.experiences_of(agent_id)

    def act(self, agent_id: str, action: Any = 1) -> None:
        """Answer an agent's latest call, now."""
        call, now = self.calls(agent_id)[-1], self.clock.now()
        call.reply_to.accept(call.index, action, now, now)

    def expire(self) -> None:
        self.clock.advance(TIMEOUT)
        self.actor.wake()


def posted(payload: Any, *ids: str) -> Post:
    outbox = Outbox(OUTSIDE)
    outbox.tell_many(ids, payload)
    return Post(outbox.take())


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


def test_a_missing_action_can_be_an_error_after_the_round_has_closed() -> None:
    desk = Desk("b", "a", "c")
    reply = desk.start(3, fallback=None)
    desk.act("c")
    desk.expire()
    with pytest.raises(RoundIncompleteError, match="round 3 did not close: no action from a, b"):
        reply.get(timeout=0)
    assert desk.actor.wake_at is None
    desk.start(4, members="c", fallback=None)
    desk.act("c")
    desk.pump()


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
    desk.start(2)
    desk.act("a", 2)
    desk.pump()


def test_a_message_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="the coordinator takes no str"):
        Desk("a").hear("close!")


# Orders of events, and the coordinator with one rule taken out


def stale_word_of_a_full_round(kind: type[Coordinator]) -> None:
    """The last answer comes with the deadline; its word is read in the next round."""
    desk = Desk("a", "b", kind=kind)
    first = desk.start(1)
    desk.act("a")
    desk.clock.advance(TIMEOUT)
    desk.act("b")
    assert desk.actor.wake_at is not None
    desk.actor.wake()
    assert first.get(timeout=0).counts == {"acted": 2}
    second = desk.start(2)
    desk.act("a")
    desk.pump()
    assert not second.is_set()
    desk.act("b")
    desk.pump()
    assert second.get(timeout=0).counts == {"acted": 2}


def late_reply(kind: type[Coordinator]) -> None:
    """An agent answers round 1 while round 2 is open; it counts nowhere."""
    desk = Desk("a", "b", kind=kind)
    desk.start(1)
    desk.act("b")
    desk.expire()
    # In another order, so that a reply which forgets its round lands on somebody else.
    second = desk.start(2, members="ba")
    assert [len(desk.calls(i)) for i in "ab"] == [1, 2]
    desk.act("a", "for round 1")
    desk.pump()
    assert not second.is_set()
    desk.act("b", "for round 2")
    desk.pump()
    outcome = second.get(timeout=0)
    assert outcome.status == {"a": BUSY, "b": ACTED}
    assert outcome.actions == {"b": "for round 2"}
    assert outcome.late == 1
    third = desk.start(3)
    desk.act("a")
    desk.act("b")
    desk.pump()
    assert third.get(timeout=0).status == {"a": ACTED, "b": ACTED}
    assert third.get(timeout=0).late == 0


def answers_twice(kind: type[Coordinator]) -> None:
    """A host that answers a closed round twice is back once and late once."""
    desk = Desk("a", kind=kind)
    desk.start(1)
    desk.expire()
    desk.act("a")
    desk.act("a")
    desk.pump()
    second = desk.start(2)
    desk.act("a")
    desk.act("a")
    desk.pump()
    assert second.get(timeout=0).late == 1
    third = desk.start(3)
    desk.act("a")
    desk.pump()
    assert third.get(timeout=0).late == 0


def old_deadline(kind: type[Coordinator]) -> None:
    """Each round has a deadline of its own, and none is left when it has closed."""
    desk = Desk("a", kind=kind)
    desk.start(1)
    desk.act("a")
    desk.pump()
    assert desk.actor.wake_at is None
    desk.clock.advance(0.75)
    desk.start(2)
    assert desk.actor.wake_at == 101.75


def missed_steps(kind: type[Coordinator]) -> None:
    """Round after round passes; on its return the agent hears of each, once, in order."""
    desk = Desk("a", kind=kind)
    for round in range(1, 4):
        desk.start(round, previous={"a": lived(round - 1)})
        if round == 1:
            desk.expire()
    desk.calls("a")[0].reply_to.skip(0)
    desk.pump()
    desk.start(4, previous={"a": lived(3)})
    told = desk.told("a")
    assert told == (lived(0), lived(1), lived(2), lived(3))


def held_post(kind: type[Coordinator]) -> None:
    """Nobody hears anything while a round is open."""
    desk = Desk("a", kind=kind)
    desk.start(1)
    desk.hear(posted("news", "a"))
    assert desk.refs["a"].of(Deliver) == []
    desk.act("a")
    desk.pump()
    assert [post.payload for post in desk.refs["a"].of(Deliver)] == ["news"]


SCENES = [
    stale_word_of_a_full_round,
    late_reply,
    answers_twice,
    old_deadline,
    missed_steps,
    held_post,
]


class StaleWordCloses(Coordinator):
    def _close_if(self, number: int) -> None:
        self._close()


class LateCountsInTheOpenRound(Coordinator):
    """No round in the reply: whoever answers, answers what is open."""

    first: Any = None

    def _start(self, message: StartRound) -> None:
        super()._start(message)
        if self._open is not None:
            if self.first is not None:
                self.first._round = self._open[1]
            self.first = self._open[2]


class LateNotCounted(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late = 0


class LateCountSticks(Coordinator):
    def _conclude(self, *arguments: Any) -> Outcome:
        late = self._late
        outcome = super()._conclude(*arguments)
        self._late = late
        return outcome


class DuplicateIsLate(Coordinator):
    def _welcome(self, message: Returned) -> None:
        self._absences.come_back(message.agent_id, message.round)
        self._late += message.late


class BusyCalled(Coordinator):
    def _close(self) -> None:
        super()._close()
        for agent_id, round in list(self._absences._busy.items()):
            self._absences.come_back(agent_id, round)


class NeverWelcomed(Coordinator):
    def _welcome(self, message: Returned) -> None:
        self._late += message.late


class OldDeadlineStays(Coordinator):
    def _close(self) -> None:
        wake_at = self.wake_at
        super()._close()
        self.wake_at = wake_at


class MissedForgotten(Coordinator):
    def _start(self, message: StartRound) -> None:
        self._absences.miss = lambda agent_id, experience: None  # type: ignore[method-assign]
        super()._start(message)


class UnreadForgotten(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(Returned(message.round, message.agent_id, message.late))


class PostsAtOnce(Coordinator):
    def _post(self, message: Post) -> None:
        super()._post(message)
        self._let_in()


@pytest.mark.parametrize("scene", SCENES)
def test_the_coordinator_keeps_every_order_of_events(
    scene: Callable[[type[Coordinator]], None],
) -> None:
    scene(Coordinator)


@pytest.mark.parametrize(
    ("mutant", "scene"),
    [
        (StaleWordCloses, stale_word_of_a_full_round),
        (LateCountsInTheOpenRound, late_reply),
        (LateNotCounted, late_reply),
        (LateCountSticks, late_reply),
        (DuplicateIsLate, answers_twice),
        (BusyCalled, late_reply),
        (NeverWelcomed, late_reply),
        (OldDeadlineStays, old_deadline),
        (MissedForgotten, missed_steps),
        (UnreadForgotten, missed_steps),
        (PostsAtOnce, held_post),
    ],
)
def test_a_coordinator_with_one_rule_taken_out_is_caught(
    mutant: type[Coordinator], scene: Callable[[type[Coordinator]], None]
) -> None:
    with pytest.raises((AssertionError, pykka.Timeout)):
        scene(mutant)


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
