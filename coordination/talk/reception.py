"""How what is said and asked outside a society gets to its agents: now, later, again and again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...actors.address import Address, wait_for
from ...actors.future import Future
from ...actors.messages import Question
from ...actors.talk.interview import Interviews
from ...actors.talk.timekeeper import Timekeeper
from ...actors.talk.timers import Tick, Timer, Timers
from ...errors import StoppedError
from ...models.outbox import OUTSIDE, Parcel
from ..orders import Post
from ..outcome import Outcome
from ..setup import Setup
from .exchange import Deliveries
from .inquiries import Ask
from .party_line import PartyLine


class Reception:
    """Takes what comes from outside to where it is heard, by either way of delivery.

    Any thread may post, ask, and set or cancel timers; whoever plays rounds does the rest.
    """

    def __init__(
        self,
        talk: Interviews | PartyLine,
        addresses: Mapping[str, Address],
        coordinator: Address,
        setup: Setup,
    ) -> None:
        """Open it; with a clock that goes by itself, timers are looked after from now on."""
        self._talk = talk
        self._addresses = addresses
        self._coordinator = coordinator
        self._setup = setup
        self._timers = Timers(setup.clock)
        self._timekeeper: Timekeeper | None = None
        if setup.simulation is None:
            self._timekeeper = Timekeeper(self._timers, setup.clock)
        else:
            setup.simulation.keep(self._timers)
        self._poster = _Poster(self.post)

    def post(self, parcels: Sequence[Parcel]) -> None:
        """Let agents hear what is said outside: now, or after the round that is open."""
        if isinstance(self._talk, PartyLine):
            for parcel in parcels:
                self._talk.send(parcel)
        else:
            self._coordinator.tell(Post(tuple(parcels)))

    def after(self, seconds: float, parcels: Sequence[Parcel]) -> Timer:
        """Post this when so many seconds have passed."""
        return self._timers.after(seconds, self._poster, tuple(parcels))

    def every(self, seconds: float, parcels: Sequence[Parcel]) -> Timer:
        """Post this again and again."""
        return self._timers.every(seconds, self._poster, tuple(parcels))

    def cancel(self, timer: Timer) -> bool:
        """Call a timer off; whether it was still to do anything."""
        return self._timers.cancel(timer)

    def ask(self, agent_id: str, payload: Any, sender: str, timeout: float) -> Any:
        """Ask one agent and wait, behind what was told it before; errors as ``Address.ask``.

        Raises:
            DownError: it is out after a failure.
        """
        question = Question(payload, sender, deadline=self._setup.clock.now() + timeout)
        try:
            if isinstance(self._talk, PartyLine):
                return self._addresses[agent_id].ask(question, timeout)
            reply: Future[Any] = Future()
            self._coordinator.tell(Ask(agent_id, question, reply))
            return wait_for(reply, agent_id, timeout)
        except StoppedError:
            refusal = self._setup.supervisor.refusal(agent_id)
            if refusal is None:
                raise
            raise refusal from None

    def begin(self, round: int) -> None:
        """Let agents hear what is due before a round, and stamp with it what comes from now on."""
        # A clock that is moved by hand wakes nobody.
        self._timers.tell_due()
        if isinstance(self._talk, PartyLine):
            self._talk.round = round

    def with_told(self, outcome: Outcome) -> Outcome:
        """Add what the world outside was told at once."""
        if not isinstance(self._talk, PartyLine) or not (told := self._talk.take_told()):
            return outcome
        heard = Deliveries(outcome.round, {OUTSIDE: told}, (), ())
        return dataclasses.replace(outcome, heard=(*outcome.heard, heard))

    def go_live(self) -> None:
        """Look after timers by a clock that goes by itself from now on."""
        if self._timekeeper is None:
            self._timekeeper = Timekeeper(self._timers, self._setup.clock)

    def stop(self) -> None:
        """Forget what was to be said later."""
        self._timers.stop()
        if self._timekeeper is not None:
            self._timekeeper.stop()


class _Poster:
    """Whom timers tell: it posts what they were set for."""

    def __init__(self, post: Callable[[Sequence[Parcel]], None]) -> None:
        self._post = post

    def tell(self, message: Any) -> None:
        self._post(message.message if isinstance(message, Tick) else message)
