"""Random streams that depend on who draws and what for, never on who drew before."""

from __future__ import annotations

import hashlib

import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def key(seed: int, *names: str | int) -> int:
    """Mix a seed and names into 64 bits; equal on every machine and in every process."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def seed_for(seed: int, *names: str | int) -> int:
    """Give a 31-bit seed: what environments and spaces accept."""
    return key(seed, *names) >> 33


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Give the stream of one purpose, for example ``generator(7, "trader-1", "act")``."""
    return np.random.Generator(np.random.PCG64(key(seed, *names)))


def uniform(stream: int, step: int, draw: int = 0) -> float:
    """Give draw number ``draw`` of a step of a stream, in [0, 1), with no state kept.

    A counter in place of a state: a skipped or repeated step cannot shift later draws,
    and many agents can draw at once.

    Args:
        stream: from ``key``.

    Source: Steele, Lea, Flood (2014), SplitMix64, with the counter as its state.
    """
    z = (stream + ((step << 8) + draw + 1) * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53
