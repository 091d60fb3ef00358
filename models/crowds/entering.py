"""Which crowd an agent belongs to, by its model, how far it plans, and whether it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import ModelError
from ..factored.compiled import FactoredCompiled
from ..factored.model import FactoredModel
from ..generative import GenerativeModel
from ..kernels.choose import choose
from ..learning.compiled import CompiledLearner
from ..learning.concentrations import Concentrations
from ..learning.learning import Learning
from ..profile import Profile
from .crowd import BaseCrowd
from .factored_crowd import FactoredCrowd, FactoredLearners, factored_kernel, rules_of
from .learning_crowd import LearningCrowd, learner_of
from .shelf import KEPT, SHELF, shared_crowd

Counts = Mapping[str, Any]
"""Initial counts of Dirichlet distributions, by name: pA, pB, pD."""


def crowd_of(
    model: GenerativeModel | FactoredModel,
    profile: Profile,
    backend: str,
    *,
    counts: Counts,
    keep: int = KEPT,
) -> BaseCrowd:
    """Give the crowd of all agents that can be answered for with this one.

    Args:
        counts: with which learning begins; the model's own times ``prior_strength`` if empty.
        keep: how many compiled models may stay when nobody uses them.

    Raises:
        ModelError: there are too many policies, or counts do not fit the model.
        ValueError: the backend does not do what the model or the profile asks for.
        MissingExtraError: the backend is not installed.
    """
    learning = learning_of(profile)
    if isinstance(model, GenerativeModel) and learning is None:
        return shared_crowd(model, profile.policy_length, backend, keep)
    # Counts of one's own are shared with nobody.
    whose = (choose(backend).name, learning, object() if counts else None)
    key = (model.fingerprint, profile.policy_length, *whose)
    return SHELF.take(key, _maker(model, profile, backend, counts), keep)


def learning_of(profile: Profile) -> Learning | None:
    """Give what a profile has agents learn; None for nothing."""
    if not profile.learns and not profile.param_info_gain:
        return None
    return Learning(
        learn_A="A" in profile.learns,
        learn_B="B" in profile.learns,
        learn_D="D" in profile.learns,
        use_param_info_gain=profile.param_info_gain,
        **{f"lr_{matrix}": profile.learning_rate for matrix in "ABD"},
        **{f"fr_{matrix}": profile.forgetting_rate for matrix in "ABD"},
        keep_zeros=profile.keep_zeros,
        awake=profile.learns_when == "awake",
        prior_strength=profile.prior_strength,
    )


def _maker(
    model: GenerativeModel | FactoredModel, profile: Profile, backend: str, counts: Counts
) -> Callable[[], BaseCrowd]:
    learning, length = learning_of(profile), profile.policy_length

    def make() -> BaseCrowd:
        if isinstance(model, GenerativeModel):
            assert learning is not None  # others have been given a crowd already
            learner = learner_of(backend)
            return LearningCrowd(CompiledLearner.of(model, length, learning, **counts), learner)
        kernel, compiled = factored_kernel(backend), FactoredCompiled.of(model, length)
        kernel.prepare()  # here, and not while a round waits
        if learning is None:
            return FactoredCrowd(compiled, kernel)
        shared = Concentrations(model, learning, **counts)
        return FactoredLearners(compiled, kernel, shared, rules_of(backend))

    return make


def check_counts(counts: Counts, profile: Profile, agent_id: str | None) -> None:
    """Refuse counts that nothing would be made of.

    Raises:
        ModelError: the profile neither learns nor values what teaches.
    """
    if counts and learning_of(profile) is None:
        field = min(counts)
        rule = "is for agents that learn: learns='AB', or a profile that learns, such as balanced"
        raise ModelError(field, rule, agent_id=agent_id)
