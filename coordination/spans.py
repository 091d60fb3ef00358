"""How long something took for each member of a round."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView


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
