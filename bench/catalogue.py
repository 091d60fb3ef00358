"""The benches by name."""

from __future__ import annotations

from . import blocking, explorer, memory, messaging, rounds, scale, stragglers
from .harness import Bench

BENCHES: dict[str, Bench] = {
    "blocking": blocking,
    "explorer": explorer,
    "memory": memory,
    "messaging": messaging,
    "rounds": rounds,
    "scale": scale,
    "stragglers": stragglers,
}
