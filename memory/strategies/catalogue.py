"""Finding consolidation strategies by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import PluginError
from ...plugins import attribute, find, published
from ..consolidation import Strategy
from ..plugins import check_callable, name_of
from .learn import learn
from .merge import merge
from .prototypes import prototypes

GROUP = "antiphon.consolidations"

_OURS: dict[str, Strategy] = {"learn": learn, "merge": merge, "prototypes": prototypes}
_SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class NamedStrategy:
    """A strategy, what it is called, and where another process finds it."""

    name: str
    call: Strategy
    target: str | None
    """``package.module:callable``; None where only this process has it."""

    @property
    def teaches(self) -> bool:
        """Whether agents learn by it; one that is not ours says so itself."""
        return self.call is learn or bool(getattr(self.call, "teaches", False))

    def check_findable(self) -> None:
        """Make sure that another process can be told which strategy it is.

        Raises:
            PluginError: it cannot.
        """
        # What was started as a script is another module in another process.
        if self.target is None or self.target.startswith("__main__:"):
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
    if not isinstance(kind, str):
        return _checked(name_of(kind), kind, _target_of(kind))
    if kind == _SUMMARY:
        raise PluginError(kind, "needs a language model; give Summary(complete) in its place")
    found = find("consolidation strategy", kind, _OURS, GROUP)
    target = kind if ":" in kind else published(GROUP, _OURS).get(kind)
    return _checked(kind, found, _target_of(found) if kind in _OURS else target)


def strategies() -> dict[str, str]:
    """List the strategies that can be named, with where each comes from."""
    ours = {name: _target_of(call) or "" for name, call in _OURS.items()}
    return {**published(GROUP, _OURS), **ours}


def _checked(name: str, found: Any, target: str | None) -> NamedStrategy:
    check_callable(name, found, "window")
    return NamedStrategy(name, found, target)


def _target_of(call: Any) -> str | None:
    """Give where a callable can be found, if it is there; a script is nowhere."""
    module, name = getattr(call, "__module__", None), getattr(call, "__qualname__", None)
    if module in (None, "__main__") or name is None:
        return None
    target = f"{module}:{name}"
    try:
        return target if attribute(target) is call else None
    except (ImportError, AttributeError):
        return None
