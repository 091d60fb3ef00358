"""How long past its deadline does a round end when some agents are slow, and who is heard?

A thousand agents, of which every twentieth sleeps 300 ms, under a deadline of 100 ms: ours on
the public ``Society.step``; stock Pykka with ``get_all(timeout)``, and with ``get`` on each
future for what is left of the time. Before every measured round comes another one, whose
late answers are in when it opens, so that it could take them for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pykka

from ..clock import SystemClock
from ..coordination.outcome import Status
from ..errors import WorkError
from ..models.agent import Agent
from ..society import Society
from . import ours, stock
from .agents import Adder, Sleeper, number_of
from .harness import Better, Case, Figure, Quantity, Variant
from .programs import FUSE, Play
from .turn import in_turn

_AGENTS, _EVERY = 1_000, 20
_SLEEP, _DEADLINE = 0.3, 0.1

Futures = Sequence[pykka.Future[Any]]
Gather = Callable[[Futures, float], dict[int, Any]]
"""Gives the answers by agent's number that come until so many seconds on the clock."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one round."""

    shown: int
    seconds: float
    """From the call to its return."""
    answers: Mapping[int, Any]
    """Those that came in time, by the agent's number."""


def cases(*, small: bool) -> list[Case]:
    """Give the one case there is."""
    return [_case(_AGENTS, repeats=3 if small else 15)]


def _case(n: int, *, repeats: int) -> Case:
    return Case(
        name=f"{n // _EVERY} of {n:,} sleep",
        unit="round",
        repeats=repeats,
        variants=partial(_variants, n),
        ratios=(
            *_figures(n, "pooled", "straggler", overrun=0.5, share=0.99),
            *_figures(n, "threaded", "straggler_threaded"),
            *_figures(n, "stock", "straggler_stock"),
            *_figures(n, "stock_each", "straggler_stock_each"),
        ),
        warm_ups=0,
    )


def _figures(
    n: int,
    variant: str,
    prefix: str,
    *,
    overrun: float | None = None,
    share: float | None = None,
) -> Iterator[Figure]:
    awake = n - n // _EVERY
    yield Quantity(
        f"{prefix}_overrun_ms_p50",
        variant,
        "ms past the deadline",
        lambda heard: (heard.seconds - _DEADLINE) * 1e3,
        Better.LESS,
        overrun,
    )
    yield Quantity(
        f"{prefix}_answered_share",
        variant,
        "of those that could answer",
        lambda heard: sum(not is_slow(number) for number in heard.answers) / awake,
        Better.MORE,
        share,
    )


@contextmanager
def _variants(n: int) -> Iterator[list[Variant]]:
    starts = {
        "pooled": partial(_ours, n, "pooled"),
        "threaded": partial(_ours, n, "threaded"),
        "stock": partial(_stock, n, gather_all),
        "stock_each": partial(_stock, n, gather_each),
    }
    yield [in_turn(name, 1, start, check) for name, start in starts.items()]


def check(rounds: int, heard: Heard) -> str:
    """Say what is wrong with a round; that few were heard is a figure, and not wrong."""
    astray = [k for k, answer in heard.answers.items() if answer != heard.shown + k]
    return f"{len(astray)} answers belong to another agent or round" if astray else ""


def is_slow(number: int) -> bool:
    """Whether this agent sleeps."""
    return number % _EVERY == 0


@contextmanager
def _ours(n: int, dispatcher: str) -> Iterator[Play]:
    with ours.society(dispatcher) as society:
        for number in range(1, n + 1):
            if is_slow(number):
                society.add(Sleeper, ids=[f"agent-{number}"], seconds=_SLEEP)
            else:
                society.add(Adder, ids=[f"agent-{number}"])
        society.start()
        _hear(society, 0)
        _wait_idle(society)
        yield lambda rounds: _hear(society, n * rounds)


def _hear(society: Society, shown: int) -> Heard:
    observations = dict.fromkeys(society, shown)
    started = SystemClock.now()
    outcome = society.step(observations, timeout=_DEADLINE)
    seconds = SystemClock.now() - started
    if Status.BUSY in outcome.status.values():
        raise WorkError(society.settings.dispatcher, "somebody was still busy before the round")
    acted = [i for i, status in outcome.status.items() if status is Status.ACTED]
    return Heard(shown, seconds, {number_of(i): outcome.intended[i] for i in acted})


def _wait_idle(society: Society) -> None:
    # Who answers a question is through with its act.
    for agent_id in society:
        society.ask(agent_id, None, timeout=FUSE)


@contextmanager
def _stock(n: int, gather: Gather) -> Iterator[Play]:
    agents: list[Agent] = [
        Sleeper(number, _SLEEP) if is_slow(number) else Adder(number) for number in range(1, n + 1)
    ]
    with stock.asking(agents) as ask:
        pykka.get_all(ask(0), timeout=FUSE)
        yield lambda rounds: _hear_stock(ask, gather, n * rounds)


def _hear_stock(ask: Callable[[Any], Futures], gather: Gather, shown: int) -> Heard:
    started = SystemClock.now()
    answers = gather(ask(shown), started + _DEADLINE)
    return Heard(shown, SystemClock.now() - started, answers)


def gather_all(futures: Futures, deadline: float) -> dict[int, Any]:
    """Give everyone the whole time with ``get_all``, which gives up at the first that is late."""
    try:
        return dict(enumerate(pykka.get_all(futures, timeout=_DEADLINE), 1))
    except pykka.Timeout:
        return {}


def gather_each(futures: Futures, deadline: float) -> dict[int, Any]:
    """Give each what is left of the time."""
    answers = {}
    for number, future in enumerate(futures, 1):
        try:
            answers[number] = future.get(timeout=max(0.0, deadline - SystemClock.now()))
        except pykka.Timeout:
            continue
    return answers
