"""antiphon verify: whether a run is what was written, and goes the same way again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..coordination.journal.history import check_there
from ..coordination.records.progress import Progress, Silence, for_terminal
from ..memory.store.verify import verify
from ..society import Society

_EPILOG = """\
examples:
  antiphon verify runs/first
  antiphon verify runs/first --no-replay

To play it again, agents and environment are imported by the names that stand in the run.
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon verify`` takes."""
    parser = commands.add_parser(
        "verify",
        help="check a run: its store, its memories, and that it plays the same again",
        description="Check that the store of a run with --out is what was written, that its "
        "memories add up, and that it goes the same way when it is played again. Nothing is "
        "changed. What is not as it was is named by round and agent.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("run", type=Path, help="the run's folder")
    add("--no-replay", action="store_true", help="look at what was written alone")
    add("--json", action="store_true", help="print one JSON object")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Check, and say what was found."""
    check_there(arguments.run)
    if arguments.no_replay:
        verified = verify(arguments.run)
    else:
        verified = Society.verify(arguments.run, progress=_progress(quiet=arguments.quiet))
    totals = verified.totals
    found = {
        "rounds": verified.rounds,
        "rows": verified.rows,
        "replayed": not arguments.no_replay,
        "totals": {**totals._asdict(), "live": totals.live},
    }
    if arguments.json:
        print(json.dumps(found))
        return 0
    print(f"{verified.rounds:,} rounds, {verified.rows:,} rows, all as they were written")
    if totals.written:
        print(
            f"{totals.written:,} written = {totals.live:,} live + {totals.consolidated:,} "
            f"consolidated + {totals.evicted:,} evicted"
        )
    if not arguments.no_replay:
        print("played again, every round goes the same way")
    return 0


def _progress(*, quiet: bool) -> Progress:
    return Silence() if quiet else for_terminal()
