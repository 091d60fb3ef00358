"""What a profiler found, function by function: how often, how long, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .code import Code, built_in
from .parts import Part

_SWEEPS = 100
_STILL = 1e-6
_NEXT_TO_NOTHING = 1e-12

Weights = Mapping[Part, float]


class Edge(NamedTuple):
    """What one function took when one other called it, in seconds."""

    calls: int = 0
    own: float = 0.0
    cumulative: float = 0.0

    def and_also(self, other: Edge) -> Edge:
        return Edge(
            self.calls + other.calls,
            self.own + other.own,
            self.cumulative + other.cumulative,
        )


@dataclass(slots=True)
class Function:
    """What one function took in all."""

    code: Code
    total: Edge = Edge()
    callers: dict[Code, Edge] = field(default_factory=dict)


def functions_of(entries: Iterable[Any]) -> list[Function]:
    """Read what ``cProfile.Profile.getstats`` gives."""
    found: dict[Code, Function] = {}

    def function(code: Any) -> Function:
        key = built_in(code) if isinstance(code, str) else code
        return found.setdefault(key, Function(key))

    for entry in entries:
        caller = function(entry.code)
        caller.total = caller.total.and_also(_edge(entry))
        for callee in entry.calls or ():
            callers = function(callee.code).callers
            callers[caller.code] = callers.get(caller.code, Edge()).and_also(_edge(callee))
    return list(found.values())


def _edge(entry: Any) -> Edge:
    return Edge(entry.callcount, entry.inlinetime, entry.totaltime)


def spent_for(
    functions: Sequence[Function], part_of: Callable[[Code], Part | None]
) -> dict[Code, dict[Part, float]]:
    """Give by function the parts for which it spent its own time, in seconds.

    What belongs to no part is divided among those that called it, by the time it took for
    each; and where these belong to none, among those that called them.
    """
    fixed = {one.code: part_of(one.code) for one in functions}
    weights: dict[Code, Weights] = {
        code: {} if part is None else {part: 1.0} for code, part in fixed.items()
    }
    shared = [one for one in functions if fixed[one.code] is None]
    # Functions that call each other have no first one, so it takes a few rounds.
    for _ in range(_SWEEPS):
        if _hand_on(shared, weights) < _STILL:
            break
    return {one.code: _spent(one, fixed[one.code], weights) for one in functions}


def _hand_on(shared: Iterable[Function], weights: dict[Code, Weights]) -> float:
    """Weigh each by its callers; give how far the farthest moved."""
    moved = 0.0
    for one in shared:
        before, after = weights[one.code], _mixed(one, weights)
        moved = max(moved, *(abs(after.get(part, 0.0) - before.get(part, 0.0)) for part in Part))
        weights[one.code] = after
    return moved


def _mixed(function: Function, weights: Mapping[Code, Weights]) -> Weights:
    taken = {
        # A clock that did not move leaves the number of calls to go by.
        caller: edge.cumulative + _NEXT_TO_NOTHING * edge.calls
        for caller, edge in function.callers.items()
        if caller != function.code
    }
    total = sum(taken.values())
    mixed: dict[Part, float] = {}
    for caller, seconds in taken.items():
        for part, weight in weights[caller].items():
            mixed[part] = mixed.get(part, 0.0) + weight * seconds / total
    return mixed


def _spent(
    function: Function, part: Part | None, weights: Mapping[Code, Weights]
) -> dict[Part, float]:
    own = function.total.own
    if part is not None:
        return {part: own}
    spent: dict[Part, float] = {}
    for caller, edge in function.callers.items():
        for whose, weight in weights[caller].items():
            spent[whose] = spent.get(whose, 0.0) + weight * edge.own
    # Nobody was seen to call the outermost functions.
    left = max(0.0, own - sum(spent.values()))
    return {**spent, Part.REST: spent.get(Part.REST, 0.0) + left}
