"""The door to numba, which comes with the extra "fast" and is imported when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from ...errors import MissingExtraError

Function = TypeVar("Function", bound=Callable[..., Any])


def numba() -> Any:
    """Import numba.

    Raises:
        MissingExtraError: it is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module("numba")
    except ImportError as error:
        raise MissingExtraError("kernel 'numba'", "fast") from error


def is_kept(function: Any) -> bool:
    """Whether a native function lies compiled on disk, as it stands in its source now."""
    source = function.py_func.__code__
    folder = Path(function.stats.cache_path)
    indexes = folder.glob(f"*.{source.co_name}-{source.co_firstlineno}.*.nbi")
    written = Path(source.co_filename).stat().st_mtime
    return any(index.stat().st_mtime >= written for index in indexes)


def native(function: Function) -> Function:
    """Have a function compiled at its first call, and kept on disk for later processes.

    Without ``fastmath``: nothing may be added up in another order. With numpy's rule for
    division by zero, which needs no branch. It lets go of the GIL while it runs.
    """
    compile = numba().njit(cache=True, nogil=True, error_model="numpy")
    return cast("Function", compile(function))
