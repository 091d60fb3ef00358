"""Policies, their scores, and the choice between actions."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.factored.model import FactoredModel
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.matrices import Array
from antiphon.models.policies import (
    Plan,
    Policies,
    action_weights,
    best,
    check_logits,
    sample,
    softmax,
)
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, kernel_of


def random_model(seed: int, *, sure: bool = False, outcomes: int = 4) -> GenerativeModel:
    rng = np.random.default_rng(seed)
    likelihoods = [rng.dirichlet(np.ones(o), size=6).T for o in (outcomes, 3)]
    preferences = [rng.normal(size=outcomes), rng.normal(size=3)]
    if sure:
        return GenerativeModel.deterministic(likelihoods, rng.integers(6, size=(3, 6)), preferences)
    transitions = rng.dirichlet(np.ones(6), size=(6, 3)).transpose(2, 0, 1)
    return GenerativeModel(likelihoods, transitions, preferences)


def plain_score(model: GenerativeModel, beliefs: Array, policy: tuple[int, ...]) -> float:
    """The definition, step by step: utility and information gain of what is expected."""
    score = 0.0
    for action in policy:
        beliefs = model.B[:, :, action] @ beliefs
        for likelihood, preferences in zip(model.A, model.C, strict=True):
            expected = likelihood @ beliefs
            logs = np.log(np.maximum(likelihood, 1e-300))
            ambiguity = -(likelihood * logs).sum(axis=0) @ beliefs
            score += preferences @ expected - expected @ np.log(expected) - ambiguity
    return score


def planned(
    name: str, model: GenerativeModel, length: int, beliefs: Array, gamma: float, *wanted: Array
) -> Plan:
    """Have a kernel score all policies for one agent."""
    arrays = (beliefs[None], np.array([gamma]), *(one[None] for one in wanted))
    plan = kernel_of(name).plan(Compiled.of(model, length), *arrays)
    return Plan(*(scores[0] for scores in plan))


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_scores_equal_the_definition_followed_step_by_step(
    name: str, length: int, *, sure: bool
) -> None:
    model = random_model(length, sure=sure)
    beliefs = np.random.default_rng(9).dirichlet(np.ones(6))
    plan = planned(name, model, length, beliefs, 2.0)
    every = itertools.product(range(3), repeat=length)
    expected = [plain_score(model, beliefs, policy) for policy in every]
    assert np.allclose(plan.neg_efe, expected, rtol=0, atol=1e-12)
    assert np.allclose(plan.policies, softmax(2.0 * np.array(expected)))
    by_first_action = plan.policies.reshape(3, -1).sum(axis=1)
    assert np.allclose(plan.actions, by_first_action)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_preferences_given_at_planning_stand_in_for_the_models(name: str) -> None:
    model, beliefs = random_model(3), np.full(6, 1 / 6)
    wanted = [np.arange(4.0), np.arange(3.0)]
    other = GenerativeModel(model.A, model.B, wanted)
    given = planned(name, model, 2, beliefs, 1.0, np.concatenate(wanted))
    assert np.array_equal(given.neg_efe, planned(name, other, 2, beliefs, 1.0).neg_efe)


def test_prefixes_that_lead_to_the_same_places_are_computed_once() -> None:
    ring = [[1, 2, 3, 0], [3, 0, 1, 2], [0, 1, 2, 3]]  # forth, back, stay
    policies = Policies.of(GenerativeModel.deterministic(np.eye(4), ring), 3)
    assert policies.actions.shape == (27, 3)
    assert len(policies.operators) == 4  # of 39 prefixes: a ring of four has four places


@pytest.mark.parametrize("sure", [True, False])
def test_every_prefix_has_the_operator_of_its_actions(*, sure: bool) -> None:
    model = random_model(5, sure=sure)
    policies = Policies.of(model, 3)
    for policy, actions in enumerate(policies.actions):
        operator = np.eye(6)
        for step, action in enumerate(actions):
            operator = model.B[:, :, action] @ operator
            known = policies.operators[policies.prefixes[step, policy]]
            if sure:
                known = np.eye(6)[:, known]
            assert np.allclose(known, operator, rtol=0, atol=1e-15)


def test_too_many_policies_are_refused_before_they_are_made() -> None:
    many = GenerativeModel.deterministic([[1.0]], np.zeros((40, 1), int))
    with pytest.raises(ModelError, match="2,560,000 policies of 40 actions"):
        Policies.of(many, 4)


def test_the_best_of_equal_actions_is_the_first() -> None:
    assert best(np.array([0.1, 0.3, 0.3 + 1e-10, 0.3])) == 1
    assert best(np.array([0.1, 0.3, 0.3 + 1e-8, 0.3])) == 2
    assert best(np.array([1.0])) == 0


def test_draws_follow_the_actions_sharpened_by_alpha() -> None:
    actions = np.array([0.5, 0.3, 0.2])
    draws = [sample(actions, 2.0, (k + 0.5) / 10_000) for k in range(10_000)]
    shares = np.bincount(draws, minlength=3) / 10_000
    assert np.allclose(shares, actions**2 / (actions**2).sum(), atol=2e-4)
    weights = np.array(action_weights(actions, 2.0))
    assert np.allclose(weights / weights.sum(), shares, atol=2e-4)


def test_a_draw_never_takes_an_action_without_weight() -> None:
    for actions in ([1.0], [0.0, 1.0], [1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]):
        for uniform in (2**-53, 0.5, 1.0 - 2**-53):
            drawn = sample(np.array(actions), 16.0, uniform)
            assert actions[drawn] > 0


@pytest.mark.parametrize(
    ("stakes", "length", "gamma"),
    [(1e308, 1, 8.0), (4.6e307, 1, 1.0), (1e307, 5, 1.0), (1.0, 1, 1e308), (math.inf, 1, 1.0)],
)
def test_policies_that_no_float_could_weigh_are_refused_by_agent(
    stakes: float, length: int, gamma: float
) -> None:
    came = re.escape(f"got {gamma:g} * {length} * {stakes:.3g}")
    rule = (
        r"'a': C must be so small that gamma \* policy_length \* its largest stay below 4\.5e\+307"
    )
    with pytest.raises(ModelError, match=f"{rule}, {came}"):
        check_logits(stakes, length, gamma, "a")


def test_policies_that_a_float_can_weigh_are_taken() -> None:
    for stakes, length, gamma in ((1e306, 1, 8.0), (1e300, 3, 16.0), (1e308, 4, 0.0)):
        check_logits(stakes, length, gamma, "a")
        most = gamma * length * stakes
        assert abs(-most - most) < math.inf


def test_what_is_at_stake_is_what_is_liked_and_what_can_be_learnt() -> None:
    stay = np.eye(2)[:, :, None]
    seen = [np.eye(2), np.full((3, 2), 1 / 3)]
    plain = GenerativeModel(seen, stay, [[1.0, -7.0], [0.0, 2.0, 1.0]])
    assert plain.stakes == pytest.approx(7 + math.log(2) + 2 + math.log(3))
    factored = FactoredModel(seen, [stay], [[1.0, -7.0], [0.0, 2.0, 1.0]])
    assert factored.stakes == plain.stakes
