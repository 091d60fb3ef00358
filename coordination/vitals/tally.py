"""How often each agent acted, what it missed and earned: arrays with a place for each agent.

A society of 200,000 plays its rounds in a fraction of a second; an object for each agent,
touched in every round, would take longer than the round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...actors.failures import shown
from ..outcome import Outcome, Status

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_WITHOUT_ANSWER = frozenset({Status.TIMED_OUT, Status.BUSY})


@dataclass(frozen=True, slots=True)
class AgentTally:
    """One agent's part of the rounds counted."""

    rounds: float = 0
    reward: float = 0.0
    seconds: float = 0.0
    """Inside ``act``; a round without an answer counts with its whole length."""
    missed: Mapping[Status, float] = field(default_factory=dict)
    """Rounds in which it did not act, by status, for those that occurred."""
    last_error: str = ""
    """And where it was raised, in a line for people."""


class Tally:
    """Counts outcomes; its memory grows with the number of agents and not with the rounds.

    An agent has one row for good. One thread at a time may touch a tally.
    """

    def __init__(self) -> None:
        self._row_of: dict[str, int] = {}
        self._rounds: Floats = np.zeros(0)
        self._reward: Floats = np.zeros(0)
        self._seconds: Floats = np.zeros(0)
        self._missed: dict[Status, Floats] = {}
        self._errors: dict[str, str] = {}
        self._members: list[str] = []
        self._member_rows: Rows = np.zeros(0, np.intp)
        self._whole_rounds = 0
        """Rounds of these members that are not in the array yet."""

    def __len__(self) -> int:
        return len(self._row_of)

    def add(self, outcome: Outcome) -> None:
        """Count who was called and who acted; the price of a round in which all did is small."""
        statuses = list(outcome.status.values())
        rows = self.rows(outcome)
        self._whole_rounds += 1
        if statuses.count(Status.ACTED) < len(statuses):
            self._add_missed(statuses, rows)
        for agent_id, error in outcome.errors.items():
            self._errors[agent_id] = shown(error)

    def _add_missed(self, statuses: Sequence[Status], rows: Rows) -> None:
        for place, status in enumerate(statuses):
            if status is not Status.ACTED:
                if status not in self._missed:
                    self._missed[status] = np.zeros(len(self._rounds))
                self._missed[status][rows[place]] += 1.0

    def add_rewards(self, outcome: Outcome, rewards: Sequence[float]) -> None:
        """Count what each member earned, in the members' order."""
        self._reward[self.rows(outcome)] += rewards

    def add_times(self, outcome: Outcome) -> float:
        """Count the time in ``act``; give the sum over the members that answered, in seconds."""
        seconds = [*outcome.act_seconds.values()]
        rows = self.rows(outcome)
        if len(seconds) == len(rows):
            self._seconds[rows] += seconds
        else:
            self._add_some_times(outcome)
        return sum(seconds)

    def _add_some_times(self, outcome: Outcome) -> None:
        for agent_id, status in outcome.status.items():
            spent = outcome.act_seconds.get(agent_id)
            if spent is None and status in _WITHOUT_ANSWER:
                spent = outcome.elapsed
            if spent is not None:
                self._seconds[self._row_of[agent_id]] += spent

    def rows(self, outcome: Outcome) -> Rows:
        """Give the row of each member of a round, in the outcome's order."""
        members = list(outcome.status)
        # Nearly always the same agents, the very same objects, as in the round before.
        if members != self._members:
            self._settle()
            self._member_rows = self._enter(members)
            self._members = members
        return self._member_rows

    def row_of(self, agent_id: str) -> int | None:
        """Give an agent's row; None for one who was never called."""
        return self._row_of.get(agent_id)

    def _enter(self, members: Sequence[str]) -> Rows:
        row_of = self._row_of
        rows = np.array([row_of.setdefault(i, len(row_of)) for i in members], np.intp)
        if len(row_of) > len(self._rounds):
            size = max(len(row_of), 2 * len(self._rounds))
            self._rounds, self._reward, self._seconds = (
                grown(array, size) for array in (self._rounds, self._reward, self._seconds)
            )
            self._missed = {how: grown(array, size) for how, array in self._missed.items()}
        return rows

    def _settle(self) -> None:
        self._rounds[self._member_rows] += self._whole_rounds
        self._whole_rounds = 0

    def fade(self) -> None:
        """Halve all counts, so that what is long past weighs less and less."""
        self._settle()
        for array in (self._rounds, self._reward, self._seconds, *self._missed.values()):
            np.multiply(array, 0.5, out=array)

    def of(self, agent_id: str) -> AgentTally:
        """Give one agent's part; zeros for one who was never called."""
        row = self._row_of.get(agent_id)
        if row is None:
            return AgentTally()
        self._settle()
        missed = {s: _whole(self._missed[s][row]) for s in Status if s in self._missed}
        return AgentTally(
            rounds=_whole(self._rounds[row]),
            reward=float(self._reward[row]),
            seconds=float(self._seconds[row]),
            missed={status: count for status, count in missed.items() if count},
            last_error=self._errors.get(agent_id, ""),
        )

    @property
    def ids(self) -> list[str]:
        """Who has been called, in the order of the rows."""
        return list(self._row_of)

    @property
    def rounds(self) -> Floats:
        """How often each was called: float64, shape (agents,), a copy."""
        self._settle()
        return self._rounds[: len(self)].copy()

    @property
    def rewards(self) -> Floats:
        """What each has earned: float64, shape (agents,), a copy."""
        return self._reward[: len(self)].copy()

    @property
    def seconds(self) -> Floats:
        """How long each was in ``act``, as ``AgentTally.seconds``: float64, shape (agents,)."""
        return self._seconds[: len(self)].copy()

    def missed(self, statuses: Collection[Status] | None = None) -> Floats:
        """Give how often each ended in one of these ways: float64, shape (agents,).

        Args:
            statuses: None for all but ``acted``.
        """
        total: Floats = np.zeros(len(self))
        for status, counts in self._missed.items():
            if statuses is None or status in statuses:
                total += counts[: len(self)]
        return total


def grown(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Copy an array into one whose last axis has so many places; the new ones are zero."""
    larger = np.zeros((*array.shape[:-1], size), array.dtype)
    larger[..., : array.shape[-1]] = array
    return larger


def _whole(count: float) -> float:
    """Give a count as a whole number where it is one: a faded one need not be."""
    return int(count) if count == int(count) else float(count)
