"""An agent that infers where it is in a ring of four places, and what it has lived there."""

from __future__ import annotations

from typing import Any

import numpy as np
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context
from antiphon.models.experience import Experience
from antiphon.models.generative import GenerativeModel
from antiphon.models.profile import InferenceSettings

RING = np.array([[1, 2, 3, 0], [3, 0, 1, 2], [0, 1, 2, 3]])  # forth, back, stay
SEEN = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
BRIGHT = np.array([[0.9, 0.5, 0.1, 0.5], [0.1, 0.5, 0.9, 0.5]])


def ring_model(preferences: Any = ([0, 0, 2, 0], [0, 0])) -> GenerativeModel:
    return GenerativeModel.deterministic([SEEN, BRIGHT], RING, preferences, [1, 0, 0, 0])


def make(**keywords: Any) -> ActiveInference:
    agent = ActiveInference(
        ring_model(), InferenceSettings(**{"selective_update_interval": 1, **keywords})
    )
    agent.reset(seed=5)
    return agent


def lived(executed: Any, *, intended: Any = None, terminated: bool = False) -> Experience:
    return Experience(0, [0, 0], intended, executed, "acted", 0.0, terminated, False)


def after(executed: Any, *missed: Any) -> Context:
    return Context(
        "ringer", previous=lived(executed), missed=tuple(lived(action) for action in missed)
    )


def state_of(agent: ActiveInference) -> tuple[Any, ...]:
    state = agent.get_state()
    return (state.pop("beliefs").tobytes(), *sorted(state.items()))
