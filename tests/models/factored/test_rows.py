"""Rows of factored models and their owners."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.models import chance
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.profile import Profile
from antiphon.tests.models.factored.tmaze import tmaze_model

COMPILED = FactoredCompiled.of(tmaze_model(), 2)
PROFILE = Profile(policy_length=2, gamma=3, alpha=4, selective_update_interval=5)
START = [1, 0, 0, 0, 0.5, 0.5]


def test_a_row_that_is_taken_begins_with_the_models_d_and_the_profile() -> None:
    rows = FactoredRows(COMPILED, 2)
    assert (rows.take(PROFILE, 7), len(rows), rows.is_full) == (0, 1, False)
    assert rows.beliefs[0].tolist() == START
    assert (rows.gamma[0], rows.alpha[0], rows.interval[0], rows.greedy[0]) == (3, 4, 5, False)
    assert (rows.step[0], rows.stream[0]) == (0, chance.key(7, "action"))
    assert np.isnan(rows.surprise[0])


def test_a_row_that_was_released_is_taken_again_and_begins_anew() -> None:
    rows = FactoredRows(COMPILED, 1, own="ABD", novelty="A")
    row, known = rows.take(PROFILE, 1), rows.parameters
    for array in (rows.beliefs, known.likelihoods, known.transitions, known.starts):
        array[row] = 0.25
    known.novelty_A[row] = 9
    known.refresh()
    rows.release(row)
    assert rows.take(PROFILE, 1) == row
    origin = COMPILED.parameters
    assert np.array_equal(known.likelihoods, origin.likelihoods)
    assert np.array_equal(known.logs, origin.logs)
    assert np.array_equal(known.ambiguity, origin.ambiguity)
    assert np.array_equal(known.transitions, origin.transitions)
    assert rows.beliefs[row].tolist() == known.starts[row].tolist() == START
    assert not known.novelty_A.any()


def test_an_episode_begins_with_the_rows_own_d_and_keeps_what_was_learned() -> None:
    rows = FactoredRows(COMPILED, 2, own="AD")
    rows.take(PROFILE)
    row = rows.take(PROFILE)
    rows.parameters.starts[row] = [0, 1, 0, 0, 0.75, 0.25]
    rows.parameters.likelihoods[row] = 0.5
    rows.reset(row, 3)
    assert rows.beliefs[row].tolist() == [0, 1, 0, 0, 0.75, 0.25]
    assert (rows.parameters.likelihoods[row] == 0.5).all()


def test_only_what_is_own_is_copied() -> None:
    rows = FactoredRows(COMPILED, 3, own="A")
    known, origin = rows.parameters, COMPILED.parameters
    assert known.likelihoods.shape == (3, (4 + 3 + 3) * 8)
    assert known.likelihoods.flags.writeable
    assert known.transitions is origin.transitions
    assert FactoredRows(COMPILED, 3).parameters is origin
    assert rows.bytes_per_row > FactoredRows(COMPILED, 3).bytes_per_row == 6 * 8 + 49


def test_some_rows_are_refreshed_and_the_others_are_not() -> None:
    rows = FactoredRows(COMPILED, 2, own="A")
    known, origin = rows.parameters, COMPILED.parameters
    known.likelihoods[:] = 0.5
    known.refresh(np.array([1]))
    assert np.array_equal(known.logs[0], origin.logs[0])
    assert known.logs[1].tolist() == [np.log(0.5)] * 80
    assert known.ambiguity[1, :4].tolist() == [-4 * 0.5 * np.log(0.5)] * 4
    # What compiled code reads is the same memory.
    assert np.shares_memory(known.arrays[1], known.logs)


def test_own_moves_are_not_taken_for_equal() -> None:
    assert len(FactoredRows(COMPILED, 2).tables.scenes) < 20
    for options in ({"own": "B"}, {"novelty": "B"}):
        assert len(FactoredRows(COMPILED, 2, **options).tables.scenes) == 4 + 16


def test_wrong_letters_and_lengths_are_refused_and_take_no_row() -> None:
    rows = FactoredRows(COMPILED, 1)
    with pytest.raises(ValueError, match="policy_length must be 2"):
        rows.take(Profile(policy_length=3))
    assert len(rows) == 0
    with pytest.raises(ValueError, match="own must be of ABCDE"):
        FactoredRows(COMPILED, 1, own="AX")
    with pytest.raises(ValueError, match="novelty of AB"):
        FactoredRows(COMPILED, 1, novelty="D")
