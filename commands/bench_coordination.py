"""antiphon bench coordination: protocols, dispatchers and worlds that somebody names."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..bench import coordination
from ..bench.coordination import SMALL, Plan
from ..bench.coordination_table import show
from ..bench.harness import Case
from ..bench.plot import plot
from ..bench.progress import for_stderr
from ..bench.report import Report, run_bench
from ..bench.results import write
from ..bench.trial import Risks
from .checks import check_outputs
from .console import for_stdout
from .parser import Parser

NAME = "coordination"

_ABOUT = """\
Compare protocols of coordination: what agents earn, how fast their rounds are, how they end.

All variants play the same worlds with the same seeds, in turn. With --straggler P:SECONDS an
act waits so long with this probability, with --crash P it raises; both depend on seed, agent
and round alone, so that every variant meets with the same. Unless told otherwise, some of
them do: --straggler 0:0 --crash 0 is for nobody. Of several protocols the others are held
against the first; the ratio is of their speeds. The messages of a round are its calls, its
answers that counted or failed, and what agents hear of each other: of five that say nothing
and all act, ten.
"""


def add_coordination(
    prog: str, add_outputs: Callable[[argparse.ArgumentParser], None]
) -> argparse.ArgumentParser:
    """Say what ``antiphon bench coordination`` takes.

    Args:
        add_outputs: adds what all benches take.
    """
    parser = Parser(
        prog=prog,
        description=_ABOUT,
        epilog=f"example:\n  {prog} --env mpe2/simple_spread_v3 --coordinator "
        "barrier,quorum:0.8,first:3 \\\n    --agents 3,10 --seeds 20 --straggler 0.05:0.5 "
        "--crash 0.01",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    names, numbers = _listed(str), _listed(int)
    add(
        "--env",
        dest="worlds",
        type=names,
        metavar="NAMES",
        help=f"worlds, with commas between; mpe2 for all of its tasks {_default('worlds')}",
    )
    add(
        "--coordinator",
        dest="protocols",
        type=names,
        metavar="HOWS",
        help=f"protocols, likewise {_default('protocols')}",
    )
    add(
        "--dispatcher",
        dest="dispatchers",
        type=names,
        metavar="NAMES",
        help=f"likewise {_default('dispatchers')}",
    )
    add(
        "--agents",
        type=numbers,
        metavar="NUMBERS",
        help=f"how many, where the world lets one choose {_default('agents')}",
    )
    add(
        "--seeds",
        type=int,
        metavar="N",
        help=f"repeats, each with a seed of its own {_default('seeds')}",
    )
    add("--rounds", type=int, metavar="N", help=f"rounds of each repeat {_default('rounds')}")
    risks = Plan().risks
    add(
        "--straggler",
        type=_straggler,
        metavar="P:SECONDS",
        help=f"share of acts that wait, and how long (default {risks.straggle}:{risks.seconds})",
    )
    add(
        "--crash",
        type=float,
        metavar="P",
        help=f"share of acts that raise (default {risks.crash})",
    )
    add("--type", dest="kind", help="agent type; default explorer in the grid world, else random")
    add(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help=f"until a round's deadline {_default('timeout')}",
    )
    add(
        "--patience",
        type=float,
        metavar="SECONDS",
        help=f"for which a round goes on once its protocol has enough {_default('patience')}",
    )
    add_outputs(parser)
    parser.set_defaults(execute=_execute)
    return parser


def _default(name: str) -> str:
    """Tell what holds where an option is not given, as it is typed."""
    full, small = (_typed(getattr(plan, name)) for plan in (Plan(), SMALL))
    return f"(default {full})" if full == small else f"(default {full}; with --small {small})"


def _typed(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


def _listed(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def listed(text: str) -> list[Any]:
        return [kind(one) for one in text.split(",")]

    listed.__name__ = f"{kind.__name__}s with commas between"
    return listed


def _straggler(text: str) -> tuple[float, float]:
    try:
        probability, seconds = map(float, text.split(":"))
    except ValueError:
        why = f"needs a probability and seconds, 0.05:0.5, got {text!r}"
        raise argparse.ArgumentTypeError(why) from None
    return probability, seconds


def _plan(arguments: argparse.Namespace) -> Plan:
    before = SMALL if arguments.small else Plan()
    names = [one.name for one in fields(Plan) if one.name != "risks"]
    values = {name: getattr(before, name) for name in names}
    values |= {name: given for name in names if (given := getattr(arguments, name)) is not None}
    straggle, seconds = arguments.straggler or (before.risks.straggle, before.risks.seconds)
    crash = before.risks.crash if arguments.crash is None else arguments.crash
    return Plan(**values, risks=Risks(straggle, seconds, crash))


class _Asked:
    """The bench with somebody's plan."""

    __doc__ = coordination.__doc__

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def cases(self, *, small: bool) -> list[Case]:
        return self._plan.cases()


def _execute(arguments: argparse.Namespace) -> int:
    check_outputs({"--json": arguments.json, "--plot": arguments.plot})
    plan = _plan(arguments)
    plan.check()
    bench = _Asked(plan)
    report = run_bench(NAME, bench, small=arguments.small, watcher=for_stderr())
    show(report, for_stdout(), plan.risks)
    _write(arguments, report)
    return 0


def _write(arguments: argparse.Namespace, report: Report) -> None:
    if arguments.json:
        write(arguments.json, [report], {})
    if arguments.plot:
        arguments.plot.write_text(plot([report]), encoding="utf-8")
