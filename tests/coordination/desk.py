"""A coordinator that is called by hand, with its clock and its agents' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import Post, StartRound
from antiphon.coordination.outcome import Outcome, Status
from antiphon.models.experience import Experience
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.testing import RecordingRef

TIMEOUT = 1.0
ACTED, TIMED_OUT = Status.ACTED, Status.TIMED_OUT
BUSY, REJECTED = Status.BUSY, Status.REJECTED


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
