"""The runs whose journals are kept in ``golden``; ``python -m`` this to write those that lack.

They are never written again: what they hold is what a later version has to be able to play.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from antiphon.coordination.journal.archive import pack
from antiphon.coordination.journal.origin import World
from antiphon.tests.coordination.journal.cast import (
    DRAG,
    RING,
    Diary,
    Gossip,
    Stumbler,
    founded,
)
from antiphon.tests.society.cast import Dice, Witness

GOLDEN = Path(__file__).parent / "golden"
STEPS = 16
SHORT = World(RING, {"length": 7})
GRID = World("grid-world", {"size": 6, "goals": 3, "max_steps": 9})
ANEW = {"on_crash": "restart", "snapshot_interval": 4, "max_restarts": 2}


class Kept(NamedTuple):
    """A run that is kept."""

    case: tuple[Any, ...]
    settings: Mapping[str, Any]
    seed: int
    pause: float = 0.0
    """Seconds of virtual time between two steps."""


RUNS: Mapping[str, Kept] = {
    "chance": Kept((SHORT, Dice), {}, 1),
    "late": Kept((SHORT, Diary), {}, 2),
    "late-between-rounds": Kept((SHORT, Diary), {}, 9, 0.4),
    "messages": Kept((SHORT, Gossip), {"on_missing": "repeat"}, 3, 0.2),
    "failures": Kept((SHORT, Stumbler), {}, 4),
    "restarts": Kept((RING, Stumbler), ANEW, 5, 0.3),
    "random": Kept((GRID, "random", 4), {}, 6),
    "mid-episode": Kept((RING, Diary), {}, 7),
    "batches": Kept((SHORT, Gossip), {"batch_size": 2}, 8),
    "quorum": Kept((SHORT, Gossip), {"protocol": "quorum:0.6"}, 10, 0.4),
}


def write(name: str, file: Path) -> None:
    """Make one of them."""
    case, settings, seed, pause = RUNS[name]
    with (
        tempfile.TemporaryDirectory() as folder,
        founded(*case, latency=DRAG, timeout=1.0, **{**settings, "seed": seed}) as society,
    ):
        passing = Witness(lambda step: society._clock.advance(pause))  # type: ignore[attr-defined]
        society.run(STEPS, out=Path(folder) / "r", progress=passing)
        pack(Path(folder) / "r", file)


if __name__ == "__main__":
    for each in RUNS:
        if not (GOLDEN / f"{each}.run").exists():
            write(each, GOLDEN / f"{each}.run")
