"""antiphon import: a run's folder of an archive, to verify it and to go on with it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..coordination.journal.archive import unpack

_EPILOG = """\
examples:
  antiphon import first.run --to runs/first
  antiphon verify runs/first
  antiphon resume runs/first
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon import`` takes."""
    parser = commands.add_parser(
        "import",
        help="make a run's folder of what 'antiphon export --archive' wrote",
        description="Unpack a run and check that it is what was written. Names and sizes are "
        "looked at before anything is unpacked, and nothing in it is run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("archive", type=Path, help="the file")
    add("--to", type=Path, metavar="FOLDER", required=True, help="a new folder for the run")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Unpack, and say what it was."""
    rounds = unpack(arguments.archive, arguments.to)
    print(f"{rounds:,} rounds in {arguments.to}, all as they were written")
    return 0
