"""The benches by name."""

from __future__ import annotations

from . import blocking, explorer, messaging, rounds, scale, stragglers
from .harness import Bench

BENCHES: dict[str, Bench] = {
    "blocking": blocking,
    "explorer": explorer,
    "messaging": messaging,
    "rounds": rounds,
    "scale": scale,
    "stragglers": stragglers,
}
