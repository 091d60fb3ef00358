"""How long answers take on a virtual clock: drawn anew for each, by seed, agent and round."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ...errors import PluginError
from ...models import chance
from ...plugins import load

Draw = Callable[[np.random.Generator], float]
"""Draws one latency in seconds; ``math.inf`` is an answer that never comes."""


class Latencies:
    """Gives each answer its latency, whoever else is called, and however often one asks."""

    def __init__(self, seed: int, draw: Draw, name: str = "latency") -> None:
        self._seed = seed
        self._draw = draw
        self._name = name

    def __call__(self, agent_id: str, round: int) -> float:
        """Give the seconds that an agent's answer takes in a round.

        Raises:
            PluginError: what draws has drawn something else.
        """
        drawn: Any = self._draw(chance.generator(self._seed, agent_id, "latency", round))
        try:
            seconds = float(drawn)
        except (TypeError, ValueError):
            seconds = math.nan
        if not seconds >= 0:
            raise PluginError(self._name, f"draws no seconds >= 0 but {drawn!r:.40}")
        return seconds


def _constant(seconds: float) -> Draw:
    return lambda rng: seconds


def _uniform(least: float, most: float) -> Draw:
    if least > most:
        raise ValueError(f"uniform needs the lesser of its numbers first, got {least:g},{most:g}")
    return lambda rng: float(rng.uniform(least, most))


def _exponential(mean: float) -> Draw:
    return lambda rng: float(rng.exponential(mean))


def _lognormal(median: float, sigma: float) -> Draw:
    # A median of 0 leaves nothing to spread.
    return lambda rng: median * float(np.exp(sigma * rng.standard_normal()))


_KINDS: dict[str, tuple[Callable[..., Draw], tuple[str, ...]]] = {
    "constant": (_constant, ("seconds",)),
    "uniform": (_uniform, ("least", "most")),
    "exponential": (_exponential, ("mean",)),
    "lognormal": (_lognormal, ("median", "sigma")),
}


def find_latencies(named: str | Draw, seed: int) -> Latencies:
    """Find a distribution.

    Args:
        named: ``constant:0.01``, ``uniform:0.01,0.05``, ``exponential:0.02``,
            ``lognormal:0.01,0.8`` (median and sigma), all in seconds; ``package.module:name``
            of what draws one latency from a ``numpy.random.Generator``, or that itself.

    Raises:
        ValueError: there is no such distribution, or its numbers break its rule.
        PluginError: it cannot be imported, or draws nothing.
    """
    if callable(named):
        return Latencies(seed, named)
    name, _, text = named.partition(":")
    if name in _KINDS:
        return Latencies(seed, _ours(name, text), name)
    found: Any = load(named, named) if text else None
    if found is None:
        known = ", ".join(f"{kind}:{','.join(names)}" for kind, (_, names) in _KINDS.items())
        raise ValueError(f"must be one of {known}, or package.module:name, got {named!r}")
    if not callable(found):
        raise PluginError(named, "is to draw a latency from a generator, and cannot be called")
    return Latencies(seed, cast("Draw", found), named)


def _ours(name: str, text: str) -> Draw:
    make, names = _KINDS[name]
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(names) or not all(0 <= number < math.inf for number in numbers):
        rule = f"{name} needs {','.join(names)}, finite numbers >= 0"
        raise ValueError(f"{rule}, got {text!r}")
    return make(*numbers)
