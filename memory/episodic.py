"""One agent's memory of what it lived: bounded, in lived order, every experience accounted for."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import CleanupError, TooLargeError
from ..logs import get_logger
from ..models.experience import Experience
from . import ledger
from .candidates import Candidates
from .cleanup import Cleanup, Fifo, choose
from .compact import has_foreign, pack, sequence_of, size_of, unpack
from .ledger import Frozen, State
from .limits import MemoryLimits
from .ranges import Ranges, ranges_of
from .remembered import Remembered
from .rows import taken, with_room
from .statistics import MemoryStatistics
from .tombstones import Reason, counts_of
from .watermarks import Watermarks

log = get_logger(__name__)

_PARTS = 16
_EMPTY = size_of(b"")


class EpisodicMemory:
    """Keeps an agent's experiences; record and recent cost the same whatever it has seen.

    One thread writes; any may read at any time. Every change is one assignment of a new state,
    so that whoever reads meanwhile, however slowly, has a whole one, and an interrupt between
    two lines loses nothing. (A newcomer is held before others go for it: who reads between the
    two sees one more than the limits say.)
    """

    __slots__ = (
        "_alarm_bytes",
        "_alarm_round",
        "_alarm_size",
        "_cleanup",
        "_expires_after",
        "_foreign",
        "_marks",
        "_most",
        "_parts",
        "_state",
        "agent_id",
        "limits",
        "on_gone",
    )

    def __init__(
        self,
        limits: MemoryLimits | None = None,
        cleanup: Cleanup | None = None,
        *,
        agent_id: str = "",
    ) -> None:
        """Make an empty memory.

        Args:
            limits: what it may hold; by default what ``MemoryLimits`` says.
            cleanup: chooses what goes where there is too much; by default the oldest goes.
            agent_id: whose it is, for messages.
        """
        self.limits = limits or MemoryLimits()
        self.agent_id = agent_id
        self._cleanup: Cleanup = cleanup or Fifo()
        self._parts: int = getattr(self._cleanup, "parts", _PARTS)
        self._expires_after: int | None = getattr(self._cleanup, "expires_after", None)
        self._most = self.limits.max_bytes - _EMPTY
        self._marks = Watermarks(self.limits.high, self.limits.low)
        self._foreign = 0
        self.on_gone: Callable[[Reason, Ranges], object] | None = None
        """Told of experiences that are being evicted, if anybody wants to know."""
        self._state: State = ledger.new_state()
        self._alarm_round = math.inf if self._expires_after is None else -math.inf
        self._mark()

    def record(
        self,
        experience: Experience,
        *,
        importance: float | None = None,
        surprise: float | None = None,
    ) -> int:
        """Keep an experience, the latest; give its sequence.

        Args:
            importance: at least 0; 1 if None.
            surprise: in nats, such as the agent's own free energy; None if it has none.

        Raises:
            ValueError: importance or surprise is no such number; nothing was recorded.
            CleanupError: there had to be room, and the clean-up broke; the experience is
                recorded, and the oldest went.
        """
        weight = 1.0 if importance is None else _number("importance", importance, 0.0)
        nats = None if surprise is None else _number("surprise", surprise, -math.inf)
        entries, size, written, held, book = self._state
        sequence = written + 1
        try:
            packed = pack(sequence, experience, weight, nats, self._most)
        except TooLargeError:
            return self._turn_away()
        if len(packed) > self._most:
            return self._turn_away()
        if has_foreign(packed):
            self._note_foreign(sequence)
        if size == len(entries):
            entries = with_room(entries)
        # Whatever an interrupt left behind those that count is written over.
        entries[size] = packed
        size += 1
        held += size_of(packed)
        self._state = entries, size, sequence, held, book
        full = size >= self._alarm_size or held >= self._alarm_bytes
        if full or experience.round >= self._alarm_round:
            self._settle(experience.round)
        return sequence

    def recent(self, k: int) -> list[Experience]:
        """Give the last k experiences, or all if they are fewer; the newest last."""
        return [one.experience for one in self.latest(k)]

    def latest(self, k: int) -> list[Remembered]:
        """Give the last k as they are remembered; the newest last."""
        if k < 0:
            raise ValueError(f"k must be >= 0, got {k}")
        entries, size, *_ = self._state
        return [unpack(packed) for packed in taken(entries, max(0, size - k), size)]

    def snapshot(self) -> tuple[Remembered, ...]:
        """Give all that is held, oldest first."""
        entries, size, *_ = self._state
        return tuple([unpack(packed) for packed in taken(entries, 0, size)])

    def freeze(self, count: int) -> Frozen:
        """Set the oldest apart: until they are replaced or thawed none of them may go.

        Raises:
            ValueError: there are not so many.
            FrozenRangeError: others are frozen already.
        """
        self._state, frozen = ledger.with_frozen(self._state, count, self.agent_id)
        return frozen

    def replace(self, frozen: Frozen, items: int) -> None:
        """Let frozen experiences go, for items stand for them now.

        Args:
            items: how many; no more than there were experiences.

        Raises:
            ValueError: it is no such number.
            FrozenRangeError: these are not frozen, or no more.
        """
        self._state = ledger.with_replaced(self._state, frozen, items)
        self._mark()

    def thaw(self, frozen: Frozen) -> None:
        """Let frozen experiences be as before; nothing came of them.

        Raises:
            FrozenRangeError: these are not frozen, or no more.
        """
        self._state = ledger.with_thawed(self._state, frozen)

    @property
    def frozen(self) -> Frozen | None:
        """What something is being made of; None if nothing is."""
        return self._state[-1].frozen

    @property
    def over_high_water(self) -> bool:
        """Whether it wants to be consolidated: from the high mark on until below the low one."""
        return self._marks.raised

    @property
    def written(self) -> int:
        """How many experiences it was ever given; the sequence of the last."""
        return self._state[2]

    def __len__(self) -> int:
        return self._state[1]

    def statistics(self) -> MemoryStatistics:
        """Give the figures of this moment."""
        _, size, written, held, book = self._state
        usage = self.limits.usage(size, held)
        return MemoryStatistics(
            agent_id=self.agent_id,
            current_size=size,
            max_size=self.limits.size,
            bytes=held,
            max_bytes=self.limits.max_bytes,
            usage_ratio=usage,
            approaching_limit=usage >= self.limits.warning,
            over_high_water=self._marks.raised,
            crossings=self._marks.crossings,
            written=written,
            frozen=0 if book.frozen is None else book.frozen.count,
            consolidated=book.consolidated,
            items=book.items,
            consolidations=book.consolidations,
            evicted=book.evicted,
            evicted_by=counts_of(book.stones),
            tombstones=tuple(itertools.chain.from_iterable(book.stones.values())),
            foreign=self._foreign,
        )

    def _settle(self, round: int) -> None:
        """Come back within the bounds, and set the marks by how full it then is."""
        try:
            if round >= self._alarm_round:
                self._expire(round)
            while (reason := self._excess()) is not None:
                self._evict(reason, self._batch(), round)
        except CleanupError:
            self._drop_oldest()
            raise
        finally:
            self._mark()

    def _excess(self) -> Reason | None:
        _, size, _, held, _ = self._state
        if size > self.limits.size:
            return Reason.SIZE
        return Reason.BYTES if held > self.limits.max_bytes else None

    def _batch(self) -> int:
        count = max(1, ledger.may_go_count(self._state) // self._parts)
        if self._state[-1].evicted:
            return count
        # Agents of one society fill up in one round; so that they do not stop it all at once
        # ever after, the first time each lets another number go.
        return 1 + zlib.crc32(self.agent_id.encode()) % count

    def _expire(self, round: int) -> None:
        """Let go what is too old, and note when the next will be."""
        assert self._expires_after is not None
        if ledger.may_go_count(self._state):
            self._evict(Reason.AGE, 0, round)
        self._alarm_round = round + 1
        if left := ledger.may_go(self._state):
            # Not as soon as the next is due: a few go at a time, as elsewhere.
            due = Candidates(left)[0].round + self._expires_after + 1
            self._alarm_round = max(self._alarm_round, due + self._expires_after // self._parts)

    def _evict(self, reason: Reason, count: int, round: int) -> None:
        candidates = Candidates(ledger.may_go(self._state))
        chosen = choose(self._cleanup, candidates, count, round)
        self._tell(reason, chosen)
        self._state = ledger.with_evicted(self._state, chosen, reason)

    def _drop_oldest(self) -> None:
        while self._excess() is not None:
            self._tell(Reason.CLEANUP_FAILED, (0,))
            self._state = ledger.with_evicted(self._state, (0,), Reason.CLEANUP_FAILED)

    def _tell(self, reason: Reason, indices: Sequence[int]) -> None:
        if self.on_gone is not None and indices:
            free = ledger.may_go(self._state)
            self.on_gone(reason, ranges_of(sequence_of(free[index]) for index in indices))

    def _turn_away(self) -> int:
        self._state = ledger.with_turned_away(self._state)
        sequence = self._state[2]
        if self.on_gone is not None:
            self.on_gone(Reason.TOO_LARGE, ((sequence, sequence),))
        return sequence

    def _note_foreign(self, sequence: int) -> None:
        self._foreign += 1
        if self._foreign == 1:
            log.warning("memory.value_not_kept", agent=self.agent_id, sequence=sequence)

    def _mark(self) -> None:
        """Take in how full it is, and set from where on the next record has to look again."""
        _, size, _, held, _ = self._state
        limits = self.limits
        self._marks.update(limits.usage(size, held))
        raised = self._marks.raised
        self._alarm_size = limits.size + 1 if raised else limits.high * limits.size
        self._alarm_bytes = limits.max_bytes + 1 if raised else limits.high * limits.max_bytes


def _number(name: str, value: Any, least: float) -> float:
    number = float(value)
    if not (math.isfinite(number) and number >= least):
        rule = "must be a finite number" + (" >= 0" if least == 0 else "")
        raise ValueError(f"{name} {rule}, got {value!r}")
    return number
