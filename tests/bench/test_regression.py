"""The quickest small benches, held against wide bounds of their ratios; never against times."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from antiphon.bench import general, messaging, parallel, processes, rounds
from antiphon.bench.harness import Absent, Bench, Case, Variant, measure
from antiphon.clock import SystemClock

pytestmark = pytest.mark.alone

Bounds = Mapping[str, Mapping[str, float]]
Offered = Variant | Absent
BOUNDS: Bounds = json.loads((Path(__file__).parent / "ratio_bounds.json").read_text())
"""By figure, far beyond what a busy machine makes of it: what breaks one is no noise."""
TRIES = 3
QUICK: tuple[Bench, ...] = (rounds, messaging, general, parallel, processes)
"""Not those beside pymdp: it starts JAX, and in a process with JAX in it nothing should fork."""


class Nobody:
    """A watcher that does not look."""

    def plan(self, cases: Sequence[Case]) -> None:
        pass

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        pass

    def end(self) -> None:
        pass


def bounded() -> Iterator[Case]:
    for bench in QUICK:
        for case in bench.cases(small=True):
            figures = tuple(figure for figure in case.ratios if figure.name in BOUNDS)
            if figures:
                named = {name for figure in figures for name in figure.variants}
                variants = partial(only, named, case.variants)
                yield replace(case, ratios=figures, variants=variants)


@contextmanager
def only(
    named: Container[str], variants: Callable[[], AbstractContextManager[Sequence[Offered]]]
) -> Iterator[list[Offered]]:
    """Start those alone of whom a bound speaks."""
    with variants() as offered:
        yield [one for one in offered if one.name in named]


def broken(figures: Iterable[tuple[str, float]], bounds: Bounds = BOUNDS) -> list[str]:
    """Name the figures that are out of their bounds."""
    return [
        f"{name} is {value:.3g}, beyond {bound}"
        for name, value in figures
        if (bound := bounds.get(name))
        and not bound.get("least", 0.0) <= value <= bound.get("most", float("inf"))
    ]


def measured(case: Case) -> list[tuple[str, float]]:
    figures = measure(case, SystemClock, Nobody()).figures()
    return [(figure.name, spread.median) for figure, spread in figures]


@pytest.mark.parametrize("case", list(bounded()), ids=lambda case: case.name)
def test_no_ratio_is_far_from_what_it_was(case: Case) -> None:
    # A machine has slow moments; a program that became slow is so every time.
    found = [broken(measured(case))]
    while found[-1] and len(found) < TRIES:
        found.append(broken(measured(case)))
    assert not found[-1], found


def test_every_bound_is_that_of_a_figure() -> None:
    names = {figure.name for case in bounded() for figure in case.ratios}
    assert BOUNDS.keys() <= names


@pytest.mark.parametrize(("value", "out"), [(0.9, True), (1.0, False), (3.0, False), (3.1, True)])
def test_a_ratio_out_of_its_bounds_is_noticed(value: float, *, out: bool) -> None:
    bounds = {"x": {"least": 1.0, "most": 3.0}}
    assert bool(broken([("x", value), ("y", 99.0)], bounds)) is out
