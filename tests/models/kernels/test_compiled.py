"""What is made of a model before anything is inferred."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.terrain import explorer_model
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, kernel_of

STAY = np.eye(2)[:, :, None]


def test_equal_models_with_policies_of_one_length_have_one_fingerprint() -> None:
    one, same = (Compiled.of(GenerativeModel(np.eye(2), STAY), 1) for _ in range(2))
    longer = Compiled.of(GenerativeModel(np.eye(2), STAY), 2)
    other = Compiled.of(GenerativeModel(np.eye(2), STAY, [1, 0]), 1)
    assert one.fingerprint == same.fingerprint
    assert len({c.fingerprint for c in (one, longer, other)}) == 3


def test_everything_in_it_is_read_only() -> None:
    compiled = Compiled.of(GenerativeModel(np.eye(2), np.full((2, 2, 2), 0.5)), 2)
    arrays = [part for part in compiled.laid if isinstance(part, np.ndarray)]
    assert len(arrays) == 10
    assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_sparse_and_dense_outlooks_agree(name: str) -> None:
    grid = GridMap.draw(6)
    bare = explorer_model(grid)
    # Another modality with a flat column adds nothing but fills the columns up.
    filled = [bare.A[0], np.full((60, grid.n_cells), 1 / 60)]
    sparse = Compiled.of(GenerativeModel.deterministic(bare.A[:1], grid.moves), 2)
    dense = Compiled.of(GenerativeModel.deterministic(filled, grid.moves), 2)
    assert (sparse.outlook.is_sparse, dense.outlook.is_sparse) == (True, False)
    assert sparse.nbytes < dense.nbytes / 3
    beliefs = np.random.default_rng(0).dirichlet(np.full(grid.n_cells, 0.1), size=5)
    one, other = (kernel_of(name).plan(c, beliefs, np.ones(5)).neg_efe for c in (sparse, dense))
    assert np.abs(one - other).max() < 1e-10  # what is hardly believed is left out of both


def test_more_than_fits_is_refused_before_it_is_made() -> None:
    wide = GenerativeModel.deterministic(np.full((2000, 400), 1 / 2000), np.zeros((9, 400), int))
    with pytest.raises(ModelError, match="policy_length"):
        Compiled.of(GenerativeModel.deterministic([[1.0]], np.zeros((40, 1), int)), 4)
    rng = np.random.default_rng(0)
    mixed = GenerativeModel.deterministic(wide.A, rng.integers(400, size=(9, 400)))
    with pytest.raises(ModelError, match=r"policy_length needs \d+\.\d GiB for this model"):
        Compiled.of(mixed, 3)
