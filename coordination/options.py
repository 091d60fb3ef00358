"""Options for agents: some are settings of their type, the rest is for ``create``."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..layers import Layers, Resolved, resolve, setting_names, split_options
from ..models.agent import Agent
from ..settings import SettingsType


def settings_type_of(cls: type[Agent]) -> type[SettingsType] | None:
    """Give the settings type that this kind of agent declares, if it does."""
    return getattr(cls, "settings_type", None)


def prepare_options(
    cls: type[Agent], layers: Layers, options: Mapping[str, Any]
) -> tuple[dict[str, Any], Resolved | None]:
    """Give what to call ``create`` with, and where its settings come from.

    Raises:
        SettingsError: a setting breaks its rule.
        TypeError: an option is neither a setting nor taken by ``create``.
    """
    kind = settings_type_of(cls)
    resolved = None
    given = dict(options)
    if kind is not None:
        own, given = split_options(kind, options)
        resolved = _whole(kind, given.get("settings"), own) or resolve(kind, layers, own)
        given["settings"] = resolved.values
    _check_names(cls, given, () if kind is None else setting_names(kind))
    return given, resolved


def _whole(kind: type[SettingsType], given: Any, fields: Mapping[str, Any]) -> Resolved | None:
    """Take settings that were given as one object; None if none were."""
    if given is None:
        return None
    if not isinstance(given, kind):
        raise TypeError(f"settings must be {kind.__name__}, got {type(given).__name__}")
    if fields:
        raise TypeError(f"settings came whole, so {', '.join(sorted(fields))} must be in there")
    names = (field.name for field in dataclasses.fields(kind))
    return Resolved(given, dict.fromkeys(names, "keyword"))


def _check_names(cls: type[Agent], names: Iterable[str], settings: Iterable[str]) -> None:
    """Refuse options now that would fail later, in the agent's own thread.

    A ``create`` that takes any option is understood to hand them on to the constructor.
    """
    taken, any_option = _keywords(cls.create)
    if any_option:
        more, any_option = _keywords(cls)
        taken |= more
    unknown = sorted(set(names) - taken - {"settings"})
    if unknown and not any_option:
        known = sorted({*taken, *settings} - {"place", "settings"})
        near = difflib.get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known) or 'none'}"
        raise TypeError(f"{cls.__name__} takes no option {', '.join(unknown)}; {hint}")


def _keywords(target: Callable[..., Any]) -> tuple[set[str], bool]:
    """Give the names that can be passed, and whether any other can."""
    parameters = inspect.signature(target).parameters.values()
    named = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    return named, any(p.kind is p.VAR_KEYWORD for p in parameters)
