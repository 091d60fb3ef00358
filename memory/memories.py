"""The memories of a whole society: what is lived goes in, and old ranges become items."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol, Self

from ..actors.actor import Actor
from ..actors.address import Address
from ..clock import Clock
from ..errors import AskError, CleanupError, StoppedError
from ..logs import get_logger
from ..models.experience import Experience
from .agent_memory import AgentMemory
from .consolidation import Consolidated, Failed, Result
from .consolidations import ConsolidationStatistics
from .embedding import Embedding
from .episodic import EpisodicMemory
from .failures import FailureBook, MemoryFailures
from .hand_over import HandOver, HandOvers
from .lag import check_lag
from .monitor import MemoryMonitor
from .news import Gone, News
from .ranges import Ranges
from .remembered import Remembered
from .semantic import SemanticMemory
from .settings import MemorySettings
from .slices import SliceLength
from .strategies.catalogue import strategy
from .summary import MemorySummary
from .supervisor import (
    Collect,
    GiveUp,
    HowMuch,
    MemorySupervisor,
    Offer,
    Progress,
    Work,
    worker_for,
)
from .teacher import Teacher
from .tombstones import Reason

log = get_logger(__name__)

_PATIENCE = 600.0
"""Seconds to wait for the supervisor, which itself gives up on a strategy after one minute."""
_HEADROOM = 1.1
"""How many times as many windows may be handed over in a round as fill up in one."""
_MANY = 0.5
"""The share of all agents from which on so many wait that the headroom is used."""
_AHEAD = 2
"""How many times as quickly windows are worked on as would just do until they are due."""
_WATCHED_ONE_IN = 20
"""Rounds: looking at every memory in every round would cost as much as recording."""
_AFTER_A_FAILURE = 10
"""Rounds after which a range that the supervisor lost is handed over again."""


class Supervisor(Protocol):
    """Where messages to the memory supervisor go."""

    def tell(self, message: object) -> None: ...

    def ask(self, message: object, timeout: float) -> object: ...


class Memories(Mapping[str, AgentMemory]):
    """Keeps every agent's memory; whoever plays the society calls it, between rounds.

    A range that is handed over stays where it is until the round that was fixed when it was
    handed over: then, and not when the work happens to be done, its items take its place. So
    nobody can tell from a run how the work was done.
    """

    def __init__(
        self,
        agent_ids: Iterable[str],
        settings: MemorySettings,
        supervisor: Supervisor | None,
        *,
        clock: Clock,
        embedding: Embedding | None = None,
    ) -> None:
        """Begin with nothing lived.

        Args:
            supervisor: who consolidates, by itself or on request; None where nobody does.
            embedding: what makes vectors of texts, for all agents.

        Raises:
            UnknownNameError, PluginError: there is no such clean-up.
        """
        cleanup = settings.cleanup
        self._settings = settings
        self._clock = clock
        self._round = 0
        self._agents: dict[str, AgentMemory] = {
            agent_id: AgentMemory(
                EpisodicMemory(settings.limits, cleanup, agent_id=agent_id),
                SemanticMemory(settings.most_items),
                now=lambda: self._round + 1,
                embedding=embedding,
            )
            for agent_id in agent_ids
        }
        self.surprises: Mapping[str, Callable[[], float | None]] = {}
        """For agents that can tell, what says how surprised they were of late, in nats."""
        self.teaches = False
        """Whether what consolidates by itself also teaches."""
        self.teachers: Mapping[str, Teacher] = {}
        """Of agents that can be taught, what knows them and tells them."""
        self._ids = list(self._agents)
        self._supervisor = supervisor
        self.counted: Callable[[], ConsolidationStatistics] = ConsolidationStatistics
        """Says what was consolidated once there is nobody to ask any more."""
        self._closed = False
        self._unfinished = 0
        self._hand_overs = HandOvers(settings.lag)
        self._slices = SliceLength()
        self._waiting: dict[str, None] = {}
        """Who is past its high-water mark and has handed nothing over, first come first."""
        self._rests: dict[str, int] = {}
        self._news: News | None = None
        self._failures = FailureBook()
        self.monitor = MemoryMonitor(thresholds=settings.thresholds)
        """How they fare: trends, and alerts for who listens; it looks every few rounds."""

    @classmethod
    def found(
        cls,
        agent_ids: Iterable[str],
        settings: MemorySettings,
        *,
        clock: Clock,
        embedding: Embedding | None = None,
    ) -> tuple[Self, list[Actor]]:
        """Make the memories of a society, and the actors that look after them.

        Raises:
            UnknownNameError, PluginError: there is no such clean-up or strategy, or no other
                process can find it.
        """
        chosen = strategy(settings.consolidation)
        worker = worker_for(chosen) if settings.consolidation_in == "process" else None
        supervisor = MemorySupervisor(chosen, worker=worker, clock=clock)
        memories = cls(agent_ids, settings, Address(supervisor), clock=clock, embedding=embedding)
        memories.teaches = settings.consolidate and chosen.teaches
        check_lag(settings)
        memories.counted = supervisor.statistics
        return memories, [supervisor]

    def __getitem__(self, agent_id: str) -> AgentMemory:
        return self._agents[agent_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)

    def open(self, round: int) -> None:
        """Let take effect what is due before this round, whether it is done already or not."""
        if self._hand_overs.due(round):
            self._settle(round)

    def record(self, round: int, experiences: Mapping[str, Experience]) -> None:
        """Keep what agents lived in a round, and hand over what has become too much."""
        self._round, news = round, self._news
        for agent_id, experience in experiences.items():
            episodic = self._agents[agent_id].episodic
            tell = self.surprises.get(agent_id)
            surprise = None if tell is None else tell()
            try:
                episodic.record(experience, surprise=surprise)
            except CleanupError as error:
                # It says so itself, with what went in its place; the experience is recorded.
                self._failures.add_cleanup(agent_id, round, str(error))
            if news is not None:
                sequence = episodic.written
                news.lived[agent_id] = Remembered(sequence, experience, 1.0, surprise)
            if episodic.over_high_water:
                self._waiting[agent_id] = None
        if self._supervisor is not None and self._settings.consolidate and self._waiting:
            self._hand_over(round)
        self._watch(round)

    def work(self, last_round: float) -> None:
        """Have ranges consolidated for a while.

        Args:
            last_round: seconds that the last round took.
        """
        if self._supervisor is None or not self._hand_overs.under_way:
            return
        length = self._slices.next(last_round)
        # In even steps: what is left over until it is due would all be done in one round.
        least = math.ceil(_AHEAD * self._unfinished / (self._settings.lag + 1))
        if length > 0 or least:
            progress = self._ask(Work(length, least))
            if isinstance(progress, Progress):
                self._slices.spent(progress.seconds)
                self._unfinished = progress.unfinished

    def close(self) -> None:
        """Thaw what is under way, and hold every memory to its law; they can be read on.

        Raises:
            MemoryLawError: an experience was lost or counted twice.
        """
        self._closed = True
        # It has stopped, and nobody needs to tell it.
        self._supervisor = None
        for made in self._hand_overs.under_way:
            self._thaw(made)
        for memory in self._agents.values():
            memory.check_law()

    def consolidate(self, agent_id: str) -> Consolidated | None:
        """Replace all that an agent holds right now; None if there is nothing to replace.

        For use between rounds, from outside: it takes as long as it takes.

        Raises:
            ConsolidationError: the strategy failed; nothing has changed.
            StoppedError: the society has been stopped.
        """
        if self._closed:
            raise StoppedError("nothing is consolidated once the society has been stopped")
        episodic = self._agents[agent_id].episodic
        for made in self._hand_overs.under_way:
            if made.agent_id == agent_id:
                self._thaw(made)
        if self._supervisor is None or not len(episodic):
            return None
        made = self._freeze(agent_id, len(episodic), self._round, lag=0)
        self._supervisor.tell(Offer(made))
        for result in self._collect(made.due):
            if (result.agent_id, result.number) != (agent_id, made.number):
                self._apply(result)
            elif isinstance(result, Failed):
                self._apply(result)
                raise result.error
            else:
                self._apply(result)
                return result
        return None

    def keep_news(self) -> None:
        """From now on note what changes, for ``take_news``."""
        self._news = News()
        for agent_id, memory in self._agents.items():
            memory.episodic.on_gone = partial(self._note_gone, agent_id)

    def keep_no_news(self) -> None:
        """Note no more what changes."""
        self._news = None
        for memory in self._agents.values():
            memory.episodic.on_gone = None

    def take_news(self) -> News:
        """Give what has changed since this was asked last."""
        news, self._news = self._news or News(), News()
        return news

    def _note_gone(self, agent_id: str, reason: Reason, ranges: Ranges) -> None:
        if self._news is not None:
            self._news.evicted.append(Gone(agent_id, reason, ranges))

    @property
    def have_begun(self) -> bool:
        """Whether anything has been lived."""
        return self._round > 0

    def summary(self) -> MemorySummary:
        """Give the figures of all of them together."""
        return MemorySummary.of(
            list(self._agents.values()), self.consolidations(), self._failures.so_far
        )

    @property
    def failures(self) -> MemoryFailures:
        """What went wrong until now; for any thread."""
        return self._failures.so_far

    def consolidations(self) -> ConsolidationStatistics:
        """Give the figures of all consolidation until now."""
        if self._supervisor is None:
            return self.counted()
        answer = self._ask(HowMuch())
        return answer if isinstance(answer, ConsolidationStatistics) else ConsolidationStatistics()

    def _watch(self, round: int) -> None:
        """Look at some of the memories; at each of them every so many rounds."""
        for agent_id in self._ids[round % _WATCHED_ONE_IN :: _WATCHED_ONE_IN]:
            self.monitor.record(agent_id, self._agents[agent_id].statistics(), round=round)

    def _hand_over(self, round: int) -> None:
        """Offer some of those that wait; all at once they would hold up one round together."""
        assert self._supervisor is not None
        ready = self._ready(round)
        offered = ready[: self._at_once(len(ready))]
        for agent_id in offered:
            del self._waiting[agent_id]
            count = min(self._settings.window, len(self._agents[agent_id].episodic))
            self._supervisor.tell(Offer(self._freeze(agent_id, count, round)))
        self._unfinished += len(offered)

    def _ready(self, round: int) -> list[str]:
        """Give who may hand over now, first come first."""
        ready = []
        for agent_id in [*self._waiting]:
            if not self._agents[agent_id].episodic.over_high_water:
                # It was while a window was under way, and is no more.
                del self._waiting[agent_id]
            elif not (self._hand_overs.is_open(agent_id) or self._rests.get(agent_id, 0) > round):
                ready.append(agent_id)
        return ready

    def _at_once(self, waiting: int) -> int:
        """Give how many may hand over in one round: as many as fill up in one, on average.

        Always some more would leave rounds with nothing to do, which take turns with others for
        ever: who fills up together once does so again, a window later.
        """
        headroom = _HEADROOM if waiting > _MANY * len(self._agents) else 1.0
        return max(1, math.ceil(headroom * len(self._agents) / self._settings.window))

    def _freeze(self, agent_id: str, count: int, round: int, lag: int | None = None) -> HandOver:
        frozen = self._agents[agent_id].episodic.freeze(count)
        teacher = self.teachers.get(agent_id)
        pupil = None if teacher is None else teacher.pupil
        return self._hand_overs.open(agent_id, frozen.packed, round=round, lag=lag, pupil=pupil)

    def _settle(self, round: int) -> None:
        for result in self._collect(round):
            self._apply(result)
        # What the supervisor has lost comes back by no answer.
        for made in self._hand_overs.due(round):
            log.warning("consolidation.lost", agent=made.agent_id, number=made.number)
            self._thaw(made)
            self._rests[made.agent_id] = round + _AFTER_A_FAILURE
            self._failures.add_consolidation("the memory supervisor lost a range")

    def _collect(self, round: int) -> tuple[Result, ...]:
        answer = self._ask(Collect(round))
        return answer if isinstance(answer, tuple) else ()

    def _ask(self, message: object) -> object:
        assert self._supervisor is not None
        try:
            return self._supervisor.ask(message, _PATIENCE)
        except (AskError, StoppedError) as error:
            # What it had in hand thaws when it is due; not one experience is in its hands alone.
            log.error("memory_supervisor.failed", error=str(error))  # noqa: TRY400  in one line
            return None

    def _apply(self, result: Result) -> None:
        if self._hand_overs.settle(result) is None:
            return
        memory = self._agents[result.agent_id]
        frozen = memory.episodic.frozen
        assert frozen is not None
        if isinstance(result, Failed):
            memory.episodic.thaw(frozen)
            self._rests[result.agent_id] = result.retry_at
            if result.calls:  # else it rested after failures that were counted
                self._failures.add_consolidation(str(result.error))
        else:
            memory.episodic.replace(frozen, len(result.made))
            memory.semantic.add(result.made)
            if result.taught is not None:
                self.teachers[result.agent_id].teach(result.taught)
            if self._news is not None:
                self._news.replaced.append(result)
        if memory.episodic.over_high_water:
            self._waiting[result.agent_id] = None

    def _thaw(self, made: HandOver) -> None:
        self._hand_overs.give_up(made.agent_id)
        episodic = self._agents[made.agent_id].episodic
        if (frozen := episodic.frozen) is not None:
            episodic.thaw(frozen)
        if self._supervisor is not None:
            self._supervisor.tell(GiveUp(made.agent_id, made.number))
