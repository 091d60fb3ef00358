"""Rows of the database as what they were made from; what is no such thing is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import StoreCorruptError
from ...models.experience import Experience
from ...models.names import PATTERN
from ..item import Item
from ..remembered import Remembered
from .batch import Totals
from .chain import StoredRow
from .columns import cell
from .items import item_of
from .revival import MalformedError, decode

Numbers = npt.NDArray[Any]


@contextmanager
def sound(row: StoredRow, path: Path) -> Iterator[None]:
    """Name the row of which something was read that is not there.

    Raises:
        StoreCorruptError: it was.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, MalformedError) as error:
        rule = f"row {row.seq} ({row.kind!r:.40}) {error}"
        raise StoreCorruptError(path, rule, round=row.round) from error


class Lived:
    """The experiences of one row: any of them at a time."""

    __slots__ = ("_value", "agents", "sequences")

    def __init__(self, body: bytes) -> None:
        """Look at the row; only what is asked for is made.

        Raises:
            MalformedError: it holds no experiences.
        """
        self._value = decode(body)
        self.agents, self.sequences = _numbers(self._value, "agents", "sequences")

    def __len__(self) -> int:
        return len(self.agents)

    def at(self, place: int) -> Remembered:
        value = self._value
        fields = [cell(value["lived"][name], place) for name in Experience._fields]
        return Remembered(
            int(self.sequences[place]),
            Experience(*fields),
            cell(value["importance"], place),
            cell(value["surprise"], place),
        )


class Evicted:
    """The tombstones of one row."""

    __slots__ = ("_reasons", "agents", "first", "last")

    def __init__(self, body: bytes) -> None:
        """Look at the row.

        Raises:
            MalformedError: it holds no tombstones.
        """
        value = decode(body)
        self.agents, self.first, self.last = _numbers(value, "agents", "first", "last")
        self._reasons = value["reasons"]

    def __len__(self) -> int:
        return len(self.agents)

    def reason(self, place: int) -> str:
        return str(cell(self._reasons, place))


def _numbers(value: Any, *names: str) -> list[Numbers]:
    arrays = [value[name] for name in names]
    shapes = {array.shape if isinstance(array, np.ndarray) else None for array in arrays}
    if len(shapes) > 1 or any(shape is None or len(shape) != 1 for shape in shapes):
        raise MalformedError("has columns of several lengths")
    return arrays


def totals_of(row: StoredRow, path: Path) -> Totals:
    """Give what a run had come to when this row closed a round."""
    with sound(row, path):
        value = decode(row.body)
        return Totals(*[int(value[name]) for name in Totals._fields])


def names_of(row: StoredRow, path: Path) -> list[str]:
    """Give the ids of the agents that this row names."""
    with sound(row, path):
        ids = decode(row.body)
        if not all(isinstance(one, str) and PATTERN.fullmatch(one) for one in ids):
            raise MalformedError("names an agent that is none")
        return list(ids)


def item_in(row: StoredRow, path: Path) -> Item:
    """Give the item that this row holds."""
    with sound(row, path):
        return item_of(decode(row.body))
