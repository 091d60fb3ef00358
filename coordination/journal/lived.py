"""What the members of a round saw, did and got, side by side in one value, and back.

What is as nearly always is left out: an action that was executed as it was meant, a step that
ended nothing, an answer that counted. Whole numbers of more bits than they need, as most
observations are, lie in as few as hold them.

Most rounds are alike in all but their numbers: everybody acted as it meant to, and saw an array
of one form. Of these the bytes are put together at once, behind a head that is made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import is_
from struct import Struct, error
from typing import Any

import numpy as np
import numpy.typing as npt

from ...memory.store.columns import cell, column
from ...memory.store.values import Encoded, encode
from ...models.experience import Experience, ExperienceColumns
from ...models.sheet import side_by_side

_USUAL: Mapping[str, Any] = {"status": "acted", "terminated": False, "truncated": False}
_NARROW = (np.int8, np.int16, np.int32)
_WIDE = np.dtype("<i8")
_PLAIN = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})


def told(lived: ExperienceColumns, episode: int, *, over: bool) -> Any:
    """Give the value of a row, encoded if that is quicker; of one experience at least."""
    at_once = _told_at_once(lived, episode, over=over)
    return _value(episode, plain_lived(lived), over=over) if at_once is None else at_once


def _value(episode: int, lived: Mapping[str, Any], *, over: bool) -> dict[str, Any]:
    value = {"episode": episode, **lived}
    if over:
        value["over"] = True
    return value


def _told_at_once(lived: ExperienceColumns, episode: int, *, over: bool) -> Encoded | None:
    """Give what most rounds come to; None of others."""
    _, observations, intended, executed, status, rewards, terminated, truncated = lived
    size = len(observations)
    if not (
        status.count("acted") == terminated.count(False) == truncated.count(False) == size
        and list(map(type, intended)).count(int) == list(map(type, rewards)).count(float) == size
        and intended.count(intended[0]) < size
        and all(map(is_, intended, executed))
    ):
        return None
    ((name, seen),) = _observed(observations).items()
    little = _little(seen.dtype) if isinstance(seen, np.ndarray) else None
    if little is None:
        return None
    try:
        actions = _packing("q", size).pack(*intended)
    except error:  # one of them has more bits
        return None
    head = _head(episode, name, seen.dtype, seen.shape, over=over)
    paid = _packing("d", size).pack(*rewards)
    return Encoded(b"".join((head, actions, seen.astype(little, copy=False).tobytes(), paid)))


@lru_cache(maxsize=64)
def _little(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """Give a dtype in little-endian; None of those whose bytes are not just written down."""
    return dtype.newbyteorder("<") if dtype.str[1:] in _PLAIN else None


@lru_cache(maxsize=64)
def _packing(kind: str, size: int) -> Struct:
    return Struct(f"<{size}{kind}")


@lru_cache(maxsize=64)
def _head(
    episode: int, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], *, over: bool
) -> bytes:
    """Give the bytes in front of the arrays' own, of a round in which everybody saw such."""
    size = shape[0]
    arrays = np.zeros(size, np.int64), np.zeros(shape, dtype), np.zeros(size)
    actions, seen, paid = arrays
    lived = {
        "agents": size,
        "intended": {"ints": actions},
        "observation": {name: seen},
        "reward": {"floats": paid},
    }
    whole = encode(_value(episode, lived, over=over))
    return whole[: len(whole) - sum(array.nbytes for array in arrays)]


def plain_lived(lived: ExperienceColumns) -> dict[str, Any]:
    """Give what they lived as a value; of one experience at least."""
    _, observations, intended, executed, status, rewards, terminated, truncated = lived
    value: dict[str, Any] = {
        "agents": len(observations),
        "observation": _observed(observations),
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


def _observed(observations: Sequence[Any]) -> dict[str, Any]:
    table = side_by_side(observations)
    return _narrowed(column(observations) if table is None else {"stack": table})


def _narrowed(held: dict[str, Any]) -> dict[str, Any]:
    stack: npt.NDArray[Any] | None = held.get("stack")
    if stack is None or stack.dtype != _WIDE or not stack.size:
        return held
    octets = stack.tobytes()
    for narrow in _NARROW:
        few = stack.astype(narrow)
        # To go there and back is quicker than to look for the least and the most.
        if few.astype(_WIDE).tobytes() == octets:
            return {"narrow": few}
    return held


def _widened(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    wide = array.astype(_WIDE)
    wide.flags.writeable = False
    return wide
