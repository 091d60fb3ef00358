"""Rows as they are read: each is held against the hash of the one before it."""

from __future__ import annotations

from pathlib import Path
from struct import error
from typing import Any

from ...errors import StoreCorruptError
from .chain import GENESIS, StoredRow, follows


def checked(found: tuple[Any, ...], path: Path) -> StoredRow:
    """Give a row, if it is what was written.

    Args:
        found: its columns, and the hash of the row before it; None where there is none.

    Raises:
        StoreCorruptError: it is not.
    """
    *columns, before = found
    row = StoredRow(*columns)
    if before is None:
        before = GENESIS if row.seq == 1 else b""
    try:
        sound = follows(row, before)
    except (AttributeError, TypeError, ValueError, error):
        sound = False  # a column holds what its type forbids
    if not sound:
        rule = f"row {row.seq} ({row.kind!r:.40}) is not what was written"
        raise StoreCorruptError(path, rule, round=row.round)
    return row
