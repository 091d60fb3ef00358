"""Packed experiences in a row, of which the garbage collector sees nothing.

A list of them would be young again with every range that leaves it, and the collector would walk
over all that a society remembers: thousands of lists, longer than a round takes. It does not look
into arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.object_]
"""Object, shape (any,): bytes as ``compact.pack`` gives them, and room for more behind them."""

_LEAST_ROOM = 16


def no_rows() -> Rows:
    """Give a row of nothing, with room for some."""
    return np.empty(_LEAST_ROOM, dtype=object)


def with_room(rows: Rows) -> Rows:
    """Give a longer row with all of this one, which whoever reads it goes on with."""
    return _moved(rows)


def without_first(rows: Rows, size: int, count: int) -> Rows:
    """Give a new row of the first so many, the very first ``count`` left out."""
    return _moved(rows[count:size])


def without(rows: Rows, size: int, places: Sequence[int]) -> Rows:
    """Give a new row of the first so many, these places left out.

    Args:
        places: ascending, at least one.
    """
    if places[-1] == len(places) - 1:
        return without_first(rows, size, len(places))
    stays = np.ones(size, dtype=bool)
    stays[list(places)] = False
    return _moved(rows[:size][stays])


def taken(rows: Rows, start: int, stop: int) -> list[bytes]:
    """Give those at these places."""
    some: list[bytes] = rows[start:stop].tolist()
    return some


def _moved(rows: Rows) -> Rows:
    size = len(rows)
    moved = np.empty(size + size // 4 + _LEAST_ROOM, dtype=object)
    moved[:size] = rows
    return moved
