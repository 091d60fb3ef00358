"""Singers that one choir answers for, and the coordinator that calls them, by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.coordinator import GRACE, Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import StartRound, WhoIsBusy
from antiphon.coordination.outcome import Outcome, Status
from antiphon.models.experience import Experience
from antiphon.testing import RecordingRef

TIMEOUT = 1.0
ACTED, TIMED_OUT, CRASHED, DOWN = Status.ACTED, Status.TIMED_OUT, Status.CRASHED, Status.DOWN


class Choir:
    """A crowd that answers with the round's number and notes whom it was asked for."""

    def __init__(self, clock: ManualClock) -> None:
        self.calls: list[list[str]] = []
        self.lived: dict[str, list[tuple[int, ...]]] = {}
        self.takes = 0.0
        self.then: Callable[[], None] = lambda: None
        self.refuses: dict[str, Exception] = {}
        self._clock = clock

    def act(
        self, seats: Sequence[Any], observations: Sequence[Any], lived: Any, ids: Sequence[str]
    ) -> list[Any]:
        self.calls.append(list(ids))
        self._clock.advance(self.takes)
        self.then()
        for agent_id, own in zip(ids, lived, strict=True):
            self.lived.setdefault(agent_id, []).append(tuple(one.round for one in own))
        return [
            self.refuses.get(agent_id, seen)
            for agent_id, seen in zip(ids, observations, strict=True)
        ]


class Singer:
    """A host that is answered for by the choir, and knows whether it still waits."""

    keeps = False

    def __init__(self, name: str, crowd: Choir) -> None:
        self.name = name
        self.crowd = crowd
        self.seat = name
        self.waits = False

    @property
    def seated(self) -> Any:
        return self

    def keep(self, round: int, episode: int) -> None:
        raise AssertionError("it has nothing to keep")

    def resume(self) -> None:
        self.waits = False


class Desk:
    """A coordinator and its members' hosts, all in one thread's hand."""

    def __init__(self, members: str = "abc", *, sequential: bool = False) -> None:
        self.clock = ManualClock(100.0)
        self.choir = Choir(self.clock)
        self.refs = {name: RecordingRef(name) for name in members}
        self.hosts = {name: Singer(name, self.choir) for name in members}
        self.actor = Coordinator(
            self.refs, ActionCheck({}), sequential=sequential, clock=self.clock
        )

    def start(
        self,
        round: int = 1,
        *,
        timeout: float = TIMEOUT,
        batch_size: int | None = None,
        previous: Mapping[str, Experience] | None = None,
    ) -> Future[Outcome]:
        reply: Future[Outcome] = Future()
        rules = Rules(timeout, batch_size, drop, metrics=True)
        seen = dict.fromkeys(self.refs, round)
        self.actor.handle(Letter(StartRound(round, 0, seen, previous or {}, rules, reply)))
        return reply

    def pump(self) -> None:
        while (letter := self.actor.actor_inbox.get(0)) is not BLANK:
            self.actor.handle(letter)

    def call(self, name: str) -> Perceive:
        return self.refs[name].of(Perceive)[-1]

    def join(self, *names: str) -> None:
        for name in names:
            call, host = self.call(name), self.hosts[name]
            host.waits = True
            call.reply_to.gather(call.index, host)

    def act(self, name: str) -> None:
        call, now = self.call(name), self.clock.now()
        call.reply_to.accept(call.index, call.reply_to.round, now, now)

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps of a fifth of the grace, and the coordinator look."""
        until = self.clock.now() + seconds
        while (left := until - self.clock.now()) > 1e-9:
            self.clock.advance(min(GRACE / 5, left))
            self.pump()
            wake_at = self.actor.wake_at
            if wake_at is not None and self.clock.now() >= wake_at:
                self.actor.wake()
            self.pump()

    def busy(self) -> list[str]:
        answer: Future[list[str]] = Future()
        self.actor.handle(Letter(WhoIsBusy(), answer))
        return answer.get(timeout=0)

    @property
    def waiting(self) -> set[str]:
        return {name for name, host in self.hosts.items() if host.waits}


def lived(round: int) -> Experience:
    return Experience(round, None, round, round, "acted", 1.0, False, False)


def outcome_of(desk: Desk, reply: Future[Outcome]) -> Outcome:
    desk.pump()
    return reply.get(timeout=0)
