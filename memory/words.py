"""What an agent lived, told in words: for a reader, and for being found by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..models.experience import Experience
from .remembered import Remembered

LONGEST = 1000
"""Characters; what is longer ends in three dots."""
_MOST = 64
"""Values that are told of one observation."""
_DEEPEST = 8


def words_of(what: Any) -> str:
    """Tell an experience, or any observation or action, in one line of bounded length.

    Numbers are told to three digits, so that what is nearly alike reads alike. The round is
    left out: when something happened is no part of what it was about.
    """
    if isinstance(what, Remembered):
        what = what.experience
    text = _experience(what) if isinstance(what, Experience) else _value(what)
    return shortened(text, LONGEST)


def shortened(text: str, longest: int) -> str:
    """Give the text, or as much of it as there is room for, and three dots."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _experience(lived: Experience) -> str:
    parts = [f"saw {_value(lived.observation)}", f"did {_value(lived.executed)}"]
    intended = _value(lived.intended)
    if intended != _value(lived.executed):
        parts.append(f"meant {intended}")
    if lived.status != "acted":
        parts.append(str(lived.status))
    if lived.reward is not None:
        parts.append(f"reward {_value(lived.reward)}")
    if lived.last:
        parts.append("the episode ended")
    return "; ".join(parts)


def _value(value: Any) -> str:
    words: list[str] = []
    for word in _leaves(value, 0):
        if len(words) == _MOST:
            words.append("…")
            break
        words.append(word)
    return " ".join(words) or "nothing"


def _leaves(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, np.ndarray):
        # Only so many are told, and an image has a million.
        value = value.flat[: _MOST + 1].tolist()
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield shortened(str(key), LONGEST)
            yield from _inner((item,), depth)
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from _inner(value, depth)
    elif isinstance(value, (float, np.floating)):
        yield f"{float(value):.3g}"
    elif value is not None:
        yield shortened(str(value), LONGEST)


def _inner(values: Iterable[Any], depth: int) -> Iterator[str]:
    if depth == _DEEPEST:
        yield "…"
        return
    for value in values:
        yield from _leaves(value, depth + 1)
