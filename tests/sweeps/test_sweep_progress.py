"""A sweep says how far it is, what failed, and how long the rest will take."""

from __future__ import annotations

import io

import pytest
from antiphon.clock import ManualClock
from antiphon.sweeps.plan import Cell
from antiphon.sweeps.progress import Bar, Lines, span


def test_time_left_is_told_by_what_was_done_in_this_sitting() -> None:
    said, clock = io.StringIO(), ManualClock()
    lines = Lines(said, clock=clock)
    lines.begin(100, 40)
    clock.advance(1)
    lines.advance(41)
    clock.advance(9)
    lines.advance(50)
    lines.failed(Cell(50, {"timeout": 1}, 3), "so it is")
    lines.advance(100)
    lines.end()
    assert said.getvalue().splitlines() == [
        "cell 50/100, about 50 s left",
        "cell 50 (timeout=1, seed 3) failed: so it is",
        "cell 100/100",
    ]


def test_times_are_told_as_people_say_them() -> None:
    assert [span(s) for s in (9.4, 90.1, 7260)] == ["9 s", "2 min", "2 h 1 min"]


def test_a_bar_takes_the_same_calls() -> None:
    bar = Bar()
    bar.begin(2, 1)
    bar.failed(Cell(1, {}, 0), "[so] it is")
    bar.advance(2)
    bar.end()


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_why_a_cell_failed_is_no_command_to_the_terminal(
    kind: type[Bar | Lines], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = kind()
    shown.begin(2, 1)
    shown.failed(Cell(1, {"how": "\x1b[2J"}, 0), "boo\x1b[31m\nantiphon: all is well\x07")
    shown.end()
    said = capsys.readouterr().err
    assert "cell 1 (how=\\x1b[2J, seed 0) failed: boo\\x1b[31m antiphon: all is well\\x07" in said
