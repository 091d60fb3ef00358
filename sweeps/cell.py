"""Playing one cell: what a worker process of a sweep is there for."""

from __future__ import annotations

import json
import tempfile
from typing import Any

from ..coordination.records.progress import Silence
from .plan import Cell
from .recipe import Recipe

TARGET = f"{__name__}:play"
"""How a worker process is told."""


def job_of(recipe: Recipe, cell: Cell, scratch: str) -> bytes:
    """Give what ``play`` is to be told.

    Args:
        scratch: a folder for what a run leaves when its process is killed.
    """
    told = recipe.changed(cell.parameters).to_dict()
    return json.dumps({"recipe": told, "seed": cell.seed, "scratch": scratch}).encode()


def play(job: bytes) -> bytes:
    """Play the run of one cell and give its figures, as JSON."""
    told = json.loads(job)
    tempfile.tempdir = told["scratch"]
    return json.dumps(figures_of(Recipe(**told["recipe"]), told["seed"])).encode()


def figures_of(recipe: Recipe, seed: int) -> dict[str, Any]:
    """Play one run, and give what is kept of it.

    Raises:
        AntiphonError, ValueError, TypeError: it cannot be founded, or broke off.
    """
    with recipe.society(seed) as society:
        run = society.run(recipe.steps, episodes=recipe.episodes, progress=Silence())
    return {
        "rounds": run.rounds,
        "reward_mean": run.reward_mean,
        "outcomes": run.outcomes,
        "rounds_per_second": run.rounds / run.seconds if run.seconds else 0.0,
        "trace": run.trace,
        "hung": len(society.abandoned),
    }


def is_worn(result: bytes) -> bool:
    """Say whether agents hang in the process that gave this result: they hold threads of it."""
    return bool(json.loads(result)["hung"])
