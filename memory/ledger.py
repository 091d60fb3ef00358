"""What a memory holds and what became of the rest, as states that follow from one another.

A state is never changed once it is there, so that whoever reads one has a whole one: the law
holds in each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from ..errors import FrozenRangeError
from .compact import sequence_of, sizes_of, unpack
from .ranges import Ranges, count_of, ranges_of
from .remembered import Remembered
from .rows import Rows, no_rows, taken, without, without_first
from .tombstones import Reason, Stones, buried


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """The oldest experiences of a memory, while something is made of them."""

    agent_id: str
    first: int
    """The lowest sequence."""
    last: int
    """The highest; some between may have been evicted before."""
    packed: tuple[bytes, ...]
    """The experiences as ``compact.pack`` gives them, oldest first."""
    bytes: int
    """What they take in the memory."""

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.packed)

    def entries(self) -> tuple[Remembered, ...]:
        """Give the experiences, oldest first."""
        return tuple([unpack(packed) for packed in self.packed])


class Ledger(NamedTuple):
    """What became of the experiences that are held no more, and which of the others may not go."""

    consolidated: int = 0
    items: int = 0
    consolidations: int = 0
    evicted: int = 0
    stones: Stones = MappingProxyType({})
    frozen: Frozen | None = None


# The entries, of which the first so many count; how many experiences were ever written; the
# bytes of the entries; and the ledger. What lies behind the entries that count is not there
# yet. A plain tuple: one is made for every experience.
State = tuple[Rows, int, int, int, Ledger]


def new_state() -> State:
    """Give the state of a memory that was given nothing yet."""
    return no_rows(), 0, 0, 0, Ledger()


def may_go(state: State) -> list[bytes]:
    """Give the entries that are not frozen, oldest first."""
    entries, size, *_ = state
    return taken(entries, _frozen_count(state), size)


def may_go_count(state: State) -> int:
    """Give how many these are."""
    return state[1] - _frozen_count(state)


def with_frozen(state: State, count: int, agent_id: str) -> tuple[State, Frozen]:
    """Freeze the oldest entries.

    Raises:
        ValueError: there are not so many.
        FrozenRangeError: others are frozen already.
    """
    entries, size, written, held, ledger = state
    if ledger.frozen is not None:
        raise FrozenRangeError(agent_id, "one range at a time can be frozen")
    if type(count) is not int or not 1 <= count <= size:
        raise ValueError(f"count must be a whole number in 1..{size}, got {count!r}")
    packed = tuple(taken(entries, 0, count))
    first, last = sequence_of(packed[0]), sequence_of(packed[-1])
    frozen = Frozen(agent_id, first, last, packed, sizes_of(packed))
    return (entries, size, written, held, Ledger(*ledger[:-1], frozen=frozen)), frozen


def with_replaced(state: State, frozen: Frozen, items: int) -> State:
    """Take frozen entries out: items stand for them now.

    Raises:
        ValueError: more items than experiences.
        FrozenRangeError: these are not frozen, or no more.
    """
    entries, size, written, held, ledger = state
    _check_frozen(ledger, frozen)
    if type(items) is not int or not 0 <= items <= frozen.count:
        raise ValueError(f"items must be a whole number in 0..{frozen.count}, got {items!r}")
    ledger = Ledger(
        consolidated=ledger.consolidated + frozen.count,
        items=ledger.items + items,
        consolidations=ledger.consolidations + 1,
        evicted=ledger.evicted,
        stones=ledger.stones,
        frozen=None,
    )
    # A new row: somebody may be reading the old one.
    rest = without_first(entries, size, frozen.count)
    return rest, size - frozen.count, written, held - frozen.bytes, ledger


def with_thawed(state: State, frozen: Frozen) -> State:
    """Let frozen entries be as before.

    Raises:
        FrozenRangeError: these are not frozen, or no more.
    """
    entries, size, written, held, ledger = state
    _check_frozen(ledger, frozen)
    return entries, size, written, held, Ledger(*ledger[:-1], frozen=None)


def with_evicted(state: State, indices: Sequence[int], reason: Reason) -> State:
    """Take entries out for good.

    Args:
        indices: places among those that may go, ascending.
    """
    if not indices:
        return state
    entries, size, written, held, ledger = state
    start = _frozen_count(state)
    places = [start + index for index in indices] if start else indices
    gone = [entries[place] for place in places]
    # A new row: somebody may be reading the old one.
    rest = without(entries, size, places)
    ledger = _with_stones(ledger, reason, _ranges_of(gone))
    return rest, size - len(gone), written, held - sizes_of(gone), ledger


def with_turned_away(state: State) -> State:
    """Count the next experience as evicted before it was ever held."""
    entries, size, written, held, ledger = state
    ledger = _with_stones(ledger, Reason.TOO_LARGE, ((written + 1, written + 1),))
    return entries, size, written + 1, held, ledger


def _frozen_count(state: State) -> int:
    frozen = state[-1].frozen
    return 0 if frozen is None else frozen.count


def _check_frozen(ledger: Ledger, frozen: Frozen) -> None:
    if ledger.frozen is not frozen:
        which = f"{frozen.first}-{frozen.last}"
        raise FrozenRangeError(frozen.agent_id, f"{which} is not frozen, or no more")


def _with_stones(ledger: Ledger, reason: Reason, ranges: Ranges) -> Ledger:
    consolidated, items, consolidations, evicted, stones, frozen = ledger
    evicted += count_of(ranges)
    stones = buried(stones, reason, ranges)
    return Ledger(consolidated, items, consolidations, evicted, stones, frozen)


def _ranges_of(gone: list[bytes]) -> Ranges:
    first, last = sequence_of(gone[0]), sequence_of(gone[-1])
    if last - first + 1 == len(gone):
        return ((first, last),)
    return ranges_of(map(sequence_of, gone))
