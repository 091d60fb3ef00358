"""A sweep: runs of one kind, over worker processes, into one table.

What is finished is on disk: a sweep that was killed goes on where it was.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ..actors.workers.crew import Crew
from ..coordination.journal.origin import NamelessError, name_of, world_of
from ..coordination.outcome import Status
from ..coordination.records.length import Length
from ..coordination.vitals.machine import usable_cores
from ..errors import WorkerError
from ..models.agent import Agent
from ..report.wording import visible
from .cell import TARGET, is_worn, job_of
from .folder import SweepFolder
from .plan import Plan, seeds_of
from .progress import SweepProgress, for_terminal
from .recipe import Recipe
from .table import Table, read_frame

_NAMED = 10
"""How many failed cells a summary names."""


@dataclass(frozen=True, slots=True)
class Group:
    """The cells that differ in nothing but their seeds."""

    parameters: Mapping[str, str]
    seeds: int
    """How many of them did not fail."""
    reward_mean: float | None
    reward_deviation: float | None
    """Of the runs' means, from seed to seed; None for fewer than two."""
    acted: float | None
    """Share of all calls."""


class Sweep:
    """A plan and the folder in which what came of it is kept."""

    def __init__(self, plan: Plan, out: str | os.PathLike[str]) -> None:
        self.plan = plan
        self.folder = SweepFolder(Path(out))

    def play(
        self,
        *,
        workers: int | None = None,
        patience: float = math.inf,
        progress: SweepProgress | None = None,
    ) -> Self:
        """Play the cells that are not finished yet; those that failed have another try.

        Args:
            workers: processes at once; None: one for each core.
            patience: seconds that one cell may take before its process is killed.

        Raises:
            FileExistsError: the folder holds something else, or is in use.
            AntiphonError, ValueError, TypeError: a society of this plan cannot be founded, or
                there are to be no workers.
        """
        workers = usable_cores() if workers is None else workers
        if workers < 1:
            raise ValueError(f"workers must be >= 1, got {workers}")
        crew = Crew(
            TARGET,
            workers,
            name="sweep",
            patience=patience,
            worn=is_worn,
        )
        self.plan.check()
        progress = progress or for_terminal()
        with self.folder.open(self.plan.to_dict()), Table(self.plan, self.folder) as table:
            table.catch_up()
            try:
                self._play(crew, table, progress)
            finally:
                crew.stop()
        return self

    def _play(self, crew: Crew, table: Table, progress: SweepProgress) -> None:
        done = self.folder.finished()
        progress.begin(len(self.plan), done)
        try:
            for number, result in crew.results(self._jobs()):
                done += 1
                self._keep(number, result, progress)
                table.catch_up()
                progress.advance(done)
        finally:
            progress.end()

    def _jobs(self) -> Iterator[tuple[int, bytes]]:
        scratch = str(self.folder.scratch.resolve())
        for cell in self.plan.cells():
            if not self.folder.has(cell.number):
                yield cell.number, job_of(self.plan.recipe, cell, scratch)

    def _keep(self, number: int, result: bytes | WorkerError, progress: SweepProgress) -> None:
        cell = self.plan.cell(number)
        known = {"cell": number, "parameters": cell.parameters, "seed": cell.seed}
        if isinstance(result, WorkerError):
            self.folder.keep_failed(number, {**known, "error": result.why})
            progress.failed(cell, result.why)
        else:
            self.folder.keep(number, {**known, "figures": json.loads(result)})

    @property
    def finished(self) -> int:
        """How many cells have been played to their end."""
        return self.folder.finished()

    def failed(self) -> Iterator[tuple[int, str]]:
        """Give the number of each cell that failed, and why."""
        for number in range(len(self.plan)):
            result = self.folder.read(number)
            if result is not None and "error" in result:
                yield number, result["error"]

    def frame(self) -> Any:
        """Give the table as a pandas frame: a row for each cell, in the order of the cells.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return read_frame(self.folder.table)

    def groups(self) -> Iterator[Group]:
        """Give what came of each combination of parameters, over its seeds."""
        names = list(self.plan.parameters)
        with self.folder.table.open(newline="", encoding="utf-8") as file:
            together = itertools.groupby(csv.DictReader(file), lambda row: [row[n] for n in names])
            for values, rows in together:
                yield _group(dict(zip(names, values, strict=True)), list(rows))

    def to_dict(self) -> dict[str, Any]:
        """Give what came of it as JSON values."""
        failed = list(itertools.islice(self.failed(), _NAMED))
        finished = self.finished
        return {
            "cells": len(self.plan),
            "finished": finished,
            "failed": len(self.plan) - finished,
            "failures": [{"cell": number, "error": why} for number, why in failed],
            "groups": [asdict(group) for group in self.groups()],
            "table": str(self.folder.table),
        }

    def summary(self) -> str:
        """Give a few lines for a person."""
        finished = self.finished
        lines = [f"finished {finished:,} of {len(self.plan):,} cells"]
        lines += [_line(group) for group in self.groups()]
        for number, why in itertools.islice(self.failed(), _NAMED):
            lines.append(visible(f"failed       {self.plan.cell(number)}: {why}"))
        lines.append(f"table        {self.folder.table}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def sweep(
    environment: Any = "grid-world",
    kind: str | type[Agent] | None = None,
    *,
    out: str | os.PathLike[str],
    parameters: Mapping[str, Sequence[Any]],
    seeds: int | str | Iterable[int] = 20,
    steps: int | None = None,
    episodes: int | None = None,
    agents: int | None = None,
    host: str = "agent-actor",
    config: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    patience: float = math.inf,
    progress: SweepProgress | None = None,
    **fixed: Any,
) -> Sweep:
    """Run each combination of parameters with each seed, in worker processes.

    Cells that the folder holds already are not run again: the same call goes on with a sweep
    that was killed. One seed gives the trace that it gives by itself. With more workers than
    cores rounds are slower, and may time out where they would not alone.

    Args:
        environment: an import string, or a class or function that can be imported.
        kind: agent type, by name or as a class that can be imported.
        out: the sweep's folder: a new one, or that of the very same sweep.
        parameters: values by name: ``world.KEY`` of the environment; agents, type, host,
            environment, steps; a setting; or an option of the agents.
        seeds: how many, from 0 on, or which.
        patience: seconds that one cell may take before its process is killed.
        fixed: settings and options that are the same in all cells.

    Raises:
        FileExistsError: the folder holds something else, or is in use.
        AntiphonError, ValueError, TypeError: a society of this plan cannot be founded.
    """
    Length(steps, episodes)
    try:
        world = world_of(environment)
        named = kind if kind is None or isinstance(kind, str) else name_of(kind)
    except NamelessError as error:
        raise ValueError(f"a sweep runs in other processes: {error}") from error
    recipe = Recipe(
        environment=world.name,
        type=named,
        agents=agents,
        host=host,
        config=None if config is None else str(Path(config).resolve()),
        steps=steps,
        episodes=episodes,
    )
    options = {f"world.{name}": value for name, value in world.options.items()}
    plan = Plan(recipe.changed({**options, **fixed}), parameters, seeds_of(seeds))
    return Sweep(plan, out).play(workers=workers, patience=patience, progress=progress)


def _group(parameters: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> Group:
    good = [row for row in rows if not row["error"]]
    rewards = [float(row["reward_mean"]) for row in good]
    acted = sum(int(row["acted"]) for row in good)
    calls = sum(int(row[str(status)]) for row in good for status in Status)
    return Group(
        parameters,
        len(good),
        statistics.fmean(rewards) if rewards else None,
        statistics.stdev(rewards) if len(rewards) > 1 else None,
        acted / calls if calls else None,
    )


def _line(group: Group) -> str:
    given = (visible(f"{name}={value}") for name, value in group.parameters.items())
    words = " ".join(given) or "all"
    if group.reward_mean is None or group.acted is None:
        return f"{words:<40} nothing finished"
    spread = "" if group.reward_deviation is None else f" ± {group.reward_deviation:.3f}"
    seeds = f"{group.seeds} seed" + "s" * (group.seeds != 1)
    return f"{words:<40} reward {group.reward_mean:.3f}{spread} ({seeds}), acted {group.acted:.1%}"
