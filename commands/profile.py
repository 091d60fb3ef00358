"""antiphon profile: where the time of a society goes, by function and by part."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from cProfile import Profile
from pathlib import Path
from typing import Any

from ..clock import SystemClock
from ..coordination.catalogue import agent_type
from ..coordination.records.progress import Lines, Progress, Silence
from ..coordination.records.run import Run
from ..coordination.rollout import Step
from ..errors import RunInterrupted
from ..report.profile.call_tree import CallTree
from ..report.profile.findings import Findings
from ..report.profile.flame import flame
from ..report.profile.parts import Parts
from ..report.profile.tables import functions_table, parts_table
from ..report.wording import count
from .checks import check_counts, check_outputs
from .console import for_stdout
from .founding import add_options, announce_compiling, founded, kind_of, populate

_DEFAULT_STEPS = 200
_DEFAULT_TOP = 15
_WARM_UP = 10
"""Steps before those that are watched, in which what is made once is made."""

_EPILOG = """\
examples:
  antiphon profile --type explorer --steps 200
  antiphon profile --agents 50 --profile accurate --flame profile.svg
  antiphon profile sisl/pursuit_v5 --type my_package.agents:Hunter --json

All agents run on one thread, so that all is seen. The same steps are played unwatched first,
for the time that they take in truth; being watched takes longest where calls are many and short.
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon profile`` takes."""
    parser = commands.add_parser(
        "profile",
        help="show where the time of a society goes",
        description="Play some steps, and show which functions took the time, and what for.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, agents=1)
    add = parser.add_argument
    add(
        "--steps",
        type=int,
        default=_DEFAULT_STEPS,
        metavar="N",
        help=f"environment steps that are watched (default {_DEFAULT_STEPS})",
    )
    add(
        "--top",
        type=int,
        default=_DEFAULT_TOP,
        metavar="N",
        help=f"how many functions are shown (default {_DEFAULT_TOP})",
    )
    add(
        "--flame",
        type=Path,
        metavar="FILE.svg",
        help="play them once more, and draw who called whom into this file",
    )
    add("--json", action="store_true", help="print one JSON object in place of the tables")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Play, watch, and print what was found."""
    _check(arguments)
    try:
        _profile(arguments)
    except RunInterrupted:
        # Such a run has a summary to show; here there is none, so that the word is all.
        raise KeyboardInterrupt from None
    return 0


def _profile(arguments: argparse.Namespace) -> None:
    parts = Parts(agent_type(kind_of(arguments)))
    announce_compiling(arguments)
    # To draw a bar would take longer than many a step.
    plain = _play(arguments, Silence() if arguments.quiet else Lines())
    profiler = Profile()
    run = _play(arguments, _While(profiler.enable, profiler.disable))
    findings = Findings.of(profiler.getstats(), parts.of, run.rounds)
    if arguments.flame is not None:
        arguments.flame.write_text(_flame(arguments, run, parts), encoding="utf-8")
    if arguments.json:
        print(json.dumps(_to_dict(arguments, plain, run, findings)))
    else:
        _show(arguments, plain, run, findings)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse now what would else be found out when all has been played."""
    check_counts({"--steps": arguments.steps, "--top": arguments.top})
    file = arguments.flame
    if file is not None and file.suffix != ".svg":
        raise ValueError(f"--flame must end in .svg, got {str(file)!r}")
    check_outputs({"--flame": file})


class _While:
    """Switches on what watches when the steps begin, and off when they are done."""

    def __init__(self, start: Callable[[], object], stop: Callable[[], object]) -> None:
        self._start, self._stop = start, stop

    def begin(self, total: int | None, unit: str) -> None:
        self._start()

    def advance(self, done: int, step: Step) -> None:
        pass

    def end(self) -> None:
        self._stop()


def _play(arguments: argparse.Namespace, progress: Progress) -> Run:
    """Play the steps in a society of their own, always the same; those before are not counted."""
    with founded(arguments, dispatcher="inline") as society:
        populate(society, arguments, agents=1)
        society.run(_WARM_UP, progress=Silence())
        return society.run(arguments.steps, progress=progress)


def _flame(arguments: argparse.Namespace, run: Run, parts: Parts) -> str:
    tree = CallTree(SystemClock())
    _play(arguments, _While(tree.start, tree.stop))
    return flame(tree.root, parts.of, title=_title(arguments, run), steps=run.rounds)


def _title(arguments: argparse.Namespace, run: Run) -> str:
    agents = f"{count(run.agents, 'agent')} ({kind_of(arguments)})"
    where = f"in {arguments.environment}, inline, seed {run.seed}"
    return f"{count(run.rounds, 'step')} of {agents} {where}"


def _show(arguments: argparse.Namespace, plain: Run, run: Run, findings: Findings) -> None:
    console = for_stdout(markup=False)
    outcomes = ", ".join(f"{how} {n:,}" for how, n in run.outcomes.items())
    console.print(f"{_title(arguments, run)}: {outcomes}")
    watched = f"{findings.ms_a_step:.4f} ms while it was watched, as in what follows"
    console.print(f"{_ms_a_step(plain):.4f} ms a step, and {watched}\n")
    console.print(parts_table(findings))
    console.print()
    console.print(functions_table(findings, arguments.top))
    if arguments.flame is not None:
        console.print(f"\nflame graph  {arguments.flame}")


def _to_dict(
    arguments: argparse.Namespace, plain: Run, run: Run, findings: Findings
) -> dict[str, Any]:
    return {
        "environment": arguments.environment,
        "type": kind_of(arguments),
        "agents": run.agents,
        "steps": run.rounds,
        "seed": run.seed,
        "outcomes": run.outcomes,
        "trace": run.trace,
        "ms_a_step": _ms_a_step(plain),
        **findings.to_dict(arguments.top),
        "flame": None if arguments.flame is None else str(arguments.flame),
    }


def _ms_a_step(run: Run) -> float:
    return run.seconds * 1000 / run.rounds
