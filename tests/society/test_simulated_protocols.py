"""Rounds that close early, under every order of answers: who counts, who is told of what."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.testing.simulation import simulate
from antiphon.tests.society.early_games import GAMES

KEPT = Path(__file__).parent / "regressions"


@pytest.mark.parametrize("game", GAMES)
def test_rounds_close_early_and_nothing_is_lost(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(60), faults=faults, keep=KEPT)


@pytest.mark.parametrize(
    ("game", "seed"), [("a quorum, all goes wrong", 1046), ("word comes late or twice", 1208)]
)
def test_word_of_answers_that_are_enough_may_come_after_the_deadline(game: str, seed: int) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=[seed], faults=faults)


@pytest.mark.soak
@pytest.mark.parametrize("game", GAMES)
def test_ten_thousand_games_close_early_and_lose_nothing(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(10_000), faults=faults, keep=KEPT)
