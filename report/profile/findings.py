"""What a profile comes to: the functions that took most, and the share of each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .code import Code, name_of, place_of
from .functions import Function, functions_of, spent_for
from .parts import Part


@dataclass(frozen=True, slots=True)
class FunctionTime:
    """What one function took; times are of all its calls, in milliseconds."""

    name: str
    place: str
    """File and line; of a built-in function those that called it most."""
    part: Part
    """What most of its own time was spent for."""
    calls: int
    own_ms: float
    cumulative_ms: float
    """With all that it called."""

    def to_dict(self, steps: int) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "name": self.name,
            "where": self.place,
            "part": str(self.part),
            "calls": self.calls,
            "own_ms": self.own_ms,
            "cumulative_ms": self.cumulative_ms,
            "own_ms_a_step": self.own_ms / steps,
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """Where the time of some steps went, as the profiler saw it."""

    steps: int
    functions: tuple[FunctionTime, ...]
    """Those with the most time of their own first."""
    part_ms: dict[Part, float]
    """All time, by what it was spent for; each part is there."""

    @classmethod
    def of(
        cls, entries: Iterable[Any], part_of: Callable[[Code], Part | None], steps: int
    ) -> Findings:
        """Make them out of what ``cProfile.Profile.getstats`` gives."""
        functions = functions_of(entries)
        spent = spent_for(functions, part_of)
        part_ms = dict.fromkeys(Part, 0.0)
        for parts in spent.values():
            for part, seconds in parts.items():
                part_ms[part] += seconds * 1000
        times = [_time(one, spent[one.code]) for one in functions]
        times.sort(key=lambda time: (-time.own_ms, time.name, time.place))
        return cls(steps, tuple(times), part_ms)

    @property
    def total_ms(self) -> float:
        return sum(self.part_ms.values())

    @property
    def ms_a_step(self) -> float:
        return self.total_ms / self.steps

    def share(self, part: Part) -> float:
        """Give the share of all time that was spent for a part; all of them add up to 1."""
        # Where no time passed, nothing else can be said of it.
        return self.part_ms[part] / self.total_ms if self.total_ms else float(part is Part.REST)

    def to_dict(self, top: int) -> dict[str, Any]:
        """Give the figures as JSON values, with so many functions."""
        return {
            "profiled_ms_a_step": self.ms_a_step,
            "parts": {
                str(part): {"share": self.share(part), "ms_a_step": ms / self.steps}
                for part, ms in self.part_ms.items()
            },
            "functions": [one.to_dict(self.steps) for one in self.functions[:top]],
        }


def _time(function: Function, spent: dict[Part, float]) -> FunctionTime:
    total = function.total
    return FunctionTime(
        name=name_of(function.code),
        place=place_of(function.code) or _from(function),
        part=max(spent, key=lambda part: spent[part]),
        calls=total.calls,
        own_ms=total.own * 1000,
        cumulative_ms=total.cumulative * 1000,
    )


def _from(function: Function) -> str:
    """Say who called a built-in function most, for it has no place of its own."""
    callers = [(edge.own, place_of(code)) for code, edge in function.callers.items()]
    places = [(own, place) for own, place in callers if place]
    return f"from {max(places)[1]}" if places else "built in"
