"""What an agent may ask of its own memory while it acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..errors import MemoryOffError, UnknownNameError
from .experience import Experience


class Recall(Protocol):
    """What an agent remembers; reading changes nothing, and may be done at any time."""

    def recent(self, k: int = 10) -> Sequence[Experience]:
        """Give the last k experiences, or all if they are fewer; the newest last."""
        ...

    def recall(self, query: Any, k: int = 5) -> Sequence[Any]:
        """Give what fits best to a text or an observation, the best first.

        They are experiences and the items that stand for older ones, by how recent, important
        and relevant they are.
        """
        ...

    def why(self, item: Any) -> Any:
        """Give the experiences that an item stands for: which, how many, and some whole.

        Args:
            item: the item, or its id.

        Raises:
            UnknownNameError: there is no such item, or no more.
        """
        ...


class NoMemory:
    """The memory of an agent that is called by hand: nothing was ever lived."""

    def recent(self, k: int = 10) -> Sequence[Experience]:
        return ()

    def recall(self, query: Any, k: int = 5) -> Sequence[Any]:
        return ()

    def why(self, item: Any) -> Any:
        raise UnknownNameError("remembered item", str(item), hint="nothing is remembered here")


class MemoryOff:
    """Stands for the memory of an agent whose society keeps none."""

    def recent(self, k: int = 10) -> Sequence[Experience]:
        raise MemoryOffError

    def recall(self, query: Any, k: int = 5) -> Sequence[Any]:
        raise MemoryOffError

    def why(self, item: Any) -> Any:
        raise MemoryOffError


NO_MEMORY = NoMemory()
MEMORY_OFF = MemoryOff()
