"""What the members of a round saw, did and got, side by side in one value, and back.

What is as nearly always is left out: an action that was executed as it was meant, a step that
ended nothing, an answer that counted. Whole numbers of more bits than they need, as most
observations are, lie in as few as hold them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np
import numpy.typing as npt

from ...memory.store.columns import cell, column
from ...models.experience import Experience

_USUAL: Mapping[str, Any] = {"status": "acted", "terminated": False, "truncated": False}
_NARROW = (np.int8, np.int16, np.int32)
_WIDE = np.dtype("<i8")


def plain_lived(lived: Sequence[Experience]) -> dict[str, Any]:
    """Give a value for a row; of one experience at least."""
    _, observations, intended, executed, status, rewards, terminated, truncated = zip(
        *lived, strict=True
    )
    value: dict[str, Any] = {
        "agents": len(lived),
        "observation": _narrowed(column(observations)),
        "intended": column(intended),
        "reward": column(rewards),
    }
    if not all(map(is_, intended, executed)):
        value["executed"] = column(executed)
    rest = {"status": status, "terminated": terminated, "truncated": truncated}
    for name, held in rest.items():
        # By far the commonest case takes one look, and no text or column is made.
        if held.count(_USUAL[name]) != len(held):
            value[name] = column([str(one) for one in held] if name == "status" else held)
    return value


def lives_in(value: Mapping[str, Any], round: int = 0) -> Iterator[Experience]:
    """Give back what ``plain_lived`` was given, one after another."""
    names = [name for name in Experience._fields[1:] if name in value]
    narrow = "narrow" in value["observation"]
    columns = {name: value[name] for name in names}
    if narrow:
        columns["observation"] = {"stack": value["observation"]["narrow"]}
    for place in range(value["agents"]):
        fields = {**_USUAL, **{name: cell(held, place) for name, held in columns.items()}}
        if narrow:
            fields["observation"] = _widened(fields["observation"])
        fields.setdefault("executed", fields["intended"])
        yield Experience(round, **fields)


def _narrowed(held: dict[str, Any]) -> dict[str, Any]:
    stack: npt.NDArray[Any] | None = held.get("stack")
    if stack is None or stack.dtype != _WIDE or not stack.size:
        return held
    least, most = int(stack.min()), int(stack.max())
    for narrow in _NARROW:
        bounds = np.iinfo(narrow)
        if bounds.min <= least and most <= bounds.max:
            return {"narrow": stack.astype(narrow)}
    return held


def _widened(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    wide = array.astype(_WIDE)
    wide.flags.writeable = False
    return wide
