"""What was observed, as a few prototypes: how often each was met, its mean and its spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..item import Draft
from ..remembered import Remembered
from .alike import keys_of
from .clusters import Clusters
from .plain import shown, times

_AT_ONCE = 32
_ACTIONS = 8
"""How many of the commonest actions a prototype tells."""


def prototypes(
    window: Sequence[Remembered], *, most: int = 16, share: float = 0.125
) -> Iterator[Draft | None]:
    """Cluster numeric observations as they came; those of one shape are clustered together.

    What is not numeric, or not finite, is counted together in one draft.

    Args:
        most: how many prototypes there may be of one shape.
        share: how many there may be at most, by how many experiences have this shape.
    """
    shapes: dict[tuple[int, ...] | None, list[Remembered]] = {}
    vectors: dict[tuple[int, ...] | None, list[npt.NDArray[np.float64]]] = {}
    for start in range(0, len(window), _AT_ONCE):
        for one in window[start : start + _AT_ONCE]:
            vector = _vector(one.experience.observation)
            shape = None if vector is None else vector.shape
            shapes.setdefault(shape, []).append(one)
            if vector is not None:
                vectors.setdefault(shape, []).append(vector)
        yield None
    for shape, lived in shapes.items():
        if shape is None:
            yield _other(lived)
        else:
            yield from _clustered(lived, vectors[shape], min(most, max(1, int(share * len(lived)))))


def _vector(observation: Any) -> npt.NDArray[np.float64] | None:
    """Give an observation as float64 numbers of its own shape; None if it is none."""
    if type(observation) not in (bool, int, float, list, tuple) and not isinstance(
        observation, np.ndarray | np.generic
    ):
        return None
    try:
        array = np.asarray(observation)
        if array.dtype.kind not in "biuf" or not array.size:
            return None
        vector = array.astype(np.float64)
    except (ValueError, OverflowError):
        return None
    return vector if np.isfinite(vector).all() else None


def _clustered(
    lived: list[Remembered], vectors: list[npt.NDArray[np.float64]], most: int
) -> Iterator[Draft | None]:
    clusters = Clusters(most, vectors[0].size)
    for place, vector in enumerate(vectors):
        clusters.add(place, vector.ravel())
        if place % _AT_ONCE == 0:
            yield None
    for cluster in clusters.all():
        shape = vectors[0].shape
        mean, spread = cluster.mean.reshape(shape), cluster.spread.reshape(shape)
        yield _prototype([lived[place] for place in cluster.places], mean, spread, cluster.nearest)


def _prototype(
    lived: list[Remembered],
    mean: npt.NDArray[np.float64],
    spread: npt.NDArray[np.float64],
    nearest: int,
) -> Draft:
    """Make a draft; of the nearest to the mean, one experience is kept whole."""
    content = {"mean": mean, "spread": spread, "executed": _executed(lived)}
    return _draft(
        "prototype",
        lived,
        f"saw about {shown(np.round(mean, 3))}",
        content,
        (lived[nearest].sequence,),
    )


def _other(lived: list[Remembered]) -> Draft:
    example = max(lived, key=lambda one: one.importance).sequence
    return _draft("other", lived, "saw no numbers", {"executed": _executed(lived)}, (example,))


def _executed(lived: list[Remembered]) -> dict[str, int]:
    """Give how often each of the commonest actions was taken, by its text."""
    actions = [one.experience.executed for one in lived]
    keys = keys_of(actions, 2)
    texts = dict(zip(reversed(keys), reversed(actions), strict=True))
    # Of two that are as common, the one that was taken first.
    return {shown(texts[key])[:80]: count for key, count in Counter(keys).most_common(_ACTIONS)}


def _draft(
    kind: str, lived: list[Remembered], saw: str, content: dict[str, Any], samples: tuple[int, ...]
) -> Draft:
    return Draft(
        kind=kind,
        content=content,
        text=f"{times(len(lived))}: {saw}; did {', '.join(content['executed'])}",
        members=tuple(one.sequence for one in lived),
        importance=max(one.importance for one in lived),
        samples=samples,
    )
