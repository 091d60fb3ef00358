"""What does a pooled actor cost to keep, to start and to stop, and does anything stay behind?

Two hundred thousand hosts, each with a trivial agent, in a society that plays a round; then
a second society of as many in the same process. Each repeat has a process of its own, so
that the memory counted is theirs alone. A repeat counts only if threads, descriptors and
Python objects are back where they were, and if the second society needs no more memory than
the first: what the allocator keeps is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from .census import Census
from .elsewhere import elsewhere
from .harness import Better, Case, Quantity, Variant

_MOST_BYTES = 3 * 1024
_OBJECTS = 100
"""So many Python objects may stay: caches and the like, whatever the number of actors."""
_GROWTH, _SLACK = 1.1, 4 * 1024**2
"""The second society may need so many times the memory of the first, and so many bytes."""


def cases(*, small: bool) -> list[Case]:
    """Give the one case there is."""
    return [_case(20_000 if small else 200_000, repeats=1 if small else 2)]


def _case(n: int, *, repeats: int) -> Case:
    return Case(
        name=f"N={n:,}",
        unit="process",
        repeats=repeats,
        variants=partial(_variants, n),
        ratios=(
            _cost(
                "bytes_per_pooled_actor",
                "resident bytes, after a round",
                lambda c: (c.first.called.rss_bytes - c.before.rss_bytes) / n,
                _MOST_BYTES,
            ),
            _cost(
                "bytes_per_uncalled_pooled_actor",
                "resident bytes, before any round",
                lambda c: (c.first.started.rss_bytes - c.before.rss_bytes) / n,
            ),
            _cost(
                "bytes_left_per_pooled_actor",
                "resident bytes, after both societies",
                lambda c: (c.second.ended.rss_bytes - c.before.rss_bytes) / n,
            ),
            _cost("start_us_per_pooled_actor", "µs", lambda c: c.first.start_seconds / n * 1e6),
            _cost("stop_us_per_pooled_actor", "µs", lambda c: c.first.stop_seconds / n * 1e6),
        ),
        warm_ups=0,
    )


def _cost(
    name: str, meaning: str, read: Callable[[Census], float], target: float | None = None
) -> Quantity:
    return Quantity(name, "pooled", meaning, read, Better.LESS, target)


@contextmanager
def _variants(n: int) -> Iterator[list[Variant]]:
    yield [Variant("pooled", 1, lambda units: take_elsewhere(n), check)]


def take_elsewhere(n: int) -> Census:
    """Take the census in a new process."""
    return Census.of(elsewhere("census", n))


def check(units: int, census: Census) -> str:
    """Say what is wrong with the lives, or what they left behind; empty if nothing is."""
    before, lives = census.before, (census.first, census.second)
    for life in lives:
        after = life.ended
        if life.wrong:
            return life.wrong
        if (after.threads, after.descriptors) != (before.threads, before.descriptors):
            return f"threads, descriptors: {before} before, {after} after"
        if after.objects > before.objects + _OBJECTS:
            return f"{after.objects - before.objects:,} objects stayed behind"
    first, second = (life.called.rss_bytes - before.rss_bytes for life in lives)
    if second > first * _GROWTH + _SLACK:
        return f"{first:,} bytes for the first society, {second:,} for the second"
    return ""
