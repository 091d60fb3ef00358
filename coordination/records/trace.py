"""One digest of everything that happened, for telling whether two runs were the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

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

    def add(self, step: Step) -> None:
        """Take in one step."""
        rows: list[bytes] = []
        for agent_id in sorted(step.experiences):
            lived = step.experiences[agent_id]
            rows.append(b"%d\x1f%s\x1f" % (lived.round, agent_id.encode()))
            rows.append(encode(lived.observation))
            rows.append(b"\x1f%s\x1f" % lived.status.encode())
            rows.append(encode(lived.executed))
            rows.append(b"\x1f%s\n" % encode(lived.reward))
        self._digest.update(b"".join(rows))

    @property
    def value(self) -> str:
        return f"{VERSION}:{self._digest.hexdigest()}"


def encode(value: Any) -> bytes:
    """Give the bytes that stand for a value in the trace.

    Raises:
        TypeError: it is neither a JSON value nor an array.
    """
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"), copy=False)
        return f"{little.dtype.str}{little.shape}".encode() + little.tobytes()
    # The two commonest kinds, as JSON would write them, without its machinery.
    if type(value) is int or isinstance(value, np.integer):
        return b"%d" % value
    if type(value) is float:
        return repr(value).encode()
    return _canonical(value).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return encode(value).hex()
    raise TypeError(f"a trace holds JSON values and arrays, got {type(value).__name__}")


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
