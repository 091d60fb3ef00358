"""Making stories of the store of a run, living or ended; row by row, in bounded room."""

from __future__ import annotations

from dataclasses import fields

from ..memory.alerts import Alarm, Alert, Thresholds
from ..memory.compact import pack, size_of
from ..memory.history import History
from ..memory.packed_item import PackedItems
from ..memory.semantic import SemanticMemory
from ..memory.settings import MemorySettings
from ..memory.store.chain import StoredRow
from ..memory.store.reader import Reader
from ..memory.store.records import Evicted, Lived, item_in, sound
from ..memory.store.revival import decode
from .gather import kinds_of, notes_of, sizes_of, top_of
from .order import in_order
from .story import AgentStory, Consolidation, SocietyStory

_POINTS = 256
"""Sizes that are kept of each agent; even."""
_MOST = 1 << 62


class _Life:
    """What is gathered of one agent."""

    def __init__(self, name: str, settings: MemorySettings | None) -> None:
        self.name = name
        self._limits = None if settings is None else settings.limits
        self._thresholds = Thresholds() if settings is None else settings.thresholds
        self.live: dict[int, int] = {}
        """Bytes by sequence."""
        self.bytes = 0
        self.written = self.consolidated = self.evicted = 0
        self.history = History(_POINTS)
        self.alarm = Alarm(self._thresholds)
        self.alerts: list[Alert] = []
        self.consolidations: list[Consolidation] = []
        self.known = SemanticMemory(_MOST if settings is None else settings.most_items)
        """The items that it has kept until now, as the agent itself does."""

    def let_go(self, first: int, last: int) -> tuple[int, int]:
        """Forget a range; give how many experiences and bytes of it were there."""
        gone = [n for n in range(first, last + 1) if n in self.live]
        held = sum(self.live.pop(n) for n in gone)
        self.bytes -= held
        return len(gone), held

    def end_round(self, round: int) -> None:
        self.history.add(round, len(self.live), self.bytes)
        if self._limits is None:
            return
        usage = self._limits.usage(len(self.live), self.bytes)
        if (severity := self.alarm.look(usage)) is not None:
            threshold = self._thresholds.of(severity)
            self.alerts.append(Alert(self.name, severity, round, usage, threshold, len(self.live)))

    def story(self) -> AgentStory:
        items = self.known.items()
        return AgentStory(
            name=self.name,
            limit=None if self._limits is None else self._limits.size,
            written=self.written,
            live=len(self.live),
            consolidated=self.consolidated,
            evicted=self.evicted,
            sizes=sizes_of(self.history.snapshots()),
            consolidations=tuple(self.consolidations),
            kinds=kinds_of(items),
            items=top_of(items),
            items_kept=len(items),
            items_made=self.known.statistics().added,
            alerts=notes_of(self.alerts),
        )


class _Lives:
    """Goes through a store once."""

    def __init__(self, reader: Reader, only: str | None) -> None:
        ids = in_order(reader.agents) if only is None else [only]
        settings = _settings_of(reader)
        self.of = {agent_id: _Life(agent_id, settings) for agent_id in ids}
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
                held = size_of(pack(sequence, experience, importance, surprise, _MOST))
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
        items = PackedItems.of(
            item_in(one, self._reader.path)
            for one in self._reader.of_agent("item", row.agent, first, first + value["items"] - 1)
        )
        life.known.add(items)
        life.consolidations.append(
            Consolidation(row.round, first, last, count, len(items), before, items.size)
        )

    def _end_round(self, round: int) -> None:
        for agent_id in self._touched:
            self.of[agent_id].end_round(round)
        self._touched.clear()


def story_of(reader: Reader, agent_id: str | None = None) -> SocietyStory:
    """Tell what a run's store knows of all agents, or of one.

    Raises:
        StoreError: the store cannot be read.
        UnknownNameError: there is no such agent.
    """
    if agent_id is not None:
        next(iter(reader.items(agent_id)), None)  # says whether there is such an agent
    lives = _Lives(reader, agent_id)
    for row in reader.stored():
        lives.take(row)
    folder = reader.path.parent
    facts = {"run folder": str(folder), "rounds": f"{max(0, reader.round):,}"}
    agents = tuple(life.story() for life in lives.of.values())
    return SocietyStory(title=f"Memories of {folder.name}", agents=agents, facts=facts)


def _settings_of(reader: Reader) -> MemorySettings | None:
    """Give how the memories were bounded; None where nobody wrote it down."""
    known = {one.name for one in fields(MemorySettings)}
    for _, row in reader.rows("memory"):
        return MemorySettings(**{key: x for key, x in row.value.items() if key in known})
    return None
