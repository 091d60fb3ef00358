"""Talk that is heard at once, outside the promise of equal traces."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...actors.address import Address
from ...actors.agent_actor import AgentActor
from ...actors.mail.dead_letters import Reason
from ...actors.mail.mailbox_rules import UNBOUNDED, MailboxRules
from ...actors.messages import Deliver, DeliverInOrder, DeliverNewest, Question
from ...actors.talk.asks import Asks
from ...actors.talk.fresh_stack import on_a_fresh_stack
from ...actors.talk.interview import STACKED, Refusal
from ...errors import AskError, AskTimeoutError, StoppedError
from ...models.agent import Moment
from ...models.board import Board
from ...models.outbox import OUTSIDE, Kind, Outbox, Parcel, Phase
from ...models.payload import seal
from .blackboard import Blackboard
from .exchange import Deliveries, Exchange, ExchangeStatistics
from .mail import Bounds, DeadLetter
from .undelivered import Undelivered

# There is always room for word of a death.
_LETTERS: Mapping[Kind, type[Deliver]] = {Kind.DIED: DeliverInOrder, Kind.NEWEST: DeliverNewest}


class PartyLine:
    """The talk of a society with immediate delivery: any thread says, everyone hears at once.

    Who asks waits for whoever is asked, and no ring of askers waits for ever.
    """

    def __init__(
        self,
        hosts: Mapping[str, AgentActor],
        *,
        bounds: Bounds,
        mailboxes: MailboxRules = UNBOUNDED,
        one_thread: Callable[[], bool],
        refusal: Refusal = lambda agent_id: None,
    ) -> None:
        """Open the line.

        Args:
            mailboxes: how much waits for the world outside, after which the oldest goes, and
                where is counted what nobody hears.
            one_thread: whether all actors run on the asker's thread, so that nobody else will
                run who is asked.
            refusal: says why an agent is out, if it is.
        """
        self.round = 0
        """The latest one, which stands on what comes from outside."""
        self._hosts = hosts
        self._one_thread = one_thread
        self._refusal = refusal
        self._exchange = Exchange(hosts.keys(), bounds)
        self._blackboard = Blackboard()
        self._mailboxes = mailboxes
        self._undelivered = Undelivered(mailboxes.dead_letters)
        self._said: Counter[str] = Counter()
        self._told: deque[Parcel] = deque()
        self._asks = Asks()
        self._asked_here = 0
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
            if parcel.sender == OUTSIDE:
                self._exchange.enter([parcel], self.round)
            else:
                self._exchange.accept([self._numbered(parcel)])
            deliveries = self._exchange.deliver(max(parcel.round, self.round))
            self._blackboard.apply(deliveries.writes)
            self._told.extend(deliveries.inboxes.get(OUTSIDE, ()))
            over = len(self._told) - self._mailboxes.room
            oldest = [self._told.popleft() for _ in range(over)]
        # Whoever listens for dead letters may speak as well.
        dead = [DeadLetter(told, (OUTSIDE,), Reason.UNDELIVERABLE) for told in oldest]
        self._undelivered.note([*deliveries.dead, *dead], deliveries.round)
        self._hand_out(deliveries)

    def died(self, agent_id: str, reason: str, round: int) -> None:
        """Let those who watch an agent hear that it is out for good."""
        with self._lock:
            self._exchange.died(agent_id, reason, round)
            deliveries = self._exchange.deliver(round)
        self._hand_out(deliveries)

    def _hand_out(self, deliveries: Deliveries) -> None:
        for agent_id, parcels in deliveries.inboxes.items():
            if agent_id in self._hosts:
                for heard in parcels:
                    letter = _LETTERS.get(heard.kind, Deliver)
                    Address(self._hosts[agent_id]).tell(letter.of(heard, heard.round))

    def _numbered(self, parcel: Parcel) -> Parcel:
        # What is said at once is of many calls, which do not know of one another.
        number = self._said[parcel.sender]
        self._said[parcel.sender] += 1
        return parcel._replace(number=number)

    def take_told(self) -> tuple[Parcel, ...]:
        """Give what agents told "outside" since this was asked last."""
        with self._lock:
            told = tuple(self._told)
            self._told.clear()
        return told

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any:
        host = self._hosts.get(to)
        if host is None:
            raise AskError(f"{agent_id} asks {to!r}, and nobody has this id")
        until = host.clock.now() + timeout
        message = Question(seal(question), agent_id, moment.round, until)
        with self._asks.waiting(agent_id, to):
            if not timeout > 0:
                raise AskTimeoutError(f"{agent_id} has no time left to ask {to}")
            if self._one_thread():
                return self._ask_here(host, message, timeout)
            try:
                return Address(host).ask(message, timeout)
            except StoppedError as error:
                raise self._refusal(to) or AskError(str(error)) from error

    def _ask_here(self, host: AgentActor, message: Question, timeout: float) -> Any:
        """Ask on this thread, which no timeout can interrupt: it is looked at afterwards."""
        if host.ended.is_set():
            raise self._refusal(host.name) or AskError(f"{host.name} has stopped")
        answer = partial(host.answer_here, message)
        self._asked_here += 1
        try:
            given = answer() if self._asked_here % STACKED else on_a_fresh_stack(answer)
        finally:
            self._asked_here -= 1
        if host.clock.now() > message.deadline:
            raise AskTimeoutError(f"{host.name} did not answer within {timeout:g} s")
        return given

    def statistics(self) -> ExchangeStatistics:
        with self._lock:
            return self._exchange.statistics()


class _Mouth(Outbox):
    """An outbox from which everything leaves as soon as it is said."""

    __slots__ = ("_send",)

    def __init__(self, sender: str, moment: Moment, send: Callable[[Parcel], None]) -> None:
        phase = Phase.ACT if moment.phase is None else moment.phase
        super().__init__(
            sender, round=moment.round, phase=phase, first=moment.first, cause=moment.cause
        )
        self._send = send

    def _add(self, *arguments: Any, **options: Any) -> None:
        super()._add(*arguments, **options)
        self._send(self._parcels[-1])

    def take(self) -> tuple[Parcel, ...]:
        super().take()
        return ()  # it has all been heard
