"""Observations of a whole call become one array if nobody has to look at each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.observations import stacked
from antiphon.models.sheet import Sheet


def test_arrays_are_stacked_if_nobody_has_to_look_at_each() -> None:
    whole = [np.array([1, 3]), np.array([2, 0])]
    table = stacked(whole, 2)
    assert table is not None
    assert (table.tolist(), table.dtype) == ([[1, 3], [2, 0]], np.int64)
    assert stacked([np.array([1], np.uint8)] * 2, 1) is not None
    others: list[Any] = [
        np.array([1]),  # with the next one as long as two
        np.array([1, 2, 3]),
        np.array([[1, 3]]),
        np.array(1),
        np.array([257, 3], np.int64),
        np.array([1.0, 3.0]),
        [1, 3],
        1,
    ]
    assert stacked(others[:2], 2) is None
    for other in others[2:]:
        assert stacked([np.array([1, 3], np.int8), other], 2) is None


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint8, np.uint64])
def test_rows_of_one_array_are_read_as_that_array(dtype: Any) -> None:
    sheet = Sheet(np.array([[1, 3], [2, 0], [0, 1]], dtype))
    table = stacked(list(sheet.rows[1:]), 2)
    assert table is not None
    assert (table.tolist(), table.dtype) == ([[2, 0], [0, 1]], np.int64)
    assert table.flags.writeable, "compiled code would be compiled anew"
    table[:] = 7
    assert sheet.rows[1].tolist() == [2, 0]


def test_rows_of_an_array_that_is_none_of_observations_are_looked_at_one_by_one() -> None:
    for table in (np.zeros((3, 2)), np.zeros((3, 3), int), np.zeros((3, 2, 1), int)):
        assert stacked(Sheet(table).rows, 2) is None
