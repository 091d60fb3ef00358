"""One digest of everything that happened, for telling whether two runs were the same."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from ..rollout import Step

VERSION = "v1"
_name = itemgetter(0)


class Trace:
    """A running sha256 over each agent's round, observation, status, action and reward.

    Rows go in by round, then by agent id, whatever the order in which answers came. Arrays
    count as little-endian dtype, shape and bytes, other values as canonical JSON. Times,
    latencies and errors do not count.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, step: Step) -> None:
        """Take in one step."""
        rows = [
            b"%d\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\n"
            % (
                lived.round,
                agent_id.encode(),
                encode(lived.observation),
                lived.status.encode(),
                encode(lived.executed),
                encode(lived.reward),
            )
            for agent_id, lived in sorted(step.experiences.items(), key=_name)
        ]
        self._digest.update(b"".join(rows))

    @property
    def value(self) -> str:
        return f"{VERSION}:{self._digest.hexdigest()}"


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
