"""The base of every actor: Pykka's, with its failures contained."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pykka
from pykka import ActorRegistry
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop

from ..clock import Clock, SystemClock
from ..errors import AskError, StartError
from ..logs import get_logger
from .future import Future
from .mailbox import BLANK, Letter, Mailbox, refuse

log = get_logger(__name__)

_PYKKAS = frozenset({_ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr})


class Actor(pykka.ThreadingActor):
    """A mailbox with something behind it, which no exception can tear down.

    In stock Pykka an exception kills the actor after a ``tell`` but not after an ``ask``, and
    a ``SystemExit`` stops every actor of the process. Here whatever a handler raises goes to
    whoever waits for an answer, is given to ``on_failure`` if nobody does, and the actor
    takes its next message.

    Which thread runs it is its dispatcher's affair; ``start`` gives it one of its own.
    """

    use_daemon_thread = True
    actor_inbox: Mailbox  # pyright: ignore[reportIncompatibleVariableOverride]  # it is never another

    paced = True
    """Whether a crowd of such actors is woken a few at a time; see ``Pace``."""

    wake_at: float | None = None
    """When to call ``on_wake``, in the clock's seconds."""

    def __init__(self, name: str | None = None, *, clock: Clock | None = None) -> None:
        super().__init__()
        self.name = name or type(self).__name__
        self.clock: Clock = clock or SystemClock()
        self.started: Future[None] = Future()
        """Answered when ``on_start`` has returned, or with what it raised."""
        self.ended: Future[None] = Future()
        """Answered when the actor has stopped and everyone who waited for it knows."""
        self._released = False
        self._stopping = threading.Lock()

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
        except BaseException as error:
            if error is not self.started._error:
                raise  # Ctrl-C while we waited
            raise StartError(self.name, describe(error)) from error

    def start_thread(self) -> threading.Thread:
        """Give the actor a thread; ``started`` tells how that went."""
        self._released = False
        thread = threading.Thread(target=self._actor_loop, name=self.name, daemon=True)
        try:
            thread.start()
        except BaseException:
            ActorRegistry.unregister(self.actor_ref)
            raise
        return thread

    def begin(self) -> bool:
        """Run ``on_start``; whether the actor lives now."""
        try:
            self.on_start()
        except BaseException as error:
            self._end()
            self.started.set_exception((type(error), error, error.__traceback__))
            if _is_ctrl_c(error):
                raise
            return False
        self.started.set()
        return True

    def _actor_loop(self) -> None:
        if not self.started.is_set() and not self.begin():
            return
        inbox = self.actor_inbox
        while not (self.actor_stopped.is_set() or self._released):
            letter = inbox.get(None if self.wake_at is None else self._patience(self.wake_at))
            # First the time, then the letter: a flood of letters is not to hold a deadline up.
            if self.wake_at is not None and self.clock.now() >= self.wake_at:
                self.wake()
            if letter is not BLANK:
                self.handle(letter)
        inbox.rest()
        if self.actor_stopped.is_set():
            self.finish()

    def _patience(self, wake_at: float) -> float:
        # Locks refuse to wait longer than that, and a loop that raised would be no loop.
        return min(max(0.0, wake_at - self.clock.now()), threading.TIMEOUT_MAX)

    def handle(self, letter: Letter) -> None:
        """Take one message; runs on whichever thread the dispatcher chose."""
        message = letter.message
        try:
            # Pykka's own messages are asked for by type, once, before it would go through them.
            if type(message) in _PYKKAS:
                answer = self._handle_receive(message)
            else:
                answer = self.on_receive(message)
        except BaseException as error:
            if _is_ctrl_c(error):
                raise
            self._fail(letter, error)
        else:
            if letter.reply_to is not None:
                letter.reply_to.set(answer)

    def wake(self) -> None:
        """Call ``on_wake``, contained."""
        self.wake_at = None
        self._contained("on_wake", self.on_wake)

    def on_wake(self) -> None:
        """Run when ``wake_at`` has come; for deadlines."""

    def _fail(self, letter: Letter, error: BaseException) -> None:
        if letter.reply_to is None:
            log.warning("actor.failed", actor=self.name, error=describe(error))
            self._contained("on_failure", lambda: self.on_failure(*sys.exc_info()))
            refuse(letter, error)
        else:
            refuse(letter, harmless(error, self.name))

    def _contained(self, hook: str, call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:
            if _is_ctrl_c(error):
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
        if not self._stopping.acquire(blocking=False):
            return
        ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()
        self._contained("on_stop", self.on_stop)

    def _end(self) -> None:
        """Forget the actor and refuse its letters; may run more than once."""
        self.actor_stopped.set()
        ActorRegistry.unregister(self.actor_ref)
        self.actor_inbox.close()
        self.ended.set()


def describe(error: BaseException) -> str:
    """Give one line that names the error."""
    try:
        text = str(error)
    except BaseException:
        # An agent's error is an agent's code: that its __str__ raises too is no news.
        text = "it cannot be printed"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def harmless(error: BaseException, actor: str) -> BaseException:
    """Give what may be raised in an asker: nobody's SystemExit ends somebody else."""
    if isinstance(error, Exception):
        return error
    wrapped = AskError(f"{actor} raised {describe(error)}")
    wrapped.__cause__ = error
    return wrapped


def _is_ctrl_c(error: BaseException) -> bool:
    # Only the main thread is interrupted, and there actors run inline: the user means us.
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
    )
