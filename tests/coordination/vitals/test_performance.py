"""How well agents do of late, from nothing but the outcomes of rounds."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.vitals.performance import (
    FADE_AFTER,
    TIMED_AT_FIRST,
    AgentsStatistics,
    Performance,
)
from antiphon.tests.coordination.outcomes import all_acted, outcome_of

FUSE = 10.0


def after(*outcomes: Outcome) -> Performance:
    performance = Performance()
    for outcome in outcomes:
        performance.add(outcome)
    return performance


def test_before_the_first_round_there_is_nothing_to_say() -> None:
    assert Performance().statistics() == AgentsStatistics()
    nobody = Performance().of("a")
    assert (nobody.rounds, nobody.success_rate, nobody.latency_p50) == (0, 1.0, None)


def test_rates_are_shares_of_all_calls() -> None:
    status = {
        "acts": Status.ACTED,
        "crashes": Status.CRASHED,
        "rejected": Status.REJECTED,
        "down": Status.DOWN,
        "slow": Status.TIMED_OUT,
        "busy": Status.BUSY,
    }
    figures = after(outcome_of(1, status), all_acted(2, "acts", "slow")).statistics()
    assert (figures.rounds, figures.agents) == (2, 6)
    assert figures.success_rate == pytest.approx(3 / 8)
    assert figures.error_rate == pytest.approx(3 / 8)
    assert figures.timeout_rate == pytest.approx(2 / 8)


def test_the_worst_are_named_in_order_and_those_without_fault_are_not() -> None:
    ids = [f"a-{k}" for k in range(20)]
    outcomes = []
    for number in range(10):
        # a-3 fails in all rounds, a-7 and a-5 in half of them.
        failing = {"a-3"} | ({"a-7", "a-5"} if number % 2 else set())
        status = {i: Status.CRASHED if i in failing else Status.ACTED for i in ids}
        outcomes.append(outcome_of(number, status, errors={"a-3": ValueError("no map")}))
    failing = after(*outcomes).statistics().failing
    assert [(a.agent_id, a.success_rate) for a in failing] == [
        ("a-3", 0.0),
        ("a-5", 0.5),
        ("a-7", 0.5),
    ]
    assert failing[0].last_error == "ValueError: no map"
    assert failing[0].missed == {Status.CRASHED: 10}


def test_of_many_that_fail_alike_those_called_first_are_named() -> None:
    status = {f"a-{k:03}": Status.CRASHED for k in reversed(range(100))}
    failing = after(outcome_of(1, status)).statistics(count=3).failing
    assert [a.agent_id for a in failing] == ["a-099", "a-098", "a-097"]


def test_latencies_are_told_for_each_and_for_all() -> None:
    times = {"quick": 0.001, "slow": 0.1}
    status = dict.fromkeys(times, Status.ACTED)
    performance = after(*(outcome_of(k, status, seconds=times, elapsed=0.1) for k in range(9)))
    figures = performance.statistics()
    assert figures.latency_p50 == pytest.approx(0.001, rel=0.01)
    assert figures.latency_p99 == pytest.approx(0.1, rel=0.01)
    assert figures.concurrency == pytest.approx(1.01)
    assert [a.agent_id for a in figures.slowest] == ["slow", "quick"]
    assert performance.of("slow").latency_p99 == pytest.approx(0.1, rel=0.16)


def test_a_round_without_an_answer_counts_whole() -> None:
    status = {"a": Status.ACTED, "b": Status.TIMED_OUT, "c": Status.DOWN, "d": Status.BUSY}
    performance = after(outcome_of(1, status, elapsed=0.5))
    for agent_id in ("b", "d"):
        assert performance.of(agent_id).latency_p50 == pytest.approx(0.5, rel=0.16)
    assert performance.of("c").latency_p50 is None
    nobody = after(outcome_of(1, {"b": Status.TIMED_OUT}, elapsed=0.5)).statistics()
    assert nobody.latency_p50 == pytest.approx(0.5, rel=0.01)


def test_without_times_there_are_rates_and_no_latencies() -> None:
    performance = Performance()
    performance.add(
        outcome_of(1, {"a": Status.ACTED, "b": Status.TIMED_OUT}, timed=False), timed=False
    )
    # Nobody's latency tells that its times are not kept, but it is a round without times too.
    performance.add(outcome_of(2, {"a": Status.CRASHED, "b": Status.TIMED_OUT}), timed=False)
    figures = performance.statistics()
    assert figures.success_rate == 0.25
    assert (figures.latency_p50, figures.concurrency) == (None, None)


def test_times_are_read_in_the_first_rounds_and_then_in_a_few() -> None:
    read = 0

    class Watched(dict[str, float]):
        def get(self, *arguments: Any) -> Any:
            nonlocal read
            read += 1
            return super().get(*arguments)

    performance = Performance()
    for number in range(1, 17 * 10 + 1):
        outcome = all_acted(number, "a")
        performance.add(dataclasses.replace(outcome, latencies=Watched(a=0.001)))
    performance.take_in()  # the last one, which waits for the next
    assert read == TIMED_AT_FIRST + 10


def test_what_happened_long_ago_weighs_less_than_what_happens_now() -> None:
    bad = [outcome_of(k, {"a": Status.CRASHED}) for k in range(FADE_AFTER)]
    good = [all_acted(k, "a") for k in range(2 * FADE_AFTER)]
    figures = after(*bad, *good).statistics()
    assert figures.success_rate is not None
    assert figures.success_rate > 0.8
    assert figures.rounds == 3 * FADE_AFTER


@pytest.fixture
def _hasty_threads() -> Iterator[None]:
    """Threads take turns all the time, and so meet in the middle of everything."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
def test_any_thread_may_ask_while_rounds_are_added() -> None:
    performance, stop, torn = Performance(), threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            # Half of the members act in every round, so in any number of whole rounds.
            rate = performance.statistics().success_rate
            if rate not in (None, 0.5):
                torn.append(rate)

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(600):
        ids = [f"a-{k}" for k in range(2 + number % 40 * 2)]
        half = {i: Status.ACTED if k % 2 else Status.DOWN for k, i in enumerate(ids)}
        performance.add(outcome_of(number, half))
    stop.set()
    asking.join(FUSE)
    assert torn == []


def test_figures_are_json_values_in_milliseconds() -> None:
    status = {"a": Status.ACTED, "b": Status.CRASHED}
    figures = after(outcome_of(1, status, seconds=0.002)).statistics().to_dict()
    assert figures["latency_ms"]["p50"] == pytest.approx(2.0, rel=0.01)
    assert figures["failing"][0]["missed"] == {"crashed": 1}
