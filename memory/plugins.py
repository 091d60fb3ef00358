"""Finding what a memory is made of by name: ours, published ones, ``package.module:name``."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from collections.abc import Mapping
from typing import Any

from ..errors import PluginError, UnknownNameError
from ..logs import get_logger

log = get_logger(__name__)


def find(kind: str, name: str, ours: Mapping[str, Any], group: str) -> Any:
    """Find what goes by a name.

    Args:
        kind: what it is, for messages.
        group: the entry points among which others publish theirs.

    Raises:
        UnknownNameError: nothing has this name; it says what there is.
        PluginError: something has, but it cannot be loaded.
    """
    if name in ours:
        return ours[name]
    if ":" in name:
        return _load(name, name)
    published = _published(ours, group)
    if name in published:
        return _load(name, published[name])
    raise UnknownNameError(
        kind,
        name,
        tried=[f"entry points of {group}"],
        known=[*ours, *published, "package.module:callable"],
    )


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


def _published(ours: Mapping[str, Any], group: str) -> dict[str, str]:
    found = {point.name: point.value for point in importlib.metadata.entry_points(group=group)}
    for name in found.keys() & ours.keys():
        log.warning("plugin.name_taken", name=name, target=found[name])
    return found


def _load(name: str, target: str) -> Any:
    module, _, attribute = target.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        # Whatever a plug-in's import raises is the plug-in's fault; it harms nobody else.
        whose = "" if name == target else f"{target} "
        raise PluginError(name, f"{whose}cannot be loaded: {error}") from error
    return found
