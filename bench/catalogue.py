"""The benches by name."""

from __future__ import annotations

from . import explorer, rounds
from .harness import Bench

BENCHES: dict[str, Bench] = {"explorer": explorer, "rounds": rounds}
