"""What the tests of round protocols with one rule taken out share."""

from __future__ import annotations

import pytest
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination import coordinator as coordinator_module
from antiphon.coordination import ensemble
from antiphon.coordination.coordinator import Coordinator
from antiphon.testing.simulation import Play, simulate


def take_in(mutant: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rounds be played by the mutant instead of what it is made from."""
    part = mutant.__bases__[0]
    where = ensemble if part is Coordinator else coordinator_module
    monkeypatch.setattr(where, part.__name__, mutant)


def fails(
    play: Play,
    faults: Faults,
    *,
    seeds: int,
    by: tuple[type[Exception], ...] = (AssertionError, RuntimeError),
) -> bool:
    """Whether one of so many games ends in such an error."""
    try:
        simulate(play, seeds=range(seeds), faults=faults, patience=0)
    except by:
        return True
    return False
