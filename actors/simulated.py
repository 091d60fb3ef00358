"""One thread and a virtual clock: what happens next is chosen, and can be chosen again."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pykka

from ..errors import StartError
from .actor import Actor
from .agent_actor import AgentActor
from .dispatcher import give_up, start_error
from .future import Future
from .mailbox import Letter, Mailbox
from .messages import Request
from .registry import register
from .simulation.agenda import Timed
from .simulation.choices import Choices, SeededChoices
from .simulation.faults import Faults
from .simulation.hold import Hold
from .simulation.strand import Strand
from .simulation.turns import Event, Latency, Turns
from .simulation.virtual_clock import VirtualClock


class SimulatedDispatcher:
    """Runs actors one step at a time, on the thread of whoever sends or waits.

    A step is one actor's turn, its timer if that is due and one letter, or an answer that
    has become due. Time stands still while somebody can go on; when nobody can, and somebody
    outside waits for an answer, it moves on to the next moment at which something happens.

    An actor that spends time while it handles a letter (see ``VirtualClock``) takes the
    letter now, answers then, and does nothing else meanwhile. Its answer waits, and what goes
    with it; letters that it sends by itself are under way at once. One that waits for another's
    answer stops in the middle of its turn, on a stack of its own, and all others go on.

    Which step comes next and what goes wrong is up to ``choices``: the same choices and the
    same actors give the same history.
    """

    sequential = False
    one_thread = False  # not in its own time: who is asked may be at work
    visit = None

    def __init__(
        self,
        seed: int = 0,
        *,
        choices: Choices | None = None,
        faults: Faults | None = None,
        clock: VirtualClock | None = None,
        latency: Latency | None = None,
        watch: Callable[[int], object] | None = None,
    ) -> None:
        """Make a dispatcher for one society; its clock has to be the society's, too.

        Args:
            seed: what chooses, unless ``choices`` are given.
            latency: how long each answer takes; by default what the agent spends, and no more.
            watch: called before each step with its number, from 1; it may do what any
                outsider may do to a society, such as stop it.
        """
        self.clock = clock or VirtualClock()
        self.clock.live = self._live
        self.choices = choices or SeededChoices(seed)
        self.watch = watch
        self.steps = 0
        self._turns = Turns(self.clock, self.choices, faults or Faults())
        self._turns.latency = latency
        self.no_sooner: Mapping[type[Request], float] = {}
        """By the type of a request: before which time of the world nobody who waits for its
        answer goes on with it."""
        self._agenda = self._turns.agenda
        self._lock = Hold(self._turns)
        self._driving = False
        self._mailboxes: dict[str, Mailbox] = {}

    @property
    def faults(self) -> Faults:
        """What may go wrong from now on; may be set at any time."""
        return self._turns.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._turns.faults = faults

    @property
    def latency(self) -> Latency | None:
        """How long each answer takes from now on; may be set at any time."""
        return self._turns.latency

    @latency.setter
    def latency(self, latency: Latency | None) -> None:
        self._turns.latency = latency

    @property
    def history(self) -> deque[Event]:
        """What happened, oldest first; as much of it as is kept."""
        return self._turns.history

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        for actor in actors:
            if actor.clock is not self.clock:
                raise ValueError(f"{actor.name} lives by another clock than the simulation")
        with self._lock:
            with self._only_announcing():
                self._start_all(actors, timeout)
            self._drive_if_nobody_does()

    def _start_all(self, actors: Sequence[Actor], timeout: float) -> None:
        end = self.clock.world + timeout
        try:
            for actor in actors:
                self._start(actor, end, timeout)
        except BaseException:
            give_up(self, actors, grace=0.0)
            raise

    def _start(self, actor: Actor, end: float, timeout: float) -> None:
        mailbox = actor.actor_inbox
        if not actor.begun:
            register(actor)
            ready = self._turns.spend(mailbox, actor.begin)
            if actor.ended.is_set():
                raise start_error(actor, _why_it_ended(actor))
            if ready > end:
                raise StartError(actor.name, f"not ready after {timeout:g} s")
            self._agenda.move_to(ready)
        mailbox.notify = self._notify
        self._mailboxes[actor.name] = mailbox
        self._agenda.look_at(mailbox)

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        with self._lock, self._only_announcing():
            for actor in actors:
                actor.request_stop()
                if actor.actor_inbox not in self._agenda.occupied:
                    actor.finish()
            busy = self._left_over(actors, grace)
            for actor in busy:
                actor.abandon()
            # Whoever waited for one of them knows now, and is to leave no thread behind.
            waits = self._turns.waits
            self._drive(lambda: not waits.can_go_on, self.clock.world)
        return [actor.name for actor in busy]

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        with self._lock:
            busy = self._left_over(actors, timeout)
            for actor in actors:
                mailbox = actor.actor_inbox
                mailbox.notify = None
                self._agenda.forget(mailbox)
                self._mailboxes.pop(actor.name, None)  # an agent may be called as one of ours
        return [actor.name for actor in busy]

    def keep(self, timed: Timed) -> None:
        """Have messages for later told in this society's time."""
        self._agenda.keep(timed)

    def occupy(self, name: str, since: float, until: float) -> None:
        """Have an actor do nothing but pass time, between two times of the world; letters wait."""

        def pass_time() -> None:
            mailbox = self._mailboxes[name]
            self._turns.spend(mailbox, lambda: self.clock.advance(until - since))

        with self._lock, self._only_announcing():
            if since <= self.clock.world:
                pass_time()
            else:
                self._agenda.add_later(since, pass_time)

    def kill(self, name: str) -> None:
        """End an actor from outside: at once, or give it up if it is at work."""
        with self._lock, self._only_announcing():
            self._kill(self._mailboxes[name].owner)

    def _left_over(self, actors: Sequence[Actor], seconds: float) -> list[Actor]:
        """Live through so many seconds at most; give those that are at work even then."""
        occupied = self._agenda.occupied
        mailboxes = {actor.actor_inbox for actor in actors}
        self._drive(lambda: occupied.isdisjoint(mailboxes), self.clock.world + seconds)
        return [actor for actor in actors if actor.actor_inbox in occupied]

    def _notify(self, mailbox: Mailbox) -> None:
        with self._lock:
            self._agenda.announce(mailbox)
            if not (mailbox.letters and self._is_waited_for(mailbox.letters[-1])):
                self._drive_if_nobody_does()

    def _is_waited_for(self, letter: Letter) -> bool:
        """Let whoever waits for the answer to a letter drive; whether somebody is going to."""
        message = letter.message
        told = isinstance(message, Request)
        reply = getattr(message, "reply_to", None) if told else letter.reply_to
        if not isinstance(reply, Future) or reply.is_set():
            return False
        reply.set_get_hook(partial(self._wait, reply, type(message)))
        # An ask may be nobody's to wait for, as that which stops an actor.
        return told

    def _wait(self, reply: Future[Any], request: type, timeout: float | None) -> Any:
        """Go on until there is an answer, or so many seconds have passed."""
        seconds = math.inf if timeout is None else timeout
        if (strand := Strand.here(self._turns)) is not None:
            self._turns.wait(strand, reply, seconds)
        else:
            self._drive_until_answered(reply, request, seconds)
        reply._get_hook = None
        if reply.is_set():
            return reply.get(timeout=0)
        if timeout is None:
            raise RuntimeError("nothing is left to happen, and somebody waits for an answer")
        raise pykka.Timeout(f"{timeout} seconds")

    def _drive_until_answered(self, reply: Future[Any], request: type, seconds: float) -> None:
        with self._lock:
            self._drive(reply.is_set, self.clock.now() + seconds)
            if self.no_sooner.get(request, -math.inf) > self.clock.world:
                self._drive(lambda: False, self.no_sooner[request])

    def _live(self, seconds: float) -> None:
        """Let so many seconds of the world pass."""
        with self._lock:
            end = self.clock.world + seconds
            if self._driving:
                self._agenda.move_to(end)
            else:
                self._drive(lambda: False, end)

    def _drive_if_nobody_does(self) -> None:
        if not self._driving:
            self._drive(lambda: False, self.clock.world)

    def _drive(self, done: Callable[[], bool], end: float) -> None:
        """Go on until it is done, or nothing happens any more until the end."""
        with self._only_announcing():
            while not done():
                self._turns.waits.call_answered()
                if self._agenda.ready:
                    self._step(end)
                elif not self._agenda.let_time_pass(end):
                    break
            else:
                return
        if end < math.inf:
            self._agenda.move_to(end)

    @contextmanager
    def _only_announcing(self) -> Iterator[None]:
        """Have whatever is sent meanwhile wait for a step of its own."""
        before, self._driving = self._driving, True
        try:
            yield
        finally:
            self._driving = before

    def _step(self, end: float) -> None:
        self.steps += 1
        if self.watch is not None:
            self.watch(self.steps)
        risks = self.faults.of_step
        fault = self.choices.weigh(risks) if any(risks) else 0
        if fault == 1 and self._agenda.let_time_pass(end):
            return
        if fault == 2:
            self._kill_somebody()
        ready = self._agenda.ready
        if ready:
            ready.pop(self.choices.pick(len(ready)))()

    def _kill_somebody(self) -> None:
        hosts = [m.owner for m in self._mailboxes.values() if isinstance(m.owner, AgentActor)]
        victims = [host for host in hosts if not host.ended.is_set()]
        if victims:
            self._kill(victims[self.choices.pick(len(victims))])

    def _kill(self, actor: Actor) -> None:
        self._turns.note("kill", actor.name)
        if actor.actor_inbox in self._agenda.occupied:
            actor.abandon()
        else:
            actor.request_stop()
            actor.finish()


def _why_it_ended(actor: Actor) -> BaseException:
    try:
        actor.started.get(timeout=0)
    except BaseException as error:
        return error
    return RuntimeError("it was stopped while it started")
