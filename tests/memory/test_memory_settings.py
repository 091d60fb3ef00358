"""Every memory setting changes what happens, and what does not fit is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.errors import SettingsError
from antiphon.memory.settings import MemorySettings
from antiphon.society import Society
from antiphon.tests.society.cast import Does

SMALL = {"memory_size": 12, "consolidation_lag": 1}


def lived(rounds: int = 30, **settings: Any) -> Any:
    """Live through rounds in which all that is seen differs; give the memory of one agent."""
    with Society(dispatcher="inline", **{**SMALL, **settings}) as society:
        society.add(Does, ids=["a"])
        for n in range(rounds):
            society.step({"a": n})
        return society["a"].memory


def live(**settings: Any) -> tuple[int, ...]:
    return tuple(one.sequence for one in lived(**settings).episodic.snapshot())


def kinds(**settings: Any) -> set[str]:
    return {item.kind for item in lived(**settings).items()}


def probe(name: str, read: Callable[..., Any], **more: Any) -> Callable[[Any], Any]:
    return lambda value: read(**{**more, name: value})


def warned(**settings: Any) -> bool:
    return bool(lived(8, consolidate=False, **settings).statistics().approaching_limit)


def consolidations(**settings: Any) -> int:
    return int(lived(**settings).statistics().consolidations)


def items(**settings: Any) -> int:
    return len(lived(60, **settings).items())


def _as_set_up(**settings: Any) -> str:
    with Society(dispatcher="inline", **{**SMALL, **settings}) as society:
        society.add(Does, ids=["a"])
        society.start()
        supervisor = society.memories.turnover.supervisor._mailbox.owner  # type: ignore[union-attr]
        return "slices" if supervisor._worker is None else "process"


PROBES: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "memory_size": (probe("memory_size", live, consolidate=False), 5, 6),
    "memory_bytes": (probe("memory_bytes", live, consolidate=False), 500, 5000),
    "memory_cleanup": (
        probe("memory_cleanup", live, consolidate=False),
        "fifo",
        lambda candidates, count, _: [c.sequence for c in candidates][-count:],
    ),
    "memory_age": (probe("memory_age", live, memory_cleanup="age", consolidate=False), 3, 6),
    "memory_warning": (probe("memory_warning", warned), 0.5, 0.9),
    "consolidate": (probe("consolidate", live), True, False),
    "consolidation_threshold": (probe("consolidation_threshold", live), 4, 11),
    "consolidation_window": (probe("consolidation_window", consolidations), 1, 3),
    "consolidation_lag": (probe("consolidation_lag", live), 0, 5),
    "consolidation": (probe("consolidation", kinds), "merge", "prototypes"),
    "consolidation_in": (probe("consolidation_in", _as_set_up), "slices", "process"),
    "semantic_size": (probe("semantic_size", items), 1, 3),
}


def test_every_setting_has_a_probe() -> None:
    assert set(PROBES) == {f.name for f in dataclasses.fields(MemorySettings)}


@pytest.mark.parametrize("key", PROBES)
def test_changing_a_setting_changes_what_happens(key: str) -> None:
    read, one, other = PROBES[key]
    assert read(one) != read(other)


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("memory_size", -1),
        ("memory_size", 2.5),
        ("memory_bytes", 0),
        ("memory_cleanup", ""),
        ("memory_cleanup", 3),
        ("memory_age", 0),
        ("memory_age", 5),
        ("memory_warning", 0),
        ("memory_warning", 1.01),
        ("consolidate", "perhaps"),
        ("consolidation_threshold", 1),
        ("consolidation_threshold", 13),
        ("consolidation_window", 0),
        ("consolidation_window", 7),
        ("consolidation_lag", -1),
        ("consolidation", None),
        ("consolidation_in", "thread"),
        ("semantic_size", 0),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(key: str, bad: Any) -> None:
    with pytest.raises(SettingsError, match=f"'{key}'.* (must|is used with)"):
        lived(1, **{key: bad})


@pytest.mark.parametrize(
    ("settings", "lag"),
    [
        ({"memory_size": 100}, 10),
        ({"memory_size": 40}, 10),
        ({"memory_size": 20}, 5),
        ({"memory_size": 8}, 2),
        ({"memory_size": 1}, 0),
        ({"memory_size": 100, "consolidation_window": 2}, 2),
        ({"memory_size": 100, "consolidation_threshold": 97}, 3),
        ({"memory_size": 100, "consolidation_threshold": 100}, 0),
        ({"memory_size": 8, "consolidation_lag": 10}, 10),
    ],
)
def test_the_lag_is_ten_rounds_unless_another_is_given_or_it_could_not_keep_up(
    settings: dict[str, Any], lag: int
) -> None:
    assert MemorySettings(**settings).lag == lag


@pytest.mark.parametrize("agents", [1, 7])
@pytest.mark.parametrize(
    "settings",
    [{"memory_size": size} for size in (1, 2, 3, 4, 5, 8, 11, 20, 39)]
    + [{"memory_size": 40, "consolidation_window": 2}],
)
def test_a_memory_however_small_loses_nothing_to_consolidation_by_itself(
    settings: dict[str, Any], agents: int
) -> None:
    ids = [f"a-{n}" for n in range(agents)]
    with Society(dispatcher="inline", **settings) as society:
        society.add(Does, ids=ids)
        for n in range(90):
            society.step(dict.fromkeys(ids, n % 7))
        figures = society.memories.summary()
    assert figures.evicted == 0
    assert figures.consolidated > 0


@pytest.mark.parametrize(
    ("settings", "warnings"),
    [
        ({"consolidation_lag": 7}, 1),
        ({"consolidation_lag": 6}, 0),
        ({"consolidation_lag": 6, "consolidation_window": 3}, 1),
        ({"consolidation_lag": 6, "consolidation_threshold": 20}, 1),
        ({"consolidation_lag": 7, "consolidate": False}, 0),
        ({}, 0),
    ],
)
def test_a_lag_that_cannot_keep_up_is_warned_of_once_at_the_start(
    settings: dict[str, Any], warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    with Society(dispatcher="inline", memory_size=24, **settings) as society:
        society.add(Does, ids=["a", "b"])
        for n in range(3):
            society.step({"a": n, "b": n})
    said = [
        r.getMessage() for r in caplog.records if "consolidation.falls_behind" in r.getMessage()
    ]
    assert len(said) == warnings
    assert all("consolidation_lag=" in line and "keeps_up_with=" in line for line in said)


def test_marks_and_window_follow_from_the_size() -> None:
    settings = MemorySettings(memory_size=100)
    assert (settings.threshold, settings.window, settings.most_items) == (50, 25, 12)
    assert (settings.limits.high, settings.limits.low) == (0.5, 0.375)
