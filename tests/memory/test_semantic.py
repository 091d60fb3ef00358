from __future__ import annotations

import pytest
from antiphon.errors import UnknownNameError
from antiphon.memory.item import Item
from antiphon.memory.remembered import Remembered
from antiphon.memory.semantic import SemanticMemory
from antiphon.models.experience import Experience


def lived(sequence: int) -> Remembered:
    experience = Experience(sequence, None, 1, 1, "acted", 0.5, False, False)
    return Remembered(sequence, experience, 1.0, None)


def item(first: int, last: int, *, n: int = 0, importance: float = 1.0) -> Item:
    return Item(
        id=f"{first}-{last}.{n}",
        kind="merged",
        content={"times": last - first + 1},
        text=f"from {first} to {last}",
        first=first,
        last=last,
        count=last - first + 1,
        members=((first, last),),
        samples=(lived(first),),
        importance=importance,
        round=last,
        reward=0.5,
    )


def test_items_come_back_in_the_order_in_which_they_came() -> None:
    memory = SemanticMemory()
    memory.add([item(1, 50), item(1, 50, n=1)])
    memory.add([item(51, 100)])
    assert [one.id for one in memory.items()] == ["1-50.0", "1-50.1", "51-100.0"]
    assert len(memory) == 3


def test_why_gives_the_experiences_an_item_came_from() -> None:
    memory = SemanticMemory()
    memory.add([item(1, 50), item(51, 100)])
    origin = memory.why("51-100.0")
    assert (origin.item, origin.first, origin.last, origin.count) == ("51-100.0", 51, 100, 50)
    assert origin.members == ((51, 100),)
    assert [sample.sequence for sample in origin.samples] == [51]
    assert memory.why(memory.items()[0]).last == 50


def test_why_of_an_unknown_id_names_the_items_lived_next_to_it() -> None:
    memory = SemanticMemory()
    memory.add([item(n, n + 9) for n in range(1, 1000, 10)])
    with pytest.raises(UnknownNameError) as caught:
        memory.why("502-509.0")
    assert "501-510.0" in caught.value.known
    assert len(caught.value.known) == 5
    assert "'502-509.0'" in str(caught.value)


@pytest.mark.parametrize(
    "odd", ["", "x", "-", "9" * 5000, "٣-٤.0", "<b>", "\x00", None, 7, ("1-50.0",), ["1-50.0"]]
)
def test_an_odd_id_is_unknown_and_its_error_stays_short(odd: object) -> None:
    memory = SemanticMemory()
    memory.add([item(1, 50)])
    with pytest.raises(UnknownNameError) as caught:
        memory.why(odd)
    assert caught.value.known == ("1-50.0",)
    assert len(str(caught.value)) < 300


def test_why_of_an_empty_memory_says_that_nothing_was_consolidated() -> None:
    with pytest.raises(UnknownNameError, match="nothing has been consolidated yet"):
        SemanticMemory().why("1-50.0")


def test_the_least_important_is_forgotten_and_counted() -> None:
    memory = SemanticMemory(limit=2)
    memory.add([item(1, 50, importance=3.0), item(51, 100, importance=1.0)])
    gone = memory.add([item(101, 110, importance=2.0)])
    assert [*gone] == ["51-100.0"]
    assert [one.id for one in memory.items()] == ["1-50.0", "101-110.0"]
    figures = memory.statistics()
    assert (figures.items, figures.added, figures.experiences) == (2, 3, 60)
    assert (figures.forgotten, figures.forgotten_experiences) == (1, 50)
    with pytest.raises(UnknownNameError, match="1 less important ones were forgotten"):
        memory.why("51-100.0")


def test_of_equally_important_items_the_first_to_come_is_forgotten() -> None:
    memory = SemanticMemory(limit=2)
    gone = memory.add([item(1, 10), item(11, 20), item(21, 30)])
    assert [*gone] == ["1-10.0"]


def test_a_new_item_may_be_the_least_important_itself() -> None:
    memory = SemanticMemory(limit=1)
    memory.add([item(1, 10, importance=2.0)])
    assert [*memory.add([item(11, 20, importance=1.0)])] == ["11-20.0"]
    assert [one.id for one in memory.items()] == ["1-10.0"]


def test_an_item_is_added_once_and_a_second_time_changes_nothing() -> None:
    memory = SemanticMemory()
    memory.add([item(1, 10)])
    before = memory.statistics()
    with pytest.raises(ValueError, match=r"'1-10\.0' again"):
        memory.add([item(11, 20), item(1, 10)])
    assert memory.statistics() == before
    assert [one.id for one in memory.items()] == ["1-10.0"]


def test_what_a_reader_holds_does_not_change_beside_the_writer() -> None:
    memory = SemanticMemory(limit=2)
    memory.add([item(1, 10)])
    seen = memory.items()
    memory.add([item(11, 20), item(21, 30)])
    assert [one.id for one in seen] == ["1-10.0"]
    assert memory.items() is memory.items()


def test_a_memory_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="limit must be a whole number >= 1, got 0"):
        SemanticMemory(limit=0)
