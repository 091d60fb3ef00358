"""Rounds that close early, under every order of answers: who counts, who is told of what."""

from __future__ import annotations

import pytest
from antiphon.testing.simulation import simulate
from antiphon.tests.society.early_games import GAMES


@pytest.mark.parametrize("game", GAMES)
def test_rounds_close_early_and_nothing_is_lost(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(60), faults=faults)


@pytest.mark.soak
@pytest.mark.parametrize("game", GAMES)
def test_ten_thousand_games_close_early_and_lose_nothing(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(10_000), faults=faults)
