"""antiphon bench: run benches by name, print a table, write JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ..bench.catalogue import BENCHES
from ..bench.progress import for_stderr
from ..bench.report import Report, question, run_bench
from ..coordination.records.manifest import write_json


def add_parser(commands: Any) -> None:
    """Say what ``antiphon bench`` takes."""
    known = "\n".join(f"  {name:<10} {question(bench)}" for name, bench in sorted(BENCHES.items()))
    parser = commands.add_parser(
        "bench",
        help="measure",
        description=f"Run benches.\n\nbenches:\n{known}",
        epilog="example:\n  antiphon bench rounds explorer --json results.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", metavar="NAME", choices=sorted(BENCHES))
    parser.add_argument("--json", metavar="FILE", help="write all results, with a flat 'ratios'")
    parser.add_argument("--small", action="store_true", help="smaller, quicker, for trying out")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run each bench in turn and report."""
    console = Console()
    reports = []
    for name in dict.fromkeys(arguments.names):
        report = run_bench(name, BENCHES[name], small=arguments.small, watcher=for_stderr())
        report.show(console)
        reports.append(report)
        if arguments.json:
            # After each, so that what was measured survives a later one that fails.
            write_json(Path(arguments.json), results(reports))
    return 0


def results(reports: Sequence[Report]) -> dict[str, Any]:
    """Give the results of several benches, with all their ratios side by side."""
    ratios = {name: value for report in reports for name, value in report.ratios.items()}
    return {"ratios": ratios, "benches": [report.to_dict() for report in reports]}
