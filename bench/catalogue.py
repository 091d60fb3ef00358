"""The benches by name: ours, what others publish, and those in a file."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..plugins import blamed, find, published
from . import (
    blocking,
    coordination,
    explorer,
    general,
    inference,
    journal,
    memory,
    messaging,
    parallel,
    peers,
    processes,
    rounds,
    scale,
    stragglers,
)
from .harness import Bench, Case

GROUP = "antiphon.bench"
"""The entry points among which others publish their benches."""

BENCHES: dict[str, Bench] = {
    "blocking": blocking,
    "coordination": coordination,
    "explorer": explorer,
    "general": general,
    "inference": inference,
    "journal": journal,
    "memory": memory,
    "messaging": messaging,
    "parallel": parallel,
    "peers": peers,
    "processes": processes,
    "rounds": rounds,
    "scale": scale,
    "stragglers": stragglers,
}


def benches() -> dict[str, str]:
    """Give all names that there are, and where each comes from."""
    return {**published(GROUP, BENCHES), **dict.fromkeys(BENCHES, "antiphon")}


def bench(name: str) -> Bench:
    """Find a bench.

    Args:
        name: one of ``benches()``, ``package.module:name``, or the path of a Python file,
            which is a bench itself.

    Raises:
        UnknownNameError: there is no such bench.
        PluginError: there is, but it cannot be loaded or is no bench.
    """
    if name.endswith(".py"):
        return checked(name, _from_file(name))
    return checked(name, find("bench", name, BENCHES, GROUP, what="name"))


def called(name: str) -> str:
    """Give the name under which a bench reports: of a file, that of the file alone."""
    return Path(name).name if name.endswith(".py") else name


def checked(name: str, found: Any) -> Bench:
    """Give a bench, made if it is a class.

    Raises:
        PluginError: it is none.
    """
    if isinstance(found, type):
        found = found()
    if not callable(getattr(found, "cases", None)):
        raise PluginError(name, "a bench has cases(*, small), and this has not")
    if not (found.__doc__ or "").strip():
        raise PluginError(name, "a bench asks its question in its docstring, and this has none")
    made: Bench = found
    return made


def no_clashes(asked: Mapping[str, Bench], *, small: bool) -> None:
    """See that no figure hides another of its name, before anything is measured.

    Raises:
        PluginError: two figures, or two cases of a bench, have the same name.
        MissingExtraError: whom a bench measures against is not installed.
    """
    seen: dict[str, str] = {}
    for name, one in asked.items():
        cases = _cases(name, one, small=small)
        if twice := _twice(case.name for case in cases):
            raise PluginError(name, f"two cases are called {twice!r}")
        for figure in (figure.name for case in cases for figure in case.ratios):
            if figure in seen:
                raise PluginError(name, f"{figure!r} is also a figure of {seen[figure]!r}")
            seen[figure] = name


def _cases(name: str, one: Bench, *, small: bool) -> Sequence[Case]:
    cases = list(one.cases(small=small))
    if not cases:
        raise PluginError(name, "a bench has at least one case, and cases gave none")
    if wrong := [case for case in cases if not isinstance(case, Case)]:
        raise PluginError(name, f"cases must give Cases, got {wrong[0]!r}")
    return cases


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _from_file(path: str) -> Any:
    file = Path(path)
    spec = importlib.util.spec_from_file_location(f"antiphon_bench_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise PluginError(path, "this is no file of Python")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look for their module where all modules are.
    sys.modules[spec.name] = module
    try:
        with blamed(path):
            spec.loader.exec_module(module)
    except PluginError:
        del sys.modules[spec.name]
        raise
    return module
