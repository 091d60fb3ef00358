"""A visitor and the end of a round that cross agree on every answer.

Visitors write into a round's slots without a lock. Here one is stopped at each of its lines
while the round closes, and the close at each of its lines while visitors go on. Afterwards a
calm round shows whether anything was lost, counted twice or told twice.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from antiphon.tests.actors.stepping import at_random
from antiphon.tests.coordination.visiting import (
    PLAYS,
    TIMEOUT,
    Play,
    stop_the_close,
    stop_the_visitor,
)


@pytest.mark.parametrize("play", PLAYS)
def test_a_visitor_stopped_at_any_line_agrees_with_the_round_that_closes(play: str) -> None:
    stop_the_visitor(play)


def test_a_close_stopped_at_any_line_agrees_with_the_visitor_that_goes_on() -> None:
    stop_the_close("all answer in time", every=13)


@pytest.mark.soak
@pytest.mark.parametrize("play", PLAYS)
def test_both_stopped_at_any_line_agree(play: str) -> None:
    stop_the_close(play)


def at_random_with(visitors: int) -> Callable[[int], None]:
    def check(seed: int) -> None:
        play = Play(at_random(seed), visitors)
        if seed % 3 == 1:
            play.agents["b"].takes = TIMEOUT / 2 + 0.1
        if seed % 5 == 1:
            play.agents["a"].error = ValueError("no")
        play.run()

    return check


@pytest.mark.parametrize("visitors", [1, 2, 3])
def test_visitors_and_a_close_agree_in_any_order_of_steps(visitors: int) -> None:
    for seed in range(60):
        at_random_with(visitors)(seed)


@pytest.mark.soak
@pytest.mark.parametrize("visitors", [1, 2, 3])
def test_visitors_and_a_close_agree_in_five_thousand_orders_of_steps(visitors: int) -> None:
    for seed in range(5000):
        at_random_with(visitors)(seed)
