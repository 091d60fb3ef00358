from __future__ import annotations

import json
import logging
import threading
import tracemalloc
from typing import NamedTuple

import pytest
from antiphon.errors import UnknownNameError
from antiphon.memory.alerts import Alert, Severity, Thresholds
from antiphon.memory.monitor import MemoryMonitor
from antiphon.tests.memory.odd import OddError

FUSE = 10.0
"""Seconds; a wait that lasts as long has failed."""


class Filled(NamedTuple):
    """As much of a memory's statistics as the monitor looks at."""

    current_size: int
    bytes: int = 0
    usage_ratio: float = 0.0


def full(ratio: float) -> Filled:
    return Filled(int(ratio * 100), int(ratio * 10_000), ratio)


def test_the_figures_of_an_agent_are_those_of_its_last_round() -> None:
    monitor = MemoryMonitor()
    for round, ratio in enumerate((0.5, 0.9, 0.4), start=1):
        monitor.record("bob", full(ratio), round=round)
    figures = monitor.of("bob")
    assert (figures.round, figures.size, figures.bytes, figures.usage_ratio) == (3, 40, 4000, 0.4)
    assert (figures.peak, figures.alerts, figures.state) == (90, 1, None)
    assert monitor.agents() == ("bob",)


def test_an_agent_that_nobody_recorded_is_unknown() -> None:
    monitor = MemoryMonitor()
    for n in range(20):
        monitor.record(f"agent-{n}", full(0.1), round=1)
    for ask in (monitor.of, monitor.snapshots):
        with pytest.raises(UnknownNameError, match=r"'agent-2O'; there are agent-2, .*, 10 more"):
            ask("agent-2O")


def test_who_grows_is_told_apart_from_who_does_not() -> None:
    monitor = MemoryMonitor()
    for round in range(1, 1001):
        monitor.record("filling-up", Filled(round), round=round)
        monitor.record("faster", Filled(3 * round), round=round)
        monitor.record("teeth", Filled(min(round, 250 + round % 250)), round=round)
        monitor.record("steady", Filled(min(round, 300)), round=round)
        monitor.record("fading", Filled(2000 - round), round=round)
    assert [one.agent_id for one in monitor.growing()] == ["faster", "filling-up"]
    directions = {name: str(monitor.of(name).trend.direction) for name in monitor.agents()}
    assert directions["steady"] == "stable"
    assert directions["teeth"] == "stable"
    assert directions["fading"] == "shrinking"
    assert monitor.of("filling-up").trend.per_round == pytest.approx(1, rel=0.05)


def test_a_long_run_is_spanned_in_bounded_room() -> None:
    monitor = MemoryMonitor(snapshots=32)
    monitor.record("bob", Filled(1), round=1)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for round in range(2, 10_001):
            monitor.record("bob", Filled(round % 97, round, (round % 97) / 97), round=round)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    kept = monitor.snapshots("bob")
    assert len(kept) <= 33
    assert (kept[0].round, kept[-1].round) == (1, 10_000)
    assert len(monitor.alerts()) <= 1000
    assert monitor.of("bob").alerts > 100
    assert grown < 500_000


def test_alerts_are_told_once_to_everybody_who_listens() -> None:
    monitor = MemoryMonitor(thresholds=Thresholds(warning=0.5, critical=0.9, margin=0.1))
    heard: list[Alert] = []
    end = monitor.on_alert(heard.append)
    for round, ratio in enumerate((0.4, 0.5, 0.45, 0.55, 0.95, 0.91, 0.1, 0.6), start=1):
        monitor.record("bob", full(ratio), round=round)
    told = [(alert.round, alert.severity) for alert in heard]
    assert told == [(2, Severity.WARNING), (5, Severity.CRITICAL), (8, Severity.WARNING)]
    assert monitor.alerts("bob") == tuple(heard)
    assert monitor.alerts("eve") == ()
    end()
    end()
    monitor.record("eve", full(0.99), round=9)
    assert len(heard) == 3
    assert monitor.to_dict()["alerts"] == {"warning": 2, "critical": 2}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("no printer"), "OSError: no printer"),
        (OddError(), "OddError: it cannot be printed"),
    ],
)
def test_a_listener_that_raises_is_logged_and_harms_nothing(
    caplog: pytest.LogCaptureFixture, error: Exception, words: str
) -> None:
    def broken(alert: Alert) -> None:
        raise error

    monitor, heard = MemoryMonitor(), []
    monitor.on_alert(broken)
    monitor.on_alert(heard.append)
    with caplog.at_level(logging.ERROR):
        alert = monitor.record("bob", full(0.9), round=1)
    assert heard == [alert]
    assert "listener.failed" in caplog.text
    assert words in caplog.text
    monitor.record("bob", full(0.99), round=2)
    assert len(heard) == 2


def test_a_listener_may_ask_the_monitor() -> None:
    monitor, sizes = MemoryMonitor(), []
    monitor.on_alert(lambda alert: sizes.append(monitor.of(alert.agent_id).size))
    recorder = threading.Thread(target=monitor.record, args=("bob", full(0.9)), kwargs={"round": 1})
    recorder.daemon = True
    recorder.start()
    recorder.join(FUSE)
    assert sizes == [90]


def test_no_record_is_lost_between_threads() -> None:
    monitor, heard = MemoryMonitor(), []
    monitor.on_alert(heard.append)

    def run(name: str) -> None:
        for round in range(1, 401):
            monitor.record(name, full(round % 2), round=round)
            monitor.record("shared", full(0.5), round=round)
            if round % 100 == 0:
                monitor.to_dict()

    threads = [threading.Thread(target=run, args=(f"agent-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    assert len(heard) == 4 * 200
    assert monitor.to_dict()["alerts"] == {"warning": 0, "critical": 800}
    assert sum(monitor.of(f"agent-{n}").alerts for n in range(4)) == 800


def test_of_very_many_alerts_the_last_are_kept_and_all_are_counted() -> None:
    monitor = MemoryMonitor()
    for round in range(2400):
        monitor.record("bob", full(round % 2), round=round)
    assert [alert.round for alert in monitor.alerts()] == list(range(401, 2400, 2))
    assert monitor.of("bob").alerts == 1200


def test_who_left_is_forgotten() -> None:
    monitor = MemoryMonitor()
    monitor.record("bob", full(0.9), round=1)
    monitor.forget("bob")
    monitor.forget("nobody")
    assert monitor.agents() == ()
    assert monitor.growing() == ()


def test_everything_is_given_as_json_values() -> None:
    monitor = MemoryMonitor()
    for round in range(9):
        monitor.record("bob", full(0.1 * round), round=round)
    given = monitor.to_dict()
    assert json.loads(json.dumps(given, allow_nan=False)) == given
    assert given["agents"]["bob"]["trend"]["direction"] == "growing"
    assert given["last_alerts"][0]["severity"] == "warning"


def test_a_number_of_snapshots_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity must be even and >= 4, got 7"):
        MemoryMonitor(snapshots=7)
