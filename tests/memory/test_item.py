"""An item says which experiences it stands for."""

from __future__ import annotations

from antiphon.memory.item import Draft, Item
from antiphon.memory.remembered import Remembered
from antiphon.memory.window import Window
from antiphon.models.experience import Experience


def lived(sequence: int, reward: float | None = None) -> Remembered:
    one = Experience(10 + sequence, 0, 0, 0, "acted", reward, False, False)
    return Remembered(sequence, one, 1.0, None)


def test_an_item_knows_its_range_its_count_and_its_last_round() -> None:
    window = Window.of(lived(s) for s in range(1, 9))
    draft = Draft("merged", {"n": 3}, "three", members=(6, 2, 3), importance=2.5, samples=(3,))
    item = Item.of(draft, window, "1-8.0")
    assert (item.id, item.first, item.last, item.count) == ("1-8.0", 2, 6, 3)
    assert item.members == ((2, 3), (6, 6))
    assert item.samples == (window[2],)
    assert (item.kind, item.content, item.text, item.importance) == (
        "merged",
        {"n": 3},
        "three",
        2.5,
    )
    assert item.round == 16


def test_its_reward_is_the_mean_over_those_that_were_paid() -> None:
    window = Window.of([lived(1, 1.0), lived(2), lived(3, 2.0)])
    assert Item.of(Draft("m", None, "", (1, 2, 3)), window, "x").reward == 1.5
    assert Item.of(Draft("m", None, "", (2,)), window, "x").reward is None
