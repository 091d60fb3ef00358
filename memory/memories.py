"""The memories of a whole society: what is lived goes in, and old ranges become items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Self

from ..actors.actor import Actor
from ..actors.address import Address
from ..clock import Clock
from ..errors import CleanupError
from ..models.experience import Experience
from .agent_memory import AgentMemory
from .consolidation import Consolidated
from .consolidations import ConsolidationStatistics
from .embedding import Embedding
from .episodic import EpisodicMemory
from .failures import FailureBook, MemoryFailures
from .lag import check_lag
from .monitor import MemoryMonitor
from .news import Gone, News
from .ranges import Ranges
from .remembered import Remembered
from .semantic import SemanticMemory
from .settings import MemorySettings
from .strategies.catalogue import strategy
from .summary import MemorySummary
from .supervisor import MemorySupervisor, worker_for
from .teacher import Teacher
from .tombstones import Reason
from .turnover import Supervisor, Turnover

_WATCHED_ONE_IN = 20
"""Rounds: looking at every memory in every round would cost as much as recording."""


class Memories(Mapping[str, AgentMemory]):
    """Keeps every agent's memory; whoever plays the society calls it, between rounds."""

    def __init__(
        self,
        agent_ids: Iterable[str],
        settings: MemorySettings,
        supervisor: Supervisor | None,
        *,
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
        self._ids = list(self._agents)
        self._news: News | None = None
        self._failures = FailureBook()
        self.turnover = Turnover(self._agents, settings, supervisor, self._failures)
        """Where old ranges go, and what came of them comes from."""
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
        memories = cls(agent_ids, settings, Address(supervisor), embedding=embedding)
        memories.teaches = settings.consolidate and chosen.teaches
        check_lag(settings)
        memories.turnover.counted = supervisor.statistics
        return memories, [supervisor]

    def __getitem__(self, agent_id: str) -> AgentMemory:
        return self._agents[agent_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)

    def open(self, round: int) -> None:
        """Let take effect what is due before this round, whether it is done already or not."""
        self.turnover.settle(round)

    def record(self, round: int, experiences: Mapping[str, Experience]) -> None:
        """Keep what agents lived in a round, and hand over what has become too much."""
        self._round, news, waiting = round, self._news, self.turnover.waiting
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
                waiting[agent_id] = None
        if waiting and self._settings.consolidate:
            self.turnover.hand_over(round)
        self._watch(round)

    def work(self, last_round: float) -> None:
        """Have ranges consolidated for a while.

        Args:
            last_round: seconds that the last round took.
        """
        self.turnover.work(last_round)

    def close(self) -> None:
        """Thaw what is under way, and hold every memory to its law; they can be read on.

        Raises:
            MemoryLawError: an experience was lost or counted twice.
        """
        self.turnover.close()
        for memory in self._agents.values():
            memory.check_law()

    def consolidate(self, agent_id: str) -> Consolidated | None:
        """Replace all that an agent holds right now; None if there is nothing to replace.

        For use between rounds, from outside: it takes as long as it takes.

        Raises:
            ConsolidationError: the strategy failed; nothing has changed.
            StoppedError: the society has been stopped.
        """
        return self.turnover.consolidate(agent_id, self._round)

    @property
    def teachers(self) -> Mapping[str, Teacher]:
        """Of agents that can be taught, what knows them and tells them."""
        return self.turnover.teachers

    @teachers.setter
    def teachers(self, teachers: Mapping[str, Teacher]) -> None:
        self.turnover.teachers = teachers

    def keep_news(self) -> None:
        """From now on note what changes, for ``take_news``."""
        self._news = News()
        self.turnover.on_replaced = self._note_replaced
        for agent_id, memory in self._agents.items():
            memory.episodic.on_gone = partial(self._note_gone, agent_id)

    def keep_no_news(self) -> None:
        """Note no more what changes."""
        self._news = None
        self.turnover.on_replaced = None
        for memory in self._agents.values():
            memory.episodic.on_gone = None

    def take_news(self) -> News:
        """Give what has changed since this was asked last."""
        if (news := self._news) is None:
            return News()
        self._news = News()
        return news

    def _note_gone(self, agent_id: str, reason: Reason, ranges: Ranges) -> None:
        if self._news is not None:
            self._news.evicted.append(Gone(agent_id, reason, ranges))

    def _note_replaced(self, made: Consolidated) -> None:
        if self._news is not None:
            self._news.replaced.append(made)

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
        return self.turnover.statistics()

    def _watch(self, round: int) -> None:
        """Look at some of the memories; at each of them every so many rounds."""
        for agent_id in self._ids[round % _WATCHED_ONE_IN :: _WATCHED_ONE_IN]:
            self.monitor.record(agent_id, self._agents[agent_id].statistics(), round=round)
