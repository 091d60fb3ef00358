"""No threads: whoever sends a message runs the actors until nothing is left to do."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from ..forks import here
from .actor import Actor
from .agent_actor import AgentActor
from .dispatcher import end_here, give_up, start_error
from .mailbox import BLANK, Mailbox
from .registry import register
from .turn import take
from .workers.joint_sweep import Sorting
from .workers.sweep import Sweep, SweptCall


class InlineDispatcher:
    """Runs actors one after another on the sender's thread, for debugging and as a baseline.

    It cannot interrupt: an agent that hangs, hangs the caller. Who sends from another thread
    meanwhile leaves it to that one; nothing ever runs on two.
    """

    sequential = True
    one_thread = True

    def __init__(self) -> None:
        # A letter that is sent while another is handled waits here for its turn, so the
        # stack does not grow with the society.
        self._ready: deque[Actor | Sweep] = deque()
        self._running = False
        self._in_hand: Actor | None = None
        """Who reads a letter now."""
        self._sorting = Sorting()
        self._lock = threading.RLock()
        self._home = here()

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        self._home.check("a dispatcher")
        try:
            for actor in actors:
                self._start(actor)
            self._run_those_who_have_letters(actors)
        except BaseException:
            give_up(self, actors, grace=0.0)
            raise

    def _run_those_who_have_letters(self, actors: Sequence[Actor]) -> None:
        # Nobody announces what was put before, by those that another dispatcher ran.
        for actor in actors:
            if not actor.actor_inbox.empty():
                self._notify(actor.actor_inbox)

    def _start(self, actor: Actor) -> None:
        fresh = not actor.begun
        if fresh:
            register(actor)
        if fresh and not actor.begin():
            try:
                actor.started.get()
            except BaseException as error:
                raise start_error(actor, error) from error
        actor.actor_inbox.notify = self._notify

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        self._home.check("a dispatcher")
        # First this: whoever runs them now calls nobody any more, and soon lets go. No actor is
        # to end while another thread is in it.
        for actor in actors:
            actor.request_stop()
        if not self._lock.acquire(timeout=min(grace, threading.TIMEOUT_MAX)):
            return self._leave(actors)
        try:
            for actor in actors:
                self._end(actor)
        finally:
            self._lock.release()
        return []

    def _leave(self, actors: Sequence[Actor]) -> list[str]:
        """End all but the one whose agent another thread does not come back from."""
        busy = []
        for actor in actors:
            if actor is not self._in_hand:
                end_here(actor)
            if not actor.ended.is_set():
                busy.append(actor.name)
                actor.abandon()
                actor.actor_inbox.wake()  # for whoever lets go of it
        return busy

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        self._home.check("a dispatcher")
        for actor in actors:
            actor.actor_inbox.notify = None
        return []

    def visit(self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        clock, again = hosts[0].clock, self._ready.append
        for kind, some, theirs in self._sorting.of(indices, hosts):
            self._submit(kind(call, theirs, some, clock=clock, again=again, slow=_let_be))

    def _notify(self, mailbox: Mailbox) -> None:
        self._submit(mailbox.owner)

    def _submit(self, work: Actor | Sweep) -> None:
        self._ready.append(work)
        # First append, then look: who runs them does it the other way round. So nobody waits
        # for another thread's actors, and nothing is left.
        while self._ready and not self._running and self._lock.acquire(blocking=False):
            try:
                self._run_all()
            finally:
                self._lock.release()

    def _run_all(self) -> None:
        self._running = True
        try:
            self._run()
        except BaseException:
            # Ctrl-C in the middle of an agent: no other is to run before the caller knows.
            self._ready.clear()
            raise
        finally:
            self._running, self._in_hand = False, None

    def _run(self) -> None:
        while self._ready:
            work = self._ready.popleft()
            if isinstance(work, Sweep):
                work.take_turn()
            else:
                self._take_one(work)

    def _take_one(self, actor: Actor) -> None:
        if actor.ended.is_set():
            return  # A flood has announced it once for each letter.
        letter = BLANK if actor.actor_stopped.is_set() else actor.actor_inbox.get(0)
        if letter is not BLANK:
            self._in_hand = actor
            actor.read(letter)
            self._in_hand = None
        if actor.actor_stopped.is_set():
            self._end(actor)
        elif not actor.actor_inbox.empty():
            # More letters than announcements: Ctrl-C left some behind.
            self._ready.append(actor)

    def _end(self, actor: Actor) -> None:
        # A stopped actor keeps its turn for ever, so that no sweep finds it idle.
        take(actor.turn)
        actor.finish()


def _let_be(sweep: Sweep) -> None:
    """There is no other thread that could go on meanwhile."""
