"""antiphon bench compare, antiphon bench docs: what is done with files of results."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..bench.compare import CONFIDENCE, MARGIN, compare
from ..bench.comparison_page import comparison_page
from ..bench.comparison_text import show
from ..bench.results import Results
from ..bench.tables import fill
from ..coordination.records.manifest import write_json
from .checks import check_outputs
from .console import for_stdout
from .parser import Parser

_COMPARE = """\
Compare two files of results, repeat by repeat. Exits 1 if a metric became worse.

A difference counts if its interval excludes none and it is beyond the margin. Of many metrics
each is asked for more, so that all of them together keep to the confidence.
"""


def add_compare(prog: str) -> argparse.ArgumentParser:
    """Say what ``antiphon bench compare`` takes."""
    parser = Parser(
        prog=prog,
        description=_COMPARE,
        epilog=f"examples:\n  {prog} before.json after.json --metric 'round_*' --html report.html\n"
        f"  {prog} runs.json runs.json --between barrier quorum:0.8 --metric '*: return'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("first", type=Path, metavar="A.json", help="what it was before")
    parser.add_argument("second", type=Path, metavar="B.json", help="what it is now")
    parser.add_argument(
        "--metric",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="names or patterns; by default all ratios and quantities. Times are compared only "
        "when named, as bench/case/variant",
    )
    parser.add_argument(
        "--between",
        nargs=2,
        metavar=("ONE", "OTHER"),
        help="hold variants against each other: of A those called ONE, of B those called OTHER, "
        "such as protocols or dispatchers; A and B may be one file. Names are then those of A",
    )
    parser.add_argument(
        "--confidence", type=float, default=CONFIDENCE, help=f"default {CONFIDENCE}"
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=MARGIN,
        help=f"a change up to this share does not count; default {MARGIN}",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it as JSON")
    parser.set_defaults(execute=_compare)
    return parser


def _compare(arguments: argparse.Namespace) -> int:
    try:
        check_outputs({"--html": arguments.html, "--json": arguments.json})
        found = compare(
            Results.read(arguments.first),
            Results.read(arguments.second),
            metrics=arguments.metric,
            confidence=arguments.confidence,
            margin=arguments.margin,
            between=None if arguments.between is None else tuple(arguments.between),
        )
        # First the files: whoever reads along may stop reading, as head does.
        if arguments.html:
            arguments.html.write_text(comparison_page(found), encoding="utf-8")
        if arguments.json:
            write_json(arguments.json, found.to_dict())
    except OSError as error:
        # Exits 2: for whoever reads the status, 1 is a metric that became worse.
        raise ValueError(str(error)) from error
    show(found, for_stdout())
    return 1 if found.regressed else 0


def add_docs(prog: str) -> argparse.ArgumentParser:
    """Say what ``antiphon bench docs`` takes."""
    parser = Parser(
        prog=prog,
        description="Write the tables of a page from files of results. The page says with two "
        "lines, <!-- results FILE --> and <!-- end -->, where those of a file stand; FILE is "
        "as seen from the page.",
        epilog=f"example:\n  {prog} docs/results/rounds.json --into docs/benchmarks.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS.json")
    parser.add_argument("--into", type=Path, required=True, metavar="PAGE.md")
    parser.set_defaults(execute=_docs)
    return parser


def _docs(arguments: argparse.Namespace) -> int:
    page: Path = arguments.into
    text = page.read_text(encoding="utf-8")
    page.write_text(fill(text, page, arguments.results), encoding="utf-8")
    return 0
