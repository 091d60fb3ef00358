"""Windows of a society's memories on their way: handed over, and replaced by items in time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol

from ..errors import AskError, StoppedError
from ..logs import get_logger
from .agent_memory import AgentMemory
from .consolidation import Consolidated, Failed, Result
from .consolidations import ConsolidationStatistics
from .failures import FailureBook
from .hand_over import HandOver, HandOvers
from .settings import MemorySettings
from .slices import SliceLength
from .supervisor import Collect, GiveUp, HowMuch, Offer, Progress, Work
from .teacher import Teacher

log = get_logger(__name__)

_PATIENCE = 600.0
"""Seconds to wait for the supervisor, which itself gives up on a strategy after one minute."""
_HEADROOM = 1.1
"""How many times as many windows may be handed over in a round as fill up in one."""
_MANY = 0.5
"""The share of all agents from which on so many wait that the headroom is used."""
_AHEAD = 2
"""How many times as quickly windows are worked on as would just do until they are due."""
_AFTER_A_FAILURE = 10
"""Rounds after which a range that the supervisor lost is handed over again."""


class Supervisor(Protocol):
    """Where messages to the memory supervisor go."""

    def tell(self, message: object) -> None: ...

    def ask(self, message: object, timeout: float) -> object: ...


class Turnover:
    """Hands windows to the memory supervisor, and puts in their place what comes of them.

    A range that is handed over stays where it is until the round that was fixed when it was
    handed over: then, and not when the work happens to be done, its items take its place. So
    nobody can tell from a run how the work was done. Whoever owns the memories calls it,
    between rounds.
    """

    def __init__(
        self,
        agents: Mapping[str, AgentMemory],
        settings: MemorySettings,
        supervisor: Supervisor | None,
        failures: FailureBook,
    ) -> None:
        """Begin with nothing handed over.

        Args:
            supervisor: who consolidates, by itself or on request; None where nobody does.
            failures: where it is noted that nothing came of a range.
        """
        self.supervisor = supervisor
        self.counted: Callable[[], ConsolidationStatistics] = ConsolidationStatistics
        """Says what was consolidated once there is nobody to ask any more."""
        self.teachers: Mapping[str, Teacher] = {}
        """Of agents that can be taught, what knows them and tells them."""
        self.waiting: dict[str, None] = {}
        """Who is past its high-water mark and has handed nothing over, first come first."""
        self.on_replaced: Callable[[Consolidated], object] | None = None
        """Told of ranges that items took the place of, if anybody wants to know."""
        self._agents = agents
        self._settings = settings
        self._failures = failures
        self._closed = False
        self._unfinished = 0
        self._hand_overs = HandOvers(settings.lag)
        self._slices = SliceLength()
        self._rests: dict[str, int] = {}

    def hand_over(self, round: int) -> None:
        """Offer some of those that wait; all at once they would hold up one round together."""
        # Here and below asked for once: another thread may stop the society at any moment.
        if (supervisor := self.supervisor) is None:
            return
        ready = self._ready(round)
        offered = ready[: self._at_once(len(ready))]
        for agent_id in offered:
            del self.waiting[agent_id]
            count = min(self._settings.window, len(self._agents[agent_id].episodic))
            supervisor.tell(Offer(self._freeze(agent_id, count, round)))
        self._unfinished += len(offered)

    def work(self, last_round: float) -> None:
        """Have ranges consolidated for a while.

        Args:
            last_round: seconds that the last round took.
        """
        if self.supervisor is None or not self._hand_overs.under_way:
            return
        length = self._slices.next(last_round)
        # In even steps: what is left over until it is due would all be done in one round.
        least = math.ceil(_AHEAD * self._unfinished / (self._settings.lag + 1))
        if length > 0 or least:
            progress = self._ask(Work(length, least))
            if isinstance(progress, Progress):
                self._slices.spent(progress.seconds)
                self._unfinished = progress.unfinished

    def settle(self, round: int) -> None:
        """Let take effect what is due before this round, whether it is done already or not."""
        if not self._hand_overs.due(round):
            return
        for result in self._collect(round):
            self._apply(result)
        # What the supervisor has lost comes back by no answer.
        for made in self._hand_overs.due(round):
            log.warning("consolidation.lost", agent=made.agent_id, number=made.number)
            self._thaw(made)
            self._rests[made.agent_id] = round + _AFTER_A_FAILURE
            self._failures.add_consolidation("the memory supervisor lost a range")

    def consolidate(self, agent_id: str, round: int) -> Consolidated | None:
        """Replace all that an agent holds right now; None if there is nothing to replace.

        Args:
            round: the last that was lived.

        Raises:
            ConsolidationError: the strategy failed; nothing has changed.
            StoppedError: it is closed.
        """
        if self._closed:
            raise StoppedError("nothing is consolidated once the society has been stopped")
        episodic = self._agents[agent_id].episodic
        for made in self._hand_overs.under_way:
            if made.agent_id == agent_id:
                self._thaw(made)
        if (supervisor := self.supervisor) is None or not len(episodic):
            return None
        made = self._freeze(agent_id, len(episodic), round, lag=0)
        supervisor.tell(Offer(made))
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

    def close(self) -> None:
        """Thaw what is under way, and hand nothing over any more."""
        self._closed = True
        # It has stopped, and nobody needs to tell it.
        self.supervisor = None
        for made in self._hand_overs.under_way:
            self._thaw(made)

    def statistics(self) -> ConsolidationStatistics:
        """Give the figures of all consolidation until now."""
        if self.supervisor is None:
            return self.counted()
        answer = self._ask(HowMuch())
        return answer if isinstance(answer, ConsolidationStatistics) else ConsolidationStatistics()

    def _ready(self, round: int) -> list[str]:
        """Give who may hand over now, first come first."""
        ready = []
        for agent_id in [*self.waiting]:
            if not self._agents[agent_id].episodic.over_high_water:
                # It was while a window was under way, and is no more.
                del self.waiting[agent_id]
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

    def _collect(self, round: int) -> tuple[Result, ...]:
        answer = self._ask(Collect(round))
        return answer if isinstance(answer, tuple) else ()

    def _ask(self, message: object) -> object:
        if (supervisor := self.supervisor) is None:
            return None
        try:
            return supervisor.ask(message, _PATIENCE)
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
            if not result.rests:
                self._failures.add_consolidation(str(result.error))
        else:
            memory.episodic.replace(frozen, len(result.made))
            memory.semantic.add(result.made)
            if result.taught is not None:
                self.teachers[result.agent_id].teach(result.taught)
            if self.on_replaced is not None:
                self.on_replaced(result)
        if memory.episodic.over_high_water:
            self.waiting[result.agent_id] = None

    def _thaw(self, made: HandOver) -> None:
        self._hand_overs.give_up(made.agent_id)
        episodic = self._agents[made.agent_id].episodic
        if (frozen := episodic.frozen) is not None:
            episodic.thaw(frozen)
        if (supervisor := self.supervisor) is not None:
            supervisor.tell(GiveUp(made.agent_id, made.number))
