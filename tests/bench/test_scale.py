from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from antiphon import Society
from antiphon.bench import ours, scale
from antiphon.bench.census import Census, Held, Life, live, take
from antiphon.bench.harness import Quantity

BEFORE = Held(rss_bytes=1_000_000, objects=1_000, threads=1, descriptors=5)
STARTED = Held(rss_bytes=1_200_000, objects=9_000, threads=3, descriptors=5)
CALLED = dataclasses.replace(STARTED, rss_bytes=1_300_000)
ENDED = dataclasses.replace(BEFORE, rss_bytes=1_050_000, objects=1_003)
LIFE = Life(STARTED, CALLED, ENDED, start_seconds=0.002, stop_seconds=0.001, wrong="")
CENSUS = Census(BEFORE, LIFE, LIFE)


def ended(**changes: int) -> Life:
    return dataclasses.replace(LIFE, ended=dataclasses.replace(ENDED, **changes))


def test_a_small_census_is_taken_in_another_process() -> None:
    (case,) = [scale._case(50, repeats=1)]
    with case.variants() as (variant,):
        assert variant.check(1, variant.run(1)) == ""


def test_a_life_is_measured_while_its_actors_are_there() -> None:
    before = Held.now()
    life = live(300)
    assert life.wrong == ""
    # A host and its agent, at the least.
    assert life.started.objects > before.objects + 2 * 300
    assert life.started.threads > before.threads
    assert life.called.rss_bytes > 0
    assert (life.ended.threads, life.ended.descriptors) == (before.threads, before.descriptors)


def test_costs_are_per_actor_and_without_what_was_there_before() -> None:
    (case,) = [scale._case(100, repeats=1)]
    figures = [figure for figure in case.ratios if isinstance(figure, Quantity)]
    assert {figure.name: figure.read(CENSUS) for figure in figures} == {
        "bytes_per_pooled_actor": 3_000.0,
        "bytes_per_uncalled_pooled_actor": 2_000.0,
        "bytes_left_per_pooled_actor": 500.0,
        "start_us_per_pooled_actor": pytest.approx(20.0),
        "stop_us_per_pooled_actor": pytest.approx(10.0),
    }


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda: ended(threads=2), "threads"),
        (lambda: ended(descriptors=6), "descriptors"),
        (lambda: ended(objects=1_101), "101 objects"),
        (lambda: dataclasses.replace(LIFE, wrong="2 of 3 acted"), "2 of 3 acted"),
        (
            lambda: dataclasses.replace(
                LIFE, called=dataclasses.replace(CALLED, rss_bytes=5_530_000)
            ),
            "4,530,000 for the second",
        ),
    ],
)
def test_what_is_left_behind_is_noticed(spoil: Callable[[], Life], why: str) -> None:
    assert scale.check(1, CENSUS) == ""
    assert why in scale.check(1, dataclasses.replace(CENSUS, second=spoil()))


def test_a_society_that_is_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Society] = []

    def keep(dispatcher: str) -> Society:
        kept.append(found(dispatcher))
        return kept[-1]

    found = ours.society
    monkeypatch.setattr(ours, "society", keep)
    assert "objects stayed behind" in scale.check(1, take(200))
    monkeypatch.setattr(ours, "society", found)
    assert scale.check(1, take(200)) == ""


def test_a_round_in_which_not_everybody_acts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "step", lambda society, rounds: [])
    assert "1 rounds in a row" in live(3).wrong
