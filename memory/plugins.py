"""What holds for all that a memory can be made of."""

from __future__ import annotations

import inspect
from typing import Any

from ..errors import PluginError


def check_callable(name: str, found: Any, *arguments: str) -> None:
    """Make sure that something can be called with these arguments by position.

    Raises:
        PluginError: it cannot.
    """
    how = f"({', '.join(arguments)})"
    if not callable(found) or isinstance(found, type):
        raise PluginError(name, f"must be a callable {how}, got {found!r}")
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return  # Some callables written in C do not tell.
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise PluginError(name, f"must take {how}, takes {signature}") from error


def name_of(plugin: Any) -> str:
    """Give what to call something that came as an object."""
    return str(getattr(plugin, "__qualname__", type(plugin).__qualname__))
