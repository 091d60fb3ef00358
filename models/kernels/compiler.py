"""The door to numba, which comes with the extra "fast" and is imported when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from ...errors import MissingExtraError

Function = TypeVar("Function", bound=Callable[..., Any])


def numba(module: str = "numba") -> Any:
    """Import numba, or a module of it.

    Raises:
        MissingExtraError: it is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module(module)
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
    return cast("Function", numba().njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """As ``native``, for a part of others: where it is called, its code stands in their loop."""
    return cast("Function", numba().njit(**_OPTIONS, forceinline=True)(function))


def uncounted() -> Any:
    """Make what gives native code its arguments with no reference counted to their arrays.

    Whoever called holds the arrays until the call is over; to count, in every function that
    one calls, who else does takes as long as a fifth of the work. It takes a tuple of arrays
    and numbers and gives one. Never give it what native code has made itself.
    """
    extending, types = numba("numba.extending"), numba("numba.types")

    def typed(_: Any, arguments: Any) -> Any:
        def build(context: Any, builder: Any, _: Any, given: Any) -> Any:
            values = [
                _without_owner(context, builder, kind, builder.extract_value(given[0], k))
                if isinstance(kind, types.Array)
                else builder.extract_value(given[0], k)
                for k, kind in enumerate(arguments)
            ]
            return context.make_tuple(builder, arguments, values)

        return arguments(arguments), build

    return extending.intrinsic(typed)


def _without_owner(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """Give an array that says of its memory that nobody has to let go of it."""
    same = context.make_array(kind)(context, builder, array)
    same.meminfo = same.meminfo.type(None)
    same.parent = same.parent.type(None)
    return same._getvalue()  # noqa: SLF001  numba's own way to read one off


_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
