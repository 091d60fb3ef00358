"""The command line: reads the words, hands on to one file for each command."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from . import __version__
from .commands.parser import Parser
from .commands.signals import Signals
from .errors import AntiphonError, RunInterrupted, SettingsError
from .report.wording import visible

_EPILOG = """\
examples:
  antiphon run                                   50 explorers in the grid world, 100 steps
  antiphon run mpe2/simple_spread_v3 --type random --episodes 20
  antiphon run --agents 1000 --dispatcher inline --json
  antiphon resume runs/first                     what was killed goes on
  antiphon bench rounds --small
"""


def command() -> NoReturn:
    """Run the command that the process was started with, and end the process."""
    status = main()
    if any(thread.daemon for thread in threading.enumerate()):
        # Somebody hangs, and was abandoned. Python would end their threads where they stand, and
        # a library in C++ that is ended so takes the process down with an abort.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        Its exit status: 0 done, 1 failed, 2 misused, 130 ended by Ctrl-C, 143 by SIGTERM.
    """
    _look_here()
    with Signals() as signals:
        try:
            status = _run(argv, signals)
        except RunInterrupted:
            status = 130
        except KeyboardInterrupt:
            print("antiphon: interrupted", file=sys.stderr)
            status = 130
        return signals.status or status


def _look_here() -> None:
    # As for `python -m antiphon`, so that `--type mine:Agent` finds the mine.py of this folder;
    # behind everything else, so that no file in it takes the place of a library.
    here = str(Path.cwd())
    if not {"", here} & set(sys.path):
        sys.path.append(here)


def _run(argv: Sequence[str] | None, signals: Signals) -> int:
    # These take long to import, and who waits may have changed their mind.
    from .commands import (
        agents,
        bench,
        doctor,
        export,
        import_run,
        memory,
        profile,
        resume,
        run,
        sweep,
        verify,
    )
    from .commands.console import print_nowhere

    signals.loaded(whole=(*run.WHOLE, *resume.WHOLE), open=run.INTERRUPTIBLE)
    running = (run, sweep, resume, verify, export, import_run)
    parser = _parser((*running, memory, bench, profile, agents, doctor))
    arguments = parser.parse_args(argv)
    if arguments.execute is None:
        parser.print_help()
        return 0
    _log_to_stderr(arguments.log_level.upper())
    try:
        status: int = arguments.execute(arguments)
    except BrokenPipeError:
        print_nowhere()  # whoever read it has seen enough
        return 0
    except (AntiphonError, ValueError, TypeError, OSError) as error:
        # What people can mend is one line; a traceback is for us: --log-level debug.
        logging.getLogger(__name__).debug("traceback", exc_info=True)
        # An agent's own words may be in it: no command to the terminal, and no line of ours.
        print(f"antiphon: {visible(str(_as_given(error)))}", file=sys.stderr)
        return 2 if isinstance(error, (ValueError, TypeError, LookupError)) else 1
    return status


def _as_given(error: Exception) -> Exception:
    """Give an error as it is for who types: there the commands' keywords are options."""
    if isinstance(error, SettingsError) and error.source == "keyword":
        return SettingsError(error.key, error.why, source="the command line")
    return error


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Visible("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class _Visible(logging.Formatter):
    """Writes tracebacks in lines, and all else in them as it can be seen."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record), lines=True)


def _parser(commands: Iterable[ModuleType]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="antiphon",
        description="Societies of message-driven agents that answer in time.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"antiphon {__version__}")
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="what to log to standard error (default: warning)",
    )
    parser.set_defaults(execute=None)
    words = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        command.add_parser(words)
    return parser
