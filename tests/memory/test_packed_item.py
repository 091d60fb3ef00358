"""An item that was packed comes back equal, and nobody can change it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from antiphon.memory.compact import size_of
from antiphon.memory.item import Draft, Item
from antiphon.memory.packed_item import PackedItems, pack_item, unpack_item
from antiphon.memory.remembered import Remembered
from antiphon.memory.window import Window
from antiphon.models.payload import seal
from antiphon.tests.memory.consolidating import explored, form, lived, remembered


def made(content: Any = None, members: tuple[int, ...] = (1, 2, 3, 7, 9)) -> Item:
    life = explored(max(members))
    window = Window.of(remembered(*life))
    draft = Draft(
        "some",
        seal(content),
        "a text — with ünïcode \ud800",
        members,
        2.5,
        (members[0], members[-1]),
    )
    return Item.of(draft, window, f"1-{max(members)}.0")


@pytest.mark.parametrize(
    "content",
    [None, 1, 2.5, "text", [1, [2, {"a": None}]], {"seen": np.arange(6).reshape(2, 3)}, {}],
)
def test_it_comes_back_bit_for_bit(content: Any) -> None:
    item = made(content)
    assert form(unpack_item(pack_item(item))) == form(item)


def test_many_ranges_are_no_more_values_than_one() -> None:
    members = tuple(range(1, 400, 2))
    window = Window.of(Remembered(n, lived(n), 1.0, None) for n in members)
    item = Item.of(Draft("some", None, "", members), window, "1-399.0")
    assert unpack_item(pack_item(item)).members == item.members


def test_nobody_can_change_what_comes_back() -> None:
    item = unpack_item(pack_item(made({"seen": np.zeros(3), "more": [1]})))
    with pytest.raises(TypeError):
        item.content["seen"] = 1
    with pytest.raises(ValueError, match="read-only"):
        item.content["seen"][0] = 1.0


def test_many_come_back_in_their_order_and_are_sorted_without_unpacking() -> None:
    items = [made(n, members=tuple(range(n, 2 * n + 3))) for n in (1, 5, 2)]
    packed = PackedItems.of(items)
    assert [form(one) for one in packed.items()] == [form(one) for one in items]
    assert len(packed) == 3
    assert packed.ids == [one.id for one in items]
    assert packed.firsts == [1, 5, 2]
    assert packed.counts == [one.count for one in items]
    assert packed.importances == [2.5] * 3
    assert packed.size == sum(size_of(one) for one in packed.packed)


def test_what_is_written_is_what_json_writes() -> None:
    item = made({"ünï": [1, 2.5, None, True, '"\\\n\ud800']})
    row = [item.id, item.kind, item.text, item.first, item.last, item.count, item.importance,
           item.round, item.reward, item.members, item.content]  # fmt: skip
    assert json.dumps(row, separators=(",", ":")).encode() in pack_item(item)
