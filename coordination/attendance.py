"""Who came too late for a round and when they were back: what a replay has to be told."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import NamedTuple

from .absence import Absences
from .notices import Returned
from .outcome import Status
from .round import Round


class Place(IntEnum):
    """When an agent was back, before or within a round."""

    AT_ONCE = 0
    """Before it was told, with the others, how its episode ended, if that was over."""
    BEFORE = 1
    """After that."""
    DURING = 2
    """While the round was open."""


class Away(NamedTuple):
    """An agent was still at work on a round when that closed."""

    round: int
    agent_id: str


class Tardy(NamedTuple):
    """An agent answered in vain, but was back when the round closed."""

    round: int
    agent_id: str


class Back(NamedTuple):
    """An agent was back from a round that had gone on without it."""

    round: int
    """Before or within which it was."""
    agent_id: str
    called: int
    """The round that it was back from."""
    place: Place
    read: bool
    """Whether it had looked at its call at all."""


Note = Away | Tardy | Back

_MISSED = frozenset({Status.TIMED_OUT, Status.UNNEEDED})


class Attendance:
    """Notes of one society, once somebody wants them; written and read by one thread each.

    The coordinator tells it of what comes before it acts upon it.
    """

    def __init__(self, absences: Absences) -> None:
        self._absences = absences
        self._notes: deque[Note] | None = None
        self._later: list[Note] = []
        self._missed_the_end: set[str] = set()

    def begin(self) -> None:
        """Keep notes from now on, until they are taken."""
        if self._notes is None:
            self._notes = deque()

    def take(self, round: int) -> list[Note]:
        """Give the notes up to a round that has closed, and forget them."""
        # What comes meanwhile is of the next round.
        notes, self._later = self._later, []
        while self._notes:
            notes.append(self._notes.popleft())
        self._later = [note for note in notes if note.round > round]
        return [note for note in notes if note.round <= round]

    def open(self) -> None:
        """Note that a round begins."""
        self._missed_the_end.clear()

    def end_episode(self) -> None:
        """Note who will not hear, with the others, how the episode ended."""
        self._missed_the_end.update(self._absences.busy)

    def welcome(self, message: Returned, last_round: int, *, is_open: bool) -> None:
        """Note who is back.

        Args:
            last_round: the last that was begun,
            is_open: and whether it still goes on.
        """
        if not self._absences.is_at(message.agent_id, message.round):
            return
        place = Place.AT_ONCE
        if is_open:
            place = Place.DURING
        elif message.agent_id in self._missed_the_end:
            place = Place.BEFORE
        round = last_round + (not is_open)
        self._add(Back(round, message.agent_id, message.round, place, message.late))

    def close(self, round: Round) -> None:
        """Note who missed a round that is closed."""
        number = round.number
        for index, how in round.ends.items():
            if how not in _MISSED:
                continue
            agent_id = round.members[index]
            if round.finished[index] is not None:
                self._add(Tardy(number, agent_id))
                continue
            self._add(Away(number, agent_id))
            if not self._absences.is_at(agent_id, number):
                # Its call was dropped unread; that is as if it had been back at once.
                self._add(Back(number + 1, agent_id, number, Place.AT_ONCE, read=False))

    def _add(self, note: Note) -> None:
        if self._notes is not None:
            self._notes.append(note)
