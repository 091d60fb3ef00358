"""Who goes when a memory is full: the oldest, the outdated, the least relevant, or as you say."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np

from ..actors.failures import describe
from ..errors import CleanupError
from ..plugins import find
from .candidates import Candidates
from .plugins import check_callable, name_of

GROUP = "antiphon.cleanups"


class Cleanup(Protocol):
    """Chooses which experiences go; a function will do.

    Two attributes say more, for those that have them. ``parts``: one in so many goes at a time;
    by default 16, so that whoever looks at all of them pays for it once in a while.
    ``expires_after``: experiences older than so many rounds are to go even where there is room;
    with a count of 0 it is asked which ones those are.
    """

    def __call__(self, candidates: Candidates, count: int, round: int, /) -> Iterable[int]:
        """Give the sequences of those that go, ``count`` of them or more, each once.

        Args:
            candidates: who may go, oldest first; read-only.
            round: the present one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fifo:
    """The oldest go."""

    parts: ClassVar[int] = 32

    def __call__(self, candidates: Candidates, count: int, round: int, /) -> list[int]:
        return _sequences(candidates[:count])


@dataclass(frozen=True, slots=True)
class Age:
    """All that are older than a number of rounds go, and the oldest where those are too few."""

    rounds: int = 1_000
    parts: ClassVar[int] = 32

    def __post_init__(self) -> None:
        if type(self.rounds) is not int or self.rounds < 1:
            raise ValueError(f"rounds must be a whole number >= 1, got {self.rounds!r}")

    @property
    def expires_after(self) -> int:
        return self.rounds

    def __call__(self, candidates: Candidates, count: int, round: int, /) -> list[int]:
        # What was lived later was lived in no earlier round.
        old = bisect_left(candidates, round - self.rounds, key=lambda one: one.round)
        return _sequences(candidates[: max(count, old)])


@dataclass(frozen=True, slots=True)
class Relevance:
    """The least relevant go, of equals the oldest: importance x recency x surprise.

    Recency is 1 / (1 + rounds passed), surprise 1 + nats: what an agent had fully expected, or
    cannot tell, is judged by the other two. (A product with the bare nats would be 0 for all of
    these, and the order among them lost.)
    """

    parts: ClassVar[int] = 16

    def __call__(self, candidates: Candidates, count: int, round: int, /) -> list[int]:
        passed = np.maximum(round - candidates.rounds, 0)
        nats = np.fmax(candidates.surprises, 0.0)
        relevance = candidates.importances * (1.0 + nats) / (1.0 + passed)
        least = np.argsort(relevance, kind="stable")[:count]
        chosen: list[int] = candidates.sequences[least].tolist()
        return chosen


_OURS: Mapping[str, Cleanup] = MappingProxyType(
    {"fifo": Fifo(), "age": Age(), "relevance": Relevance()}
)


def find_cleanup(kind: str | Cleanup) -> Cleanup:
    """Find a clean-up: a callable, a name, an entry point, or ``package.module:callable``.

    Raises:
        UnknownNameError: nothing has this name; it says what there is.
        PluginError: something has, but it cannot be loaded or called as a clean-up.
    """
    name = kind if isinstance(kind, str) else name_of(kind)
    found: Any = find("clean-up", kind, _OURS, GROUP) if isinstance(kind, str) else kind
    check_callable(name, found, "candidates", "count", "round")
    cleanup: Cleanup = found
    return cleanup


def choose(cleanup: Cleanup, candidates: Candidates, count: int, round: int) -> Sequence[int]:
    """Have a clean-up choose, and make sure that it may.

    Returns:
        The places of the chosen among the candidates, ascending.

    Raises:
        CleanupError: it raised, or chose too few, somebody twice, or somebody who may not go.
    """
    try:
        chosen = list(cleanup(candidates, count, round))
    except Exception as error:
        # Whatever it is: the experience is kept all the same, and the oldest goes in its stead.
        raise CleanupError(name_of(cleanup), f"raised {describe(error)}") from error
    if len(chosen) >= count and chosen == _sequences(candidates[: len(chosen)]):
        return range(len(chosen))  # The oldest, as mostly: no need to look at all of them.
    if (rule := _broken_rule(chosen, count)) is not None:
        raise CleanupError(name_of(cleanup), rule)
    return _places(cleanup, candidates, sorted(chosen))


def _places(cleanup: Cleanup, candidates: Candidates, chosen: list[int]) -> list[int]:
    sequences = candidates.sequences
    places = np.searchsorted(sequences, chosen)
    places[places == len(sequences)] = 0
    strangers = np.asarray(chosen)[sequences[places] != chosen]
    if len(strangers):
        rule = f"must choose among those that may go, got {strangers[0]}"
        raise CleanupError(name_of(cleanup), rule)
    found: list[int] = places.tolist()
    return found


def _broken_rule(chosen: list[Any], count: int) -> str | None:
    strange = [c for c in chosen if not _is_whole(c)]
    if strange:
        return f"must choose by sequence, a whole number, got {strange[0]!r:.80}"
    if len(chosen) < count:
        return f"must choose {count:,} or more, got {len(chosen):,}"
    distinct = len(set(chosen))
    if distinct < len(chosen):
        return f"must choose each once, got {len(chosen):,} of which {distinct:,} differ"
    return None


def _sequences(candidates: Candidates) -> list[int]:
    sequences: list[int] = candidates.sequences.tolist()
    return sequences


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
