from __future__ import annotations

from antiphon.memory.alerts import Alert, Severity
from antiphon.memory.history import History
from antiphon.memory.item import Item
from antiphon.memory.remembered import Remembered
from antiphon.models.experience import Experience
from antiphon.report.gather import kinds_of, notes_of, sizes_of, top_of
from antiphon.report.story import Kind, Note, Size


def lived(sequence: int) -> Remembered:
    experience = Experience(sequence + 3, {"wolf": 2}, 1, 1, "acted", None, False, False)
    return Remembered(sequence, experience, 1.0, None)


def item(first: int, *, importance: float = 1.0, count: int = 10, kind: str = "merged") -> Item:
    return Item(
        id=f"{first}-{first + 9}.0",
        kind=kind,
        content=None,
        text=f"from {first}",
        first=first,
        last=first + 9,
        count=count,
        members=((first, first + 9),),
        samples=tuple(lived(first + n) for n in range(10)),
        importance=importance,
        round=first + 9,
        reward=None,
    )


def test_the_most_important_items_come_first_then_those_that_stand_for_most() -> None:
    items = [
        item(1, importance=1.0),
        item(11, importance=3.0),
        item(21, importance=1.0, count=99),
        item(31, importance=1.0),
    ]
    assert [told.id for told in top_of(items, 3)] == ["11-20.0", "21-30.0", "31-40.0"]


def test_an_item_is_told_with_where_it_came_from() -> None:
    (told,) = top_of([item(1)])
    assert (told.members, told.count, told.round) == (((1, 10),), 10, 10)
    assert told.samples[0] == "#1 in round 4: saw wolf 2; did 1"
    assert len(told.samples) == 5


def test_kinds_are_counted_and_the_one_that_stands_for_most_comes_first() -> None:
    kinds = kinds_of([item(1), item(11), item(21, kind="summary", count=50)])
    assert kinds == (Kind("summary", 1, 50), Kind("merged", 2, 20))


def test_peaks_between_snapshots_are_drawn() -> None:
    history = History(4)
    for round in range(16):
        history.add(round, 900 if round == 6 else 10, 7)
    sizes = sizes_of(history.snapshots())
    assert sizes == (
        Size(0, 10, 7),
        Size(4, 10, 7),
        Size(4, 900, 7),
        Size(8, 10, 7),
        Size(12, 10, 7),
        Size(15, 10, 7),
    )


def test_alerts_are_told() -> None:
    alert = Alert("bob", Severity.CRITICAL, 9, 0.97, 0.95, 48)
    assert notes_of([alert]) == (Note(9, "critical", alert.message),)
