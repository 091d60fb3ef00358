"""Values that nobody can change any more."""

from __future__ import annotations

from typing import Any

import numpy as np
from antiphon.models.frozen import frozen_values


def locked(*numbers: int) -> Any:
    array = np.array(numbers)
    array.flags.writeable = False
    return array


def test_a_mapping_of_frozen_arrays_keeps_them_and_is_a_copy() -> None:
    values = {"a": locked(1), "b": locked(2)}
    given = frozen_values(values)
    assert given is not values
    assert all(given[key] is values[key] for key in values)


def test_one_array_among_frozen_ones_that_can_be_written_is_copied() -> None:
    values = {"a": locked(1), "b": np.array([2])}
    given = frozen_values(values)
    values["b"][0] = 9
    assert given["b"].tolist() == [2]
    assert not given["b"].flags.writeable


def test_plain_values_beside_arrays_do_not_hide_them() -> None:
    values: dict[str, Any] = {"a": 1, "b": np.array([2]), "c": [np.array([3])]}
    given = frozen_values(values)
    assert not given["b"].flags.writeable
    assert not given["c"][0].flags.writeable
    assert frozen_values({"a": 1, "b": None}) == {"a": 1, "b": None}
