"""What the agents of one model share that learn it, each for itself, and plan with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ModelError
from ..generative import GenerativeModel
from ..matrices import EPSILON, Array, Matrices, locked
from ..policies import MAX_POLICIES
from .concentrations import Concentrations
from .learning import Learning


@dataclass(frozen=True, eq=False)
class CompiledLearner:
    """A model of one factor with all policies of one length; read-only, shared by its agents.

    There are no operators to share: each agent's B is its own, so its beliefs are rolled out
    along the tree of the policies' prefixes.
    """

    model: GenerativeModel
    policy_length: int
    concentrations: Concentrations
    preferences: Array
    """Shape (n_outcomes,): C, one modality after another; zeros without ``use_utility``."""
    habits: Array
    """Shape (n_policies,): ln E, and zeros where there are no habits."""
    explores: bool
    """Whether what observations tell of states counts in plans."""

    @classmethod
    def of(
        cls,
        model: GenerativeModel,
        policy_length: int,
        learning: Learning,
        *,
        pA: Any = None,
        pB: Any = None,
        pD: Any = None,
        E: Any = None,
        use_utility: bool = True,
        use_states_info_gain: bool = True,
        agent_id: str | None = None,
    ) -> CompiledLearner:
        """Compile.

        Args:
            pA: counts, as ``Concentrations`` takes them; pB and pD too.
            E: float64, shape (n_policies,): p(policy) before thinking; None for uniform.

        Raises:
            ModelError: there are too many policies, or counts or E do not fit the model.
        """
        count = model.n_actions**policy_length
        if count > MAX_POLICIES:
            rule = f"{policy_length} makes {count:,} policies; the most is {MAX_POLICIES:,}"
            raise ModelError("policy_length", rule, agent_id=agent_id)
        preferences = np.concatenate(model.C)
        return cls(
            model=model,
            policy_length=policy_length,
            concentrations=Concentrations(model, learning, pA=pA, pB=pB, pD=pD, agent_id=agent_id),
            preferences=locked(preferences if use_utility else np.zeros_like(preferences)),
            habits=_habits(E, count, agent_id),
            explores=use_states_info_gain,
        )

    @property
    def n_policies(self) -> int:
        return len(self.habits)

    @property
    def learning(self) -> Learning:
        return self.concentrations.learning


def _habits(given: Any, count: int, agent_id: str | None) -> Array:
    if given is None:
        return locked(np.zeros(count))
    read = Matrices(agent_id)
    habits = read.distribution("E", given, 1)
    if habits.size != count:
        read.refuse("E", f"must have {count} entries, one for each policy", habits.size)
    return locked(np.log(np.maximum(habits, EPSILON)))
