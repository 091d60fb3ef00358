"""A round over idle agents as one piece of work, for workers that share the agents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from operator import length_hint
from sys import getrefcount
from typing import Any, Protocol

from ...clock import Clock
from ...models.agent import OVER, Context
from ...models.experience import Experience
from ...models.outbox import Parcel
from ..agent_actor import AgentActor
from ..failures import is_ctrl_c
from ..mailbox import Letter
from ..messages import Call, Perceive
from ..turn import give_back, is_taken, take
from .pool import blocking


def _count_ours() -> int:
    ours = object()
    return getrefcount(ours)


_OURS = _count_ours()
"""What ``getrefcount`` says of a local object that nobody else has; Pythons differ."""
STRETCH = 64
"""How many agents a worker visits before it looks whether somebody else needs it."""
SLOW = 0.001
"""Seconds after which it is worth asking what they went to."""


class Slots(Protocol):
    """A round's slots, as lists by the member's index."""

    actions: list[Any]
    started: list[float | None]
    finished: list[float | None]


class SweptCall(Call, Protocol):
    """A call whose slots a visitor fills by itself."""

    @property
    def observations(self) -> Sequence[Any]: ...

    @property
    def slots(self) -> Slots: ...

    @property
    def polled(self) -> bool:
        """Whether each answer is to be handed over by itself, for it may be the last needed."""
        ...

    def news_of(self, ids: Sequence[str]) -> Sequence[Sequence[Experience]]:
        """Give what each of these has lived since its last call."""
        ...

    @property
    def mail(self) -> Mapping[str, Sequence[Parcel]]:
        """What members hear before they act, by id; for those that hear anything."""
        ...

    def post(self, index: int) -> None:
        """Send a member a letter after all."""
        ...

    def settle(self, count: int, finished: float = inf) -> None:
        """Count answers that have been written into their slots.

        Args:
            finished: when the last of them came, for whoever knows.
        """
        ...

    def return_late(self, index: int) -> None:
        """Say that an answer was written when the round was over."""
        ...


class Sweep:
    """Calls idle agents one after another under their own turns; any number may help.

    All who help take from one cursor: while one waits inside an agent, the others go on
    with the next. An agent that is being run, or has letters waiting, gets a letter too.
    """

    __slots__ = (
        "_again",
        "_call",
        "_clock",
        "_cursor",
        "_hosts",
        "_indices",
        "_left",
        "_lists",
        "_slow",
    )

    def __init__(
        self,
        call: SweptCall,
        hosts: Sequence[AgentActor],
        indices: Sequence[int],
        *,
        clock: Clock,
        again: Callable[[Sweep], None],
        slow: Callable[[Sweep], None],
    ) -> None:
        """Set out.

        Args:
            hosts: in the order of the indices.
            again: offers the sweep to the next worker, while this one is at it.
            slow: is told when a few visits took long, and may ask for whom.
        """
        self._call = call
        self._clock = clock
        self._hosts = hosts
        self._again = again
        self._slow = slow
        slots = call.slots
        # The round replaces its lists when it closes, and we go on writing into these.
        self._lists = slots.actions, slots.started, slots.finished
        observations = call.observations
        if len(indices) != len(observations):
            observations = [observations[index] for index in indices]
        self._indices = indices
        self._left = iter(indices)
        # A zip of lists gives each item to one thread alone: the GIL is not let go inside.
        self._cursor = zip(self._left, hosts, observations, strict=True)

    @property
    def left(self) -> int:
        """How many nobody has visited."""
        return 0 if self._call.over else length_hint(self._left)

    def take_turn(self) -> None:
        if self.left:
            self._again(self)
            try:
                self._visit()
            except KeyboardInterrupt:
                self._let_go()
                raise

    def _let_go(self) -> None:
        """Free the turn that Ctrl-C may have left taken: it came before it was sure to be freed."""
        # In the main thread agents are run one after another, and nobody else has a turn;
        # only those that have stopped keep theirs.
        for host in self._hosts:
            if is_taken(host.turn) and not host.ended.is_set():
                give_back(host.turn)

    # One loop, since a call in it costs a fifth of a visit.
    def _visit_some(self) -> None:  # noqa: C901, PLR0912, PLR0915
        """Visit the next few; on a thread that may be lost if an agent hangs."""
        done, last = 0, -1
        call, episode = self._call, self._call.episode
        somebody_hears = bool(call.mail)
        now, references = self._clock.now, getrefcount
        over_at = inf if call.deadline is None else call.deadline
        actions, started, finished = self._lists
        first = begun = now()
        # Made afresh for each agent, as far as anybody can see: where nobody has kept it, the
        # same one does again.
        context = Context.at(call, self._hosts[0], begun)
        try:
            for index, host, observation in islice(self._cursor, STRETCH):
                turn = host.turn
                try:
                    turn.pop()
                except IndexError:
                    call.post(index)
                    continue
                # First written, then looked; see RoundCall.close.
                started[index] = begun
                try:
                    if call.over or begun >= over_at:
                        call.skip(index)
                    elif host.letters:
                        call.post(index)
                    else:
                        if host.episode != episode or somebody_hears:
                            self._prepare(host, index)
                        if references(context) > _OURS:
                            context._outbox = OVER  # the last agent kept it
                            context = Context.at(call, host, begun)
                        else:
                            context._who = host
                            context._started = begun
                        act = host.act  # bound already, and called so it costs less
                        actions[index] = act(observation, context)
                        if context._outbox is not None:
                            call.say(index, context.take_said())
                            context._outbox = None
                        finished[index] = begun = now()
                        last = index
                        done += 1
                except BaseException as error:
                    if said := context.take_said():
                        call.say(index, said)  # counted, and never heard
                    self._fail(host, index, error, begun)
                    begun = now()
                    context = Context.at(call, host, begun)
                finally:
                    turn.append(None)
                    # First let go, then look: put() does it the other way round.
                    if host.letters:
                        host.announce()
            # Those before the last were followed by a look that found the round open.
            if call.over and last >= 0:
                done -= 1
                call.return_late(last)
        finally:
            context._outbox = OVER
            call.settle(done, begun)
        if begun - first > SLOW:
            self._slow(self)

    def _visit(self) -> None:
        if self._call.polled:
            self._visit_each()
        else:
            self._visit_some()

    def _visit_each(self) -> None:
        """Visit the next few, and have each answer to the call as if it had read a letter."""
        call, now = self._call, self._clock.now
        started = self._lists[1]
        first = now()
        for index, host, _ in islice(self._cursor, STRETCH):
            if not take(host.turn):
                call.post(index)
                continue
            try:
                # First written, then looked, which the host does; see RoundCall.close.
                started[index] = now()
                if host.letters:
                    call.post(index)
                else:
                    host.handle(Letter(Perceive(call, index)))
            finally:
                host.release_turn()
            if call.over:
                break
        if now() - first > SLOW:
            self._slow(self)

    def _prepare(self, host: AgentActor, index: int) -> None:
        """Let an agent know that an episode has begun, and hear what there is for it to hear."""
        call = self._call
        if host.episode != call.episode or host.name in call.mail:
            host.prepare(call, index)

    def slow_ones(self) -> Iterator[AgentActor]:
        """Give the hosts whose agents took long until now."""
        _, started, finished = self._lists
        for index, host in zip(self._indices, self._hosts, strict=True):
            begun, ended = started[index], finished[index]
            if begun is not None and ended is not None and ended - begun > SLOW:
                yield host

    def _fail(self, host: AgentActor, index: int, error: BaseException, begun: float) -> None:
        if is_ctrl_c(error):
            raise error
        if isinstance(error, Exception):
            self._call.fail(index, error, begun, self._clock.now())
        else:
            host.fail(Letter(Perceive(self._call, index)), error)


class BlockingSweep(Sweep):
    """Calls agents that wait for something: a worker for each, as far as there are any."""

    __slots__ = ()

    def take_turn(self) -> None:
        while self.left:
            self._again(self)
            with blocking():
                self._visit()
