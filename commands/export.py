"""antiphon export: a run's data in files for others, or all of it in one file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..coordination.journal.archive import pack
from ..coordination.journal.export import FORMATS, export

_EPILOG = """\
examples:
  antiphon export runs/first --to data
  antiphon export runs/first --to data --format parquet
  antiphon export runs/first --archive first.run       the whole run, in one file
  antiphon import first.run --to runs/first            elsewhere
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon export`` takes."""
    parser = commands.add_parser(
        "export",
        help="write a run's data as tables, or all of a run into one file",
        description="Write what a run with --out has kept: as tables of agents, model, messages "
        "and, if it kept tables of its own, timing; or as one file that another machine can verify "
        "and go on with.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("run", type=Path, help="the run's folder")
    add("--to", type=Path, metavar="FOLDER", help="write tables into this new folder")
    add("--format", choices=FORMATS, default="csv", help="of the tables (default: csv)")
    add("--archive", type=Path, metavar="FILE", help="write all of it into this new file")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Write it, and say how much it was."""
    if (arguments.to is None) == (arguments.archive is None):
        raise ValueError("export takes --to FOLDER or --archive FILE")
    if arguments.archive is not None:
        rounds = pack(arguments.run, arguments.archive)
        print(f"{rounds:,} rounds in {arguments.archive}")
        return 0
    counts = export(arguments.run, arguments.to, format=arguments.format)
    for name, rows in counts.items():
        print(f"{name:8} {rows:,} rows in {arguments.to / name}.{arguments.format}")
    if "timing" not in counts:
        print("timing   none: the run kept no tables (tables = false), or was imported")
    return 0
