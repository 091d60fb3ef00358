"""Rounds under every order of deliveries and under every fault: who counts, and where.

Promises 4 and 5: an answer counts for its own round or is one late dead letter, and each
member of a round ends in exactly one way.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.testing.simulation import simulate
from antiphon.tests.society.simulated_games import GAMES

KEPT = Path(__file__).parent / "regressions"


@pytest.mark.parametrize("game", GAMES)
def test_every_answer_counts_where_it_belongs_and_every_member_once(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(250), faults=faults, keep=KEPT)


@pytest.mark.soak
@pytest.mark.parametrize("game", GAMES)
def test_ten_thousand_times_every_answer_counts_where_it_belongs(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(10_000), faults=faults, keep=KEPT)
