"""antiphon resume: a run that was broken off goes on, as if nothing had been."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import RunInterrupted
from ..society import Society
from .founding import key_values
from .run import print_run, watched

_EPILOG = """\
examples:
  antiphon resume runs/first
  antiphon resume runs/first --steps 2000
  antiphon resume runs/first --at 400 --set timeout=0.1 --out runs/branch
  antiphon resume runs/first --at 0 --set profile=accurate --out runs/other

Agents and environment are imported by the names that stand in the run: resume runs of people
whom you trust.
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon resume`` takes."""
    parser = commands.add_parser(
        "resume",
        help="go on with a run that was broken off",
        description="Go on with a run with --out, whatever ended it; one that has ended by "
        "itself says what it came to.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("run", type=Path, help="the run's folder")
    add("--steps", type=int, metavar="N", help="until it has so many steps; default as it was")
    add("--episodes", type=int, metavar="N", help="until it has so many episodes")
    add(
        "--at",
        type=int,
        metavar="ROUND",
        help="branch: a new run goes on from this round; 0: from the beginning",
    )
    add("--out", type=Path, metavar="FOLDER", help="keep the branch in this new folder")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting that is changed in the branch: of the society, if it may change while one "
        "runs, such as timeout=0.1; with --at 0 any, also of agents, such as profile=accurate",
    )
    add("--json", action="store_true", help="print one JSON object in place of the summary")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Go on, and print what came of it."""
    overrides = key_values("--set", arguments.set)
    with Society.resume(arguments.run, at=arguments.at, overrides=overrides) as society:
        if arguments.at is not None and arguments.out is None:
            print("antiphon: this branch is not kept; --out FOLDER keeps one", file=sys.stderr)
        try:
            run = society.run(
                arguments.steps,
                episodes=arguments.episodes,
                out=arguments.out,
                progress=watched(society, quiet=arguments.quiet),
            )
        except RunInterrupted as interrupted:
            print_run(interrupted.run, as_json=arguments.json)
            raise
    print_run(run, as_json=arguments.json)
    return 0


WHOLE = (execute.__code__,)
"""What a signal does not interrupt; see ``commands.run``."""
