"""An agent that is called by hand remembers nothing, and may ask all the same."""

from __future__ import annotations

import pytest
from antiphon.errors import UnknownNameError
from antiphon.models.memory import NoMemory, Recall


def test_without_a_memory_nothing_is_recalled() -> None:
    memory: Recall = NoMemory()
    assert list(memory.recent()) == []
    assert list(memory.recall("the goal", 3)) == []
    with pytest.raises(UnknownNameError, match=r"remembered item is called '1-8.0'; nothing"):
        memory.why("1-8.0")
