"""What a factored model may be made of, and what is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel

HALF = np.full((2, 2, 3), 0.5)
STAY = np.eye(3)[:, :, None]
PAIR: dict[str, Any] = {
    "A": [np.full((4, 2, 3), 0.25), np.full((2, 3), 0.5)],
    "B": [HALF, STAY],
    "A_dependencies": [[0, 1], [1]],
}


def test_sizes_follow_from_the_arrays() -> None:
    model = FactoredModel(**PAIR)
    layout = model.layout
    assert (layout.n_states, layout.n_observations) == ((2, 3), (4, 2))
    assert (layout.n_controls, layout.control_factors, layout.n_actions) == ((3, 1), (0,), (3,))
    assert (layout.A_dependencies, layout.B_dependencies) == (((0, 1), (1,)), ((0,), (1,)))
    assert [c.tolist() for c in model.C] == [[0] * 4, [0] * 2]
    assert [d.tolist() for d in model.D] == [[1 / 2] * 2, [1 / 3] * 3]


def test_all_modalities_depend_on_all_factors_unless_told() -> None:
    model = FactoredModel([np.full((4, 2, 3), 0.25)], [HALF, STAY])
    assert model.layout.A_dependencies == ((0, 1),)


def test_the_first_factor_is_moved_if_none_has_several_actions() -> None:
    assert FactoredModel([np.ones((1, 3))], [STAY]).layout.control_factors == (0,)


def test_arrays_are_copied_and_read_only() -> None:
    given = HALF.copy()
    model = FactoredModel(**{**PAIR, "B": [given, STAY]})
    given[:] = 0
    assert model.B[0].sum() == 6
    assert not any(array.flags.writeable for array in (*model.A, *model.B, *model.C, *model.D))


def test_lists_of_objects_as_older_pymdp_has_them_are_taken() -> None:
    objects = np.empty(2, object)
    objects[:] = PAIR["B"]
    assert FactoredModel(**{**PAIR, "B": objects}).layout.n_states == (2, 3)


@pytest.mark.parametrize(
    ("field", "given", "named"),
    [
        ("A", np.full((4, 2, 3), 0.25), "A must be a list"),
        ("A", [np.full((4, 2, 3), 0.2), np.full((2, 3), 0.5)], r"A\[0\] must have columns"),
        ("A", [np.full((4, 2, 2), 0.25), np.full((2, 3), 0.5)], r"A\[0\] must have shape"),
        ("A", [np.full((4, 2, 3), 0.25), np.full((2, 2), 0.5)], r"A\[1\] must have shape"),
        ("A", [np.full((4, 2), 0.25), np.full((2, 3), 0.5)], r"A\[0\] must have 3 dimensions"),
        ("A", [[[0.5], [0.5, 0.5]], np.full((2, 3), 0.5)], r"A\[0\] must be an array"),
        ("B", [], "B must be a list"),
        ("B", [HALF, np.full((3, 2, 1), 1 / 3)], r"B\[1\] must have shape \(S, S, U\)"),
        ("B", [np.full((2, 2, 3, 3), 0.5), STAY], r"B\[0\] .* interacting .*backend=\"pymdp\""),
        ("C", [np.zeros(4)], "C must be 2 vectors"),
        ("C", [np.zeros(3), np.zeros(2)], r"C\[0\] must have 4 entries"),
        ("C", [np.zeros((2, 4)), np.zeros(2)], r"C\[0\] .*step ahead.*backend=\"pymdp\""),
        ("C", [[0, 0, 0, np.inf], np.zeros(2)], r"C\[0\] must be finite"),
        ("D", [[0.5, 0.5]], "D must be 2 vectors"),
        ("D", [[0.5, 0.4], [1, 0, 0]], r"D\[0\] must sum to 1"),
        ("D", [[0.5, 0.5], [0.5, 0.5]], r"D\[1\] must have 3 entries"),
        ("E", [0.5, 0.4], "E must sum to 1"),
        ("A_dependencies", [[0, 1]], "A_dependencies must have 2 entries"),
        ("A_dependencies", [[0, 1], [2]], r"A_dependencies\[1\] must be distinct"),
        ("A_dependencies", [[0, 0], [1]], r"A_dependencies\[0\] must be distinct"),
        ("A_dependencies", [[0, 1], []], r"A_dependencies\[1\] must list"),
        ("A_dependencies", [[0, 1], [[0], [1, 2]]], r"A_dependencies\[1\] must list"),
        ("B_dependencies", [[0, 1], [1]], r"B_dependencies\[0\] .*interact.*backend=\"pymdp\""),
        ("B_dependencies", [[0]], "B_dependencies must have 2 entries"),
        ("control_factors", [2], "control_factors must be distinct"),
        ("control_factors", 0, "control_factors must list"),
        ("iterations", 0, "iterations must be a whole number"),
        ("iterations", True, "iterations must be a whole number"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(field: str, given: Any, named: str) -> None:
    with pytest.raises(ModelError, match=f"^agent 'scout': {named}") as caught:
        FactoredModel(**{**PAIR, field: given}, agent_id="scout")
    assert caught.value.field.startswith(field)


def test_own_dynamics_may_be_stated() -> None:
    assert FactoredModel(**PAIR, B_dependencies=[[0], [1]]).fingerprint == (
        FactoredModel(**PAIR).fingerprint
    )


@pytest.mark.parametrize(
    "change",
    [
        {"A": [np.full((4, 2, 3), 0.25), np.array([[1] * 3, [0] * 3])]},
        {"B": [HALF, np.full((3, 3, 1), 1 / 3)]},
        {"C": [[0, 0, 0, 1], [0, 0]]},
        {"D": [[0.5, 0.5], [1, 0, 0]]},
        {"E": [1 / 3] * 3},
        {"control_factors": [0, 1]},
        {"iterations": 3},
    ],
)
def test_whatever_differs_shows_in_the_fingerprint(change: dict[str, Any]) -> None:
    one, same, other = (FactoredModel(**model) for model in (PAIR, PAIR, {**PAIR, **change}))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_the_order_of_dependencies_shows_in_the_fingerprint() -> None:
    square = [np.full((2, 2, 2), 0.5)]
    one, other = (
        FactoredModel(square, [HALF, HALF], A_dependencies=[own]) for own in ([0, 1], [1, 0])
    )
    assert one.fingerprint != other.fingerprint


def test_habits_need_an_entry_for_each_policy() -> None:
    model = FactoredModel(**PAIR, E=[0.2, 0.3, 0.5])
    assert FactoredCompiled.of(model, 1).tree.n_policies == 3
    with pytest.raises(ModelError, match=r"^agent 'scout': E must have 9 entries"):
        FactoredCompiled.of(model, 2, agent_id="scout")
