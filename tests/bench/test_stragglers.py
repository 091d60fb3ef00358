from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pykka
import pytest
from antiphon.bench import agents, stragglers
from antiphon.bench.harness import Quantity, Variant
from antiphon.bench.stragglers import Heard, gather_all, gather_each, is_slow
from antiphon.errors import WorkError

pytestmark = pytest.mark.alone

N = 40
NAMES = ["pooled", "threaded", "stock", "stock_each"]
AWAKE = {number: N + number for number in range(1, N + 1) if not is_slow(number)}


@pytest.fixture(autouse=True)
def _short_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stragglers, "_SLEEP", 0.4)


def variant(name: str) -> Variant:
    with stragglers._variants(N) as variants:
        return next(one for one in variants if one.name == name)


def quantities() -> dict[str, Quantity]:
    figures = stragglers._case(N, repeats=1).ratios
    return {figure.name: figure for figure in figures if isinstance(figure, Quantity)}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_given_an_answer_of_another_agent_or_round(name: str) -> None:
    played = variant(name)
    with played.turn():
        heard = played.run(1)
        assert played.check(1, heard) == ""
    assert heard.shown == N
    assert heard.seconds >= stragglers._DEADLINE
    assert heard.answers.items() <= {k: N + k for k in range(1, N + 1)}.items()


@pytest.mark.parametrize("name", NAMES)
def test_agents_that_do_not_sleep_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = SimpleNamespace(sleep=lambda seconds: None, monotonic=time.monotonic)
    monkeypatch.setattr(agents, "time", awake)
    # A fuse: all answer at once, and then it is over.
    monkeypatch.setattr(stragglers, "_DEADLINE", 60.0)
    played = variant(name)
    with played.turn():
        assert "2 answers belong to another" in played.check(1, played.run(1))


@pytest.mark.parametrize("name", ["pooled", "threaded"])
def test_a_round_that_opens_while_somebody_is_busy_is_no_measurement(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stragglers, "_wait_idle", lambda society: None)
    played = variant(name)
    with played.turn(), pytest.raises(WorkError, match="still busy"):
        played.run(1)


@pytest.mark.parametrize(
    "answers",
    [
        {1: 41, 2: 43},  # of the third agent
        {1: 41, 2: 2},  # of the round before
        {1: 41, 2: None},
        {1: 42, 2: 41},
    ],
)
def test_answers_of_another_agent_or_round_are_noticed(answers: dict[int, Any]) -> None:
    assert stragglers.check(1, Heard(N, 0.1, answers))
    assert stragglers.check(1, Heard(N, 0.1, {1: 41, 2: 42})) == ""


def test_time_past_the_deadline_and_those_heard_are_reported() -> None:
    figures = quantities()
    heard = Heard(N, stragglers._DEADLINE + 0.002, AWAKE)
    assert figures["straggler_overrun_ms_p50"].read(heard) == pytest.approx(2.0)
    assert figures["straggler_answered_share"].read(heard) == 1.0
    half = dict(list(AWAKE.items())[: len(AWAKE) // 2])
    assert figures["straggler_answered_share"].read(Heard(N, 0.1, half)) == 0.5


def test_who_could_not_answer_does_not_make_up_for_who_did_not() -> None:
    share = quantities()["straggler_answered_share"]
    one_for_another = {k: a for k, a in AWAKE.items() if k != 1} | {20: N + 20}
    assert share.read(Heard(N, 0.1, one_for_another)) == pytest.approx(37 / 38)


@pytest.fixture
def futures() -> list[pykka.Future[int]]:
    """Three futures, of which the second is never answered."""
    three: list[pykka.Future[int]] = [pykka.ThreadingFuture() for _ in range(3)]
    three[0].set(1)
    three[2].set(3)
    return three


def test_get_all_gives_up_at_the_first_that_is_late(
    futures: list[pykka.Future[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stragglers, "_DEADLINE", 0.01)
    assert gather_all(futures, 0.0) == {}
    futures[1].set(2)
    assert gather_all(futures, 0.0) == {1: 1, 2: 2, 3: 3}


def test_get_on_each_goes_on_after_one_that_is_late(futures: list[pykka.Future[int]]) -> None:
    assert gather_each(futures, 0.0) == {1: 1, 3: 3}
