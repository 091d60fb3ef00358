"""Where commands print their tables: on a terminal as wide as it is, elsewhere whole."""

from __future__ import annotations

import os
import sys

from rich.console import Console

_WIDTH = 160


class _Console(Console):
    """Goes on quietly when nobody reads any more; by itself it would end the program with 1."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        print_nowhere()


def print_nowhere() -> None:
    """Let go of standard output, whose reader has gone: Python would say so when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def for_stdout(*, markup: bool = True) -> Console:
    """Give what prints on standard output.

    Args:
        markup: whether square brackets style what is printed.
    """
    # Where nobody's window is to be kept to, as in a pipe or the log of a CI, lines stay whole.
    width = None if sys.stdout.isatty() else _WIDTH
    return _Console(highlight=False, markup=markup, emoji=False, width=width)
