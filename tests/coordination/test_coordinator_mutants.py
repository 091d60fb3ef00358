"""The coordinator in six orders of events, and with one rule taken out, which one of them shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pykka
import pytest
from antiphon.actors.messages import Deliver
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.notices import Returned
from antiphon.coordination.orders import Post, StartRound
from antiphon.coordination.outcome import Outcome
from antiphon.tests.coordination.desk import ACTED, BUSY, TIMEOUT, Desk, lived, posted


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
