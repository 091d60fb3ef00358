"""All hand-overs that are being consolidated: one for each agent, each result given once due."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from ..errors import ConsolidationError
from ..logs import get_logger
from .consolidation import Consolidated, Failed, Result, unwanted
from .hand_over import HandOver
from .rests import Rests

log = get_logger(__name__)

AHEAD = 8
"""How many hand-overs are begun before the first is done, where others do the work."""


class Job(Protocol):
    """The work on one hand-over."""

    @property
    def hand_over(self) -> HandOver: ...

    @property
    def calls(self) -> int: ...

    @property
    def done(self) -> bool: ...

    def work(self, until: Callable[[], bool] = ...) -> bool: ...

    def hasten(self) -> None: ...

    def finish(self) -> None: ...

    def result(self, retry_at: int) -> Result: ...


@dataclass(frozen=True, slots=True)
class ConsolidationStatistics:
    """What has been consolidated so far, and what waits."""

    taken: int = 0
    """Hand-overs to be worked on."""
    experiences: int = 0
    """How many they held."""
    calls: int = 0
    """How often the strategy was called."""
    consolidated: int = 0
    """Hand-overs whose items were given out."""
    failed: int = 0
    """Hand-overs of which the strategy made nothing."""
    refused: int = 0
    """Hand-overs that came while the strategy rested."""
    doubled: int = 0
    """Hand-overs that came again while they were worked on."""
    taught: int = 0
    """Of those that were consolidated, how many taught their agent something."""
    items: int = 0
    """Made of those that were consolidated."""
    size_before: int = 0
    """Bytes of the experiences that were consolidated."""
    size: int = 0
    """Bytes of the items."""

    @property
    def ratio(self) -> float | None:
        """Bytes kept by bytes before; None as long as nothing was consolidated."""
        return self.size / self.size_before if self.size_before else None


class Consolidations:
    """Works on hand-overs in the order of their due rounds, and gives results by agent id.

    What is given out depends on what was taken and collected in which round, and not on when
    the work was done. To collect a round again gives the same again, so that no answer can get
    lost on its way. All else that it forgets when it is lost can be taken anew: see
    ``HandOvers``.
    """

    def __init__(
        self, begin: Callable[[HandOver], Job], strategy: str, rests: Rests | None = None
    ) -> None:
        """Make one.

        Args:
            begin: makes the job of a hand-over.
            strategy: its name, for errors.
        """
        self._begin = begin
        self._strategy = strategy
        self._rests = rests or Rests()
        self._jobs: dict[str, Job] = {}
        self._due: dict[int, dict[str, Job]] = {}
        self._queue: deque[Job] = deque()
        """Those that are not done, first come first."""
        self._collected = -1
        self._given: dict[str, Result] = {}
        self._counts: Counter[str] = Counter()

    def take(self, hand_over: HandOver) -> bool:
        """Take one in; False for one that is being worked on already.

        Raises:
            ValueError: another one of this agent is under way.
        """
        agent_id, number = hand_over.agent_id, hand_over.number
        if (job := self._jobs.get(agent_id)) is not None:
            if job.hand_over.number == number:
                self._counts["doubled"] += 1
                return False
            raise ValueError(
                f"agent {agent_id!r}: hand-over {job.hand_over.number} is under way, got {number}"
            )
        job = self._admitted(hand_over)
        self._jobs[agent_id] = job
        self._due.setdefault(hand_over.due, {})[agent_id] = job
        if not job.done:
            self._queue.append(job)
        return True

    def _admitted(self, hand_over: HandOver) -> Job:
        until = self._rests.until(hand_over.agent_id, hand_over.round, hand_over.due)
        if until is not None:
            self._counts["refused"] += 1
            return Refused(hand_over, self._strategy, until)
        self._counts["taken"] += 1
        self._counts["experiences"] += len(hand_over.packed)
        return self._begin(hand_over)

    def forget(self, agent_id: str, number: int) -> None:
        """Drop a hand-over that was given up by whoever handed it over."""
        job = self._jobs.get(agent_id)
        if job is not None and job.hand_over.number == number:
            self._drop(job)
            if not job.done:
                self._queue.remove(job)

    def work(self, until: Callable[[], bool]) -> None:
        """Go on with what can go on, first come first, until asked to pause."""
        moves = True
        while moves and not until():
            moves = False
            for job in tuple(islice(self._queue, AHEAD)):
                if job.work(until):
                    self._queue.remove(job)
                    moves = True
                if until():
                    return

    def collect(self, round: int) -> tuple[Result, ...]:
        """Give all results that take effect before this round, in agent-id order.

        What is not done is done now. Until a later round is collected, the same are given.

        Raises:
            ValueError: a later round has been collected.
        """
        if round < self._collected:
            raise ValueError(f"round {self._collected} has been collected, got {round}")
        due = self._jobs_due(round)
        # First all is done, then all is given: whatever stops us here, nothing was given yet.
        self._finish([job for job in due if not job.done])
        if round > self._collected:
            self._collected, self._given = round, {}
        for job in due:
            self._give(job, round)
        return tuple(self._given[agent_id] for agent_id in sorted(self._given))

    def _jobs_due(self, round: int) -> list[Job]:
        jobs: dict[str, Job] = {}
        for due, of_that_round in self._due.items():
            if due <= round:
                jobs.update(of_that_round)
        return [jobs[agent_id] for agent_id in sorted(jobs)]

    def _finish(self, jobs: list[Job]) -> None:
        for place, job in enumerate(jobs):
            for other in jobs[place : place + AHEAD]:
                other.hasten()
            job.finish()
        if jobs:
            self._queue = deque(job for job in self._queue if not job.done)

    def _give(self, job: Job, round: int) -> None:
        self._given[job.hand_over.agent_id] = self._judged(job, round)
        self._drop(job)

    def _drop(self, job: Job) -> None:
        agent_id, due = job.hand_over.agent_id, job.hand_over.due
        self._counts["calls"] += job.calls
        del self._jobs[agent_id]
        del self._due[due][agent_id]
        if not self._due[due]:
            del self._due[due]

    def _judged(self, job: Job, round: int) -> Result:
        agent_id = job.hand_over.agent_id
        result = job.result(round)
        if isinstance(job, Refused):
            return result
        if not isinstance(result, Failed):
            self._rests.succeeded(agent_id)
            self._count_made(result)
            return result
        self._counts["failed"] += 1
        retry_at = self._rests.failed(agent_id, round)
        log.warning(
            "consolidation.failed", agent=agent_id, number=result.number, retry_at=retry_at,
            error=str(result.error),
        )  # fmt: skip
        return job.result(retry_at)

    def _count_made(self, made: Consolidated) -> None:
        self._counts["consolidated"] += 1
        self._counts["taught"] += made.taught is not None
        self._counts["items"] += len(made.made)
        self._counts["size_before"] += made.size_before
        self._counts["size"] += made.size

    @property
    def open(self) -> int:
        """How many are under way, done or not."""
        return len(self._jobs)

    @property
    def unfinished(self) -> int:
        """How many of them are not done."""
        return len(self._queue)

    @property
    def next_due(self) -> int | None:
        """The first round before which one takes effect; None if none is under way."""
        return min(self._due, default=None)

    def statistics(self) -> ConsolidationStatistics:
        under_way = sum(job.calls for job in self._jobs.values())
        counts = self._counts + Counter(calls=under_way)
        return ConsolidationStatistics(**counts)


class Refused:
    """Stands for the work on a hand-over that nobody works on, for the strategy rests."""

    calls = 0
    done = True

    def __init__(self, hand_over: HandOver, strategy: str, until: int) -> None:
        self.hand_over = hand_over
        self._strategy = strategy
        self._until = until

    def work(self, until: Callable[[], bool] = unwanted) -> bool:
        return True

    def hasten(self) -> None:
        pass

    def finish(self) -> None:
        pass

    def result(self, retry_at: int) -> Failed:
        made = self.hand_over
        rule = f"it rests after failures, until round {self._until}"
        error = ConsolidationError(made.agent_id, self._strategy, rule)
        until = max(retry_at, self._until)
        return Failed(made.agent_id, made.number, error, 0, until, rests=True)
