"""One remembered experience as bytes, with what decides whether it stays in front.

A store holds these in place of objects: no more than their own bytes, and nothing that the
garbage collector has to walk over between two rounds.
"""

from __future__ import annotations

import itertools
import math
import struct
import sys
from collections.abc import Collection, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..models.experience import Experience
from .packing import Packer
from .remembered import Remembered
from .unpacking import BOOL, INT, NONE, REAL, Unpacker

_SLOT = struct.calcsize("P")
_OVERHEAD = sys.getsizeof(b"") + _SLOT

# Sequence, round, importance and surprise (NaN for None); flags; and what observation, intended
# and executed action and reward are. Their bodies come next, and the status ends it.
_HEAD = "<qqddB4s"
_TRAITS = np.dtype(
    [("sequence", "<i8"), ("round", "<i8"), ("importance", "<f8"), ("surprise", "<f8")]
)
_TERMINATED, _TRUNCATED, _HAS_FOREIGN = 1, 2, 4
_FLAGS_AT = _TRAITS.itemsize
_TAGS_AT = _FLAGS_AT + 1
_NO_SURPRISE = math.nan

_head = Struct(_HEAD)
_traits = Struct("<qqdd")
# Of four plain values, all bodies are written and read at once.
_BODIES = {NONE: "?", BOOL: "?", INT: "q", REAL: "d"}
_VALUES = ("observation", "intended", "executed", "reward")
_PLAIN_TYPES = {type(None): NONE, bool: BOOL, int: INT, float: REAL}
_PLAIN = {
    bytes(tags): Struct(_HEAD + "".join(_BODIES[tag] for tag in tags))
    for tags in itertools.product(_BODIES, repeat=4)
}
_PLANS = {
    types: (_PLAIN[tags].pack, tags)
    for types in itertools.product(_PLAIN_TYPES, repeat=4)
    for tags in [bytes(_PLAIN_TYPES[kind] for kind in types)]
}


class Columns(NamedTuple):
    """What many experiences were, as a list for each of their parts."""

    sequences: Sequence[int]
    rounds: Sequence[int]
    observations: Sequence[Any]
    intended: Sequence[Any]
    executed: Sequence[Any]
    statuses: Sequence[str]
    rewards: Sequence[float | None]
    terminated: Sequence[bool]
    truncated: Sequence[bool]
    importances: Sequence[float]
    surprises: Sequence[float | None]


def pack(
    sequence: int,
    experience: Experience,
    importance: float = 1.0,
    surprise: float | None = None,
    limit: int | None = None,
) -> bytes:
    """Give an experience as bytes.

    Args:
        limit: how many bytes its values may take; None for any number.

    Raises:
        TooLargeError: they take more, or nest too deep.
    """
    round, observation, intended, executed, status, reward, terminated, truncated = experience
    flags = (_TERMINATED if terminated else 0) | (_TRUNCATED if truncated else 0)
    nats = _NO_SURPRISE if surprise is None else surprise
    plan = _PLANS.get((type(observation), type(intended), type(executed), type(reward)))
    if plan is not None:
        write, tags = plan
        try:
            return write(
                sequence, round, importance, nats, flags, tags,
                observation, intended, executed, reward,
            ) + status.encode()  # fmt: skip
        except struct.error:
            pass  # An int of more than 64 bits: it takes the other way.
    packer = Packer(limit)
    tags = packer.fields((observation, intended, executed, reward))
    flags |= _HAS_FOREIGN if packer.foreign else 0
    head = _head.pack(sequence, round, importance, nats, flags, tags)
    return head + packer.packed() + status.encode()


def unpack(packed: bytes) -> Remembered:
    """Give back what was packed; arrays are read-only."""
    sequence, round, importance, nats, flags, tags = _head.unpack_from(packed)
    plain = _PLAIN.get(tags)
    if plain is None:
        unpacker = Unpacker(packed, _head.size)
        values: Sequence[Any] = unpacker.fields(tags)
        status = unpacker.rest()
    else:
        values = plain.unpack_from(packed)[6:]
        status = packed[plain.size :]
        if NONE in tags:
            values = [
                None if tag == NONE else value for tag, value in zip(tags, values, strict=True)
            ]
    observation, intended, executed, reward = values
    experience = Experience(
        round, observation, intended, executed, sys.intern(status.decode()), reward,
        bool(flags & _TERMINATED), bool(flags & _TRUNCATED),
    )  # fmt: skip
    surprise = None if nats != nats else nats  # noqa: PLR0124  only NaN differs from itself
    return Remembered(sequence, experience, importance, surprise)


def columns_of(entries: Sequence[bytes]) -> Columns | None:
    """Unpack many at once, if all are of plain values of the same kinds; None if not."""
    tags = entries[0][_TAGS_AT : _head.size] if entries else b""
    plain = _PLAIN.get(tags)
    if plain is None or {packed[_TAGS_AT : _head.size] for packed in entries} != {tags}:
        return None
    size = plain.size
    table = np.frombuffer(b"".join([packed[:size] for packed in entries]), _form(tags))
    values = {
        name: [None] * len(entries) if tag == NONE else table[name].tolist()
        for name, tag in zip(_VALUES, tags, strict=True)
    }
    ends = [packed[size:] for packed in entries]
    statuses = {end: sys.intern(end.decode()) for end in set(ends)}
    flags = table["flags"].tolist()
    return Columns(
        sequences=table["sequence"].tolist(),
        rounds=table["round"].tolist(),
        observations=values["observation"],
        intended=values["intended"],
        executed=values["executed"],
        statuses=[statuses[end] for end in ends],
        rewards=values["reward"],
        terminated=[flag & _TERMINATED > 0 for flag in flags],
        truncated=[flag & _TRUNCATED > 0 for flag in flags],
        importances=table["importance"].tolist(),
        surprises=[None if nats != nats else nats for nats in table["surprise"].tolist()],  # noqa: PLR0124  only NaN differs from itself
    )


@lru_cache(maxsize=len(_PLAIN))
def _form(tags: bytes) -> np.dtype[np.void]:
    bodies = {"?": "?", "q": "<i8", "d": "<f8"}
    values = [(name, bodies[_BODIES[tag]]) for name, tag in zip(_VALUES, tags, strict=True)]
    return np.dtype([*_TRAITS.descr, ("flags", "u1"), ("tags", "V4"), *values])


def size_of(packed: bytes) -> int:
    """Give the bytes of memory that are spent on it, its place in a row included."""
    return len(packed) + _OVERHEAD


def sizes_of(entries: Collection[bytes]) -> int:
    """Give the same for all of these together."""
    return sum(map(len, entries)) + len(entries) * _OVERHEAD


def sequence_of(packed: bytes) -> int:
    """Give its place in the agent's life."""
    return int.from_bytes(packed[:8], "little")


def has_foreign(packed: bytes) -> bool:
    """Whether a type's name is all that is kept of some value in it."""
    return bool(packed[_FLAGS_AT] & _HAS_FOREIGN)


def trait_of(packed: bytes) -> tuple[int, int, float, float]:
    """Give sequence, round, importance and surprise, which is NaN where nobody told."""
    return _traits.unpack_from(packed)


def traits_of(entries: Sequence[bytes]) -> npt.NDArray[np.void]:
    """Give the same of many, as fields of these names.

    Returns:
        Shape (len(entries),), read-only.
    """
    size = _TRAITS.itemsize
    return np.frombuffer(b"".join([packed[:size] for packed in entries]), _TRAITS)
