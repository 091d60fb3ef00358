"""Whether actions lie in their spaces, asked once for a whole round."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ..actors.failures import describe
from ..models.shown import shown


class ActionCheck:
    """Holds every agent's action space against what the agent answered."""

    def __init__(self, spaces: Mapping[str, Any]) -> None:
        """Take the action spaces by agent id; an agent without one may answer anything."""
        self._spaces = spaces
        self._ranges = {agent_id: _plain_range(space) for agent_id, space in spaces.items()}
        ranges = self._ranges.values()
        starts, stops = [r.start for r in ranges], [r.stop for r in ranges]
        self._common = range(max(starts, default=0), min(stops, default=0))
        """Whole numbers that lie in every space."""

    def _all_common(self, actions: Collection[Any]) -> bool:
        if set(map(type, actions)) != {int}:
            return False
        distinct = set(actions)  # they are few
        return min(distinct) in self._common and max(distinct) in self._common

    def rejections(self, actions: Mapping[str, Any]) -> dict[str, str]:
        """Give the reason for each action that its space does not contain."""
        # Most spaces are Discrete and most actions are ints: no call into the space.
        if not self._spaces or not actions or self._all_common(actions.values()):
            return {}
        bad: dict[str, str] = {}
        for agent_id, action in actions.items():
            if type(action) is int and action in self._ranges.get(agent_id, ()):
                continue
            space = self._spaces.get(agent_id)
            if space is None:
                continue
            try:
                why = _why_not(space, action)
            except Exception as error:  # noqa: BLE001  a foreign space looks at a foreign object
                why = f"cannot be looked at: {describe(error)}"
            if why:
                bad[agent_id] = why
        return bad


def no_op(space: Any) -> Any:
    """Give the action that does least: the lowest of a discrete space, else zeros.

    Raises:
        ValueError: the space has no such action.
    """
    from gymnasium import spaces  # takes a while; needed only where there are spaces

    match space:
        case spaces.Discrete():
            return int(space.start)
        case spaces.MultiDiscrete() | spaces.MultiBinary():
            action = getattr(space, "start", None)
            return np.zeros(space.shape, space.dtype) if action is None else action.copy()
        case spaces.Box():
            return np.clip(np.zeros(space.shape, space.dtype), space.low, space.high)
        case spaces.Dict():
            return {key: no_op(item) for key, item in space.spaces.items()}
        case spaces.Tuple():
            return tuple(no_op(item) for item in space.spaces)
        case _:
            raise ValueError(
                f"{space} has no plain no-op; choose on_missing='default' and a default_action"
            )


def _plain_range(space: Any) -> range:
    from gymnasium.spaces import Discrete

    if not isinstance(space, Discrete):
        return range(0)
    return range(int(space.start), int(space.start + space.n))


def _why_not(space: Any, action: Any) -> str:
    if isinstance(action, np.ndarray) and hasattr(space, "low"):
        return _why_not_in_box(space, action)
    if isinstance(action, bool | np.bool_):
        # Gymnasium lets True pass for 1, and then the environment may stumble over it.
        return f"{action} is no action of {space}"
    if space.contains(action):
        return ""
    return f"{shown(action)} is not in {space}"


def _why_not_in_box(space: Any, action: np.ndarray) -> str:
    if action.shape != space.shape:
        return f"shape must be {space.shape}, got {action.shape}"
    if not np.can_cast(action.dtype, space.dtype):
        return f"dtype must fit {space.dtype}, got {action.dtype}"
    if not np.all((action >= space.low) & (action <= space.high)):
        return f"must lie within the bounds of {space} and be no NaN, got {shown(action)}"
    return ""
