"""One agent at a time, by the definitions: what kernels and crowds are held against.

It shares the tables of policies with what it checks, and none of the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from antiphon.models import chance
from antiphon.models.generative import GenerativeModel
from antiphon.models.matrices import EPSILON, Array
from antiphon.models.policies import Plan, Policies, best, sample, softmax
from antiphon.models.profile import Profile

START = -1
"""In a list of past actions: a new episode began here."""
_TINY = 1e-280


class Engine:
    """The arithmetic of one model, for one agent; it holds no agent's state."""

    def __init__(self, model: GenerativeModel, length: int) -> None:
        self.model = model
        self.policies = Policies.of(model, length)
        self._likelihood = np.concatenate(model.A)
        logs = np.log(np.maximum(self._likelihood, EPSILON))
        self._ambiguity = -(self._likelihood * logs).sum(axis=0)

    def posterior(self, prior: Array, observation: Sequence[int]) -> Array:
        """Give p(s | o), shape (n_states,), from a prior and one index for each modality.

        Source: Bayes' rule with floors, normalise(max(A[o], eps) * max(prior, eps)); equal
        to the logarithmic form of pymdp 1.0.4 up to rounding.
        """
        joint = self._joint(prior, observation)
        return joint / joint.sum()

    def _joint(self, prior: Array, observation: Sequence[int]) -> Array:
        columns = [
            np.maximum(matrix[outcome], EPSILON)
            for matrix, outcome in zip(self.model.A, observation, strict=True)
        ]
        joint = np.prod([np.maximum(prior, EPSILON), *columns], axis=0)
        if joint.sum() >= _TINY:
            return joint
        logs = np.log(np.maximum(prior, EPSILON)) + np.sum([np.log(c) for c in columns], axis=0)
        return np.exp(logs - logs.max())

    def surprise(self, prior: Array, observation: Sequence[int]) -> float:
        """Give -ln p(o), in nats, from the model's own numbers, without floors."""
        joint = prior.copy()
        for matrix, outcome in zip(self.model.A, observation, strict=True):
            joint *= matrix[outcome]
        return -math.log(joint.sum()) if joint.any() else math.inf

    def predict(self, beliefs: Array, action: int) -> Array:
        """Give p(s') after an action, shape (n_states,)."""
        if self.model.moves is None:
            return self.model.B[:, :, action] @ beliefs
        predicted = np.zeros_like(beliefs)
        np.add.at(predicted, self.model.moves[action], beliefs)
        return predicted

    def plan(self, beliefs: Array, gamma: float, preferences: Array | None = None) -> Plan:
        """Score all policies: of each prefix the utility, and what it would tell.

        Source: Da Costa et al. (2020), expected free energy as ambiguity and expected
        utility with state information gain; summed as pymdp 1.0.4 does.
        """
        wanted = np.concatenate(self.model.C) if preferences is None else preferences
        values = [self._value(beliefs, operator, wanted) for operator in self.policies.operators]
        neg_efe = np.array(values)[self.policies.prefixes].sum(axis=0)
        policies = softmax(gamma * neg_efe)
        # The first action is the slowest index of the lexicographic order.
        return Plan(neg_efe, policies, policies.reshape(self.model.n_actions, -1).sum(axis=1))

    def _value(self, beliefs: Array, operator: Any, wanted: Array) -> float:
        if operator.ndim == 1:  # where one gets to, for sure
            then = np.zeros_like(beliefs)
            np.add.at(then, operator, beliefs)
        else:
            then = operator @ beliefs
        outcomes = self._likelihood @ then
        gain = wanted - np.log(np.maximum(outcomes, EPSILON))
        return float(outcomes @ gain - self._ambiguity @ then)


class Mind:
    """What one agent keeps: beliefs, a step count and a random stream.

    Attributes:
        surprise: at the last observation, in nats; None if it was not taken in.
    """

    def __init__(self, engine: Engine, profile: Profile, seed: int | None = None) -> None:
        self.engine = engine
        self.profile = profile
        self.reset(seed)

    def reset(self, seed: int | None) -> None:
        self.beliefs = self.engine.model.D
        self.stream = chance.key(seed or 0, "action")
        self.step = 0
        self.surprise: float | None = None

    def move(self, actions: Sequence[int]) -> None:
        """Predict through B what was done."""
        for action in actions:
            if action == START:
                self.beliefs = self.engine.model.D
            else:
                self.beliefs = self.engine.predict(self.beliefs, action)

    def see(self, observation: Sequence[int]) -> None:
        """Take in an observation, if this step is one of those that do."""
        self.surprise = None
        if self.step % self.profile.selective_update_interval == 0:
            self.surprise = self.engine.surprise(self.beliefs, observation)
            self.beliefs = self.engine.posterior(self.beliefs, observation)

    def plan(self, preferences: Array | None = None) -> Plan:
        return self.engine.plan(self.beliefs, self.profile.gamma, preferences)

    def choose(self, preferences: Array | None = None) -> int:
        """Plan, choose the next action, and end the step."""
        actions = self.plan(preferences).actions
        step, self.step = self.step, self.step + 1
        if self.profile.action_selection == "deterministic":
            return best(actions)
        return sample(actions, self.profile.alpha, chance.uniform(self.stream, step))

    def get_state(self) -> dict[str, Any]:
        return {"beliefs": self.beliefs, "step": self.step, "stream": self.stream}
