"""How long something took for each member of a round."""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterator, Mapping, Sequence, ValuesView
from math import nan

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Spans(Mapping[str, float]):
    """Seconds between two moments by agent id, for those that have both.

    The differences are taken when somebody reads the first of them: most rounds are never
    asked how long each member took.
    """

    __slots__ = ("_begun", "_ended", "_ids", "_spans")

    def __init__(
        self,
        ids: Sequence[str] = (),
        begun: Sequence[float | None] = (),
        ended: Sequence[float | None] = (),
    ) -> None:
        """Take moments in the order of the ids; nobody may write into them any more."""
        self._ids = ids
        self._begun = begun
        self._ended = ended
        self._spans: dict[str, float] | None = None

    def _all(self) -> dict[str, float]:
        if self._spans is None:
            self._spans = {
                agent_id: ended - begun
                for agent_id, begun, ended in zip(self._ids, self._begun, self._ended, strict=True)
                if begun is not None and ended is not None
            }
        return self._spans

    def seconds(self) -> Floats:
        """Give them in the order of the ids, and keep none: float64, nan for who has none."""
        return np.array(self._ended, np.float64) - np.array(self._begun, np.float64)

    def __getitem__(self, agent_id: str) -> float:
        return self._all()[agent_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def values(self) -> ValuesView[float]:
        return self._all().values()

    def items(self) -> ItemsView[str, float]:
        return self._all().items()

    def __repr__(self) -> str:
        return repr(self._all())


def seconds_of(spans: Mapping[str, float], ids: Collection[str]) -> Floats:
    """Give the seconds of everybody in a round: float64, nan for who has none.

    Args:
        ids: in the round's order.
    """
    if isinstance(spans, Spans) and len(seconds := spans.seconds()) == len(ids):
        return seconds
    return np.array([spans.get(agent_id, nan) for agent_id in ids], np.float64)
