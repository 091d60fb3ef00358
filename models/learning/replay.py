"""Sleep that teaches: what an agent can still learn from experiences that it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...errors import ModelError
from ..experience import Experience
from ..matrices import Array, locked
from ..observations import read_index, read_indices
from .concentrations import Concentrations
from .filtering import moved, seen
from .lesson import STILL, Lesson
from .parameters import Parameters, Rules
from .rules import NumpyRules

_HELD, _TAUGHT = 0, 1
"""Rows: what the agent believes with, and what it learns meanwhile."""
COUNTS = ("pA", "pB", "pD")
"""What is learned, by name."""


class Trail(NamedTuple):
    """Where the way through experiences has ended, for the range that follows."""

    expected: Array | None
    """float64, shape (n_states,): what is believed before the next observation; None where an
    episode is to begin with it."""
    before: Array
    """float64, shape (n_states,): what was believed when the last move was chosen."""
    action: int
    """That move; STILL where there was none."""
    round: int | None
    """Of the next experience, if none is missing; None before the first."""


class Taught(NamedTuple):
    """What experiences have taught an agent."""

    gains: Mapping[str, Array]
    """What is to be added to pA, pB and pD, flat, as ``Parameters.add`` takes it."""
    trail: Trail


class Night:
    """Goes through one agent's experiences in lived order; nothing that is given changes.

    Beliefs follow from what the agent holds now, which stays the same on the way: it is the
    whole night that teaches. Where a round is missing they begin anew.
    """

    def __init__(
        self,
        shared: Concentrations,
        *,
        state: Mapping[str, Any] | None = None,
        trail: Trail | None = None,
        rules: Rules | None = None,
        agent_id: str | None = None,
    ) -> None:
        """Begin.

        Args:
            state: what has been learned so far; by default nothing.
            trail: of the experiences before these; None where an episode begins.
            rules: by default the reference.

        Raises:
            ModelError: the model has several factors, or the state does not fit it.
        """
        if shared.columns.layout.n_factors != 1:
            raise ModelError("model", "must be of one factor to be replayed", agent_id=agent_id)
        self._own = Parameters(shared, 2, rules or NumpyRules())
        for row in (_HELD, _TAUGHT):
            self._own.begin(row)
            if state is not None:
                self._own.set_state(row, dict(state), agent_id)
        self._first = self._own.get_state(_TAUGHT)
        self._agent_id = agent_id or ""
        self._trail = trail or Trail(None, self._own.starts[_HELD].copy(), STILL, None)

    def live(self, experience: Experience) -> None:
        """Learn from the next experience.

        Raises:
            ObservationError: an observation or an action does not fit the model; it is as if
                this experience were missing.
        """
        observation, action = self._read(experience)
        own, trail = self._own, self._trail
        starts = own.starts[_HELD]
        if trail.round not in (None, experience.round):
            trail = trail._replace(expected=starts, action=STILL)
        prior = starts if trail.expected is None else trail.expected
        after, _ = seen(own, _HELD, prior, observation)
        own.learn(_lesson(trail, observation, after))
        expected: Array | None = after
        if experience.last:
            expected = None
        elif action != STILL:
            expected = moved(own, _HELD, after, action)
        self._trail = Trail(expected, after, action, experience.round + 1)

    def _read(self, experience: Experience) -> tuple[Any, int]:
        columns, executed = self._own.shared.columns, experience.executed
        sizes = columns.layout.n_observations
        observation = read_indices(experience.observation, sizes, self._agent_id)
        if experience.last or executed is None:
            return observation, STILL
        read = ("executed", executed, columns.layout.n_controls[0], self._agent_id)
        return observation, read_index(*read)

    @property
    def taught(self) -> Taught:
        """What came of it so far."""
        after = self._own.get_state(_TAUGHT)
        gains = {name: locked(after[name] - self._first[name]) for name in COUNTS}
        return Taught(gains, self._trail)


def _lesson(trail: Trail, observation: Any, after: Array) -> Lesson:
    return Lesson(
        who=np.array([_TAUGHT]),
        seeing=np.array([True]),
        observations=np.array([observation]),
        actions=np.array([[trail.action]]),
        before=trail.before[None].copy(),
        after=after[None],
        began=np.array([trail.expected is None]),
    )
