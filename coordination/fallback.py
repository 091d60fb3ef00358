"""What stands in for an action that did not come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import SettingsError
from ..models.experience import Experience
from ..models.frozen import frozen
from .environment import Environment

Fallback = Callable[[str, Experience | None], Any]
"""Gives the action to execute for an agent, from its id and its last experience."""


class Drop:
    """The answer of a fallback that leaves the agent out of the joint action."""

    def __repr__(self) -> str:
        return "DROP"


DROP = Drop()


def drop(agent_id: str, previous: Experience | None) -> Any:
    """Leave the agent out."""
    return DROP


class NoOp:
    """Do nothing, as the environment understands it."""

    def __init__(self, actions: Mapping[str, Any]) -> None:
        # One object stands in again and again, and agents are shown what was executed.
        self._actions = {agent_id: frozen(action) for agent_id, action in actions.items()}

    def __call__(self, agent_id: str, previous: Experience | None) -> Any:
        return self._actions[agent_id]


class Repeat:
    """Do again what was executed last; nothing, at the start of an episode."""

    def __init__(self, otherwise: Fallback) -> None:
        self._otherwise = otherwise

    def __call__(self, agent_id: str, previous: Experience | None) -> Any:
        if previous is None or previous.last or previous.executed is None:
            return self._otherwise(agent_id, previous)
        return previous.executed


class Default:
    """Do one given thing."""

    def __init__(self, action: Any) -> None:
        self._action = frozen(action)

    def __call__(self, agent_id: str, previous: Experience | None) -> Any:
        return self._action


def choose_fallback(
    how: str | None,
    default_action: Any,
    environment: Environment | None,
    agent_ids: Iterable[str],
) -> Fallback | None:
    """Turn the settings ``on_missing`` and ``default_action`` into what they mean here.

    Returns:
        None where a missing action is to be an error.

    Raises:
        SettingsError: the environment does not bear it.
    """
    if default_action is not None and how != "default":
        raise SettingsError("default_action", "is used with on_missing='default' alone")
    match how or ("drop" if environment is None else "noop"):
        case "raise":
            return None
        case "default":
            return Default(_checked(default_action, environment, agent_ids))
        case "drop":
            _check_may_drop(environment)
            return drop
        case "repeat":
            return Repeat(drop if environment is None else _no_op(environment, agent_ids))
        case _:
            return _no_op(environment, agent_ids)


def _checked(action: Any, environment: Environment | None, agent_ids: Iterable[str]) -> Any:
    if action is None:
        raise SettingsError("default_action", "must be given with on_missing='default'")
    if environment is None:
        return action
    for agent_id in agent_ids:
        space = environment.action_space(agent_id)
        if isinstance(action, list) and space.dtype is not None:
            action = np.asarray(action, space.dtype)
        if not space.contains(action):
            raise SettingsError("default_action", f"{action!r} of {agent_id} is not in {space}")
    return action


def _check_may_drop(environment: Environment | None) -> None:
    if environment is not None and not environment.takes_partial_actions:
        raise SettingsError(
            "on_missing",
            f"'drop' needs an environment that takes partial actions; {environment.name} does not",
        )


def _no_op(environment: Environment | None, agent_ids: Iterable[str]) -> Fallback:
    if environment is None:
        raise SettingsError("on_missing", "'noop' needs an environment")
    try:
        return NoOp({agent_id: environment.no_op(agent_id) for agent_id in agent_ids})
    except ValueError as error:
        raise SettingsError("on_missing", str(error)) from None
