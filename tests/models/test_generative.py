"""Generative models: what is accepted, what is refused, and what is kept of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.generative import GenerativeModel

NAN, INF = float("nan"), float("inf")
A = [[0.9, 0.2], [0.1, 0.8]]
STAY, SWAP = np.eye(2), np.eye(2)[::-1]
B = np.stack([STAY, SWAP], axis=2)


def test_matrices_are_copied_to_read_only_float64() -> None:
    given = np.array(A, dtype=np.float32)
    model = GenerativeModel(given, B)
    given[:] = 7
    for array in (*model.A, model.B, *model.C, model.D):
        assert array.dtype == np.float64
        assert not array.flags.writeable
    assert np.allclose(model.A[0], A)


def test_preferences_are_zero_and_the_start_uniform_unless_given() -> None:
    model = GenerativeModel([A, [[1, 1]]], B)
    assert [c.tolist() for c in model.C] == [[0, 0], [0]]
    assert model.D.tolist() == [0.5, 0.5]
    assert (model.n_states, model.n_actions, model.n_observations) == (2, 2, (2, 1))


@pytest.mark.parametrize(
    "given",
    [
        {"A": A, "B": B, "C": [1.0, 0.0], "D": [0.3, 0.7]},
        {"A": [A], "B": [B], "C": [[1.0, 0.0]], "D": [[0.3, 0.7]]},
        {"A": np.array([A]), "B": B.tolist(), "C": np.array([1, 0]), "D": (0.3, 0.7)},
    ],
)
def test_one_modality_and_one_factor_may_be_written_with_or_without_a_list(given: Any) -> None:
    expected = GenerativeModel(np.array(A), B, np.array([1.0, 0.0]), np.array([0.3, 0.7]))
    assert GenerativeModel(**given).fingerprint == expected.fingerprint


def test_models_share_a_fingerprint_exactly_when_their_contents_are_equal() -> None:
    model = GenerativeModel(A, B, [1.0, 0.0])
    assert model.fingerprint == GenerativeModel(A, B, [1, 0]).fingerprint
    others = [
        GenerativeModel([[0.8, 0.2], [0.2, 0.8]], B, [1, 0]),
        GenerativeModel(A, B[:, :, ::-1], [1, 0]),
        GenerativeModel(A, B, [0, 1]),
        GenerativeModel(A, B, [1, 0], [1, 0]),
    ]
    assert len({m.fingerprint for m in [model, *others]}) == 5


def test_sure_moves_are_found_and_equal_the_matrix_they_stand_for() -> None:
    dense = GenerativeModel(A, B)
    short = GenerativeModel.deterministic(A, [[0, 1], [1, 0]])
    assert dense.moves is not None
    assert dense.moves.tolist() == [[0, 1], [1, 0]]
    assert np.array_equal(short.B, B)
    assert short.fingerprint == dense.fingerprint
    assert GenerativeModel(A, np.full((2, 2, 3), 0.5)).moves is None


BAD_MODELS: list[tuple[str, dict[str, Any]]] = [
    # field at fault, the matrices
    ("A", {"A": None}),
    ("A", {"A": []}),
    ("A", {"A": 0.5}),
    ("A", {"A": "0.9 0.1"}),
    ("A", {"A": [[0.9, 0.2], [0.1]]}),
    ("A", {"A": [["0.9", "0.2"], ["0.1", "0.8"]]}),
    ("A", {"A": np.array(A, dtype=complex)}),
    ("A", {"A": np.eye(2, dtype=bool)}),
    ("A", {"A": np.zeros((0, 2))}),
    ("A", {"A": [[0.9, NAN], [0.1, 0.8]]}),
    ("A", {"A": [[INF, 0.2], [0.1, 0.8]]}),
    ("A", {"A": [[1.1, 0.2], [-0.1, 0.8]]}),
    ("A", {"A": [[0.9, 0.2], [0.2, 0.8]]}),
    ("A", {"A": [[0, 0], [0, 0]]}),
    ("A", {"A": np.transpose(A)}),
    ("A", {"A": np.full((2, 3), 0.5)}),
    ("A[1]", {"A": [A, [[0.5, 0.5], [0.5, 0.4]]]}),
    ("A[1]", {"A": [A, [1.0, 1.0]]}),
    ("B", {"B": None}),
    ("B", {"B": STAY}),
    ("B", {"B": [B, B]}),
    ("B", {"B": np.full((2, 3, 1), 0.5)}),
    ("B", {"B": B * 0.5}),
    ("B", {"B": np.where(B == 1, NAN, 0)}),
    ("B", {"B": 2 * B - 0.5}),
    ("B", {"B": np.zeros((2, 2, 0))}),
    ("C", {"C": [1.0]}),
    ("C", {"C": [INF, 0.0]}),
    ("C", {"C": [NAN, 0.0]}),
    ("C", {"C": 3.0}),
    ("C", {"C": [[1.0, 0.0], [1.0, 0.0]]}),
    ("C", {"C": "high"}),
    ("C[0]", {"A": [A, A], "C": [[1.0], [1.0, 0.0]]}),
    ("D", {"D": [1.0]}),
    ("D", {"D": [0.5, 0.6]}),
    ("D", {"D": [1.5, -0.5]}),
    ("D", {"D": [NAN, 1.0]}),
    ("D", {"D": [0.2, 0.3, 0.5]}),
    ("D", {"D": [True, False]}),
    ("D", {"D": 1.0}),
]


@pytest.mark.parametrize(("field", "bad"), BAD_MODELS)
def test_a_bad_matrix_is_refused_by_agent_and_field(field: str, bad: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        GenerativeModel(**{"A": A, "B": B, **bad}, agent_id="trader-3")
    assert (caught.value.agent_id, caught.value.field) == ("trader-3", field)
    assert str(caught.value).startswith(f"agent 'trader-3': {field} must ")


MISSHAPEN: list[tuple[dict[str, Any], str]] = [
    ({"B": STAY}, "B must have 3 dimensions (next, state, action), none empty, got shape (2, 2)"),
    ({"A": [0.5, 0.5]}, "A must have 2 dimensions (outcome, state), none empty, got shape (2,)"),
    ({"A": []}, "A must have 2 dimensions (outcome, state), none empty, got shape (0,)"),
    ({"D": []}, "D must have 1 dimension (state), none empty, got shape (0,)"),
    ({"B": [STAY]}, "B must have shape (S, S, U), got (1, 2, 2)"),
    ({"B": None}, "B must hold real numbers, got None"),
    (
        {"C": STAY},
        "C must be one vector for each modality, 1 in all, got array([[1., 0.], [0., 1.]])",
    ),
]


@pytest.mark.parametrize(("bad", "message"), MISSHAPEN, ids=str)
def test_a_matrix_without_its_dimensions_is_told_what_each_of_them_is(
    bad: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError) as caught:
        GenerativeModel(**{"A": A, "B": B, **bad})
    assert str(caught.value) == message


@pytest.mark.parametrize("moves", [None, [0, 1], [[0, 2]], [[-1, 0]], [[0.0, 1.0]], [[0], [0, 1]]])
def test_bad_moves_are_refused(moves: Any) -> None:
    with pytest.raises(ModelError, match="moves must "):
        GenerativeModel.deterministic(A, moves)


def test_the_message_shows_the_rule_and_what_came() -> None:
    with pytest.raises(ModelError, match=r"^A must have columns that sum to 1, got 0\.5 at \[1\]$"):
        GenerativeModel([[0.9, 0.1], [0.1, 0.4]], B)
