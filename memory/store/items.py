"""What stands for many experiences, as a value that a row can hold, and back."""

from __future__ import annotations

from typing import Any

from ...models.experience import Experience
from ..item import Item
from ..remembered import Remembered
from .revival import MalformedError

_PLAIN = (
    "id",
    "kind",
    "content",
    "text",
    "first",
    "last",
    "count",
    "importance",
    "round",
    "reward",
)


def plain_item(item: Item) -> dict[str, Any]:
    """Give an item as a value; its samples as lists of lists."""
    value = {name: getattr(item, name) for name in _PLAIN}
    value["members"] = [list(ends) for ends in item.members]
    value["samples"] = [
        [one.sequence, list(one.experience), one.importance, one.surprise] for one in item.samples
    ]
    return value


def item_of(value: Any) -> Item:
    """Give the item that a value stands for.

    Raises:
        MalformedError: it stands for none.
    """
    try:
        fields = {name: value[name] for name in _PLAIN}
        members = tuple((int(first), int(last)) for first, last in value["members"])
        samples = tuple(
            Remembered(sequence, Experience(*lived), importance, surprise)
            for sequence, lived, importance, surprise in value["samples"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("is no item") from error
    return Item(members=members, samples=samples, **fields)
