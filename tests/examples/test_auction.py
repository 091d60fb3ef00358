"""The auction ends by itself with the best assignment there is."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from antiphon.models.agent import Context
from antiphon.tests.examples.loading import is_short, load
from antiphon.tests.society.cast import DISPATCHERS

auction: Any = load("auction")
Benefits = Any
"""Whole numbers, shape (n, n): what each thing is worth to each person."""


def some_benefits(n: int, seed: int, most: int = 10) -> Benefits:
    return np.random.default_rng(seed).integers(0, most, size=(n, n))


def sold(benefits: Benefits, **settings: Any) -> tuple[list[int], Any]:
    owned, prices, _ = auction.auction(benefits.tolist(), **{"dispatcher": "inline", **settings})
    assert sorted(owned) == list(range(len(benefits)))
    return owned, np.array(prices)


def worth(benefits: Benefits, owned: Any) -> int:
    return int(benefits[np.arange(len(benefits)), list(owned)].sum())


def check_slackness(benefits: Benefits, owned: list[int], prices: Any) -> None:
    """Nobody would gain more than the increment by another's thing, so it is the best."""
    n = len(benefits)
    gains = benefits - prices
    own = gains[np.arange(n), owned]
    increment = 1 / (n + 1)
    assert (own >= gains.max(axis=1) - increment - 1e-9).all()
    # By duality nothing is worth more than this, and between the two is no whole number.
    most = prices.sum() + gains.max(axis=1).sum()
    assert most - worth(benefits, owned) < 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", range(1, 7))
def test_no_other_assignment_is_worth_more(n: int, seed: int) -> None:
    benefits = some_benefits(n, seed)
    owned, prices = sold(benefits)
    assert worth(benefits, owned) == max(worth(benefits, p) for p in permutations(range(n)))
    check_slackness(benefits, owned, prices)


@pytest.mark.parametrize(("n", "most"), [(20, 5), (20, 100), (30, 1_000)])
def test_of_many_nobody_wants_anothers_thing(n: int, most: int) -> None:
    benefits = some_benefits(n, 1, most)
    check_slackness(benefits, *sold(benefits))


@pytest.mark.parametrize("benefits", [np.zeros((5, 5), int), np.eye(5, dtype=int) * 3])
def test_where_all_is_alike_everyone_gets_something(benefits: Benefits) -> None:
    check_slackness(benefits, *sold(benefits))


def test_the_sale_is_the_same_whatever_runs_it() -> None:
    benefits = some_benefits(8, 2, 20).tolist()
    sales = [
        auction.auction(benefits, dispatcher=dispatcher, batch_size=batch)
        for dispatcher in DISPATCHERS
        for batch in (None, 3)
    ]
    assert all(sale == sales[0] for sale in sales)


def test_with_too_large_an_increment_it_may_miss_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Context.tell

    def raise_by_more(context: Context, to: str, payload: Any) -> None:
        tell(context, to, payload if isinstance(payload, str) else payload + 30)

    monkeypatch.setattr(Context, "tell", raise_by_more)
    with pytest.raises(AssertionError):
        test_no_other_assignment_is_worth_more(6, 1)


def test_the_example_prints_who_gets_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_short("auction")
    auction.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("[") for line in lines[1:6]] == [1] * 5
    assert "the most there is" in lines[-1]
