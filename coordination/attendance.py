"""Who came too late for a round and when they were back: what a replay has to be told."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import Any, NamedTuple

from .call import Returned
from .coordinator import Coordinator, EndEpisode, StartRound
from .outcome import Outcome, Status
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
    """Notes of one society, once somebody wants them; written and read by one thread each."""

    def __init__(self) -> None:
        self._notes: deque[Note] | None = None
        self._later: list[Note] = []

    def begin(self) -> None:
        """Keep notes from now on, until they are taken."""
        if self._notes is None:
            self._notes = deque()

    def add(self, note: Note) -> None:
        if self._notes is not None:
            self._notes.append(note)

    def take(self, round: int) -> list[Note]:
        """Give the notes up to a round that has closed, and forget them."""
        # What comes meanwhile is of the next round.
        notes, self._later = self._later, []
        while self._notes:
            notes.append(self._notes.popleft())
        self._later = [note for note in notes if note.round > round]
        return [note for note in notes if note.round <= round]


class AttentiveCoordinator(Coordinator):
    """A coordinator that notes who is away."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.attendance = Attendance()
        self._missed_the_end: set[str] = set()

    def on_receive(self, message: Any) -> Any:
        match message:
            case Returned():
                self._note_back(message)
            case EndEpisode():
                self._missed_the_end.update(self._absences.busy)
        return super().on_receive(message)

    def _note_back(self, message: Returned) -> None:
        if not self._absences.is_at(message.agent_id, message.round):
            return
        place = Place.AT_ONCE
        if self._open is not None:
            place = Place.DURING
        elif message.agent_id in self._missed_the_end:
            place = Place.BEFORE
        round = self._last_round + (self._open is None)
        self.attendance.add(Back(round, message.agent_id, message.round, place, message.late))

    def _start(self, message: StartRound) -> None:
        self._missed_the_end.clear()
        super()._start(message)

    def _conclude(self, message: StartRound, round: Round) -> Outcome:
        number = round.number
        for index, how in round.ends.items():
            if how not in _MISSED:
                continue
            agent_id = round.members[index]
            if round.finished[index] is not None:
                self.attendance.add(Tardy(number, agent_id))
                continue
            self.attendance.add(Away(number, agent_id))
            if not self._absences.is_at(agent_id, number):
                # Its call was dropped unread; that is as if it had been back at once.
                back = Back(number + 1, agent_id, number, Place.AT_ONCE, read=False)
                self.attendance.add(back)
        return super()._conclude(message, round)
