"""The shared state as everyone reads it: one version, which stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn


class Board(Mapping[str, Any]):
    """A snapshot by key, in the order in which the keys were first put; values are sealed."""

    __slots__ = ("_values", "_version")

    def __init__(self, values: Mapping[str, Any] | None = None, version: int = 0) -> None:
        self._values = dict(values or {})
        self._version = version

    @property
    def version(self) -> int:
        """How often anything was written, whole rounds counted; 0 at the start."""
        return self._version

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    if not TYPE_CHECKING:  # who checks types is told by them that it cannot be written to

        def __setitem__(self, key: str, value: Any) -> NoReturn:
            why = f"the shared state is read only: propose it with context.put({key!r:.40}, ...)"
            raise TypeError(why)

        def __delitem__(self, key: str) -> NoReturn:
            why = f"the shared state is read only: propose it with context.remove({key!r:.40})"
            raise TypeError(why)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<board of {len(self)} keys, version {self._version}>"
