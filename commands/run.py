"""antiphon run: a society in a world, with progress and a summary."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from ..coordination.catalogue import environment_factory
from ..coordination.records.progress import Bar, Lines, Progress, Silence
from ..coordination.records.run import Run
from ..coordination.stage import Stage
from ..coordination.vitals.health_watch import HealthWatch
from ..coordination.vitals.warning import HealthWarning
from ..errors import RunInterrupted
from ..society import Society

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
    add = parser.add_argument
    add(
        "environment",
        nargs="?",
        default="grid-world",
        help="grid-world (default), mpe2/simple_spread_v3, sisl/pursuit_v5, package.module:factory",
    )
    add("--world", action="append", default=[], metavar="KEY=VALUE", help="an option of the world")
    add(
        "--agents",
        type=int,
        metavar="N",
        help=f"how many; default {_DEFAULT_AGENTS} in an open world, else all it has",
    )
    add(
        "--type",
        default=None,
        help="agent type: a name from 'antiphon agents list', or package.module:Class; "
        "default explorer in the grid world, else random",
    )
    add("--host", default="agent-actor", help="the actor round each agent, named likewise")
    add("--profile", help="how much explorers think: fast, balanced, accurate, realtime, batch")
    add("--backend", choices=("numpy", "numba", "pymdp"), help="what explorers infer with")
    add("--steps", type=int, metavar="N", help=f"environment steps (default {_DEFAULT_STEPS})")
    add("--episodes", type=int, metavar="N", help="episodes; with --steps, whatever comes first")
    add("--timeout", metavar="SECONDS", help="until a round's deadline (default 30)")
    add(
        "--on-missing",
        metavar="HOW",
        help="what stands in for a missing action: noop, repeat, default, drop, raise",
    )
    add("--default-action", metavar="JSON", help="the action for --on-missing default")
    add("--batch-size", metavar="N", help="how many agents may be acting at once (default: all)")
    add("--seed", metavar="N", help="where all chance comes from (default 0)")
    add("--dispatcher", help="threaded (default), pooled or inline")
    add("--memory", metavar="N", help="experiences that each agent remembers (default 0)")
    add(
        "--consolidation",
        metavar="HOW",
        help="what makes items of old experiences: merge (default), prototypes, "
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
    add("--config", metavar="FILE", help="settings in TOML or INI")
    add("--out", metavar="FOLDER", help="keep manifest, settings and tables in this new folder")
    add("--json", action="store_true", help="print one JSON object in place of the summary")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run, and print what came of it."""
    build = partial(_build, arguments.environment, _world_options(arguments.world))
    with Society(build, config=arguments.config, **_settings(arguments)) as society:
        kind, n = _who(society, arguments)
        if arguments.backend == "numba" and not arguments.quiet:
            print("antiphon: compiling inference (10 s, once)", file=sys.stderr, flush=True)
        society.add(kind, n=n, host=arguments.host, **_agent_options(arguments))
        steps = arguments.steps
        if steps is None and arguments.episodes is None:
            steps = _DEFAULT_STEPS
        try:
            run = society.run(
                steps,
                episodes=arguments.episodes,
                out=None if arguments.out is None else Path(arguments.out),
                progress=HealthWatch(_progress(arguments), society.health, _say),
                baseline=arguments.baseline,
            )
        except RunInterrupted as interrupted:
            _print(interrupted.run, as_json=arguments.json)
            raise
    _print(run, as_json=arguments.json)
    return 0


def _build(environment: str, options: dict[str, Any]) -> Any:
    try:
        return environment_factory(environment)(**options)
    except TypeError as error:
        raise TypeError(f"{environment} with --world {options or 'nothing'}: {error}") from error


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("seed", "timeout", "on_missing", "default_action", "batch_size", "dispatcher")
    given = {name: getattr(arguments, name) for name in (*names, "consolidation_in")}
    given["memory_size"] = arguments.memory
    how = arguments.consolidation
    given["consolidate" if how == "none" else "consolidation"] = how if how != "none" else False
    return {name: value for name, value in given.items() if value is not None}


def _agent_options(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"profile": arguments.profile, "backend": arguments.backend}
    return {name: value for name, value in given.items() if value is not None}


def _who(society: Society, arguments: argparse.Namespace) -> tuple[str, int | None]:
    grid = arguments.environment == "grid-world"
    kind = arguments.type or ("explorer" if grid else "random")
    if arguments.agents is None and society.open:
        return kind, _DEFAULT_AGENTS
    return kind, arguments.agents


def _world_options(pairs: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier() or key in options:
            raise ValueError(f"--world takes KEY=VALUE, each key once, got {pair!r}")
        try:
            options[key] = json.loads(text)
        except json.JSONDecodeError:
            options[key] = text
    return options


def _progress(arguments: argparse.Namespace) -> Progress:
    if arguments.quiet:
        return Silence()
    return Bar() if sys.stderr.isatty() else Lines()


def _say(warning: HealthWarning) -> None:
    # Looked up now: while a bar is drawn, rich has something of its own in this place.
    print(f"antiphon: {warning}", file=sys.stderr, flush=True)


def _print(run: Run, *, as_json: bool) -> None:
    print(json.dumps(run.to_dict()) if as_json else run.summary(), flush=True)


# What is interrupted by a signal (see Signals): whatever may take long. All else that is done
# here, such as writing a round down or stopping, is soon over and never left half done.
WHOLE = (execute.__code__,)
INTERRUPTIBLE = (
    Society.__init__.__code__,
    Society.add.__code__,
    Society.start.__code__,
    Stage.advance.__code__,
)
