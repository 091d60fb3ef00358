"""What is gained by calling agents in parallel, and what do more agents and long runs cost?

Agents that wait 0.1 s, one after another and in parallel, and agents that only compute, for
which a lock of the interpreter leaves nothing to gain. Explorers in a grid world, more and
more of them. The growth of a process over a long run. Agents that call a language model, which
is a script on loopback, and when a call ends that is answered byte by byte. The guide's are
figures that the TinyTroupe and FreeAgentics guides state of those systems.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from ..clock import SystemClock
from ..coordination.outcome import Outcome
from ..coordination.records.progress import Silence
from ..coordination.records.run import Run
from ..models.explorer import Explorer
from ..society import Society
from . import chats, ours
from .agents import Adder, Spinner, spun, turns_for
from .checks import Answer, check_outcomes, unchanged
from .elsewhere import elsewhere
from .explorer import ListedExplorer
from .harness import Better, Case, Figure, Quantity, Ratio, Seconds, Variant
from .long_run import LongRun
from .machine import has_lock
from .programs import Play
from .turn import in_turn
from .waiting import Waiter

_WAIT, _COMPUTE = 0.1, 0.05
_GATED = 20
"""The number of agents of which something is to be reached."""
_GUIDED = {
    1: (1.0, 0.10, 0.10),
    5: (3.3, 0.15, 0.50),
    10: (4.0, 0.25, 1.00),
    20: (4.0, 0.50, 2.00),
}
"""By number of agents that wait: speed-up, and seconds of a parallel and a sequential round."""
_OPERATIONS = {5: 500.0, 20: 200.0, 50: 100.0, 100: 50.0}
"""By number of agents that infer: steps of agents in a second."""
_MOST_LOCKED = 1.1
"""A speed-up of agents that only compute, beyond which it is none: one thread runs at a time."""
_LATENCY_MS, _BOUNDED_MB, _UNBOUNDED_MB = 1.5, 450.0, 600.0
_SURE = 0.5
"""How sure of one cell explorers have to be; at the start they are by a hundredth."""
_STEPS = (2_000, 20_000)
_REPEATS = {_GATED: 15, 100: 3}
"""Repeats by number of agents that wait: more where something is to be reached."""
_SEED = 7


def cases(*, small: bool) -> list[Case]:
    """Give a case for each number of agents, and one for the long run."""
    waiting = (1, 5, 20) if small else (1, 5, 10, 20, 50, 100)
    exploring = (1, 20) if small else (1, 5, 20, 50, 100)
    return [
        *(_waiting(n, repeats=1 if small else _REPEATS.get(n, 5)) for n in waiting),
        _computing(20, repeats=1 if small else 15),
        *(_exploring(n, small=small) for n in exploring),
        _long_run(_STEPS[not small]),
        *chats.cases(small=small),
    ]


def _waiting(n: int, *, repeats: int) -> Case:
    speedup, seconds, in_sequence = _GUIDED.get(n, (None, None, None))
    reached = n == _GATED
    return Case(
        name=f"{n} wait {_WAIT:g} s",
        unit="round",
        repeats=repeats,
        variants=partial(_both, Waiter, n, unchanged, seconds=_WAIT),
        ratios=(
            Ratio(f"speedup_{n}", "parallel", "sequential", 16 if reached else None, guide=speedup),
            Seconds(f"parallel_s_{n}", "parallel", 0.12 if reached else None, seconds),
            Seconds(f"sequential_s_{n}", "sequential", guide=in_sequence),
            _concurrency(f"concurrency_{n}"),
        ),
        warm_ups=0,
    )


def _concurrency(name: str) -> Figure:
    meaning = "agents inside act at once, on average; no speed-up"
    return Quantity(name, "parallel", meaning, _at_once, Better.MORE)


def _at_once(outcomes: Sequence[Outcome]) -> float:
    return statistics.fmean(outcome.concurrency for outcome in outcomes)


def _computing(n: int, *, repeats: int) -> Case:
    name = f"speedup_computing_{n}"
    # Where more threads than one run at a time, more of it is better.
    speedup = Ratio(name, "parallel", "sequential")
    if has_lock():
        speedup = Ratio(name, "sequential", "parallel", _MOST_LOCKED, Better.LESS)
    return Case(
        name=f"{n} compute {_COMPUTE * 1e3:g} ms",
        unit="round",
        repeats=repeats,
        variants=partial(_spinners, n, _COMPUTE),
        ratios=(
            speedup,
            _concurrency(f"concurrency_computing_{n}"),
        ),
        warm_ups=0,
    )


@contextmanager
def _spinners(n: int, seconds: float) -> Iterator[list[Variant]]:
    turns = turns_for(seconds, SystemClock())
    with _both(Spinner, n, spun(turns), turns=turns) as variants:
        yield variants


@contextmanager
def _both(kind: type[Adder], n: int, answer: Answer, **options: Any) -> Iterator[list[Variant]]:
    check = partial(check_outcomes, n, answer)
    starts = {
        "sequential": partial(ours.crowd, "inline", kind, n, **options),
        "parallel": partial(ours.crowd, "pooled", kind, n, **options),
    }
    # The first round of a pool brings its threads in.
    yield [
        in_turn("sequential", 1, starts["sequential"], check, starts=True),
        in_turn("parallel", 1, starts["parallel"], check, warm_up=1, starts=True),
    ]


def _exploring(n: int, *, small: bool) -> Case:
    latency = (Seconds("explorer_s_1", "pooled", _LATENCY_MS / 1e3, _LATENCY_MS / 1e3),)
    return Case(
        name=f"{n} explorers",
        unit="round",
        repeats=3 if small else 15,
        variants=partial(_explorers, n, 10 if small else 50),
        ratios=(
            Quantity(
                f"explorer_steps_per_s_{n}",
                "pooled",
                "steps of all agents in a second",
                lambda explored: explored.run.agent_steps_per_second,
                Better.MORE,
                200 if n == _GATED else None,
                _OPERATIONS.get(n),
            ),
            *(latency if n == 1 else ()),
        ),
        warm_ups=0,
    )


@contextmanager
def _explorers(n: int, rounds: int) -> Iterator[list[Variant]]:
    yield [in_turn("pooled", rounds, partial(_exploring_society, n), partial(_check_run, n),
                   warm_up=2, starts=True)]  # fmt: skip


class Explored(NamedTuple):
    """A run of explorers, and who they are."""

    run: Run
    agents: Collection[Explorer]


@contextmanager
def _exploring_society(n: int) -> Iterator[Play]:
    listed: dict[str, Explorer] = {}
    with Society("grid-world", dispatcher="pooled", seed=_SEED, tables=False) as society:
        society.add(ListedExplorer, n=n, profile="fast", listed=listed)
        society.start()
        yield lambda rounds: Explored(society.run(rounds, progress=Silence()), listed.values())


def _check_run(n: int, rounds: int, explored: Explored) -> str:
    run, agents = explored
    if run.outcomes != {"acted": n * rounds}:
        return f"{run.outcomes} of {n * rounds}"
    # One that left out inference would hold every cell to be as likely as at the start.
    sure = statistics.fmean(float(agent.beliefs.max()) for agent in agents)
    return "" if sure > _SURE else f"explorers are sure of a cell by {sure:.2f} on average"


def _long_run(steps: int) -> Case:
    return Case(
        name=f"{steps:,} steps",
        unit="step",
        repeats=1,
        variants=partial(_lives, steps),
        ratios=(
            _growth("growth_mb_per_1000_steps", "bounded", _BOUNDED_MB),
            _growth("growth_unbounded_mb_per_1000_steps", "unbounded", _UNBOUNDED_MB),
        ),
        warm_ups=0,
    )


def _growth(name: str, variant: str, guide: float) -> Figure:
    meaning = "MB of the process, with ten agents that remember"
    return Quantity(name, variant, meaning, _grown, Better.LESS, guide=guide)


def _grown(life: LongRun) -> float:
    return life.growth_mb_per_1000


@contextmanager
def _lives(steps: int) -> Iterator[list[Variant]]:
    def life(kind: str, units: int) -> LongRun:
        return LongRun(*elsewhere("long_run", units, kind))

    def check(units: int, life: LongRun) -> str:
        return life.wrong

    yield [Variant(kind, steps, partial(life, kind), check) for kind in ("bounded", "unbounded")]
