"""antiphon run: a society in a world, with progress and a summary."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..coordination.ensemble import Ensemble
from ..coordination.records.progress import Bar, Lines, Progress, Silence
from ..coordination.records.run import Run
from ..coordination.stage import Stage
from ..coordination.vitals.health_watch import HealthWatch
from ..coordination.vitals.warning import HealthWarning
from ..errors import RunInterrupted
from ..memory.keeping import Keeping
from ..society import Society
from .founding import add_options, announce_compiling, founded, populate

_DEFAULT_AGENTS = 50
_DEFAULT_STEPS = 100

_EPILOG = """\
examples:
  antiphon run --agents 50 --steps 100 --seed 7 --out runs/first
  antiphon run mpe2/simple_spread_v3 --type random --episodes 20 --world N=5
  antiphon run sisl/pursuit_v5 --type my_package.agents:Hunter --timeout 0.05 --on-missing repeat
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon run`` takes."""
    parser = commands.add_parser(
        "run",
        help="run a society",
        description="Run a society of agents in an environment.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, agents=_DEFAULT_AGENTS)
    add = parser.add_argument
    add("--steps", type=int, metavar="N", help=f"environment steps (default {_DEFAULT_STEPS})")
    add("--episodes", type=int, metavar="N", help="episodes; with --steps, whatever comes first")
    add("--timeout", metavar="SECONDS", help="until a round's deadline (default 30)")
    add(
        "--protocol",
        metavar="HOW",
        help="when a round may close: barrier (default), quorum:0.8, quorum:7, first:3, or a "
        "plug-in",
    )
    add(
        "--on-missing",
        metavar="HOW",
        help="what stands in for a missing action: noop, repeat, default, drop, raise",
    )
    add("--default-action", metavar="JSON", help="the action for --on-missing default")
    add("--batch-size", metavar="N", help="how many agents may be acting at once (default: all)")
    add("--dispatcher", help="threaded (default), pooled, inline or simulated")
    add(
        "--virtual-latency",
        metavar="DIST",
        help="on a virtual clock, where answers take so many seconds and nobody waits for them: "
        "constant:0.01, uniform:0.01,0.05, exponential:0.02, lognormal:0.01,0.8, or "
        "package.module:name",
    )
    add(
        "--consolidation",
        metavar="HOW",
        help="what makes items of old experiences: merge (default), prototypes, learn, "
        "package.module:callable, or none",
    )
    add(
        "--consolidation-in",
        choices=("slices", "process"),
        help="where: in slices between rounds (default), or in a process of its own",
    )
    add(
        "--baseline",
        action="store_true",
        help="afterwards run the same inline, and report the measured speed-up",
    )
    add(
        "--out", metavar="FOLDER", help="keep the run in this new folder: 'antiphon resume' goes on"
    )
    add("--json", action="store_true", help="print one JSON object in place of the summary")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run, and print what came of it."""
    with founded(arguments, **_settings(arguments)) as society:
        announce_compiling(arguments)
        populate(society, arguments, agents=_DEFAULT_AGENTS)
        steps = arguments.steps
        if steps is None and arguments.episodes is None:
            steps = _DEFAULT_STEPS
        try:
            run = society.run(
                steps,
                episodes=arguments.episodes,
                out=None if arguments.out is None else Path(arguments.out),
                progress=watched(society, quiet=arguments.quiet),
                baseline=arguments.baseline,
            )
        except RunInterrupted as interrupted:
            print_run(interrupted.run, as_json=arguments.json)
            raise
    print_run(run, as_json=arguments.json)
    return 0


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("timeout", "on_missing", "default_action", "batch_size", "dispatcher")
    given = {name: getattr(arguments, name) for name in (*names, "protocol", "consolidation_in")}
    given["latency"] = arguments.virtual_latency
    how = arguments.consolidation
    given["consolidate" if how == "none" else "consolidation"] = how if how != "none" else False
    return given


def watched(society: Society, *, quiet: bool) -> Progress:
    """Give what shows how far a run is, and says what is not well in it."""
    progress: Progress = Silence() if quiet else Bar() if sys.stderr.isatty() else Lines()
    return HealthWatch(progress, society.health, _say)


def _say(warning: HealthWarning) -> None:
    # Looked up now: while a bar is drawn, rich has something of its own in this place.
    print(f"antiphon: {warning}", file=sys.stderr, flush=True)


def print_run(run: Run, *, as_json: bool) -> None:
    """Print what a run came to."""
    print(json.dumps(run.to_dict()) if as_json else run.summary(), flush=True)


# What is interrupted by a signal (see Signals): whatever may take long. All else that is done
# here, such as writing a round down or stopping, is soon over and never left half done.
WHOLE = (execute.__code__,)
INTERRUPTIBLE = (
    Society.__init__.__code__,
    Society.add.__code__,
    Society.start.__code__,
    # A long journal is read in these two.
    Society.resume.__code__,
    Society._keeps.__code__,  # noqa: SLF001  it changes nothing
    Stage.advance.__code__,
    Ensemble.hear_out.__code__,
    Keeping.wait_for_space.__code__,
)
