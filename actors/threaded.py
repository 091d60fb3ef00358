"""A thread for each actor."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pykka

from ..errors import StartError, TooManyActorsError
from ..forks import here
from .actor import Actor
from .dispatcher import Countdown, give_up, start_error
from .limits import thread_limit
from .registry import register
from .workers.pace import Pace


class ThreadedDispatcher:
    """Runs each actor on a daemon thread of its own; for agents that block or are few."""

    sequential = False
    one_thread = False
    visit = None

    def __init__(self) -> None:
        self._threads: dict[str, threading.Thread] = {}
        self._pace = Pace()
        self._home = here()

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        self._home.check("a dispatcher")
        limit = thread_limit()
        if len(actors) > limit.threads:
            raise TooManyActorsError(len(actors), limit.threads, limit.reason)
        self._pace = Pace()
        countdown = Countdown(timeout)
        # One after another: agents are made in a fixed order, and a constructor that is not
        # made for threads meets no other.
        try:
            for actor in actors:
                self._start(actor, countdown, timeout)
        except BaseException:
            # Those behind it too: taken over from another dispatcher, they live already.
            give_up(self, actors, countdown.left())
            raise

    def _start(self, actor: Actor, countdown: Countdown, timeout: float) -> None:
        fresh = not actor.begun
        if fresh:
            register(actor)
        actor.actor_inbox.pace = None if actor.urgent else self._pace
        try:
            self._threads[actor.actor_urn] = actor.start_thread()
            actor.started.get(timeout=countdown.left())
        except BaseException as error:
            # Whatever the actor raised is its failure, be it KeyboardInterrupt; Ctrl-C is ours.
            its_own = error is actor.started._error
            if isinstance(error, KeyboardInterrupt) and not its_own:
                raise
            if isinstance(error, pykka.Timeout) and not its_own:
                raise StartError(actor.name, f"not ready after {timeout:g} s") from None
            raise start_error(actor, error) from error

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        self._home.check("a dispatcher")
        for actor in actors:
            actor.request_stop()
            if actor.actor_urn not in self._threads:
                # Released, and nobody took it over.
                actor.finish()
        busy = self._left_over(actors, grace)
        self._pace.stop()
        for actor in busy:
            actor.abandon()
        return [actor.name for actor in busy]

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        self._home.check("a dispatcher")
        for actor in actors:
            actor.release()
        self._pace.stop()
        return [actor.name for actor in self._left_over(actors, timeout)]

    def _left_over(self, actors: Sequence[Actor], seconds: float) -> list[Actor]:
        """Wait for their threads; give those whose threads are still at work."""
        countdown = Countdown(seconds)
        busy = []
        for actor in actors:
            thread = self._threads.pop(actor.actor_urn, None)
            if thread is None:
                continue
            # An agent may stop its own society, and its thread cannot wait for itself.
            if thread is not threading.current_thread():
                thread.join(countdown.left())
            if thread.is_alive():
                self._threads[actor.actor_urn] = thread
                busy.append(actor)
        return busy
