"""antiphon bench: run benches by name, print a table, write JSON."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..bench.harness import BENCHES, print_report, run_bench
from ..coordination.manifest import write_json


def add_parser(commands: Any) -> None:
    """Say what ``antiphon bench`` takes."""
    known = "\n".join(f"  {name:<10} {question}" for name, (_, question) in sorted(BENCHES.items()))
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
    reports = [run_bench(name, small=arguments.small) for name in arguments.names]
    for report in reports:
        print_report(report)
    if arguments.json:
        ratios = {key: value for report in reports for key, value in report["ratios"].items()}
        write_json(Path(arguments.json), {"ratios": ratios, "benches": reports})
    return 0
