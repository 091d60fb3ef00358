"""antiphon bench: run benches, print tables, write JSON and a picture; compare and show files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..bench.catalogue import BENCHES, bench, benches, called, no_clashes
from ..bench.harness import Bench
from ..bench.plot import plot
from ..bench.progress import for_stderr
from ..bench.report import Report, question, run_bench
from ..bench.results import DEFAULT_FILE, write
from ..errors import AntiphonError, MissingExtraError
from ..report.wording import visible
from .bench_coordination import NAME as COORDINATION
from .bench_coordination import add_coordination
from .bench_results import add_compare, add_docs
from .checks import check_outputs
from .console import for_stdout
from .parser import Parser

_EPILOG = """\
examples:
  antiphon bench list
  antiphon bench rounds messaging --json before.json
  antiphon bench my_bench.py my_package.benches:think --plot ratios.svg
  antiphon bench all --small --json
  antiphon bench coordination --env grid-world --coordinator barrier,quorum:0.8 --agents 10
  antiphon bench compare before.json after.json
  antiphon bench docs results.json --into docs/benchmarks.md
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon bench`` takes."""
    known = "\n".join(f"  {name:<12} {question(one)}" for name, one in sorted(BENCHES.items()))
    options: dict[str, Any] = {
        "description": f"Run benches, or look at what they found.\n\nbenches:\n{known}",
        "epilog": _EPILOG,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
    listed = commands.add_parser("bench", help="measure, and compare", **options)
    parser = _Parser(prog=listed.prog, **options)
    _add_arguments(parser)
    for word, add in (("list", _add_list), ("compare", add_compare), ("docs", add_docs)):
        parser.words[word] = add(f"{listed.prog} {word}")
    own = add_coordination(f"{listed.prog} {COORDINATION}", _add_outputs)
    parser.words[COORDINATION] = own
    # The one above stands in the list of commands; this one is called.
    commands.choices["bench"] = parser


class _Parser(Parser):
    """Takes names of benches, unless the first word asks for something else."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.words: dict[str, argparse.ArgumentParser] = {}

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # its overloads
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        # A bench with options of its own is one of many too.
        several = args and args[0] in BENCHES and args[1:2] and not args[1].startswith("-")
        if args and args[0] in self.words and not several:
            return self.words[args[0]].parse_known_args(args[1:], namespace)
        return super().parse_known_args(args, namespace)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="a bench, FILE.py, package.module:name, or all; or list, compare, docs",
    )
    _add_outputs(parser)
    parser.set_defaults(execute=execute)


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json",
        nargs="?",
        const=DEFAULT_FILE,
        metavar="FILE",
        type=_ending(".json"),
        help=f"write all results, with a flat 'ratios'; {DEFAULT_FILE} if no FILE is named",
    )
    parser.add_argument(
        "--plot", metavar="FILE", type=_ending(".svg"), help="draw all ratios into an SVG file"
    )
    parser.add_argument("--small", action="store_true", help="smaller, quicker, for trying out")


def _ending(suffix: str) -> Any:
    def path(text: str) -> Path:
        if not text.endswith(suffix):
            raise argparse.ArgumentTypeError(f"must end in {suffix}, got {text!r}")
        return Path(text)

    return path


def _add_list(prog: str) -> argparse.ArgumentParser:
    about = "List the benches that can be named; those of plug-ins with where they come from."
    parser = Parser(
        prog=prog,
        description=about,
        epilog=f"example:\n  {prog}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(execute=_list)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    """Print a line each; a broken plug-in is named and harms no other line."""
    every = benches()
    width = max(map(len, every))
    for name, origin in sorted(every.items()):
        try:
            about = question(bench(name))
        except AntiphonError as error:
            about = f"BROKEN: {error}"
        print(visible(f"{name:<{width}}  {about} [{origin}]"))
    return 0


def execute(arguments: argparse.Namespace) -> int:
    """Run each bench in turn and report."""
    check_outputs({"--json": arguments.json, "--plot": arguments.plot})
    console = for_stdout()
    reports: list[Report] = []
    asked, absent = _asked(arguments.names, small=arguments.small)
    for name, why in absent.items():
        console.print(f"{name} was skipped: {why}", highlight=False, markup=False)
    for name, one in asked.items():
        report = run_bench(name, one, small=arguments.small, watcher=for_stderr())
        # A bench may have a table of its own.
        getattr(one, "show", Report.show)(report, console)
        reports.append(report)
        _write(arguments, reports, absent)
    return 0


def _asked(names: Sequence[str], *, small: bool) -> tuple[dict[str, Bench], dict[str, str]]:
    """Give the benches by name; of all, those that cannot run here, and why, apart."""
    every = sorted(benches()) if "all" in names else []
    named = dict.fromkeys([*names, *every])
    asked: dict[str, Bench] = {}
    for name in named:
        if name != "all":
            _ask_for(name, asked)
    absent: dict[str, str] = {}
    for name in every:
        try:
            asked[name].cases(small=small)
        except MissingExtraError as error:
            if name in names:
                raise
            absent[name] = str(error)
    found = {name: one for name, one in asked.items() if name not in absent}
    no_clashes(found, small=small)
    return found, absent


def _ask_for(name: str, asked: dict[str, Bench]) -> None:
    if called(name) in asked:
        raise ValueError(f"two files would report as {called(name)}: the second is {name}")
    asked[called(name)] = bench(name)


def _write(
    arguments: argparse.Namespace, reports: Sequence[Report], absent: dict[str, str]
) -> None:
    # After each, so that what was measured survives a later one that fails.
    if arguments.json:
        write(arguments.json, reports, absent)
    if arguments.plot:
        arguments.plot.write_text(plot(reports), encoding="utf-8")
