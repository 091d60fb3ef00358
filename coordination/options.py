"""Options for agents: some are settings of their type, the rest is for ``create``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ..layers import Layers, Resolved, resolve, split_options
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
        resolved = resolve(kind, layers, own)
        given["settings"] = resolved.values
    _check_signature(cls, given)
    return given, resolved


def _check_signature(cls: type[Agent], options: Mapping[str, Any]) -> None:
    """Refuse options now that would fail later, in the agent's own thread."""
    create: Any = cls.create
    if getattr(create, "__func__", create) is Agent.create.__func__:  # type: ignore[attr-defined]  # a classmethod has one
        target: Any = cls
        leading = 0
    else:
        target, leading = create, 1
    try:
        inspect.signature(target).bind(*[None] * leading, **options)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}: {error}") from None
