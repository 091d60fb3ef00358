"""The base of every actor: Pykka's, with its failures contained."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from functools import cached_property
from itertools import count
from typing import Any

import pykka
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop

from ..clock import Clock, SystemClock
from ..errors import AskError, StartError
from ..forks import free_in_children
from ..logs import get_logger
from .failures import describe, is_ctrl_c, shown
from .future import Future
from .mailbox import BLANK, Letter, Mailbox, refuse
from .registry import unregister
from .stop_flag import StopFlag
from .workers.alarms import Alarms

log = get_logger(__name__)

TURN = 32
"""How many letters an actor handles before others that share its thread have theirs."""

_PYKKAS = frozenset({_ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr})


class Actor(pykka.ThreadingActor):
    """A mailbox with something behind it, which no exception can tear down.

    In stock Pykka an exception kills the actor after a ``tell`` but not after an ``ask``, and
    a ``SystemExit`` stops every actor of the process. Here whatever a handler raises goes to
    whoever waits for an answer, is given to ``on_failure`` if nobody does, and the actor
    takes its next message.

    Which thread runs it is its dispatcher's affair; ``start`` gives it one of its own.
    """

    # With a place of their own, a hundred thousand actors take 600 bytes less each; whoever
    # derives another may still give it any attribute.
    __slots__ = (
        "_has_stopped",
        "_ref",
        "_released",
        "_started",
        "actor_inbox",
        "actor_stopped",
        "alarms",
        "begun",
        "clock",
        "ended",
        "letters",
        "name",
        "turn",
        "wake_at",
    )

    use_daemon_thread = True
    actor_inbox: Mailbox  # pyright: ignore[reportIncompatibleVariableOverride]  # it is never another

    urgent = False
    """Whether it never blocks and many wait for it, so that it goes before all others."""

    def __init__(self, name: str | None = None, *, clock: Clock | None = None) -> None:
        # What pykka.Actor makes here, in forms that cost a fifth of the time and memory.
        self.actor_inbox = self._create_actor_inbox()  # pyright: ignore[reportIncompatibleVariableOverride]
        self.actor_inbox.owner = self
        self.actor_stopped = StopFlag()  # type: ignore[assignment]  # it has what Pykka uses
        # Here too, for those who look at many actors a thousand times a second.
        self.turn = self.actor_inbox.turn
        self.letters = self.actor_inbox.letters  # which changes both with the first letter
        self.name = name or type(self).__name__
        self.clock: Clock = clock or _CLOCK
        self.ended = StopFlag()
        """Set when the actor has stopped and everyone who waited for it knows."""
        self.begun = False
        """Whether ``on_start`` has returned."""
        self.wake_at: float | None = None
        """When to call ``on_wake``, in the clock's seconds."""
        self.alarms: Alarms | None = None
        """Where ``wake_at`` is noted, by dispatchers whose threads are shared."""
        self._started: Future[None] | None = None
        self._ref: Any = None
        self._released = False
        self._has_stopped = False

    # Made when somebody asks, which for most actors nobody does.

    @cached_property
    def actor_urn(self) -> str:  # type: ignore[override]  # in Pykka an attribute
        return _next_urn()

    @property
    def actor_ref(self) -> Any:
        """The actor's address for users of Pykka."""
        if self._ref is None:
            with _MAKING:
                self._ref = self._ref or pykka.ActorRef(self)
        return self._ref

    @property
    def started(self) -> Future[None]:
        """Answered when ``on_start`` has returned, or with what it raised."""
        with _MAKING:
            if self._started is None:
                self._started = Future()
                if self.begun:
                    self._started.set()
            return self._started

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> Future[Any]:
        return Future()

    def _start_actor_loop(self) -> None:
        """Start a thread and wait until ``on_start`` has returned.

        Raises:
            StartError: it raised; the actor is dead and forgotten.
        """
        self.start_thread()
        try:
            self.started.get()
        except BaseException as error:  # what on_start raised, be it SystemExit
            if error is not self.started._error:
                raise  # Ctrl-C while we waited
            raise StartError(self.name, describe(error)) from error

    def start_thread(self) -> threading.Thread:
        """Give the actor a thread; ``started`` tells how that went."""
        self._released = False
        thread = threading.Thread(target=self._actor_loop, name=self.name, daemon=True)
        try:
            thread.start()
        except BaseException:  # Ctrl-C too: nobody would forget an actor without a thread
            unregister(self)
            raise
        return thread

    def begin(self) -> bool:
        """Run ``on_start``; whether the actor lives now."""
        try:
            self.on_start()
        except BaseException as error:  # SystemExit too: whoever started it waits for word
            self._end()
            self.started.set_exception((type(error), error, error.__traceback__))
            if is_ctrl_c(error):
                raise
            return False
        with _MAKING:
            self.begun = True
            started = self._started
        if started is not None:
            started.set()
        return True

    def _actor_loop(self) -> None:
        if not self.begun and not self.begin():
            return
        inbox = self.actor_inbox
        while not (self.actor_stopped.is_set() or self._released):
            letter = inbox.get(None if self.wake_at is None else self._patience(self.wake_at))
            # First the time, then the letter: a flood of letters is not to hold a deadline up.
            if self.wake_at is not None and self.clock.now() >= self.wake_at:
                self.wake()
            if letter is not BLANK:
                self.read(letter)
        inbox.rest()
        if self.actor_stopped.is_set():
            self.finish()

    def take_turn(self) -> None:
        """Handle some of what waits, then let go of the turn, which is held by the caller.

        For dispatchers whose threads are shared. A stopped actor keeps its turn for ever.
        """
        self._read_some()
        if self.actor_stopped.is_set():
            self.finish()
            return
        if self.wake_at is not None and self.alarms is not None:
            self.alarms.note(self)
        self.release_turn()

    def _read_some(self) -> None:
        inbox, letters = self.actor_inbox, self.letters
        for _ in range(TURN):
            if self.actor_stopped.is_set():
                return
            if self.wake_at is not None and self.clock.now() >= self.wake_at:
                self.wake()
            if not letters:
                return
            letter = inbox.get(0)
            if letter is not BLANK:
                self.read(letter)

    def release_turn(self) -> None:
        """Let others run the actor, and say so if there is something to do."""
        self.turn.append(None)
        # First let go, then look: put() does it the other way round.
        if self.letters:
            self.announce()

    def announce(self) -> None:
        """Say to whoever runs the actor that letters wait."""
        notify = self.actor_inbox.notify
        if notify is not None:
            notify(self.actor_inbox)

    def _patience(self, wake_at: float) -> float:
        # Locks refuse to wait longer than that, and a loop that raised would be no loop.
        return min(max(0.0, wake_at - self.clock.now()), threading.TIMEOUT_MAX)

    def read(self, letter: Letter) -> None:
        """Take one letter out of the mailbox in hand."""
        self.actor_inbox.handled += 1
        self.handle(letter)

    def handle(self, letter: Letter) -> None:
        """Take one message; runs on whichever thread the dispatcher chose."""
        message = letter.message
        try:
            # Pykka's own messages are asked for by type, once, before it would go through them.
            if type(message) in _PYKKAS:
                answer = self._handle_receive(message)
            else:
                answer = self.on_receive(message)
        except BaseException as error:  # SystemExit too: it is this letter's failure, no other's
            if is_ctrl_c(error):
                raise
            self.fail(letter, error)
        else:
            if letter.reply_to is not None:
                letter.reply_to.set(answer)

    def wake(self) -> None:
        """Call ``on_wake``, contained."""
        self.wake_at = None
        self._contained("on_wake", self.on_wake)

    def on_wake(self) -> None:
        """Run when ``wake_at`` has come; for deadlines."""

    def fail(self, letter: Letter, error: BaseException) -> None:
        if letter.reply_to is None:
            self._report(letter.message, error)
            self._contained("on_failure", lambda: self.on_failure(*sys.exc_info()))
            refuse(letter, error)
        else:
            refuse(letter, harmless(error, self.name))

    def _report(self, message: Any, error: BaseException) -> None:
        """Log what a message of which nobody waits for an answer has failed with."""
        log.warning("actor.failed", actor=self.name, error=shown(error))

    def _contained(self, hook: str, call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:  # SystemExit too: an actor ends by being stopped
            if is_ctrl_c(error):
                raise
            log.warning("actor.hook_failed", actor=self.name, hook=hook, error=describe(error))

    def request_stop(self) -> None:
        """Stop after the message in hand, ahead of all that waits; returns at once."""
        self.actor_stopped.set()
        self.actor_inbox.wake()

    def release(self) -> None:
        """Leave the thread, without stopping, so that another dispatcher can take over."""
        self._released = True
        self.actor_inbox.wake()

    def finish(self) -> None:
        """Run ``on_stop`` once and refuse what waits; on the thread that runs the actor."""
        self._stop()
        self._end()

    def abandon(self) -> None:
        """Give up an actor whose thread does not come back; it ends when it does."""
        self.request_stop()
        self._end()

    def _stop(self) -> None:
        with _MAKING:
            if self._has_stopped:
                return
            self._has_stopped = True
        unregister(self)
        self.actor_stopped.set()
        self._contained("on_stop", self.on_stop)

    def _end(self) -> None:
        """Forget the actor and refuse its letters; may run more than once."""
        self.actor_stopped.set()
        unregister(self)
        self.actor_inbox.close()
        self.ended.set()


_MAKING = free_in_children(threading.Lock())
"""Held for an instant by whoever makes or does once what an actor has once."""
_CLOCK = SystemClock()
_URNS = uuid.uuid4().urn[:-12]
_NUMBERS = count()


def _next_urn() -> str:
    # One random number for the process and a counter: as unique, and a tenth of the time.
    return f"{_URNS}{next(_NUMBERS):012x}"


def harmless(error: BaseException, actor: str) -> BaseException:
    """Give what may be raised in an asker: nobody's SystemExit ends somebody else."""
    if isinstance(error, Exception):
        return error
    wrapped = AskError(f"{actor} raised {describe(error)}")
    wrapped.__cause__ = error
    return wrapped
