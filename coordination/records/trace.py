"""One digest of everything that happened, for telling whether two runs were the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ...models.sheet import side_by_side
from ..rollout import Step

VERSION = "v1"


class Trace:
    """A running sha256 over each agent's round, observation, status, action and reward.

    Rows go in by round, then by agent id, whatever the order in which answers came. Arrays
    count as little-endian dtype, shape and bytes, other values as canonical JSON. Times,
    latencies and errors do not count.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._members: list[str] = []
        self._names: list[bytes] = []
        self._order: list[int] = []

    def add(self, step: Step) -> None:
        """Take in one step."""
        lived = step.columns
        self._line_up(list(step.experiences))
        fields = [
            _encoded(lived.round),
            self._names,
            _encoded_observations(lived.observation),
            [status.encode() for status in lived.status],
            _encoded(lived.executed),
            _encoded(lived.reward),
        ]
        rows = list(map(b"\x1f".join, zip(*fields, strict=True)))
        self._digest.update(b"".join([rows[place] + b"\n" for place in self._order]))

    def _line_up(self, members: list[str]) -> None:
        """Know who comes first; most rounds have the members of the one before."""
        if members == self._members:
            return
        self._members = members
        self._names = [agent_id.encode() for agent_id in members]
        self._order = sorted(range(len(members)), key=members.__getitem__)

    @property
    def value(self) -> str:
        return f"{VERSION}:{self._digest.hexdigest()}"


def _encoded(values: Sequence[Any]) -> list[bytes]:
    """Encode each; those of a kind that all are need not be asked for theirs."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return [b"%d" % value for value in values]
    if kinds == {float}:
        return [repr(value).encode() for value in values]
    return [encode(value) for value in values]


def _encoded_observations(values: Sequence[Any]) -> list[bytes]:
    table = side_by_side(values)
    if table is None:
        return _encoded(values)
    # The bytes of all at once, and each its own.
    little, head = _form(table.dtype, table.shape[1:])
    octets = table.astype(little, copy=False).tobytes()
    size = len(octets) // len(values)
    return [head + octets[at * size : at * size + size] for at in range(len(values))]


def encode(value: Any) -> bytes:
    """Give the bytes that stand for a value in the trace.

    Raises:
        TypeError: it is neither a JSON value nor an array.
    """
    # The commonest kinds first, as JSON would write them, without its machinery.
    kind = type(value)
    if kind is int:
        return b"%d" % value
    if kind is float:
        return repr(value).encode()
    if isinstance(value, np.ndarray):
        little, head = _form(value.dtype, value.shape)
        return head + value.astype(little, copy=False).tobytes()
    if isinstance(value, np.integer):
        return b"%d" % value
    return _canonical(value).encode()


@lru_cache(64)
def _form(dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[np.dtype[Any], bytes]:
    """Give an array's dtype in little-endian, and what its bytes are headed with."""
    little = dtype.newbyteorder("<")
    return little, f"{little.str}{shape}".encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return encode(value).hex()
    raise TypeError(f"a trace holds JSON values and arrays, got {type(value).__name__}")


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
