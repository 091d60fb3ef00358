"""Where commands print their tables: on a terminal as wide as it is, elsewhere whole."""

from __future__ import annotations

import sys

from rich.console import Console

_WIDTH = 160


def for_stdout(*, markup: bool = True) -> Console:
    """Give what prints on standard output.

    Args:
        markup: whether square brackets style what is printed.
    """
    # Where nobody's window is to be kept to, as in a pipe or the log of a CI, lines stay whole.
    width = None if sys.stdout.isatty() else _WIDTH
    return Console(highlight=False, markup=markup, emoji=False, width=width)
