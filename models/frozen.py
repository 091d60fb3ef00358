"""Values that nobody can change any more."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

PLAIN = frozenset({int, float, str, bool, type(None)})
"""Types whose values nobody can change anyway."""
_WRITEABLE = attrgetter("flags.writeable")


def frozen_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping; freeze its values, unless it is seen at a glance that all are frozen."""
    types = set(map(type, values.values()))
    if types <= PLAIN or (types == {np.ndarray} and not any(map(_WRITEABLE, values.values()))):
        return dict(values)
    return {key: frozen(value) for key, value in values.items()}


def frozen(value: Any) -> Any:
    """Give the value in a form that nobody can change any more, arrays inside included."""
    if isinstance(value, np.ndarray):
        return _frozen_array(value)
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return _remade(value, [frozen(item) for item in value])
    return value


def _frozen_array(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not array.flags.writeable:
        return array
    # A copy, for the owner may go on writing into its own buffer.
    array = array.copy()
    array.flags.writeable = False
    return array


def _remade(value: Any, items: list[Any]) -> Any:
    # A named tuple takes its items one by one.
    make = getattr(value, "_make", type(value))
    return make(items)
