"""How much faster do explorers think that look one step ahead than those that look three?"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import antiphon as ap
from antiphon.bench.harness import Case, Ratio, Variant
from antiphon.coordination.records.progress import Silence


def cases(*, small: bool) -> list[Case]:
    """Give what is to be measured."""
    ratio = Ratio("think_1_vs_3", ours="one step", theirs="three steps")
    return [Case("explorers", "round", 3 if small else 15, explorers, (ratio,))]


@contextmanager
def explorers() -> Iterator[list[Variant]]:
    """Keep both societies for as long as they are measured."""
    with ap.Society("grid-world", seed=7) as one, ap.Society("grid-world", seed=7) as three:
        one.add("explorer", n=5, policy_length=1)
        three.add("explorer", n=5, policy_length=3)
        first, second = (partial(society.run, progress=Silence()) for society in (one, three))
        yield [Variant("one step", 20, first, check), Variant("three steps", 20, second, check)]


def check(rounds: int, run: ap.Run) -> str:
    """Say what is wrong with the work; empty if nothing is."""
    return "" if run.outcomes == {"acted": 5 * rounds} else f"not all acted: {run.outcomes}"
