"""Policies of several factors: their order, and what they share."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.factored import tree
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.tree import Tree
from antiphon.tests.models.factored.cases import random_model
from antiphon.tests.models.factored.tmaze import tmaze_model


def free(*n_actions: int, n_states: int = 2) -> FactoredModel:
    rng = np.random.default_rng(0)
    dynamics = [rng.dirichlet(np.ones(n_states), (n_states, u)) for u in n_actions]
    shape = (3, *[n_states] * len(n_actions))
    return FactoredModel([np.full(shape, 1 / 3)], [b.transpose(2, 0, 1) for b in dynamics])


def test_policies_are_all_sequences_of_joint_actions_in_lexicographic_order() -> None:
    compiled = FactoredCompiled.of(free(2, 1, 3), 2)
    assert compiled.layout.control_factors == (0, 2)
    joint = list(itertools.product(range(2), range(3)))
    expected = [[list(a) for a in steps] for steps in itertools.product(joint, repeat=2)]
    assert compiled.policies.tolist() == expected


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_every_prefix_leads_where_its_actions_lead(length: int) -> None:
    rng = np.random.default_rng(length)
    model = random_model(rng, "sure", 3)
    compiled = FactoredCompiled.of(model, length)
    for sure in (True, False):
        own = Tree.of(model, length, sure=sure)
        for policy, depth in itertools.product(range(0, own.n_policies, 7), range(length)):
            scene = own.scenes[own.prefixes[depth, policy]]
            for f in range(3):
                node = scene[len(model.A) + f]
                actions = compiled.policies[policy, : depth + 1]
                told = _column(model, f, actions)
                assert np.array_equal(_walk(model, own, f, node), _walked(model, f, told))


def _column(model: FactoredModel, f: int, actions: np.ndarray) -> list[int]:
    if f not in model.layout.control_factors:
        return [0] * len(actions)
    return actions[:, model.layout.control_factors.index(f)].tolist()


def _walked(model: FactoredModel, f: int, actions: list[int]) -> np.ndarray:
    matrix = np.eye(model.layout.n_states[f])
    for action in actions:
        matrix = model.B[f][:, :, action] @ matrix
    return matrix


def _walk(model: FactoredModel, own: Tree, f: int, node: int) -> np.ndarray:
    actions = []
    while node:
        node, action = own.nodes[own.node_offsets[f] + node]
        actions.append(int(action))
    return _walked(model, f, actions[::-1])


def test_what_is_the_same_is_worked_out_once() -> None:
    for length in (1, 2, 3, 4):
        shared = Tree.of(tmaze_model(), length, sure=True)
        assert shared.n_policies == 4**length
        # Where one is after the last move of note: 4 places from the middle, 2 x 2 from an arm.
        assert len(shared.scenes) <= 4 + 4 * (length > 1)
    apart = Tree.of(tmaze_model(), 3, sure=False)
    assert len(apart.scenes) == 4 + 16 + 64


def test_a_modality_of_one_factor_is_seen_once_for_each_of_its_nodes() -> None:
    rng = np.random.default_rng(0)
    dynamics = [rng.dirichlet(np.ones(2), (2, 3)).transpose(2, 0, 1) for _ in range(3)]
    seen = [np.full((2, 2), 0.5)] * 3
    model = FactoredModel(seen, dynamics, A_dependencies=[[0], [1], [2]])
    own = Tree.of(model, 1, sure=True)
    assert (own.n_policies, len(own.views)) == (27, 9)


def test_too_much_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"policy_length 4 makes 1,679,616 policies of 36"):
        FactoredCompiled.of(free(6, 6), 4)
    monkeypatch.setattr(tree, "MAX_BYTES", 4_000)
    FactoredCompiled.of(free(2, 3), 1)
    with pytest.raises(ModelError, match=r"^agent 'x': policy_length 2 makes 36 .* GiB"):
        FactoredCompiled.of(free(2, 3), 2, agent_id="x")


def test_everything_in_it_is_read_only() -> None:
    compiled = FactoredCompiled.of(tmaze_model(), 2)
    arrays = [*compiled.tables, *compiled.parameters.arrays, compiled.policies]
    assert not any(array.flags.writeable for array in arrays)
    assert not compiled.parameters.likelihoods.flags.writeable
