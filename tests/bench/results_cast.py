"""Files of results, made up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from antiphon.bench.results import Results

Figures = Mapping[str, tuple[str, Sequence[float]]]
"""By name, which way is better, and the repeats."""


def one_bench(figures: Figures, *, small: bool = False, **environment: Any) -> dict[str, Any]:
    return {
        "bench": "made-up",
        "small": small,
        "environment": {"cores": 2, "python": "3.11.7", **environment},
        "figures": {
            name: {"better": better, "repeats": list(repeats)}
            for name, (better, repeats) in figures.items()
        },
        "cases": [{"case": "one", "variants": {"ours": {"repeats": [1.0, 1.1, 0.9, 1.0, 1.05]}}}],
    }


def written(path: Path, *benches: Mapping[str, Any], schema: Any = 1) -> Path:
    path.write_text(json.dumps({"schema": schema, "ratios": {}, "absent": {}, "benches": benches}))
    return path


def made_up(figures: Figures, path: str = "A.json", **options: Any) -> Results:
    return Results(Path(path), [one_bench(figures, **options)])
