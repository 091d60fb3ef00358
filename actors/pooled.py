"""Many actors over a few threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from .actor import Actor
from .agent_actor import AgentActor
from .dispatcher import Countdown
from .mailbox import Mailbox
from .pool import Pool, PoolLimits, PoolStatistics, blocking, is_worker
from .pool_watch import PoolWatch
from .starting import Starting
from .sweep import BlockingSweep, Sweep, SweptCall

_SLICE = 0.05
"""Seconds to wait for one actor before looking at the next."""
_LOOK_AGAIN = 64
"""Rounds after which agents that were seen to block are given another chance."""


class PooledDispatcher:
    """Runs actors on an elastic pool; for thousands that answer at once, and some that block."""

    sequential = False

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        self._pool = Pool(self._limits)
        self._watch = PoolWatch(self._pool)
        self._released = False
        self._declared: set[AgentActor] = set()
        self._blockers: set[AgentActor] = set()
        self._rounds = 0

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        self._open()
        countdown = Countdown(timeout)
        starting = Starting([actor for actor in actors if not actor.begun])
        try:
            self._pool.submit(starting)
            starting.wait(timeout)
        except BaseException:
            starting.give_up()
            self._run(actors)
            for actor in actors:
                if not actor.begun:
                    actor.abandon()
            self.stop([actor for actor in actors if actor.begun], countdown.left())
            raise
        self._declared = {a for a in actors if isinstance(a, AgentActor) and a.blocks}
        self._blockers = set(self._declared)
        self._run(actors)

    def _run(self, actors: Sequence[Actor]) -> None:
        for actor in actors:
            actor.alarms = self._watch.alarms
            actor.actor_inbox.notify = self._notify
            # Nobody announces what was put before.
            if not actor.actor_inbox.empty():
                self._notify(actor.actor_inbox)

    def _open(self) -> None:
        self._pool = Pool(self._limits)
        self._watch = PoolWatch(self._pool)
        self._released = False
        self._watch.start()
        self._pool.start()

    def _notify(self, mailbox: Mailbox) -> None:
        # Who gets the turn here sees to it that the actor is run; whoever holds it looks
        # for letters when it lets go.
        if mailbox.turn.acquire(False):
            if mailbox.owner.urgent:
                self._pool.submit_urgent(mailbox.owner)
            else:
                self._pool.submit(mailbox.owner)
            if not self._watch.awake:
                self._watch.call()

    def visit(self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        """Call these agents where they are, by as many workers as that takes."""
        if self._blockers:
            self._visit_apart(call, hosts, indices)
        else:
            self._sweep(call, hosts, indices)

    def _visit_apart(
        self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]
    ) -> None:
        self._rounds += 1
        if self._rounds >= _LOOK_AGAIN:
            self._forget()
        both = list(zip(indices, hosts, strict=True))
        for kind, chosen in (
            (BlockingSweep, [(index, host) for index, host in both if host.blocks]),
            (Sweep, [(index, host) for index, host in both if not host.blocks]),
        ):
            if chosen:
                self._sweep(call, [h for _, h in chosen], [i for i, _ in chosen], kind)

    def _sweep(
        self,
        call: SweptCall,
        hosts: Sequence[AgentActor],
        indices: Sequence[int],
        kind: type[Sweep] = Sweep,
    ) -> None:
        clock, again = hosts[0].clock, self._pool.ready.append
        self._pool.submit(kind(call, hosts, indices, clock=clock, again=again, slow=self._learn))
        if not self._watch.awake:
            self._watch.call()

    def _learn(self, host: AgentActor) -> None:
        """Take an agent for one that blocks, until it is time to look again."""
        host.blocks = True
        self._blockers.add(host)

    def _forget(self) -> None:
        """Let those who only happened to wait go with the others again."""
        self._rounds = 0
        for host in self._blockers - self._declared:
            host.blocks = False
        self._blockers = set(self._declared)

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        countdown = Countdown(grace)
        for actor in actors:
            actor.request_stop()
            if self._released:
                actor.finish()  # nobody took it over
            else:
                self._notify(actor.actor_inbox)
        busy = _wait_ended(actors, countdown)
        for actor in busy:
            actor.abandon()
        self._close(countdown)
        return [actor.name for actor in busy]

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        for actor in actors:
            actor.actor_inbox.notify = None
            actor.alarms = None
        self._released = True
        self._forget()
        self._close(Countdown(timeout))
        return [actor.name for actor in actors if actor.turn.locked()]

    def _close(self, countdown: Countdown) -> None:
        """Let all threads go; who is stuck in an agent goes when it comes back."""
        self._watch.stop()
        self._pool.stop()
        for worker in self._pool.workers:
            thread = worker.thread
            if thread is not None and thread is not threading.current_thread():
                thread.join(countdown.left())

    def statistics(self) -> PoolStatistics:
        """Give the pool's workers at this moment."""
        return self._pool.statistics()


def _wait_ended(actors: Sequence[Actor], countdown: Countdown) -> list[Actor]:
    """Wait for them; give those that did not end in time."""
    pending = deque(actor for actor in actors if not actor.ended.is_set())
    with blocking():
        while pending and (left := countdown.left()) > 0:
            if pending[0].ended.wait(min(left, _SLICE)):
                pending.popleft()
            elif len(pending) == 1 and is_worker():
                break  # an agent that stops its own society waits for itself
            else:
                pending.rotate(-1)
    return [actor for actor in pending if not actor.ended.is_set()]
