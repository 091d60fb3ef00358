"""Who is still at work on an earlier round, and what they are missing meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from ..models.experience import Experience
from .rollout import Lived

# A hung agent misses every step of a long run; this bounds what is kept for its return.
MISSED_LIMIT = 1000


class Absences:
    """Keeps the busy agents, and for each the steps that passed without it."""

    def __init__(self, down: Collection[str] = ()) -> None:
        """Start with nobody away.

        Args:
            down: who is out after a failure; looked at anew each time.
        """
        self._down = down
        self._busy: dict[str, int] = {}
        self._missed: dict[str, deque[Experience]] = {}
        self._gone: set[str] = set()
        self.forgotten = 0
        """Missed steps that were dropped past the limit."""

    @property
    def busy(self) -> Collection[str]:
        return self._busy.keys()

    def is_away(self, agent_id: str) -> bool:
        """Whether it is busy or down."""
        return agent_id in self._busy or agent_id in self._down

    def is_at(self, agent_id: str, round: int) -> bool:
        """Whether it has not come back from this round."""
        return self._busy.get(agent_id) == round

    def leave(self, agent_ids: Iterable[str], round: int) -> None:
        """Note who has not come back from this round."""
        self._busy.update(dict.fromkeys(agent_ids, round))

    def come_back(self, agent_id: str, round: int) -> bool:
        """Note that an agent is back from this round; whether it was waited for."""
        if self._busy.get(agent_id) != round:
            return False
        del self._busy[agent_id]
        return True

    def miss(self, agent_id: str, experience: Experience) -> None:
        """Keep a step for an agent that cannot be told of it now."""
        if agent_id in self._gone:
            return
        missed = self._missed.setdefault(agent_id, deque(maxlen=MISSED_LIMIT))
        self.forgotten += len(missed) == MISSED_LIMIT
        missed.append(experience)

    def forget(self, agent_id: str) -> None:
        """Keep nothing for one who is out for good."""
        self._gone.add(agent_id)
        self._missed.pop(agent_id, None)

    def give_back(self, agent_id: str, experiences: Sequence[Experience]) -> None:
        """Keep steps that the agent was to be told of and did not hear."""
        # Older than whatever it has missed since.
        later = self._missed.pop(agent_id, ())
        for experience in (*experiences, *later):
            self.miss(agent_id, experience)

    def news(self, members: Sequence[str], previous: Mapping[str, Experience]) -> News:
        """Give what the members of a round are to be told, and forget what is old of it here.

        Those away are told nothing; for them it is kept.
        """
        for agent_id in {*self._busy, *self._down}:
            if agent_id in previous:
                self.miss(agent_id, previous[agent_id])
        if not self._missed:
            return News(previous)
        free = (i for i in members if i in self._missed and not self.is_away(i))
        return News(previous, {agent_id: tuple(self._missed.pop(agent_id)) for agent_id in free})

    def catch_up(self, agent_id: str, previous: Experience) -> tuple[Experience, ...]:
        """Give all that the agent has to be told, oldest first, and forget it here."""
        return (*self._missed.pop(agent_id, ()), previous)


class News:
    """What each member of a round has lived since its last call."""

    __slots__ = ("_older", "_previous")

    def __init__(
        self,
        previous: Mapping[str, Experience],
        older: Mapping[str, tuple[Experience, ...]] | None = None,
    ) -> None:
        """Take each one's last step, and the steps before it that some have missed."""
        self._previous = previous
        self._older = older or {}

    def of_all(self, ids: Sequence[str]) -> Sequence[tuple[Experience, ...]]:
        """Give the news of these members, in their order."""
        if self._older:
            return [self.of(agent_id) for agent_id in ids]
        if isinstance(self._previous, Lived) and (steps := self._previous.steps_of(ids)):
            return steps
        lasts = map(self._previous.get, ids)
        return [() if last is None else (last,) for last in lasts]

    def of(self, agent_id: str) -> tuple[Experience, ...]:
        """Give one member's news, oldest first."""
        last = self._previous.get(agent_id)
        latest = () if last is None else (last,)
        return (*self._older[agent_id], *latest) if agent_id in self._older else latest
