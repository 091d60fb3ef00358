"""A run that is kept on disk step by step, where there is a folder and something to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...clock import Clock
from ...memory.settings import MemorySettings
from ..rollout import Step
from .run import RunFolder

if TYPE_CHECKING:
    from ...memory.memories import Memories


@contextmanager
def kept(
    advance: Callable[[], Step],
    folder: RunFolder,
    memories: Memories | None,
    settings: MemorySettings,
    clock: Clock,
) -> Iterator[Callable[[], Step]]:
    """Give what takes a step and keeps what agents lived in it.

    Raises:
        ValueError: the memories are not empty, so that the store would begin in the middle.
    """
    if memories is None or folder.out is None:
        yield advance
        return
    if memories.have_begun:
        raise ValueError(
            "a run that is kept begins with empty memories, and this society has lived "
            "before; found a new one, or run it without a folder"
        )
    from ...memory.keeping import Keeping, settings_row  # brings SQLite, where it is wanted

    keeping = Keeping(folder.path, memories, clock=clock, rows=[settings_row(settings)])

    def keep() -> Step:
        step = advance()
        keeping.add(step.outcome.round)
        return step

    try:
        yield keep
    finally:
        keeping.close()
