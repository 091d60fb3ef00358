"""Flat vectors and back."""

from __future__ import annotations

import numpy as np
from antiphon.models.factored.layout import Layout

LAYOUT = Layout(
    n_states=(2, 3),
    n_observations=(4, 2),
    n_controls=(5, 1),
    A_dependencies=((1, 0), (1,)),
    B_dependencies=((0,), (1,)),
    control_factors=(0,),
)


def test_parts_stand_one_after_another() -> None:
    assert LAYOUT.a_shapes == ((4, 3, 2), (2, 3))
    assert LAYOUT.b_shapes == ((2, 2, 5), (3, 3, 1))
    assert (LAYOUT.a_offsets, LAYOUT.b_offsets) == ((0, 24, 30), (0, 20, 29))
    assert (LAYOUT.s_offsets, LAYOUT.o_offsets) == ((0, 2, 5), (0, 4, 6))
    sizes = (LAYOUT.n_likelihoods, LAYOUT.n_transitions, LAYOUT.n_beliefs, LAYOUT.n_outcomes)
    assert sizes == (30, 29, 5, 6)


def test_what_is_packed_is_unpacked() -> None:
    rng = np.random.default_rng(0)
    for name, shapes in (("A", LAYOUT.a_shapes), ("B", LAYOUT.b_shapes)):
        arrays = [rng.random(shape) for shape in shapes]
        flat = getattr(LAYOUT, f"pack_{name}")(arrays)
        parts = getattr(LAYOUT, f"unpack_{name}")(flat)
        assert all(np.array_equal(a, b) for a, b in zip(arrays, parts, strict=True))
    for name, sizes in (("C", LAYOUT.n_observations), ("D", LAYOUT.n_states)):
        vectors = [rng.random(size) for size in sizes]
        flat = getattr(LAYOUT, f"pack_{name}")(vectors)
        parts = getattr(LAYOUT, f"unpack_{name}")(flat)
        assert all(np.array_equal(a, b) for a, b in zip(vectors, parts, strict=True))


def test_an_outcome_and_a_move_are_one_run_of_numbers() -> None:
    A = [np.arange(24.0).reshape(4, 3, 2), np.zeros((2, 3))]
    assert LAYOUT.pack_A(A)[6:12].tolist() == A[0][1].ravel().tolist()
    B = [np.arange(20.0).reshape(2, 2, 5), np.zeros((3, 3, 1))]
    assert LAYOUT.pack_B(B)[4 * 3 : 4 * 4].tolist() == B[0][:, :, 3].T.ravel().tolist()


def test_what_is_written_into_a_part_is_written_into_the_vector() -> None:
    flat = np.zeros(29)
    LAYOUT.unpack_B(flat)[0][1, 0, 3] = 7
    LAYOUT.unpack_B(flat)[1][2, 1, 0] = 8
    assert flat[3 * 4 + 0 * 2 + 1] == 7
    assert flat[20 + 1 * 3 + 2] == 8
    likelihoods = np.zeros(30)
    LAYOUT.unpack_A(likelihoods)[0][1, 2, 0] = 9
    assert likelihoods[6 + 4] == 9


def test_packing_copies() -> None:
    one = [np.zeros(2), np.zeros(3)]
    LAYOUT.pack_D(one)[0] = 1
    assert one[0][0] == 0
