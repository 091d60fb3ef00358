"""What bounds nothing is refused, by name and rule, before anything is made from it."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.memory.limits import MemoryLimits

WHOLE = "must be a whole number >= 1"
SHARE = r"must be in \(0, 1\]"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"size": 0}, f"size {WHOLE}, got 0"),
        ({"size": -5}, f"size {WHOLE}, got -5"),
        ({"size": 2.5}, f"size {WHOLE}, got 2.5"),
        ({"size": True}, f"size {WHOLE}, got True"),
        ({"size": "9"}, f"size {WHOLE}, got '9'"),
        ({"size": None}, f"size {WHOLE}, got None"),
        ({"max_bytes": 0}, f"max_bytes {WHOLE}, got 0"),
        ({"max_bytes": -1}, f"max_bytes {WHOLE}, got -1"),
        ({"max_bytes": float("inf")}, f"max_bytes {WHOLE}, got inf"),
        ({"warning": 0.0}, f"warning {SHARE}, got 0.0"),
        ({"warning": 1.5}, f"warning {SHARE}, got 1.5"),
        ({"warning": float("nan")}, f"warning {SHARE}, got nan"),
        ({"warning": "0.8"}, f"warning {SHARE}, got '0.8'"),
        ({"high": 0}, f"high {SHARE}, got 0"),
        ({"high": 1.0001}, f"high {SHARE}, got 1.0001"),
        ({"high": -0.5}, f"high {SHARE}, got -0.5"),
        ({"low": 0.0}, f"low {SHARE}, got 0.0"),
        ({"low": True}, f"low {SHARE}, got True"),
        ({"low": 0.8, "high": 0.8}, "low must be below high, got 0.8 and 0.8"),
        ({"low": 0.9, "high": 0.5}, "low must be below high, got 0.9 and 0.5"),
    ],
)
def test_a_bad_bound_is_named_with_its_rule(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MemoryLimits(**bad)


def test_usage_is_of_the_nearer_bound() -> None:
    limits = MemoryLimits(size=10, max_bytes=1_000)
    assert limits.usage(5, 100) == 0.5
    assert limits.usage(5, 900) == 0.9
