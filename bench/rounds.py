"""How much faster than stock Pykka's ask and get_all does a threaded round close?

Trivial agents, which answer at once: what is measured is calling them and gathering their
actions, on the public ``Society.step`` with its full ``Outcome``, without environment and
memory. Beside it, for reference, the same society inline and a plain loop over its agents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import pykka

from ..coordination.outcome import Outcome, Status
from ..models.agent import Agent, Context, Place
from ..society import Society
from .harness import Case, Ratio, Variant

_SIZES = (10, 100, 1000)
_SEED = 7
_TARGET = 1.5
_FUSE = 30.0
"""Seconds; no round of agents that answer at once takes so long."""

Answers = Sequence[Any]


class Adder(Agent):
    """Answers its own number more than it was given, so that mixed-up answers show."""

    def __init__(self, number: int) -> None:
        self._number = number

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(_number(place.agent_id))

    def act(self, observation: Any, context: Context) -> Any:
        return observation + self._number


class StockAdder(pykka.ThreadingActor):
    """The same as an actor of stock Pykka, with nothing round it."""

    use_daemon_thread = True

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def on_receive(self, message: Any) -> Any:
        return message + self._number


def cases(*, small: bool) -> list[Case]:
    """Give one case for each number of agents."""
    return [_case(n, small=small) for n in _SIZES]


def _case(n: int, *, small: bool) -> Case:
    rounds = max(5, (1_000 if small else 4_000) // n)
    return Case(
        name=f"N={n:,}",
        unit="round",
        repeats=5 if small else 15,
        variants=partial(_variants, n, rounds),
        ratios=(
            Ratio(
                f"round_{n}_threaded_vs_stock",
                ours="threaded",
                theirs="stock",
                target=_TARGET if n == _SIZES[-1] else None,
            ),
        ),
    )


@contextmanager
def _variants(n: int, rounds: int) -> Iterator[list[Variant]]:
    with _society(n, "threaded") as threaded, _society(n, "inline") as inline, _stock(n) as stock:
        yield [
            Variant("threaded", rounds, partial(_step, threaded), partial(_check_outcomes, n)),
            Variant("stock", rounds, stock, partial(_check_answers, n)),
            Variant("inline", rounds, partial(_step, inline), partial(_check_outcomes, n)),
            Variant("loop", rounds, partial(_loop, _agents(n)), partial(_check_answers, n)),
        ]


@contextmanager
def _society(n: int, dispatcher: str) -> Iterator[Society]:
    with Society(dispatcher=dispatcher, seed=_SEED, timeout=_FUSE) as society:
        society.add(Adder, n=n)
        society.start()
        yield society


def _step(society: Society, rounds: int) -> list[Outcome]:
    ids = list(society)
    return [society.step(dict.fromkeys(ids, number)) for number in range(rounds)]


@contextmanager
def _stock(n: int) -> Iterator[Callable[[int], list[Answers]]]:
    refs = [StockAdder.start(number) for number in range(1, n + 1)]

    def play(rounds: int) -> list[Answers]:
        return [
            list(pykka.get_all([ref.ask(number, block=False) for ref in refs]))
            for number in range(rounds)
        ]

    try:
        yield play
    finally:
        for ref in refs:
            ref.stop(block=False)
        for ref in refs:
            ref.actor_stopped.wait(_FUSE)


def _agents(n: int) -> dict[str, Adder]:
    return {f"adder-{number}": Adder(number) for number in range(1, n + 1)}


def _loop(agents: Mapping[str, Adder], rounds: int) -> list[Answers]:
    context = Context()
    return [[agent.act(number, context) for agent in agents.values()] for number in range(rounds)]


def _check_outcomes(n: int, rounds: int, outcomes: Sequence[Outcome]) -> str:
    first = outcomes[0].round if outcomes else 0
    if [outcome.round for outcome in outcomes] != list(range(first, first + rounds)):
        return f"asked for {rounds} rounds in a row, got {[o.round for o in outcomes]}"
    for number, outcome in enumerate(outcomes):
        acted = sum(status is Status.ACTED for status in outcome.status.values())
        if (acted, len(outcome.latencies), len(outcome.act_seconds)) != (n, n, n):
            return f"round {outcome.round}: {outcome.counts} of {n} agents"
        if any(action != number + _number(i) for i, action in outcome.actions.items()):
            return f"round {outcome.round}: somebody has another agent's action"
    return ""


def _check_answers(n: int, rounds: int, answers: Sequence[Answers]) -> str:
    expected = [[number + agent for agent in range(1, n + 1)] for number in range(rounds)]
    return "" if list(map(list, answers)) == expected else "the answers are not those expected"


def _number(agent_id: str) -> int:
    return int(agent_id.rpartition("-")[2])
