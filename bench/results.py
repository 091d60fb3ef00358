"""Files of results: how they are written, and read again to be compared or shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..coordination.records.manifest import write_json
from .harness import Better
from .report import Report

SCHEMA = 1
"""Raised when a reader of before would misread; docs/bench-results.schema.json has the rest."""
DEFAULT_FILE = "benchmark_results.json"
_BETWEEN = ", "
"""What parts of a variant's name stand between, such as its protocol and its dispatcher."""
_PARTS = {"bench", "small", "environment", "figures", "cases"}
"""Of what was measured by one bench; without these nothing can be compared."""


def results(reports: Sequence[Report], absent: Mapping[str, str]) -> dict[str, Any]:
    """Give the results of several benches, with all their ratios side by side.

    Args:
        absent: why a bench could not be run at all, by its name.
    """
    return {
        "schema": SCHEMA,
        "ratios": {name: value for report in reports for name, value in report.ratios.items()},
        "absent": dict(absent),
        "benches": [report.to_dict() for report in reports],
    }


def write(path: Path, reports: Sequence[Report], absent: Mapping[str, str]) -> None:
    """Write them whole or not at all."""
    write_json(path, results(reports, absent))


@dataclass(frozen=True, slots=True)
class Metric:
    """What was measured under one name, repeat by repeat."""

    bench: str
    name: str
    better: Better
    repeats: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A file of results."""

    path: Path
    benches: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a file.

        Raises:
            ValueError: it is not made of results of this schema.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is no JSON: {error}") from error
        schema = data.get("schema") if isinstance(data, dict) else None
        if schema != SCHEMA:
            came = "none" if schema is None else repr(schema)
            raise ValueError(f"{path}: results must be of schema {SCHEMA}, got {came}")
        benches = data.get("benches")
        if not isinstance(benches, list) or not all(map(_is_bench, benches)):
            raise ValueError(f"{path}: each of its benches needs {', '.join(sorted(_PARTS))}")
        return cls(path, benches)

    def seen_as(self, part: str, other: str) -> Results:
        """Keep what was measured of variants with one part, under the names of another's.

        Args:
            part: one of those that a variant's name has between commas; of ``first:3, pooled``
                it is ``first:3`` or ``pooled``.
            other: stands in its place in all names.

        Raises:
            ValueError: there is no such variant.
        """
        benches = [_seen_as(one, part, other) for one in self.benches]
        if not any(case["variants"] for one in benches for case in one["cases"]):
            known = sorted({name for one in self.benches for name in _parts(one)})
            raise ValueError(f"{self.path} has no variant {part!r}; there are {', '.join(known)}")
        return replace(self, benches=benches)

    @property
    def figures(self) -> dict[str, Metric]:
        """What is compared by default: ratios and quantities, by name."""
        return {
            name: _metric(self.path, one["bench"], name, figure["better"], figure["repeats"])
            for one in self.benches
            for name, figure in one["figures"].items()
        }

    @property
    def times(self) -> dict[str, Metric]:
        """Milliseconds a unit, by ``bench/case/variant``: only one machine's can be compared."""
        return {
            (name := f"{one['bench']}/{case['case']}/{variant}"): _metric(
                self.path, one["bench"], name, "less", times["repeats"]
            )
            for one in self.benches
            for case in one["cases"]
            for variant, times in case["variants"].items()
        }


def _seen_as(one: Mapping[str, Any], part: str, other: str) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    cases = [{**case, "variants": {}} for case in one["cases"]]
    for old, case in zip(one["cases"], cases, strict=True):
        for variant, times in old["variants"].items():
            parts = variant.split(_BETWEEN)
            if part not in parts:
                continue
            named = _BETWEEN.join(other if name == part else name for name in parts)
            case["variants"][named] = times
            # The figures that are read off a variant alone are called after it.
            before, after = (f"{case['case']}, {name}: " for name in (variant, named))
            figures |= {
                after + name.removeprefix(before): figure
                for name, figure in one["figures"].items()
                if name.startswith(before)
            }
    return {**one, "figures": figures, "cases": cases}


def _parts(one: Mapping[str, Any]) -> Iterator[str]:
    for case in one["cases"]:
        for variant in case["variants"]:
            yield from variant.split(_BETWEEN)


def _is_bench(one: Any) -> bool:
    return isinstance(one, dict) and one.keys() >= _PARTS


def _metric(path: Path, bench: str, name: str, better: str, repeats: Sequence[Any]) -> Metric:
    if not repeats or not all(_is_number(one) for one in repeats):
        raise ValueError(f"{path}: repeats of {name} must be finite numbers, got {repeats!r}")
    return Metric(bench, name, Better[better.upper()], tuple(map(float, repeats)))


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)
