from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from antiphon.bench.harness import Case, Watcher
from antiphon.bench.progress import Bar, Lines, _Plan
from rich.console import Console

CASES = [
    Case(name, "round", repeats, lambda: None, (), warm_ups)  # type: ignore[arg-type, return-value]
    for name, repeats, warm_ups in (("a", 2, 1), ("b", 3, 0))
]


def test_how_much_is_done_counts_warm_ups_and_the_cases_before() -> None:
    plan = _Plan(CASES)
    assert plan.total == 6
    assert [plan.done(CASES[0], repeat) for repeat in (0, 1, 2)] == [0, 1, 2]
    assert [plan.done(CASES[1], repeat) for repeat in (1, 2, 3)] == [3, 4, 5]


def on_a_bar(file: io.StringIO) -> Watcher:
    return Bar(Console(file=file, force_terminal=True, width=100))


@pytest.mark.parametrize("watch", [on_a_bar, lambda file: Lines(file, every=0.0)])
def test_who_waits_sees_what_is_at_work_and_what_share_is_done(
    watch: Callable[[io.StringIO], Watcher],
) -> None:
    shown = io.StringIO()
    watcher = watch(shown)
    watcher.plan(CASES)
    watcher.begin(CASES[1], "ours", 1)
    watcher.end()
    assert "50%" in shown.getvalue()
    assert "b, ours: repeat 1 of 3" in shown.getvalue()


def test_lines_come_now_and_then() -> None:
    shown = io.StringIO()
    lines = Lines(shown, every=3_600.0)
    lines.plan(CASES)
    for repeat in (0, 1, 2):
        lines.begin(CASES[0], "ours", repeat)
    assert shown.getvalue().splitlines() == ["  0%  a, ours: warm-up"]
