"""Talk that is heard at once, outside the promise of equal traces."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..actors.address import Address
from ..actors.agent_actor import AgentActor
from ..actors.asks import Asks
from ..actors.messages import Deliver, Question
from ..actors.pool import blocking
from ..errors import AskError, AskTimeoutError
from ..models.agent import Moment
from ..models.board import Board
from ..models.outbox import Outbox, Parcel, Phase
from ..models.payload import seal
from .blackboard import Blackboard
from .exchange import Exchange
from .mail import Bounds


class PartyLine:
    """The talk of a society with immediate delivery: any thread says, everyone hears at once.

    Who asks waits for whoever is asked, and no ring of askers waits for ever.
    """

    def __init__(
        self, hosts: Mapping[str, AgentActor], *, bounds: Bounds, one_thread: Callable[[], bool]
    ) -> None:
        """Open the line.

        Args:
            one_thread: whether all actors run on the asker's thread, so that nobody else will
                run who is asked.
        """
        self._hosts = hosts
        self._one_thread = one_thread
        self._exchange = Exchange(hosts.keys(), bounds)
        self._blackboard = Blackboard()
        self._asks = Asks()
        self._lock = threading.Lock()

    @property
    def board(self) -> Board:
        return self._blackboard.board

    def outbox(self, agent_id: str, moment: Moment) -> Outbox:
        outbox = _Mouth(agent_id, moment, self.send)
        if moment.phase is None:
            outbox.take()  # an answer says nothing but itself
        return outbox

    def send(self, parcel: Parcel) -> None:
        """Let everyone hear it who is to."""
        with self._lock:
            self._exchange.accept([parcel])
            deliveries = self._exchange.deliver(parcel.round)
            self._blackboard.apply(deliveries.writes)
        for agent_id, parcels in deliveries.inboxes.items():
            if agent_id in self._hosts:
                for heard in parcels:
                    Address(self._hosts[agent_id]).tell(Deliver.of(heard, parcel.round))

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any:
        host = self._hosts.get(to)
        if host is None:
            raise AskError(f"{agent_id} asks {to!r}, and nobody has this id")
        message = Question(seal(question), agent_id)
        with self._asks.waiting(agent_id, to):
            if self._one_thread():
                return host.answer_here(message)
            if timeout <= 0:
                raise AskTimeoutError(f"{agent_id} has no time left to ask {to}")
            with blocking():
                return Address(host).ask(message, timeout)


class _Mouth(Outbox):
    """An outbox from which everything leaves as soon as it is said."""

    __slots__ = ("_send",)

    def __init__(self, sender: str, moment: Moment, send: Callable[[Parcel], None]) -> None:
        phase = moment.phase or Phase.ACT
        super().__init__(
            sender, round=moment.round, phase=phase, first=moment.first, cause=moment.cause
        )
        self._send = send

    def _add(self, *arguments: Any, **options: Any) -> None:
        super()._add(*arguments, **options)
        self._send(self.parcels[-1])

    def take(self) -> tuple[Parcel, ...]:
        super().take()
        return ()  # it has all been heard
