from __future__ import annotations

from typing import Any

import pytest
from antiphon.memory.alerts import Alarm, Alert, Severity, Thresholds

SET = Thresholds(warning=0.8, critical=0.95, margin=0.1)
W, C = Severity.WARNING, Severity.CRITICAL


@pytest.mark.parametrize(
    ("usages", "rung"),
    [
        ([0.5, 0.79, 0.8, 0.9, 0.94], [None, None, W, None, None]),
        ([0.8, 0.95, 0.99, 1.0], [W, C, None, None]),
        ([0.97, 0.99], [C, None]),
        # Shaking about a threshold rings once.
        ([0.81, 0.79, 0.81, 0.75, 0.85, 0.71, 0.8], [W, *[None] * 6]),
        ([0.96, 0.94, 0.96, 0.86, 0.99], [C, *[None] * 4]),
        # Below the margin it counts again.
        ([0.81, 0.69, 0.81], [W, None, W]),
        ([0.96, 0.84, 0.96], [C, None, C]),
        # From critical down to warning is good news, and nothing is said.
        ([0.96, 0.84, 0.8, 0.69, 0.8], [C, None, None, None, W]),
        ([1.0, 0.0, 1.0], [C, None, C]),
    ],
)
def test_it_rings_on_the_way_up_and_once(usages: list[float], rung: list[Any]) -> None:
    alarm = Alarm(SET)
    assert [alarm.look(usage) for usage in usages] == rung


def test_its_state_is_the_highest_threshold_not_left_yet() -> None:
    alarm, states = Alarm(SET), []
    for usage in (0.5, 0.8, 0.95, 0.86, 0.84, 0.71, 0.69):
        alarm.look(usage)
        states.append(alarm.state)
    assert states == [None, W, C, C, W, W, None]


@pytest.mark.parametrize(
    "given",
    [
        {"warning": 0.9, "critical": 0.9},
        {"warning": 0.0},
        {"critical": float("nan")},
        {"critical": float("inf")},
        {"margin": 0.8},
        {"margin": -0.1},
        {"margin": float("nan")},
    ],
)
def test_odd_thresholds_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Thresholds(**given)


def test_an_alert_says_who_when_and_how_full() -> None:
    alert = Alert("bob", C, 1207, 0.961, 0.95, 481)
    assert str(alert) == (
        "the memory of bob is 96% full in round 1,207, with 481 experiences (critical from 95% on)"
    )
    assert alert.to_dict() == {
        "agent": "bob",
        "severity": "critical",
        "round": 1207,
        "usage_ratio": 0.961,
        "threshold": 0.95,
        "size": 481,
        "message": str(alert),
    }
