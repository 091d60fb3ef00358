"""Do threads or processes answer sooner, once they have started, and how long do they start?

Twenty agents that compute for 5 ms in pure Python, and twenty that answer at once: in our
pool, with a thread for each, one after another, mapped over a ThreadPoolExecutor, and in as
many other processes as there are cores. Then twenty explorers, also in cohorts, of whom each
process has its share; they have to do the same wherever they are. Starting is measured apart.
The guide's are figures that the FreeAgentics guide states: threads 3 to 49 times faster,
start-up counted as work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from ..clock import SystemClock
from ..models.agent import Context
from . import ours, thinkers
from .agents import Adder, Spinner, spin, spun, turns_for
from .checks import Answer, check_answers, check_outcomes, unchanged
from .harness import Better, Case, Ratio, Variant
from .programs import Play
from .turn import in_turn
from .workers import shares, workers

_AGENTS, _COMPUTE = 20, 5e-3
_GUIDE = 3.0
_HOSTS = ("pooled", "threaded", "inline", "cohort")
_ROUNDS = 200
"""Of agents that answer at once or think, in a repeat."""


def cases(*, small: bool) -> list[Case]:
    """Give a case for those that compute, one for those that do not, and one for explorers."""
    repeats = 2 if small else 15
    return [
        _case("compute", f"{_AGENTS} compute {_COMPUTE * 1e3:g} ms", repeats, _COMPUTE),
        _case("at_once", f"{_AGENTS} answer at once", repeats, 0.0),
        # A process imports all that explorers need before it has any, which takes a second.
        _thinking(repeats=1 if small else repeats),
    ]


def _case(prefix: str, name: str, repeats: int, seconds: float) -> Case:
    return Case(
        name=name,
        unit="round",
        repeats=repeats,
        variants=partial(_variants, _AGENTS, seconds),
        ratios=(
            Ratio(f"{prefix}_pooled_vs_processes", "pooled", "processes", guide=_GUIDE),
            Ratio(f"{prefix}_threaded_vs_processes", "threaded", "processes", guide=_GUIDE),
            Ratio(f"{prefix}_pooled_vs_thread_pool", "pooled", "thread_pool"),
            Ratio(f"{prefix}_processes_over_inline", "processes", "inline", better=Better.LESS),
        ),
        warm_ups=0,
    )


@contextmanager
def _variants(n: int, seconds: float) -> Iterator[list[Variant]]:
    turns = turns_for(seconds, SystemClock()) if seconds else 0
    kind: type[Adder] = Spinner if turns else Adder
    options: dict[str, Any] = {"turns": turns} if turns else {}
    answer: Answer = spun(turns) if turns else unchanged
    rounds = 2 if turns else _ROUNDS
    outcomes, answers = (partial(check, n, answer) for check in (check_outcomes, check_answers))
    agents = [kind(number, **options) for number in range(1, n + 1)]
    ready = partial(in_turn, warm_up=1, starts=True)
    yield [
        *(
            ready(name, rounds, partial(ours.crowd, name, kind, n, **options), outcomes)
            for name in ("pooled", "threaded", "inline")
        ),
        ready("thread_pool", rounds, partial(_mapped, agents), answers),
        ready("processes", rounds, partial(_sent, n, turns), answers),
    ]


@contextmanager
def _mapped(agents: list[Adder]) -> Iterator[Play]:
    """Map a round over a pool with a thread for each agent."""
    context = Context()
    with ThreadPoolExecutor(len(agents)) as pool:
        yield lambda rounds: [
            list(pool.map(lambda agent, shown=number: agent.act(shown, context), agents))
            for number in range(rounds)
        ]


@contextmanager
def _sent(n: int, turns: int) -> Iterator[Play]:
    """Send each of some processes its share of a round."""
    parts = [list(range(part.start + 1, part.stop + 1)) for part in shares(n)]
    with workers(f"{__name__}:answers", len(parts)) as ask:

        def answered(number: int, turns: int) -> list[int]:
            done = ask([json.dumps([part, number, turns]).encode() for part in parts])
            return [answer for some in done for answer in json.loads(some)]

        # Its first answer shows that a process is there.
        answered(0, 0)
        yield lambda rounds: [answered(number, turns) for number in range(rounds)]


def answers(job: bytes) -> bytes:
    """Answer for some agents, in another process."""
    numbers, shown, turns = json.loads(job)
    return json.dumps([spin(shown + number, turns) for number in numbers]).encode()


def _thinking(*, repeats: int, n: int = _AGENTS, rounds: int = _ROUNDS) -> Case:
    return Case(
        name=f"{n} explorers",
        unit="round",
        repeats=repeats,
        variants=partial(_thinkers, n, rounds),
        ratios=(
            Ratio("think_cohort_vs_processes", "cohort", "processes"),
            Ratio("think_pooled_vs_processes", "pooled", "processes", guide=_GUIDE),
            Ratio("think_threaded_vs_processes", "threaded", "processes", guide=_GUIDE),
            Ratio("think_cohort_vs_threaded", "cohort", "threaded"),
            Ratio("think_processes_over_inline", "processes", "inline", better=Better.LESS),
        ),
        warm_ups=0,
    )


@contextmanager
def _thinkers(n: int, rounds: int) -> Iterator[list[Variant]]:
    warm_up = 1
    expected = thinkers.by_hand(n, warm_up + rounds)

    def check(units: int, walked: thinkers.Walked) -> str:
        return walked.wrong(units, expected)

    starts = {how: partial(thinkers.hosted, how, n) for how in _HOSTS}
    starts["processes"] = partial(thinkers.apart, n)
    yield [
        in_turn(name, rounds, start, check, warm_up=warm_up, starts=True)
        for name, start in starts.items()
    ]
