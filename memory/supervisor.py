"""The actor that has memories put in order, between rounds and without being in anyone's way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..actors.actor import Actor
from ..actors.workers.processes import WorkerProcess
from ..clock import Clock
from .consolidation import PATIENCE, Consolidation
from .consolidations import Consolidations, ConsolidationStatistics
from .hand_over import HandOver
from .remote import JOBS, RemoteConsolidation
from .rests import Rests
from .strategies.catalogue import NamedStrategy


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """Heard by the memory supervisor: this range is frozen, consolidate it."""

    hand_over: HandOver


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Heard by the memory supervisor: nobody waits for this hand-over any more."""

    agent_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Work:
    """Asked of the memory supervisor between rounds: go on for so long, then say how it stands."""

    seconds: float
    least: int = 0
    """How many hand-overs to get done however long that takes; a worker process is not
    waited for."""


@dataclass(frozen=True, slots=True)
class Collect:
    """Asked of the memory supervisor before a round opens: what takes effect before it?"""

    round: int


@dataclass(frozen=True, slots=True)
class HowMuch:
    """Asked of the memory supervisor: what has been consolidated?"""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a slice of work came to."""

    open: int
    """Hand-overs under way."""
    unfinished: int
    """Those of them that are not done."""
    next_due: int | None
    """The first round before which one takes effect."""
    seconds: float
    """What the slice took."""


class MemorySupervisor(Actor):
    """Consolidates what it is offered while it is told to work, and gives it when it is due.

    It never begins by itself: a thread that ran beside the agents' would hold them up. Its
    state may be lost at any moment; see ``HandOvers`` for what is done then.
    """

    def __init__(
        self,
        strategy: NamedStrategy,
        *,
        worker: WorkerProcess | None = None,
        rests: Rests | None = None,
        patience: float = PATIENCE,
        clock: Clock | None = None,
    ) -> None:
        """Make a supervisor.

        Args:
            worker: has strategies called in another process; it is stopped with this actor.
            patience: seconds of work that one hand-over may take.

        Raises:
            PluginError: the worker cannot find the strategy.
        """
        super().__init__("memory-supervisor", clock=clock)
        if worker is not None:
            strategy.check_findable()
        self._strategy = strategy
        self._worker = worker
        self._longest = patience
        self._consolidations = Consolidations(self._begin, strategy.name, rests)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Work():
                return self._work(message.seconds, message.least)
            case Collect():
                return self._consolidations.collect(message.round)
            case Offer():
                self._consolidations.take(message.hand_over)
            case GiveUp():
                self._consolidations.forget(message.agent_id, message.number)
            case HowMuch():
                return self.statistics()
            case _:
                raise TypeError(f"the memory supervisor takes no {type(message).__name__}")
        return None

    def statistics(self) -> ConsolidationStatistics:
        """Say what has been consolidated; for others when it has stopped."""
        return self._consolidations.statistics()

    def request_stop(self) -> None:
        # It may be waiting for the worker at this moment.
        super().request_stop()
        self._stop_worker()

    def on_stop(self) -> None:
        self._stop_worker()

    def _stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.stop()

    def _work(self, seconds: float, least: int) -> Progress:
        began = self.clock.now()
        end, work = began + seconds, self._consolidations
        left = work.unfinished - least
        work.work(lambda: work.unfinished <= left and self.clock.now() >= end)
        return Progress(work.open, work.unfinished, work.next_due, self.clock.now() - began)

    def _begin(self, hand_over: HandOver) -> Consolidation:
        strategy, clock, patience = self._strategy, self.clock, self._longest
        if self._worker is None:
            return Consolidation(
                hand_over, strategy.call, strategy.name, clock=clock, patience=patience
            )
        assert strategy.target is not None
        return RemoteConsolidation(
            hand_over, strategy.target, strategy.name, self._worker, clock=clock, patience=patience
        )


def worker_for(strategy: NamedStrategy, *, patience: float = PATIENCE) -> WorkerProcess:
    """Make a worker process that calls this strategy; it begins when there is work.

    Raises:
        PluginError: another process cannot find the strategy.
    """
    strategy.check_findable()
    return WorkerProcess(JOBS, name="consolidation", patience=patience)
