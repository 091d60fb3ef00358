"""A thread for each actor."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pykka
from pykka import ActorRegistry

from ..errors import StartError, TooManyActorsError
from .actor import Actor
from .dispatcher import Countdown, start_error
from .limits import thread_limit


class ThreadedDispatcher:
    """Runs each actor on a daemon thread of its own; for agents that block or are few."""

    sequential = False

    def __init__(self) -> None:
        self._threads: dict[str, threading.Thread] = {}

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        limit = thread_limit()
        if len(actors) > limit.threads:
            raise TooManyActorsError(len(actors), limit.threads, limit.reason)
        countdown = Countdown(timeout)
        # One after another: agents are made in a fixed order, and a constructor that is not
        # made for threads meets no other.
        for number, actor in enumerate(actors):
            try:
                self._start(actor, countdown, timeout)
            except BaseException:
                actor.abandon()
                self.stop(actors[:number], grace=countdown.left())
                raise

    def _start(self, actor: Actor, countdown: Countdown, timeout: float) -> None:
        fresh = not actor.started.is_set()
        if fresh:
            ActorRegistry.register(actor.actor_ref)
        try:
            self._threads[actor.actor_urn] = actor.start_thread()
            actor.started.get(timeout=countdown.left())
        except KeyboardInterrupt:
            raise
        except pykka.Timeout:
            raise StartError(actor.name, f"not ready after {timeout:g} s") from None
        except BaseException as error:
            raise start_error(actor, error) from error

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        for actor in actors:
            actor.request_stop()
        return [actor.name for actor in self._left_over(actors, grace, "abandon")]

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        for actor in actors:
            actor.release()
        return [actor.name for actor in self._left_over(actors, timeout, "keep")]

    def _left_over(self, actors: Sequence[Actor], seconds: float, fate: str) -> list[Actor]:
        countdown = Countdown(seconds)
        busy = []
        for actor in actors:
            thread = self._threads.pop(actor.actor_urn, None)
            if thread is None:
                continue
            thread.join(countdown.left())
            if thread.is_alive():
                busy.append(actor)
                if fate == "abandon":
                    actor.abandon()
        return busy
