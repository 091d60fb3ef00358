"""The rows of one array, handed out one by one and found again side by side."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np
import pytest
from antiphon.models.sheet import Sheet, side_by_side


def sheet_of(rows: int = 6, width: int = 3) -> Sheet:
    return Sheet(np.arange(rows * width).reshape(rows, width))


@pytest.mark.parametrize("part", [slice(0, 6), slice(2, 5), slice(5, 6)])
def test_rows_that_stand_one_after_another_are_found_side_by_side(part: slice) -> None:
    sheet = sheet_of()
    found = side_by_side(list(sheet.rows)[part])
    assert found is not None
    assert np.array_equal(found, sheet.table[part])


@pytest.mark.parametrize(
    "table",
    [
        np.arange(18, dtype=np.int16).reshape(6, 3)[::2],
        np.arange(18).reshape(6, 3)[::-1],
        np.arange(18).reshape(3, 6).T,
        np.broadcast_to(np.arange(3), (4, 3)),
        np.zeros((3, 0)),
    ],
)
def test_rows_are_what_stands_in_the_table(table: Any) -> None:
    sheet = Sheet(table)
    assert [row.tolist() for row in sheet.rows] == table.tolist()
    assert {row.dtype for row in sheet.rows} == {table.dtype}
    found = side_by_side(sheet.rows[1:])
    assert (found is None) is (table.strides[0] == 0)
    assert found is None or np.array_equal(found, table[1:])


def test_whatever_is_no_run_of_rows_is_not_found() -> None:
    sheet, twin = sheet_of(), sheet_of()
    rows, others = list(sheet.rows), list(twin.rows)
    strange: list[Sequence[Any]] = [
        [],
        rows[::-1],
        rows[::2],
        [rows[0], rows[0]],
        [*rows, rows[0]],
        [*rows[:2], others[2]],  # equal, and of another sheet
        [rows[0], rows[1].copy()],
        [rows[1].copy(), rows[2]],
        [rows[0][1:], rows[1]],
        [rows[0].reshape(1, 3)],
        [rows[0].view(np.uint64)],
        [sheet.table],
        [sheet.table[0]],
        [rows[0], None],
        [None, rows[1]],
        [3, 4],
        [np.int64(3)],
    ]
    assert [side_by_side(each) for each in strange] == [None] * len(strange)


def test_a_row_cannot_be_written_to_nor_made_writable() -> None:
    row = sheet_of().rows[2]
    with pytest.raises(ValueError, match="read-only"):
        row[0] = 7
    for array in (row, row.base):
        assert isinstance(array, np.ndarray)
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


def test_rows_outlive_their_sheet_and_are_then_plain_arrays() -> None:
    sheet = sheet_of()
    rows, known = list(sheet.rows), ref(sheet)
    del sheet
    assert known() is None, "a sheet that keeps itself is never freed"
    assert side_by_side(rows) is None
    assert rows[5].tolist() == [15, 16, 17]


def test_the_table_goes_with_the_last_of_its_rows() -> None:
    table = np.zeros((4, 2))
    gone, row = ref(table), Sheet(table).rows[0]
    del table
    assert gone() is not None
    del row
    assert gone() is None


def test_a_sheet_can_be_copied_and_sent() -> None:
    sheet = sheet_of()
    for other in (copy.deepcopy(sheet), pickle.loads(pickle.dumps(sheet))):
        assert [row.tolist() for row in other.rows] == sheet.table.tolist()
        assert side_by_side(other.rows) is None
