"""How much faster does a round close than with stock Pykka and asyncio?

Trivial agents, which answer at once: what is measured is calling them and gathering their
actions, ours on the public ``Society.step`` with its full ``Outcome``, without environment
and memory. Beside it, for reference, a plain loop over the same agents. A last case has
agents that compute for 200 µs each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from ..actors.limits import thread_limit
from ..clock import SystemClock
from ..models.agent import Agent
from . import loop, ours, stock, tasks
from .agents import Adder, Spinner, spun, turns_for
from .checks import Answer, check_answers, check_outcomes, unchanged
from .harness import Absent, Better, Case, Figure, Ratio, Variant
from .programs import Play
from .turn import Check, Start, in_turn

_SIZES = (10, 100, 1_000, 10_000)
_TARGETS = {1_000, 10_000}
"""Sizes at which something is to be reached."""
_MOST_THREADED = 1_000
_ANSWERS = {"pooled": 40_000, "loop": 200_000}
"""How many answers make a repeat; the quick give more, for short times are measured badly."""
_FEW_ANSWERS = 4_000
"""As many make one for the others."""
_SPINNERS, _SPIN = 1_000, 200e-6
"""How many agents compute, and for how many seconds each."""


def cases(*, small: bool) -> list[Case]:
    """Give one case for each number of agents, and one for agents that compute."""
    # Ten thousand threads take longer to start and to end than all the rest of a small run.
    sizes = _SIZES[:-1] if small else _SIZES
    return [*(_case(n, small=small) for n in sizes), _spin_case(small=small)]


def _case(n: int, *, small: bool) -> Case:
    # Ten thousand threads again, for stock, in every repeat.
    many = 5 if n > _MOST_THREADED else 15
    return Case(
        name=f"N={n:,}",
        unit="round",
        repeats=2 if small else many,
        variants=partial(_variants, n, 4 if small else 1),
        ratios=(*_ratios(n), *_threaded_ratios(n)),
        warm_ups=0,
    )


def _ratios(n: int) -> Iterator[Figure]:
    to_reach = n in _TARGETS
    yield Ratio(f"round_{n}_pooled_vs_stock", "pooled", "stock", 60 if to_reach else None)
    yield Ratio(f"round_{n}_pooled_vs_asyncio", "pooled", "asyncio", 10 if to_reach else None)
    yield Ratio(f"round_{n}_pooled_vs_asyncio_slots", "pooled", "asyncio_slots")
    most = 10 if to_reach else None
    yield Ratio(f"round_{n}_pooled_over_loop", "pooled", "loop", most, Better.LESS)


def _threaded_ratios(n: int) -> Iterator[Figure]:
    if n <= _MOST_THREADED:
        least = 1.5 if n in _TARGETS else None
        yield Ratio(f"round_{n}_threaded_vs_stock", "threaded", "stock", least)


def _spin_case(*, small: bool) -> Case:
    return Case(
        name=f"{_SPIN * 1e6:.0f} µs of CPU",
        unit="round",
        repeats=2 if small else 15,
        variants=_spinners,
        ratios=(
            Ratio("cpu200us_over_loop", "pooled", "loop", 1.05, Better.LESS),
            Ratio("cpu200us_threaded_over_loop", "threaded", "loop", better=Better.LESS),
            Ratio("cpu200us_stock_over_loop", "stock", "loop", better=Better.LESS),
        ),
        warm_ups=0,
    )


@contextmanager
def _variants(n: int, share: int) -> Iterator[list[Variant | Absent]]:
    field = _Field(lambda name: _rounds(name, n * share), Adder, n)
    yield [
        field.ours("pooled"),
        field.threads(field.theirs("stock", stock.crowd)),
        field.theirs("asyncio", tasks.crowd),
        field.theirs("asyncio_slots", tasks.slotted_crowd),
        field.theirs("loop", loop.crowd),
        *([field.threads(field.ours("threaded"))] if n <= _MOST_THREADED else []),
        field.ours("inline"),
    ]


def _rounds(name: str, n: int) -> int:
    return max(1, _ANSWERS.get(name, _FEW_ANSWERS) // n)


@contextmanager
def _spinners() -> Iterator[list[Variant | Absent]]:
    turns = turns_for(_SPIN, SystemClock())
    field = _Field(lambda name: 1, Spinner, _SPINNERS, turns=turns, answer=spun(turns))
    yield [
        field.ours("pooled"),
        field.theirs("loop", loop.crowd),
        field.threads(field.ours("threaded")),
        field.threads(field.theirs("stock", stock.crowd)),
    ]


class _Field:
    """All who call equal agents."""

    def __init__(
        self,
        rounds: Callable[[str], int],
        kind: type[Adder],
        n: int,
        *,
        answer: Answer = unchanged,
        **options: Any,
    ) -> None:
        """Prepare.

        Args:
            rounds: how many make one repeat, by who plays them.
            options: what an agent is made with, beside its number.
        """
        self._rounds, self._kind, self._n = rounds, kind, n
        self._answer, self._options = answer, options

    def ours(self, dispatcher: str) -> Variant:
        start = partial(ours.crowd, dispatcher, self._kind, self._n, **self._options)
        return self._variant(dispatcher, start, partial(check_outcomes, self._n, self._answer))

    def theirs(
        self, name: str, crowd: Callable[[Sequence[Agent]], AbstractContextManager[Play]]
    ) -> Variant:
        agents = [self._kind(number, **self._options) for number in range(1, self._n + 1)]
        check = partial(check_answers, self._n, self._answer)
        return self._variant(name, partial(crowd, agents), check)

    def threads(self, variant: Variant) -> Variant | Absent:
        """Give a variant with a thread for each agent, if this machine bears them."""
        limit = thread_limit()
        if self._n <= limit.threads:
            return variant
        why = f"this machine bears {limit.threads:,} more threads ({limit.reason})"
        return Absent(variant.name, why)

    def _variant(self, name: str, start: Start, check: Check) -> Variant:
        return in_turn(name, self._rounds(name), start, check, warm_up=1, starts=True)
