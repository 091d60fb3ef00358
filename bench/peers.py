"""How does a round compare with one of other frameworks for agents, and what does each of them do?

The same trivial agents, all called once a round, and every answer checked. What a call is, is
not the same: ours waits in a mailbox, has one deadline with all others, and comes to an outcome
of its own; autogen-core's is a message to an agent by its address, in one asyncio loop, awaited
together; Mesa's is a method call after another: its agents have no mailboxes and its steps no
deadline. The plain loop is what there would be without any framework. Mesa and autogen-core are
measured where they are installed; neither is a part of any extra.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from ..models.agent import Agent
from . import autogen_crowd, loop, mesa_crowd, ours
from .agents import Adder
from .checks import check_answers, check_outcomes, unchanged
from .harness import Absent, Case, Figure, Ratio, Variant
from .programs import Play
from .turn import in_turn

_SIZES = (10, 1_000)
_ANSWERS = {"autogen_core": 1_000, "loop": 200_000, "mesa": 40_000}
"""How many answers make a repeat; the quick give more, for short times are measured badly."""
_OUR_ANSWERS = 20_000


def cases(*, small: bool) -> list[Case]:
    """Give one case for each number of agents."""
    return [_case(n, repeats=2 if small else 15, share=10 if small else 1) for n in _SIZES]


def _case(n: int, *, repeats: int, share: int) -> Case:
    return Case(
        name=f"N={n:,}",
        unit="round",
        repeats=repeats,
        variants=partial(_variants, n, share),
        ratios=tuple(_ratios(n)),
        warm_ups=0,
    )


def _ratios(n: int) -> Iterator[Figure]:
    for ours_name in ("pooled", "inline"):
        for theirs in ("autogen_core", "mesa"):
            yield Ratio(f"peers_{n}_{ours_name}_vs_{theirs}", ours_name, theirs)


@contextmanager
def _variants(n: int, share: int) -> Iterator[list[Variant | Absent]]:
    yield [
        *(_ours(dispatcher, n, _OUR_ANSWERS // share) for dispatcher in ("pooled", "inline")),
        _theirs("autogen_core", "autogen_core", autogen_crowd.crowd, n, share),
        _theirs("mesa", "mesa", mesa_crowd.crowd, n, share),
        _theirs("loop", None, loop.crowd, n, share),
    ]


def _ours(dispatcher: str, n: int, answers: int) -> Variant:
    start = partial(ours.crowd, dispatcher, Adder, n)
    check = partial(check_outcomes, n, unchanged)
    return in_turn(dispatcher, max(1, answers // n), start, check, warm_up=1, starts=True)


def _theirs(
    name: str,
    package: str | None,
    crowd: Callable[[Sequence[Agent]], AbstractContextManager[Play]],
    n: int,
    share: int,
) -> Variant | Absent:
    if package is not None and importlib.util.find_spec(package) is None:
        return Absent(name, f"not installed: pip install {package.replace('_', '-')}")
    agents = [Adder(number) for number in range(1, n + 1)]
    rounds = max(1, _ANSWERS[name] // share // n)
    check = partial(check_answers, n, unchanged)
    return in_turn(name, rounds, partial(crowd, agents), check, warm_up=1, starts=True)
