"""Push gossip takes as long as is known, to the round."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from antiphon.tests.examples.loading import is_short, load
from antiphon.tests.society.cast import DISPATCHERS

gossip: Any = load("gossip")


class Law(NamedTuple):
    mean: float
    deviation: float


def exact_law(n: int) -> Law:
    """How many rounds it takes, by the chain of how many know, without a single agent."""
    steps = np.zeros((n + 1, n + 1))
    for know in range(1, n + 1):
        # How many more know, as those who know tell one other each, one after the other.
        more = np.zeros(n + 1)
        more[0] = 1.0
        hit = np.clip((n - know - np.arange(n + 1)) / (n - 1), 0.0, 1.0)
        for _ in range(know):
            more = more * (1 - hit) + np.roll(more * hit, 1)
        steps[know, know:] = more[: n + 1 - know]
    at = np.zeros(n + 1)
    at[1] = 1.0
    not_yet = []
    while (left := 1 - at[n]) > 1e-12:
        not_yet.append(left)
        at = at @ steps
    mean = sum(not_yet)
    square = sum((2 * t + 1) * p for t, p in enumerate(not_yet))
    return Law(mean, math.sqrt(square - mean**2))


def mean_rounds(n: int, runs: int) -> float:
    spread = gossip.rounds_to_spread
    return sum(spread(n, seed=seed, dispatcher="inline") for seed in range(runs)) / runs


@pytest.mark.parametrize(("n", "runs"), [(2, 3), (3, 60), (16, 60), (64, 24), (120, 12)])
def test_the_mean_is_that_of_the_chain_of_how_many_know(n: int, runs: int) -> None:
    law, mean = exact_law(n), mean_rounds(n, runs)
    slack = 3 * law.deviation / math.sqrt(runs)
    assert abs(mean - law.mean) <= slack
    if n < 16:
        return
    # It takes log2 n + ln n + O(1) rounds (Pittel 1987); the numbers are Doerr and Künnemann's.
    assert math.floor(math.log2(n)) + math.log(n) - 1.116 - slack <= mean
    assert mean <= math.ceil(math.log2(n)) + math.log(n) + 2.765 + slack


def test_those_who_tell_two_in_each_round_are_too_quick_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act = gossip.Gossip.act
    monkeypatch.setattr(gossip.Gossip, "act", lambda *a: act(*a) and act(*a))
    with pytest.raises(AssertionError):
        test_the_mean_is_that_of_the_chain_of_how_many_know(16, 60)


def test_each_seed_has_its_own_rounds_whatever_runs_it() -> None:
    rounds = {
        dispatcher: [gossip.rounds_to_spread(20, seed=s, dispatcher=dispatcher) for s in range(5)]
        for dispatcher in DISPATCHERS
    }
    assert len(set(map(tuple, rounds.values()))) == 1
    assert len(set(rounds["inline"])) > 1


def test_the_example_prints_the_law_beside_what_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_short("gossip")
    gossip.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("mean   log2 n + ln n")
    assert lines[4].split()[0] == "128"
    assert float(lines[4].split()[-1]) == pytest.approx(7 + math.log(128), abs=0.06)
