"""How long does a round of agents that block take, against a bare thread for each of them?

A thousand agents that sleep 5 ms, on the public ``Society.step``. Ours pooled is measured
once it has seen them block (detected), from its first round on (first), and with agents that
say so themselves (declared). Every agent checks that it slept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from . import ours, threads
from .agents import DeclaredSleeper, Sleeper
from .checks import check_answers, check_outcomes, unchanged
from .harness import Better, Case, Ratio, Variant
from .turn import in_turn

_AGENTS, _SLEEP = 1_000, 0.005
_WARM_UP = 3
"""Rounds in which a pool may learn who blocks."""


def cases(*, small: bool) -> list[Case]:
    """Give the one case there is."""
    return [_case(_AGENTS, rounds=3 if small else 10, repeats=3 if small else 15)]


def _case(n: int, *, rounds: int, repeats: int) -> Case:
    return Case(
        name=f"{n:,} sleep {_SLEEP * 1e3:g} ms",
        unit="round",
        repeats=repeats,
        variants=partial(_variants, n, rounds),
        ratios=(
            _over("blocking_over_thread_each", "detected", 1.25),
            _over("blocking_declared_over_thread_each", "declared", 0.9),
            _over("blocking_first_over_thread_each", "first"),
            _over("blocking_threaded_over_thread_each", "threaded"),
        ),
        warm_ups=0,
    )


def _over(name: str, variant: str, target: float | None = None) -> Ratio:
    return Ratio(name, variant, "thread_each", target, Better.LESS)


@contextmanager
def _variants(n: int, rounds: int) -> Iterator[list[Variant]]:
    outcomes, answers = (partial(check, n, unchanged) for check in (check_outcomes, check_answers))
    agents = [Sleeper(number, _SLEEP) for number in range(1, n + 1)]
    detected = partial(ours.crowd, "pooled", Sleeper, n, seconds=_SLEEP)
    declared = partial(ours.crowd, "pooled", DeclaredSleeper, n, seconds=_SLEEP)
    threaded = partial(ours.crowd, "threaded", Sleeper, n, seconds=_SLEEP)
    bare = partial(threads.crowd, agents)
    yield [
        in_turn("detected", rounds, detected, outcomes, warm_up=_WARM_UP),
        in_turn("declared", rounds, declared, outcomes, warm_up=_WARM_UP),
        in_turn("thread_each", rounds, bare, answers, warm_up=_WARM_UP),
        in_turn("first", 1, detected, outcomes),
        in_turn("threaded", rounds, threaded, outcomes, warm_up=_WARM_UP),
    ]
