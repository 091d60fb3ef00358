"""Finding plug-ins by name: ours, what others publish, and ``package.module:name``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .errors import PluginError, UnknownNameError
from .logs import get_logger

log = get_logger(__name__)


def find(
    kind: str, name: str, ours: Mapping[str, Any], group: str, *, what: str = "callable"
) -> Any:
    """Find what goes by a name.

    Args:
        kind: what it is, for messages.
        ours: what has a name here: the thing itself, or ``package.module:name`` of it.
        group: the entry points among which others publish theirs.
        what: what stands behind the colon of a name such as ``package.module:callable``.

    Raises:
        UnknownNameError: nothing has this name; it says what there is.
        PluginError: something has, but it cannot be loaded.
    """
    if name in ours:
        found = ours[name]
        return load(name, found) if isinstance(found, str) else found
    if ":" in name:
        return load(name, name)
    others = published(group, ours)
    if name in others:
        return load(name, others[name])
    raise UnknownNameError(
        kind,
        name,
        tried=[f"entry points of {group}"],
        known=[*ours, *others, f"package.module:{what}"],
    )


def published(group: str, ours: Mapping[str, Any]) -> dict[str, str]:
    """Give what others publish, by name; a name that is one of ours is warned of."""
    # Imported when used: it brings the parsing of e-mails, a tenth of our import.
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=group)}
    for name in found.keys() & ours.keys():
        log.warning("plugin.name_taken", name=name, target=found[name])
    return found


def load(name: str, target: str) -> Any:
    """Import what ``package.module:name`` stands for.

    Raises:
        PluginError: it cannot be imported, whatever the reason.
    """
    with blamed(name, "" if name == target else target):
        return attribute(target)


@contextmanager
def blamed(name: str, whose: str = "") -> Iterator[None]:
    """Name the plug-in whose code is run when it is loaded.

    Args:
        whose: what goes by that name, where it is called otherwise.

    Raises:
        PluginError: it cannot be loaded, whatever the reason.
    """
    try:
        yield
    # Nobody knows what a module does when it is imported; a script even ends the program.
    except (Exception, SystemExit) as error:
        why = "it ends the program" if isinstance(error, SystemExit) else error
        raise PluginError(name, f"{whose} cannot be loaded: {why}".lstrip()) from error


def attribute(target: str) -> Any:
    """Give what ``package.module:name`` stands for; raises whatever that raises."""
    module, _, path = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found
