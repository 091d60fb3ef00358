"""What an item takes is told as it would be packed."""

from __future__ import annotations

import pytest
from antiphon.memory.compact import size_of
from antiphon.memory.consolidation import Consolidation
from antiphon.memory.kept import size_of_item
from antiphon.memory.packing import pack_value
from antiphon.memory.strategies.merge import merge
from antiphon.memory.strategies.prototypes import prototypes
from antiphon.tests.memory.consolidating import LIVES, form, handed, lived


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("strategy", [merge, prototypes])
def test_the_size_of_items_is_about_that_of_their_packed_forms(life: str, strategy: object) -> None:
    work = Consolidation(handed(*LIVES[life](200)), strategy, "mine")  # type: ignore[arg-type]
    work.finish()
    told = sum(map(size_of_item, work.items))
    # In that form each range of members takes a little more.
    packed = sum(size_of(form(item)) - 8 * len(item.members) for item in work.items)
    assert 0.75 * packed < told < 1.25 * packed


def test_texts_of_any_script_are_counted_in_bytes() -> None:
    sizes = []
    for text in ("e" * 100, "é" * 100, "\ud800" * 100):
        work = Consolidation(handed(lived(1, text)), merge, "merge")
        work.finish()
        sizes.append(size_of_item(work.items[0]))
        assert len(pack_value(text)) > 100
    assert sizes[1] == sizes[0] + 200
