"""One array of which many are shown a row each, found again by whoever is given the rows."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt


class Sheet:
    """A read-only array and its rows, each an array of its own, to be handed out.

    To put a thousand small arrays below each other costs more than to think about them. Who is
    given these rows again, one after another, finds the array that they are of: see
    ``side_by_side``. They are known for as long as somebody keeps the sheet.
    """

    __slots__ = ("__weakref__", "rows", "table")

    def __init__(self, table: npt.NDArray[Any]) -> None:
        """Divide an array, shape (n, width), into which nobody writes any more."""
        self.table = table
        self.rows: Sequence[npt.NDArray[Any]] = tuple(np.asarray(_Origin(self)))
        """Shape (width,) each, in order; read-only, and not to be made writable again."""


class _Origin:
    """What stands behind the rows of a sheet, and says of which."""

    __slots__ = ("__array_interface__", "sheet", "table")

    def __init__(self, sheet: Sheet) -> None:
        self.table = sheet.table  # whose memory they share
        # Weakly, for each row leads here: the sheet would keep itself, and where an array is
        # between them no collector looks.
        self.sheet = ref(sheet)
        interface = self.table.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], True)}


def side_by_side(arrays: Sequence[Any]) -> npt.NDArray[Any] | None:
    """Give the part of a table whose rows these are, in order; None unless it is one.

    They are known by what they are and not by what stands in them: an equal array is none of
    the rows.
    """
    sheet = _sheet_of(arrays[0]) if len(arrays) else None
    if sheet is None:
        return None
    step = sheet.table.strides[0] or 1  # of rows that all stand in one place, none is found
    first = (_address(arrays[0]) - _address(sheet.table)) // step
    rows = sheet.rows[first : first + len(arrays)]
    if len(rows) < len(arrays) or not all(map(is_, arrays, rows)):
        return None
    return sheet.table[first : first + len(arrays)]


def _sheet_of(array: Any) -> Sheet | None:
    if type(array) is not np.ndarray or type(array.base) is not np.ndarray:
        return None
    origin: object = array.base.base
    return origin.sheet() if type(origin) is _Origin else None


def _address(array: npt.NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
