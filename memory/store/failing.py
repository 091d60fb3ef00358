"""What SQLite and the machine say of a file, as errors of ours that name it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import StoreCorruptError, StoreError, StoreFullError

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_BASE_CODE = 0xFF
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH})
# With these SQLite says that a table or column is missing, or a text not UTF-8: a changed schema.
_NO_CODE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, None})


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Let what goes wrong with a file be raised under its name.

    Raises:
        StoreFullError: there is no space.
        StoreCorruptError: it is not what was written.
        StoreError: the machine cannot read or write it.
    """
    try:
        yield
    except StoreError:
        raise
    except sqlite3.Error as error:
        raise _of_sqlite(path, error) from error
    except OSError as error:
        kind = StoreFullError if error.errno in _NO_SPACE else StoreError
        raise kind(path, error.strerror or str(error)) from error


def _of_sqlite(path: Path, error: sqlite3.Error) -> StoreError:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code in _FULL:
        return StoreFullError(path, str(error))
    if code is not None and code & _BASE_CODE in _CORRUPT:
        return StoreCorruptError(path, str(error))
    if code in _NO_CODE and isinstance(error, (sqlite3.OperationalError, sqlite3.DataError)):
        return StoreCorruptError(path, str(error))
    return StoreError(path, str(error))
