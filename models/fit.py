"""Whether a model fits the spaces of the place where it is to live."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ModelError
from .agent import Place
from .factored.model import FactoredModel
from .generative import GenerativeModel


def check_model(model: GenerativeModel | FactoredModel, place: Place) -> None:
    """Compare a model of ours with the spaces; errors as ``check_fit``."""
    if isinstance(model, FactoredModel):
        check_fit(model.layout.n_actions, model.layout.n_observations, place)
        return
    actions = getattr(place.action_space, "n", None)
    first = getattr(place.action_space, "start", 0)
    if actions is not None and (actions, first) != (model.n_actions, 0):
        rule = f"has {model.n_actions} actions from 0, the action space {actions} from {first}"
        raise ModelError("B", rule, agent_id=place.agent_id)
    _check_outcomes(model.n_observations, place)


def check_fit(n_actions: tuple[int, ...], n_outcomes: tuple[int, ...], place: Place) -> None:
    """Compare with the spaces as far as they tell; others are checked as they come.

    Args:
        n_actions: how many actions move each factor that is moved.
        n_outcomes: how many each modality has.

    Raises:
        ModelError: they differ.
    """
    came = _sizes(place.action_space)
    if came is not None and came != n_actions:
        rule = f"moves factors by {n_actions} actions, the action space has {came}"
        raise ModelError("B", rule, agent_id=place.agent_id)
    _check_start("B", "actions", place.action_space, place)
    _check_outcomes(n_outcomes, place)


def _check_outcomes(wanted: tuple[int, ...], place: Place) -> None:
    came = _sizes(place.observation_space)
    if came is not None and came != wanted:
        rule = f"has {wanted} outcomes, the observation space {came}"
        raise ModelError("A", rule, agent_id=place.agent_id)
    _check_start("A", "outcomes", place.observation_space, place)


def _check_start(field: str, what: str, space: Any, place: Place) -> None:
    first = np.ravel(getattr(space, "start", 0)).tolist()
    if any(first):
        rule = f"has {what} from 0, the space from {', '.join(map(str, first))}"
        raise ModelError(field, rule, agent_id=place.agent_id)


def _sizes(space: Any) -> tuple[int, ...] | None:
    """Give how many values each entry may have; None where a space does not tell."""
    came = getattr(space, "nvec", None) if not hasattr(space, "n") else [space.n]
    return None if came is None else tuple(int(n) for n in came)
