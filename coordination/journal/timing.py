"""When whom a round went on without was back, as the rows of a journal say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..attendance import Away, Back, Note, Place, Tardy


@dataclass(frozen=True, slots=True)
class Absence:
    """How a member of a round missed it."""

    tardy: bool = False
    """It answered in vain, and was back when the round closed."""
    read: bool = True
    """Whether it looked at its call at all."""
    back: tuple[int, Place] = (0, Place.AT_ONCE)
    """Before or within which round it was back, and when."""


@dataclass(slots=True, eq=False)
class Timing:
    """Who missed a round, by round and id; who was back while one was open."""

    last: int
    absent: dict[int, dict[str, Absence]] = field(default_factory=dict)
    unneeded: set[int] = field(default_factory=set)
    """Rounds that closed early."""
    during: set[int] = field(default_factory=set)
    """Rounds within which somebody was back."""

    def __bool__(self) -> bool:
        return bool(self.absent)

    @property
    def in_turn(self) -> bool:
        """Whether all of it is as where agents are called one after another."""
        return all(
            how.tardy or (not how.read and how.back == (round + 1, Place.AT_ONCE))
            for round, absent in self.absent.items()
            for how in absent.values()
        )

    @classmethod
    def of(cls, events: Iterable[tuple[int, Mapping[str, Any]]], last: int) -> Timing:
        """Read it from the events of a journal, by round, up to the last that matters."""
        timing = cls(last)
        for round, value in events:
            if round <= last:
                timing._take_in(round, value)
        return timing

    def _take_in(self, round: int, value: Mapping[str, Any]) -> None:
        for agent_id in value.get("away", ()):
            # As long as nothing else is written it is back when all that is known is over.
            back = Absence(back=(self.last + 1, Place.AT_ONCE))
            self.absent.setdefault(round, {})[agent_id] = back
        for agent_id in value.get("tardy", ()):
            self.absent.setdefault(round, {})[agent_id] = Absence(tardy=True)
        if "unneeded" in value.get("missing", {}).values():
            self.unneeded.add(round)
        for agent_id, called, place, read in value.get("back", ()):
            back = Absence(read=read, back=(round, Place(place)))
            self.absent.setdefault(called, {})[agent_id] = back
            if place == Place.DURING:
                self.during.add(round)


def plain_notes(notes: Iterable[Note]) -> dict[str, Any]:
    """Give notes as values for the row of events of their round; empty for most rounds."""
    away: list[str] = []
    tardy: list[str] = []
    back: list[list[Any]] = []
    for note in notes:
        match note:
            case Away():
                away.append(note.agent_id)
            case Tardy():
                tardy.append(note.agent_id)
            case Back():
                back.append([note.agent_id, note.called, int(note.place), note.read])
    values = {"away": sorted(away), "tardy": sorted(tardy), "back": sorted(back)}
    return {name: held for name, held in values.items() if held}
