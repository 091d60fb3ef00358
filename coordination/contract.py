"""What an environment owes a society, and for whom it gave something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeVar, cast

import numpy as np

from ..models.shown import shown

_T = TypeVar("_T")
TEXTS = frozenset({str, bytes})
"""Python reads a number from "1.5" and true from "False"; a society does neither."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[_T]):
    """What an environment must say of each agent in one of a step's answers."""

    what: str
    rule: str
    kind: type[_T]

    @property
    def plain(self) -> Callable[[Any], _T]:
        """What makes a plain value of one that may be numpy's."""
        return cast("Callable[[Any], _T]", self.kind)

    def fault(self, values: Any, names: Mapping[Any, str]) -> str:
        """Say for whom the rule is broken first; empty if for none of these names."""
        if not isinstance(values, Mapping):
            return f"{self.what}s must be a dict by agent, got {shown(values)}"
        for name, value in values.items():
            if name in names and not self._is_kept_by(value):
                return f"{self.what} of agent {names[name]!r} {self.rule}, got {shown(value)}"
        return ""

    def _is_kept_by(self, value: Any) -> bool:
        if type(value) in TEXTS:
            return False
        try:
            return isfinite(cast("float", self.plain(value)))
        except Exception:  # noqa: BLE001  a foreign object may raise anything
            return False


REWARD = Rule("reward", "must be a finite real number", float)
TERMINATION = Rule("termination", "must be true or false", bool)
TRUNCATION = Rule("truncation", "must be true or false", bool)


def observations_fault(observations: Any, agents: Iterable[Any], names: Collection[Any]) -> str:
    """Say what keeps these from being observations of all agents; empty if nothing does."""
    if not isinstance(observations, Mapping):
        return f"observations must be a dict by agent, got {shown(observations)}"
    for name in agents:
        if name not in names:
            return f"agents must be of its possible_agents, got {shown(name)}"
        if name not in observations:
            return f"observations must have one for each of its agents, got none for {name!r}"
    return ""


def observation_fault(space: Any, observation: Any) -> str:
    """Say what keeps one from having the form of its space; empty if nothing does.

    The form alone: that worlds step over their own bounds is common, and harms nobody here.
    """
    shape = getattr(space, "shape", None)
    if shape is None:  # of a dict, a text, or somebody's own kind
        return ""
    try:
        array = np.asarray(observation)
    except ValueError:
        return f"must be an array of shape {shape}, got lists of unequal lengths"
    if array.dtype.kind not in "biufc":
        return f"must hold numbers, as {shown(space)} does, got {shown(observation)}"
    if array.shape != tuple(shape):
        return f"must have shape {tuple(shape)}, as {shown(space)} says, got {array.shape}"
    return ""
