"""Reads what the world shows, as indices into a model, or refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ObservationError
from .matrices import Indices
from .sheet import side_by_side


def read_index(field: str, value: Any, size: int, agent_id: str) -> int:
    """Give a whole number in 0..size-1.

    Raises:
        ObservationError: it is something else; True, 1.0 and NaN are too.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        rule = f"must be a whole number, got {value!r}"
        raise ObservationError(field, rule, agent_id=agent_id)
    if not 0 <= value < size:
        raise ObservationError(field, f"must be in 0..{size - 1}, got {value}", agent_id=agent_id)
    return int(value)


def read_indices(observation: Any, sizes: Sequence[int], agent_id: str) -> tuple[int, ...]:
    """Give one index for each modality.

    Args:
        observation: a whole number for one modality; else an array, list or tuple of them.
        sizes: how many outcomes each modality has.

    Raises:
        ObservationError: it does not fit; names the agent and the entry.
    """
    is_row = isinstance(observation, (list, tuple)) or getattr(observation, "ndim", 0) > 0
    if len(sizes) == 1 and not is_row:
        return (read_index("observation", observation, sizes[0], agent_id),)
    values = read_row(observation, len(sizes), agent_id)
    return tuple(
        read_index(f"observation[{m}]", value, size, agent_id)
        for m, (value, size) in enumerate(zip(values, sizes, strict=True))
    )


def read_row(observation: Any, length: int, agent_id: str) -> Sequence[Any]:
    """Give the entries of an array, list or tuple of this length, integers or not.

    Raises:
        ObservationError: it is something else, or of another length.
    """
    if isinstance(observation, np.ndarray) and observation.dtype.kind in "iu":
        came, fits = f"shape {observation.shape}", observation.shape == (length,)
        values: Sequence[Any] = observation.tolist() if fits else ()
    elif isinstance(observation, np.ndarray):
        came, fits, values = f"dtype {observation.dtype}", False, ()
    else:
        came, fits = repr(observation), isinstance(observation, (list, tuple))
        fits, values = fits and len(observation) == length, observation
    if not fits:
        rule = f"must be {length} whole numbers, got {came[:80]}"
        raise ObservationError("observation", rule, agent_id=agent_id)
    return values


def stacked(observations: Sequence[Any], width: int) -> Indices | None:
    """Put whole observations below each other; None unless that goes without a question.

    Returns:
        int64, shape (n, width), unchecked.
    """
    table = side_by_side(observations)
    if table is not None and _is_whole(table.dtype) and table.shape[1:] == (width,):
        return table.astype(np.int64)  # copied: compiled code takes what can be written to
    types = set(map(type, observations))
    try:
        if types == {np.ndarray}:
            return _stacked_arrays(observations, width)
        if types == {int} and width == 1:
            return np.array(observations, np.int64)[:, None]
    except (OverflowError, TypeError):
        pass  # whoever looks at each finds whose it is
    return None


def _stacked_arrays(observations: Sequence[Any], width: int) -> Indices | None:
    first = observations[0]
    if not _is_whole(first.dtype) or first.ndim != 1 or set(map(len, observations)) != {width}:
        return None
    # Of one type and one number of dimensions, or it raises.
    table = np.concatenate(observations, dtype=first.dtype, casting="no")
    return table.astype(np.int64, copy=False).reshape(-1, width)


def _is_whole(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu"
