"""A factored model made ready for arithmetic: its plans enumerated, its numbers laid out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import ModelError
from ..matrices import Indices, locked
from .layout import Layout
from .model import FactoredModel
from .parameters import Parameters
from .tables import Tables
from .tree import Tree


@dataclass(frozen=True, eq=False)
class FactoredCompiled:
    """One model with all its policies of one length; read-only, shared by its agents."""

    model: FactoredModel
    policy_length: int
    tree: Tree
    parameters: Parameters
    """One row."""

    @classmethod
    def of(
        cls, model: FactoredModel, policy_length: int, *, agent_id: str | None = None
    ) -> FactoredCompiled:
        """Compile.

        Raises:
            ModelError: there are too many policies, or E has not an entry for each.
        """
        try:
            tree = Tree.of(model, policy_length, sure=True)
        except ModelError as error:
            raise ModelError(error.field, error.rule, agent_id=agent_id) from None
        if model.E is not None and model.E.size != tree.n_policies:
            rule = f"must have {tree.n_policies} entries, one for each policy, got {model.E.size}"
            raise ModelError("E", rule, agent_id=agent_id)
        return cls(model, policy_length, tree, Parameters(model, tree.n_policies).lock())

    @property
    def layout(self) -> Layout:
        return self.model.layout

    @property
    def fingerprint(self) -> str:
        """Equal for agents that can be inferred together."""
        return f"{self.model.fingerprint}/{self.policy_length}"

    @cached_property
    def policies(self) -> Indices:
        """Shape (n_policies, length, n_control_factors), in lexicographic order."""
        n_choices = len(self.tree.choices)
        numbers = np.arange(self.tree.n_policies)
        depths = range(self.policy_length - 1, -1, -1)
        steps = [self.tree.choices[numbers // n_choices**depth % n_choices] for depth in depths]
        return locked(np.stack(steps, axis=1))

    @cached_property
    def tables(self) -> Tables:
        """For agents whose moves are the model's."""
        return Tables.of(self.layout, self.tree)

    @cached_property
    def own_tables(self) -> Tables:
        """For agents whose moves are their own, or for whom each move has its novelty."""
        return Tables.of(self.layout, Tree.of(self.model, self.policy_length, sure=False))
