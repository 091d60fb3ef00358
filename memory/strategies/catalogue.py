"""Finding consolidation strategies by name."""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from typing import Any

from ...errors import PluginError
from ..consolidation import Strategy
from ..plugins import check_callable, find, name_of
from .merge import merge
from .prototypes import prototypes

GROUP = "antiphon.consolidations"

_OURS: dict[str, Strategy] = {"merge": merge, "prototypes": prototypes}
_SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class NamedStrategy:
    """A strategy, what it is called, and where another process finds it."""

    name: str
    call: Strategy
    target: str | None
    """``package.module:callable``; None where only this process has it."""

    def check_findable(self) -> None:
        """Make sure that another process can be told which strategy it is.

        Raises:
            PluginError: it cannot.
        """
        if self.target is None:
            raise PluginError(
                self.name,
                "cannot be called in another process, for it is not an attribute of a module "
                "that can be imported there; name it package.module:callable, or work in slices",
            )


def strategy(kind: str | Strategy) -> NamedStrategy:
    """Find a strategy: a callable, one of our names, an entry point, ``package.module:callable``.

    Raises:
        UnknownNameError: nothing has this name; it says what there is.
        PluginError: something has, but it cannot be loaded or called with a window.
    """
    if kind == _SUMMARY:
        raise PluginError(kind, "needs a language model; give Summary(complete) in its place")
    if not isinstance(kind, str):
        return _checked(name_of(kind), kind, _target_of(kind))
    found = find("consolidation strategy", kind, _OURS, GROUP)
    target = kind if ":" in kind else _published().get(kind)
    return _checked(kind, found, _target_of(found) if kind in _OURS else target)


def strategies() -> dict[str, str]:
    """List the strategies that can be named, with where each comes from."""
    ours = {name: _target_of(call) or "" for name, call in _OURS.items()}
    return {**_published(), **ours}


def _published() -> dict[str, str]:
    return {point.name: point.value for point in importlib.metadata.entry_points(group=GROUP)}


def _checked(name: str, found: Any, target: str | None) -> NamedStrategy:
    check_callable(name, found, "window")
    return NamedStrategy(name, found, target)


def _target_of(call: Any) -> str | None:
    """Give where a callable can be found, if it is there; a script is nowhere."""
    module, name = getattr(call, "__module__", None), getattr(call, "__qualname__", None)
    if module in (None, "__main__") or name is None:
        return None
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return f"{module}:{name}" if found is call else None
