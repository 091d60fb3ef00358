"""Making stories of the store of a run, living or ended; row by row, in bounded room."""

from __future__ import annotations

from pathlib import Path

from ..memory.alerts import Alarm, Alert, Thresholds
from ..memory.compact import pack, size_of
from ..memory.history import History
from ..memory.item import Item
from ..memory.packed_item import pack_item
from ..memory.store.chain import StoredRow
from ..memory.store.reader import Reader
from ..memory.store.records import Evicted, Lived, item_in, sound
from ..memory.store.revival import decode
from .gather import kinds_of, notes_of, sizes_of, top_of
from .story import AgentStory, Consolidation, SocietyStory

_POINTS = 256
"""Sizes that are kept of each agent; even."""
_MOST_BYTES = 1 << 62


class _Life:
    """What is gathered of one agent."""

    def __init__(self, name: str, limit: int | None) -> None:
        self.name = name
        self.limit = limit
        self.live: dict[int, int] = {}
        """Bytes by sequence."""
        self.bytes = 0
        self.written = self.consolidated = self.evicted = 0
        self.history = History(_POINTS)
        self.alarm = Alarm(Thresholds())
        self.alerts: list[Alert] = []
        self.consolidations: list[Consolidation] = []
        self.items: list[Item] = []

    def let_go(self, first: int, last: int) -> tuple[int, int]:
        """Forget a range; give how many experiences and bytes of it were there."""
        gone = [n for n in range(first, last + 1) if n in self.live]
        held = sum(self.live.pop(n) for n in gone)
        self.bytes -= held
        return len(gone), held

    def end_round(self, round: int) -> None:
        self.history.add(round, len(self.live), self.bytes)
        if self.limit and (severity := self.alarm.look(len(self.live) / self.limit)) is not None:
            usage = len(self.live) / self.limit
            threshold = Thresholds().of(severity)
            self.alerts.append(Alert(self.name, severity, round, usage, threshold, len(self.live)))

    def story(self) -> AgentStory:
        return AgentStory(
            name=self.name,
            limit=self.limit,
            written=self.written,
            live=len(self.live),
            consolidated=self.consolidated,
            evicted=self.evicted,
            sizes=sizes_of(self.history.snapshots()),
            consolidations=tuple(self.consolidations),
            kinds=kinds_of(self.items),
            items=top_of(self.items),
            items_kept=len(self.items),
            alerts=notes_of(self.alerts),
        )


class _Lives:
    """Goes through a store once."""

    def __init__(self, reader: Reader, only: str | None, limit: int | None) -> None:
        ids = reader.agents if only is None else [only]
        self.of = {agent_id: _Life(agent_id, limit) for agent_id in ids}
        self._reader = reader
        self._touched: set[str] = set()

    def take(self, row: StoredRow) -> None:
        with sound(row, self._reader.path):
            match row.kind:
                case "experiences":
                    self._lived(Lived(row.body))
                case "evictions":
                    self._evicted(Evicted(row.body))
                case "replacement":
                    self._replaced(row)
                case "item":
                    if (life := self._life(row.agent)) is not None:
                        life.items.append(item_in(row, self._reader.path))
                case "round":
                    self._end_round(row.round)
                case _:
                    pass

    def _life(self, number: int) -> _Life | None:
        agent_id = self._reader.agents[number - 1]
        life = self.of.get(agent_id)
        if life is not None:
            self._touched.add(agent_id)
        return life

    def _lived(self, lived: Lived) -> None:
        for place, number in enumerate(lived.agents):
            if (life := self._life(int(number))) is not None:
                sequence, experience, importance, surprise = lived.at(place)
                held = size_of(pack(sequence, experience, importance, surprise, _MOST_BYTES))
                life.live[sequence] = held
                life.bytes += held
                life.written += 1

    def _evicted(self, gone: Evicted) -> None:
        for place, number in enumerate(gone.agents):
            if (life := self._life(int(number))) is not None:
                count, _ = life.let_go(int(gone.first[place]), int(gone.last[place]))
                life.evicted += count

    def _replaced(self, row: StoredRow) -> None:
        life = self._life(row.agent)
        if life is None:
            return
        value = decode(row.body)
        first, last = row.number, value["last"]
        count, before = life.let_go(first, last)
        life.consolidated += count
        items = [
            item_in(one, self._reader.path)
            for one in self._reader.of_agent("item", row.agent, first, first + value["items"] - 1)
        ]
        after = sum(size_of(pack_item(item)) for item in items)
        life.consolidations.append(
            Consolidation(row.round, first, last, count, len(items), before, after)
        )

    def _end_round(self, round: int) -> None:
        for agent_id in self._touched:
            self.of[agent_id].end_round(round)
        self._touched.clear()


def story_of(folder: Path, agent_id: str | None = None) -> SocietyStory:
    """Tell what a run's store knows of all agents, or of one.

    Raises:
        StoreError: there is no store, or it cannot be read.
        UnknownNameError: there is no such agent.
    """
    with Reader(folder) as reader:
        if agent_id is not None:
            next(iter(reader.items(agent_id)), None)  # says whether there is such an agent
        limit = None
        for _, told in reader.rows("memory"):
            limit = told.value.get("memory_size")
        lives = _Lives(reader, agent_id, limit)
        for row in reader.stored():
            lives.take(row)
        facts = {"run folder": str(folder), "rounds": f"{max(0, reader.round):,}"}
    agents = tuple(life.story() for life in lives.of.values())
    return SocietyStory(title=f"Memories of {folder.name}", agents=agents, facts=facts)
