"""antiphon sweep: many runs of one kind, with all parameters and seeds, into one table."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..coordination.records.length import Length
from ..sweeps.plan import Plan, seeds_of
from ..sweeps.progress import Bar, Lines, Silence
from ..sweeps.recipe import AGENTS, Recipe
from ..sweeps.sweep import Sweep
from .founding import key_values

_DEFAULT_SEEDS = "20"
_DEFAULT_STEPS = 100

_EPILOG = """\
examples:
  antiphon sweep --set profile=fast,balanced --set agents=10,50 --out sweeps/first
  antiphon sweep mpe2/simple_spread_v3 --set timeout=0.01,0.1 --set world.N=3,5 --out sweeps/mpe
  antiphon sweep --type my_package.agents:Hunter --set patience=1,5 --seeds 0..99 --out sweeps/p

A KEY is world.KEY for an option of the world; agents, type, host, environment, steps or
episodes; a setting, such as timeout; or an option of the agents, such as profile.
The same command goes on with a sweep that was killed. Cells that run beside each other share
the machine: give --workers 1 where times matter.
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon sweep`` takes."""
    parser = commands.add_parser(
        "sweep",
        help="run all parameters with all seeds over processes, into one table",
        description="Run a society with each combination of parameters and each seed; what is "
        "finished is kept, and not run again.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("environment", nargs="?", default="grid-world", help="as antiphon run takes it")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=V1,V2",
        help="a parameter and its values, each as JSON where it is some; may be given again",
    )
    add(
        "--seeds",
        default=_DEFAULT_SEEDS,
        metavar="SEEDS",
        help=f"how many, or as 0..19, or as 1,5,7; default {_DEFAULT_SEEDS}",
    )
    add("--out", type=Path, required=True, metavar="FOLDER", help="where all is kept")
    add("--world", action="append", default=[], metavar="KEY=VALUE", help="an option of the world")
    add("--agents", type=int, metavar="N", help=f"how many; default {AGENTS} in an open world")
    add("--type", help="agent type, as antiphon run takes it")
    add("--host", default="agent-actor", help="the actor round each agent")
    add("--steps", type=int, metavar="N", help=f"environment steps (default {_DEFAULT_STEPS})")
    add("--episodes", type=int, metavar="N", help="episodes; with --steps, whatever comes first")
    add("--config", metavar="FILE", help="settings in TOML or INI")
    add("--workers", type=_workers, metavar="N", help="processes at once; default auto, the cores")
    add(
        "--patience",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help="that one cell may take before it is given up",
    )
    add("--json", action="store_true", help="print one JSON object in place of the summary")
    add("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(execute=execute)


def _workers(text: str) -> int | None:
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        why = f"must be auto or a whole number, got {text!r}"
        raise argparse.ArgumentTypeError(why) from None


def execute(arguments: argparse.Namespace) -> int:
    """Play what is not finished yet, and print what came of it."""
    sweep = Sweep(_plan(arguments), arguments.out)
    progress = Silence() if arguments.quiet else Bar() if sys.stderr.isatty() else Lines()
    try:
        sweep.play(workers=arguments.workers, patience=arguments.patience, progress=progress)
    except KeyboardInterrupt:
        far = f"{sweep.finished:,} of {len(sweep.plan):,} cells are finished"
        print(f"antiphon: {far}; the same command goes on with the rest", file=sys.stderr)
        raise
    found = sweep.to_dict()
    print(json.dumps(found) if arguments.json else sweep.summary(), flush=True)
    return 1 if found["failed"] else 0


def _plan(arguments: argparse.Namespace) -> Plan:
    steps = arguments.steps
    if steps is None and arguments.episodes is None:
        steps = _DEFAULT_STEPS
    Length(steps, arguments.episodes)
    recipe = Recipe(
        environment=arguments.environment,
        world=key_values("--world", arguments.world),
        type=arguments.type,
        agents=arguments.agents,
        host=arguments.host,
        config=None if arguments.config is None else str(Path(arguments.config).resolve()),
        steps=steps,
        episodes=arguments.episodes,
    )
    return Plan(recipe, _parameters(arguments.set), seeds_of(arguments.seeds))


def _parameters(given: Sequence[str]) -> dict[str, list[Any]]:
    parameters: dict[str, list[Any]] = {}
    for text in given:
        name, equals, values = text.partition("=")
        if not equals or not name.replace(".", "_").isidentifier() or name in parameters:
            raise ValueError(f"--set takes KEY=V1,V2, each key once, got {text!r}")
        parameters[name] = _values(values)
    return parameters


def _values(text: str) -> list[Any]:
    """Read values: all of them as JSON, or else each between commas for itself."""
    try:
        values: list[Any] = json.loads(f"[{text}]")
    except json.JSONDecodeError:
        return [_value(part.strip()) for part in text.split(",")]
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
