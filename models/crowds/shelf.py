"""The crowds of this process by what they have in common, and the last few that nobody uses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from ...forks import free_in_children
from ...logs import get_logger
from ..generative import GenerativeModel
from ..kernels.choose import choose
from ..kernels.compiled import Compiled
from .crowd import Crowd

log = get_logger(__name__)

Shared = TypeVar("Shared")
KEPT = 8
"""How many compiled models are kept by default, whether or not an agent uses them."""


class Shelf:
    """Shares read-only things that are dear to make: all that are in use, and the last few."""

    def __init__(self) -> None:
        self._used: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = free_in_children(Lock())

    def __len__(self) -> int:
        """How many are kept, whether or not they are in use."""
        return len(self._kept)

    def take(self, key: Hashable, make: Callable[[], Shared], keep: int = KEPT) -> Shared:
        """Give what goes by a key; make it if it is new.

        Args:
            keep: how many of the last may stay when nobody uses them.
        """
        with self._lock:
            found = self._used.get(key)
            if found is None:
                found = self._used[key] = make()
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > keep:
                self._kept.popitem(last=False)
        return cast("Shared", found)


def shared_crowd(
    model: GenerativeModel, policy_length: int, backend: str, keep: int = KEPT
) -> Crowd:
    """Give the one crowd of all agents whose models are equal; compile it if it is new.

    Args:
        backend: "auto", "numba", "numpy" or "pymdp".

    Raises:
        ModelError: there are too many policies.
        MissingExtraError: the backend is not installed.
    """
    kernel = choose(backend)

    def compile() -> Crowd:
        return Crowd(Compiled.of(model, policy_length), kernel)

    return SHELF.take((model.fingerprint, policy_length, kernel.name), compile, keep)


# Module-level, against the house rule: agents are made one by one and know nothing of each
# other. What stands here is read-only but for the rows, each of which has one owner.
SHELF = Shelf()
