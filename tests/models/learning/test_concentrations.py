"""Initial counts and settings of learning: what is accepted, and what is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.factored.model import FactoredModel
from antiphon.models.generative import GenerativeModel
from antiphon.models.learning.concentrations import Concentrations
from antiphon.models.learning.learning import Learning
from antiphon.tests.models.learning.cases import ALL

A = np.array([[0.9, 0.0], [0.1, 1.0]])
B = np.stack([np.array([[0.7, 0.0], [0.3, 1.0]]), np.eye(2)], axis=2)
MODEL = GenerativeModel(A, B, D=[0.5, 0.5])


def test_without_counts_the_model_is_taken_so_many_times() -> None:
    shared = Concentrations(MODEL, Learning(learn_A=True, learn_B=True, prior_strength=5.0))
    assert shared.A.tolist() == (5.0 * A).ravel().tolist()
    assert np.array_equal(shared.columns.unpack_B(shared.B)[0], 5.0 * B)
    assert shared.D.tolist() == [0.0, 0.0]
    assert not shared.A.flags.writeable


def test_given_counts_are_copied_and_those_of_what_is_not_learned_are_kept_for_novelty() -> None:
    counts = np.array([[3.0, 0.0], [1.0, 2.0]])
    shared = Concentrations(MODEL, Learning(learn_B=True), pA=counts)
    counts[:] = 7.0
    assert shared.A.tolist() == [3.0, 0.0, 1.0, 2.0]
    assert shared.counted_A.all()


def test_one_modality_may_be_left_out() -> None:
    model = GenerativeModel([A, A], B)
    shared = Concentrations(model, Learning(learn_A=True), pA=[None, 2.0 * A])
    assert shared.counted_A.tolist() == [False, True]
    assert shared.A.tolist() == [0.0] * 4 + (2.0 * A).ravel().tolist()


def test_only_possible_moves_are_kept_unless_zeros_may_come_to_life() -> None:
    grid = GenerativeModel.deterministic(np.full((2, 50), 0.5), np.zeros((3, 50), int))
    assert len(Concentrations(grid, ALL).B) == 150
    loose = Learning(learn_B=True, keep_zeros=False)
    assert len(Concentrations(grid, loose).B) == 3 * 50 * 50
    assert len(Concentrations(grid, Learning(learn_A=True, keep_zeros=False)).B) == 150


def test_factored_models_are_laid_out_as_their_layout_says() -> None:
    rng = np.random.default_rng(0)
    matrices = [rng.dirichlet(np.ones(n), size=(2, n)).transpose(2, 1, 0) for n in (2, 3)]
    seen = rng.dirichlet(np.ones(4), size=(2, 3)).transpose(2, 0, 1)
    model = FactoredModel([seen], matrices)
    shared = Concentrations(model, ALL)
    assert np.array_equal(shared.A, model.layout.pack_A([seen]))
    assert np.array_equal(shared.B, model.layout.pack_B(matrices))


BAD: list[tuple[str, dict[str, Any]]] = [
    # field at fault, what is given
    ("pA", {"pA": [[1.0, 0.0]]}),
    ("pA", {"pA": [[1.0, 0.0], [-1.0, 2.0]]}),
    ("pA", {"pA": [[1.0, 0.0], [np.nan, 2.0]]}),
    ("pA", {"pA": [[1.0, 1.0], [1.0, 1.0]]}),
    ("pA", {"pA": [[1.0, 0.0], [0.0, 1.0]]}),
    ("pA", {"pA": "many"}),
    ("pA", {"pA": [A, A]}),
    ("pB", {"pB": np.ones((2, 2, 2))}),
    ("pB", {"pB": np.ones((2, 2))}),
    ("pD", {"pD": [1.0, 2.0, 3.0]}),
    ("pD", {"pD": [[1.0, 2.0], [1.0, 2.0]]}),
]


@pytest.mark.parametrize(("field", "bad"), BAD)
def test_bad_counts_are_refused_by_agent_and_field(field: str, bad: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        Concentrations(MODEL, ALL, **bad, agent_id="trader-3")
    assert (caught.value.agent_id, caught.value.field) == ("trader-3", field)


def test_zeros_may_have_counts_if_they_need_not_stay() -> None:
    loose = Learning(learn_A=True, learn_B=True, keep_zeros=False)
    shared = Concentrations(MODEL, loose, pA=np.ones((2, 2)), pB=np.ones((2, 2, 2)))
    assert shared.A.tolist() == [1.0] * 4


def test_novelty_needs_counts() -> None:
    with pytest.raises(ModelError, match="use_param_info_gain needs counts of A or B"):
        Concentrations(MODEL, Learning(learn_D=True, use_param_info_gain=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learn_A", 1),
        ("lr_A", -1.0),
        ("lr_B", float("nan")),
        ("fr_A", 1.5),
        ("fr_D", -0.1),
        ("prior_strength", 0.0),
        ("keep_zeros", "maybe"),
    ],
)
def test_a_bad_setting_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be"):
        Learning(**{name: value})
