"""The state of an agent, apart from the agent: what ``get_state`` gave, copied whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import StateError

DEEPEST = 100
"""How deep a state may be nested; one that holds itself is deeper than that."""

_PLAIN = frozenset({bool, int, float, str, type(None)})


def copied_state(state: Any, *, agent_id: str | None = None) -> Any:
    """Copy a state so that it shares nothing with its owner.

    It comes out as from the other end of a wire: mappings are dicts, sequences are lists,
    arrays have their dtype and shape and may be written to.

    Raises:
        StateError: it is no tree of JSON values and arrays; the message names the place.
    """
    return _Copy(agent_id).of(state, "state", DEEPEST)


class _Copy:
    """One copying; knows whose state it is, for the error."""

    def __init__(self, agent_id: str | None) -> None:
        self._agent_id = agent_id

    def of(self, value: Any, path: str, depth: int) -> Any:
        if type(value) in _PLAIN:
            return value
        if depth == 0:
            # The path would fill a page, and its beginning says enough.
            raise self._error(path[:40] + "…", f"must not be nested deeper than {DEEPEST}")
        match value:
            case np.ndarray():
                return self._array(value, path)
            case Mapping():
                return self._mapping(value, path, depth)
            case list() | tuple():
                return [
                    item if type(item) in _PLAIN else self.of(item, f"{path}[{i}]", depth - 1)
                    for i, item in enumerate(value)
                ]
            case bool() | int() | float() | str():
                return value  # of a type of its own, as numpy.float64 is
        raise self._error(path, f"must be a JSON value or an array, got {_type(value)}")

    def _array(self, value: npt.NDArray[Any], path: str) -> npt.NDArray[Any]:
        if type(value) is not np.ndarray:
            # Its plain copy would be without what makes it another type, such as a mask.
            raise self._error(path, f"must be a plain array, got {_type(value)}")
        if value.dtype.hasobject:
            raise self._error(path, "must not be an array of objects")
        return value.copy()

    def _mapping(self, value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
        for key in value:
            if not isinstance(key, str):
                raise self._error(path, f"must have texts for keys, got {key!r}")
        return {
            key: item if type(item) in _PLAIN else self.of(item, f"{path}[{key!r}]", depth - 1)
            for key, item in value.items()
        }

    def _error(self, path: str, rule: str) -> StateError:
        return StateError(path, rule, agent_id=self._agent_id)


def _type(value: Any) -> str:
    return type(value).__name__
