"""Whether a second file of results is better or worse than a first one, or just noise."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UnknownNameError
from .bootstrap import Resamples
from .harness import Better
from .results import Metric, Results

CONFIDENCE, MARGIN = 0.95, 0.05
_SEED = 7
_OF_THE_MACHINE = ("cpu", "cores", "usable_cores", "memory_bytes", "system", "machine", "gil")
_OF_THE_PROGRAM = ("antiphon", "python", "implementation", "packages", "peers", "simd", "blas")


class Verdict(StrEnum):
    """What can be said of a metric."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "no difference"
    """None that is both sure and beyond the margin."""
    TOO_FEW = "too few repeats"
    """Whatever the values, so few pairs show nothing at this confidence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of both files."""

    bench: str
    name: str
    better: Better
    pairs: int
    first: float
    second: float
    """Medians."""
    change: float
    """From first to second, as a share of the first: 0.1 is a tenth more."""
    low: float
    high: float
    """Where the change lies with the confidence; infinite where nothing can be told."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """All metrics that two files share, and what stands against comparing them."""

    first: Path
    second: Path
    confidence: float
    """That all intervals together hold the truth."""
    margin: float
    """A change up to this share is nobody's concern: two runs of the same differ a little."""
    rows: Sequence[Row]
    missing: Mapping[str, Path]
    """Metrics that one file alone has, and which."""
    unlike: Sequence[str]
    """In what the machines or programs differ."""
    small: bool = False
    """Whether a bench in them was a small run, whose few repeats tell nothing."""
    between: tuple[str, str] | None = None
    """The variants of the first and of the second that are compared; None for all with equals."""

    @property
    def sides(self) -> tuple[str, str]:
        """What is compared with what."""
        if self.between is None:
            return str(self.first), str(self.second)
        ours, theirs = self.between
        return f"{ours} of {self.first}", f"{theirs} of {self.second}"

    @property
    def regressed(self) -> list[Row]:
        """The metrics that became worse."""
        return [row for row in self.rows if row.verdict is Verdict.WORSE]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values; ends that are infinite are null."""
        return {
            "first": str(self.first),
            "second": str(self.second),
            "between": None if self.between is None else list(self.between),
            "confidence": self.confidence,
            "margin": self.margin,
            "regressed": [row.name for row in self.regressed],
            "metrics": {row.name: _plain(row) for row in self.rows},
            "missing": {name: str(path) for name, path in self.missing.items()},
            "unlike": list(self.unlike),
        }


def compare(
    first: Results,
    second: Results,
    *,
    metrics: Sequence[str] = (),
    confidence: float = CONFIDENCE,
    margin: float = MARGIN,
    between: tuple[str, str] | None = None,
) -> Comparison:
    """Compare two files of results, repeat by repeat.

    Args:
        metrics: names, or patterns such as ``round_*``, of what to look at; else all ratios
            and quantities. A name with a slash is that of a time: ``bench/case/variant``.
        between: what to hold against each other instead of equals: of the first file the
            variants with the one part in their names, of the second those with the other.

    Raises:
        ValueError: the files cannot be compared, or nothing in them can.
        UnknownNameError: a metric is in neither.
    """
    _check_shares(confidence, margin)
    _check_alike(first, second)
    if between is not None:
        name, other = between
        first, second = first.seen_as(name, name), second.seen_as(other, name)
    ours, theirs = (_selected(one, metrics) for one in (first, second))
    _check_found(metrics, ours, theirs)
    shared = [name for name in ours if name in theirs]
    if not shared:
        raise ValueError(f"{first.path} and {second.path} have no metric in common")
    missing = {name: first.path for name in ours if name not in theirs}
    missing |= {name: second.path for name in theirs if name not in ours}
    # Of so many intervals each has to be surer, for all of them to hold at once.
    each = 1.0 - (1.0 - confidence) / len(shared)
    resamples = cache(lambda pairs: Resamples(pairs, each, np.random.default_rng([_SEED, pairs])))
    rows = [_row(ours[name], theirs[name], resamples, margin) for name in shared]
    unlike = list(_unlike(first, second))
    small = any(one["small"] for one in first.benches)
    return Comparison(
        first.path, second.path, confidence, margin, rows, missing, unlike, small, between
    )


def _check_shares(confidence: float, margin: float) -> None:
    if not 0.5 <= confidence < 1.0:
        raise ValueError(f"confidence must be in [0.5, 1), got {confidence}")
    if not 0.0 <= margin < math.inf:
        raise ValueError(f"margin must be at least 0, got {margin}")


def _check_alike(first: Results, second: Results) -> None:
    others = {one["bench"]: one["small"] for one in second.benches}
    for one in first.benches:
        name, small = one["bench"], one["small"]
        if others.get(name, small) != small:
            files = (first.path, second.path) if small else (second.path, first.path)
            raise ValueError(f"bench {name!r} is small in {files[0]} and in full in {files[1]}")


def _selected(results: Results, patterns: Sequence[str]) -> dict[str, Metric]:
    if not patterns:
        return results.figures
    every = {**results.figures, **results.times}
    return {
        name: metric
        for name, metric in every.items()
        if any(name == one or fnmatchcase(name, one) for one in patterns)
    }


def _check_found(
    patterns: Sequence[str], ours: Mapping[str, Metric], theirs: Mapping[str, Metric]
) -> None:
    found = [*ours, *theirs]
    for pattern in patterns:
        if not any(name == pattern or fnmatchcase(name, pattern) for name in found):
            raise UnknownNameError("metric", pattern, tried=["both files"])


def _row(
    first: Metric, second: Metric, resamples: Callable[[int], Resamples], margin: float
) -> Row:
    pairs = min(len(first.repeats), len(second.repeats))
    before, after = first.repeats[:pairs], second.repeats[:pairs]
    # Of what is a multiple of something, factors are compared, and they come from logarithms.
    factors = min(*before, *after) > 0.0
    scale = 1.0 if factors else statistics.median(map(abs, before)) or 1.0
    changes = [
        math.log(b / a) if factors else (b - a) / scale for a, b in zip(before, after, strict=True)
    ]
    change = statistics.fmean(changes)
    low, high = resamples(pairs).interval(changes)
    bound = math.log1p(margin) if factors else margin
    return Row(
        bench=first.bench,
        name=first.name,
        better=first.better,
        pairs=pairs,
        first=statistics.median(before),
        second=statistics.median(after),
        change=_share(change, factors=factors),
        low=_share(low, factors=factors),
        high=_share(high, factors=factors),
        verdict=_verdict(change, low, high, bound, first.better),
    )


def _verdict(change: float, low: float, high: float, bound: float, better: Better) -> Verdict:
    if math.isinf(low):
        return Verdict.TOO_FEW
    if low <= 0.0 <= high or abs(change) <= bound:
        return Verdict.SAME
    return Verdict.BETTER if (change > 0.0) is (better is Better.MORE) else Verdict.WORSE


def _share(change: float, *, factors: bool) -> float:
    if not factors or math.isinf(change):
        return change
    # Beyond it there is no float, and nobody who wants to know.
    return math.expm1(min(change, 700.0))


def _unlike(first: Results, second: Results) -> Iterator[str]:
    others = {one["bench"]: one["environment"] for one in second.benches}
    said: set[str] = set()
    for one in first.benches:
        ours, theirs = one["environment"], others.get(one["bench"], {})
        for key in (*_OF_THE_MACHINE, *_OF_THE_PROGRAM) if theirs else ():
            line = f"{key}: {ours.get(key)} and {theirs.get(key)}"
            if ours.get(key) != theirs.get(key) and line not in said:
                said.add(line)
                yield line


def _plain(row: Row) -> dict[str, Any]:
    return {
        "bench": row.bench,
        "better": row.better.name.lower(),
        "pairs": row.pairs,
        "first": row.first,
        "second": row.second,
        "change": row.change,
        "low": row.low if math.isfinite(row.low) else None,
        "high": row.high if math.isfinite(row.high) else None,
        "verdict": str(row.verdict),
    }
