"""Many actors over a few threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from ..forks import here
from .actor import Actor
from .agent_actor import AgentActor
from .dispatcher import Countdown, end_here, give_up, start_error
from .mailbox import Mailbox
from .statistics import PoolStatistics
from .turn import take
from .workers.joint_sweep import Sorting
from .workers.pool import Pool, PoolLimits, blocking
from .workers.pool_watch import PoolWatch
from .workers.starting import Starting
from .workers.sweep import BlockingSweep, Sweep, SweptCall

_SLICE = 0.05
"""Seconds to wait for one actor before looking at the next."""
_LOOK_AGAIN = 64
"""Rounds after which agents that were seen to block are given another chance."""


class PooledDispatcher:
    """Runs actors on an elastic pool; for thousands that answer at once, and some that block."""

    sequential = False
    one_thread = False

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        self._pool = Pool(self._limits)
        self._watch = PoolWatch(self._pool)
        self._released = False
        self._any_declared = False
        # Hosts whose agents were seen to block; workers add to it.
        self._seen: deque[AgentActor] = deque()
        self._rounds = 0
        self._sorting = Sorting()
        self._home = here()

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        self._home.check("a dispatcher")
        countdown = Countdown(timeout)
        starting = Starting([actor for actor in actors if not actor.begun])
        try:
            self._open(actors)
            self._pool.submit(starting)
            starting.wait(timeout)
            self._any_declared = any(isinstance(a, AgentActor) and a.blocks for a in actors)
            self._run(actors)
        except BaseException:
            starting.give_up()
            give_up(self, actors, countdown.left())
            raise

    def _open(self, actors: Sequence[Actor]) -> None:
        self._pool = Pool(self._limits)
        self._watch = PoolWatch(self._pool)
        self._released = False
        try:
            self._watch.start()
            self._pool.start()
        except (RuntimeError, MemoryError) as error:
            raise start_error(actors[0], error) from error

    def _run(self, actors: Sequence[Actor]) -> None:
        alarms = self._watch.alarms
        notify = self._notify  # one bound method for all of them
        for actor in actors:
            actor.alarms = alarms
            actor.actor_inbox.notify = notify
            # Nobody announces what was put before, nor notes what was set.
            alarms.note(actor)
            if not actor.actor_inbox.empty():
                self._notify(actor.actor_inbox)

    def _notify(self, mailbox: Mailbox) -> bool:
        """Have the owner run; False if it is being run, or is about to be."""
        # Who gets the turn here sees to it that the actor is run; whoever holds it looks
        # for letters when it lets go.
        try:
            mailbox.turn.pop()
        except IndexError:
            return False
        if mailbox.owner.urgent:
            self._pool.submit_urgent(mailbox.owner)
        else:
            self._pool.submit(mailbox.owner)
        # First submit, then look: release() does it the other way round.
        if self._released:
            self._withdraw()
        elif not self._watch.awake:
            self._watch.call()
        return True

    def visit(self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        """Call these agents where they are, by as many workers as that takes."""
        for kind, some, theirs in self._sorting.of(indices, hosts):
            if kind is Sweep and (self._any_declared or self._seen):
                self._visit_apart(call, theirs, some)
            else:
                self._sweep(call, theirs, some, kind)

    def _visit_apart(
        self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]
    ) -> None:
        self._rounds += 1
        if self._rounds >= _LOOK_AGAIN:
            self._forget()
        apart: list[tuple[int, AgentActor]] = []
        others: list[tuple[int, AgentActor]] = []
        for index, host in zip(indices, hosts, strict=True):
            # Asked once: a worker that is late from the last round may be learning it now.
            (apart if host.blocks else others).append((index, host))
        for kind, chosen in ((BlockingSweep, apart), (Sweep, others)):
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
        slow = self._learn if kind is Sweep else _is_known
        self._pool.submit(kind(call, hosts, indices, clock=clock, again=again, slow=slow))
        if not self._watch.awake:
            self._watch.call()

    def _learn(self, sweep: Sweep) -> None:
        """Take agents that wait for something for ones that block, until we look again."""
        if not self._watch.sees_idleness:
            return
        for host in sweep.slow_ones():
            if not host.blocks:
                host.blocks = True
                self._seen.append(host)

    def _forget(self) -> None:
        """Let those who only happened to wait go with the others again."""
        self._rounds = 0
        while self._seen:
            self._seen.popleft().blocks = False

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        self._home.check("a dispatcher")
        countdown = Countdown(grace)
        # Where nobody else can run them, they end here.
        end = end_here if self._released or not self._pool.workers else self._end
        # Workers that are stuck in agents are not to keep the others from ending.
        self._pool.write_off()
        for actor in actors:
            end(actor)
        busy = self._wait_ended(actors, countdown)
        for actor in busy:
            actor.abandon()
            # That took out what whoever is in it was to find, and it may have come back.
            end(actor)
        self._close(countdown)
        return [actor.name for actor in busy]

    def _end(self, actor: Actor) -> None:
        """Have an actor end, by whoever runs it now or next."""
        actor.actor_stopped.set()
        if not self._notify(actor.actor_inbox):
            # Whoever runs it finds this when it lets go; the idle need no letter for it.
            actor.request_stop()
            self._notify(actor.actor_inbox)

    def _wait_ended(self, actors: Sequence[Actor], countdown: Countdown) -> list[Actor]:
        """Wait for them; give those that did not end in time."""
        pending = deque(actor for actor in actors if not actor.ended.is_set())
        with blocking():
            while pending and (left := countdown.left()) > 0:
                if pending[0].ended.wait(min(left, _SLICE)):
                    pending.popleft()
                elif len(pending) == 1 and self._pool.is_here():
                    break  # an agent that stops its own society waits for itself
                else:
                    pending.rotate(-1)
        return [actor for actor in pending if not actor.ended.is_set()]

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        self._home.check("a dispatcher")
        for actor in actors:
            actor.actor_inbox.notify = None
            actor.alarms = None
        self._released = True
        self._withdraw()
        countdown = Countdown(timeout)
        self._close(countdown)
        self._forget()
        return [a.name for a in actors if not (a.ended.is_set() or _is_let_go(a, countdown))]

    def _withdraw(self) -> None:
        """Let go of those that wait to be run; their letters are the next dispatcher's."""
        for work in self._pool.withdraw():
            if isinstance(work, Actor):
                work.release_turn()

    def _close(self, countdown: Countdown) -> None:
        """Let all threads go; who is stuck in an agent goes when it comes back."""
        self._watch.stop()
        self._pool.stop()
        for worker in self._pool.workers:
            thread = worker.thread
            # An agent may stop its own society, and its thread cannot wait for itself.
            if thread is not None and thread is not threading.current_thread():
                thread.join(countdown.left())

    def statistics(self) -> PoolStatistics:
        """Give the pool's workers at this moment."""
        return self._pool.statistics()


def _is_known(sweep: Sweep) -> None:
    """Leave it at that: to look for slow ones among hundreds costs more than to call them."""


def _is_let_go(actor: Actor, countdown: Countdown) -> bool:
    """Wait until nobody runs the actor or is about to; whether that comes in time."""
    while not take(actor.turn):
        if not countdown.left():
            return False
        # Somebody is just announcing a letter; that takes no longer than it takes.
        threading.Event().wait(min(_SLICE, countdown.left()))
    actor.release_turn()
    return True
