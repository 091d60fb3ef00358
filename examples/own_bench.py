"""How much faster do explorers think that look one step ahead than those that look three?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import antiphon as ap
from antiphon.bench.harness import Case, Ratio, Variant
from antiphon.coordination.records.progress import Silence


def cases(*, small: bool) -> list[Case]:
    """Give what is to be measured."""
    ratio = Ratio("think_1_vs_3", ours="one step", theirs="three steps")
    return [Case("explorers", "round", 3 if small else 15, explorers, (ratio,))]


@contextmanager
def explorers() -> Iterator[list[Variant]]:
    """Keep both societies ready for as long as they are measured."""
    with ap.Society(ap.GridWorld(), seed=7) as one, ap.Society(ap.GridWorld(), seed=7) as three:
        one.add("explorer", n=5, policy_length=1)
        three.add("explorer", n=5, policy_length=3)
        yield [variant("one step", one), variant("three steps", three)]


def variant(name: str, society: ap.Society) -> Variant:
    """Let a society play twenty rounds in each repeat, one agent after another."""

    def play(rounds: int) -> ap.Run:
        return society.run(rounds, parallelize=False, progress=Silence())

    return Variant(name, 20, play, check)


def check(rounds: int, run: ap.Run) -> str:
    """Say what is wrong with the work; empty if nothing is."""
    return "" if run.outcomes == {"acted": 5 * rounds} else f"not all acted: {run.outcomes}"
