"""What the world outside says to a society, asks it, and hears of it."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from typing import Any

from ...actors.talk.timers import Timer
from ...models.board import Board
from ...models.outbox import OUTSIDE, Outbox, Parcel
from ...settings import SocietySettings
from ..ensemble import Ensemble


class Voice(abc.ABC):
    """Tells, publishes and asks; the society says who listens.

    Any thread may use it. What it says is heard between two rounds; with immediate delivery,
    at once.
    """

    @property
    @abc.abstractmethod
    def settings(self) -> SocietySettings: ...

    @property
    @abc.abstractmethod
    def _ensemble(self) -> Ensemble:
        """The actors, started."""

    @property
    @abc.abstractmethod
    def _ensemble_to_read(self) -> Ensemble:
        """The actors, started; also when they have stopped."""

    @abc.abstractmethod
    def _known(self, agent_id: str) -> str: ...

    def tell(self, agent_id: str, message: Any) -> None:
        """Tell one agent something; it hears it between two rounds.

        Args:
            message: JSON values and numpy arrays; a copy is sent that nobody can change.

        Raises:
            UnknownNameError: the id is nobody's.
            PayloadError: this cannot be said.
        """
        self.tell_many([agent_id], message)

    def tell_many(self, ids: Iterable[str], message: Any) -> None:
        """Tell these agents something, each once; errors as ``tell``."""
        outbox = Outbox(OUTSIDE)
        outbox.tell_many([self._known(agent_id) for agent_id in ids], message)
        self._ensemble.reception.post(outbox.take())

    def broadcast(self, message: Any) -> None:
        """Tell every agent something; each hears it between the same two rounds."""
        outbox = Outbox(OUTSIDE)
        outbox.broadcast(message)
        self._ensemble.reception.post(outbox.take())

    def publish(self, topic: str, message: Any, *, newest: bool = False) -> None:
        """Tell something to those who subscribe to a topic such as ``market/oil``.

        Args:
            newest: whoever has not heard what was so published on it before hears only this.

        Raises:
            TopicError: that is no topic.
            PayloadError: this cannot be said.
        """
        outbox = Outbox(OUTSIDE)
        outbox.publish(topic, message, newest=newest)
        self._ensemble.reception.post(outbox.take())

    def subscribe(self, pattern: str) -> None:
        """Hear what agents publish on such topics, as ``market/*``, from the next round on.

        It comes with what they tell "outside": in each round's ``outcome.said_to_outside``, and
        with its topic in ``outcome.parcels_to_outside``. What is published outside, nobody
        outside hears.

        Raises:
            TopicError: that is no pattern.
        """
        outbox = Outbox(OUTSIDE)
        outbox.subscribe(pattern)
        self._ensemble.reception.post(outbox.take())

    def unsubscribe(self, pattern: str) -> None:
        """Stop hearing by a pattern from the next round on; errors as ``subscribe``."""
        outbox = Outbox(OUTSIDE)
        outbox.unsubscribe(pattern)
        self._ensemble.reception.post(outbox.take())

    def after(self, seconds: float, agent_id: str, message: Any) -> Timer:
        """Tell one agent something when so many seconds have passed on the society's clock.

        Returns:
            A timer to ``cancel`` it by.

        Raises:
            UnknownNameError, PayloadError: as ``tell``.
            TimersFullError: too many wait already.
        """
        return self._ensemble.reception.after(seconds, self._parcels(agent_id, message))

    def every(self, seconds: float, agent_id: str, message: Any) -> Timer:
        """Tell one agent something again and again; errors and result as ``after``.

        Times that pass while nobody looks at the clock are made up for by one message.
        """
        return self._ensemble.reception.every(seconds, self._parcels(agent_id, message))

    def cancel(self, timer: Timer) -> bool:
        """Call a timer off; whether it was still to tell anything."""
        return self._ensemble.reception.cancel(timer)

    def _parcels(self, agent_id: str, message: Any) -> tuple[Parcel, ...]:
        outbox = Outbox(OUTSIDE)
        outbox.tell(self._known(agent_id), message)
        return outbox.take()

    @property
    def shared(self) -> Board:
        """The state that all agents may read, by key; also when the society has stopped."""
        return self._ensemble_to_read.board

    def ask(self, agent_id: str, question: Any, *, timeout: float | None = None) -> Any:
        """Ask one agent and wait for what its ``answer`` gives; behind what was told before.

        Args:
            timeout: in seconds; by default the rounds' timeout.

        Raises:
            UnknownNameError: the id is nobody's.
            AskTimeoutError: no answer in time; a busy agent answers after its ``act``.
            DownError: it is out after a failure.
            AskError: the agent raised, or defines no ``answer``.
        """
        self._known(agent_id)
        seconds = self.settings.timeout if timeout is None else timeout
        if not seconds > 0:
            raise ValueError(f"timeout must be > 0 seconds, got {timeout!r}")
        return self._ensemble.reception.ask(agent_id, question, OUTSIDE, seconds)
