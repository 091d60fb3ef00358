"""Runs in processes of their own that are told to end, and how they should have ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.test_deadlines import python

MARKS = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's"),
]
GRACE = 0.2
AGENTS = 5
_BOUND = 0.5
"""Seconds that a run may take to end beyond its grace."""
_AT_ONCE = 0.2
"""Seconds that are no time at all."""


def running(folder: Path, code: str, dispatcher: str) -> Any:
    """Run the agents ``Hangs`` of this code, for ever if nobody ends it."""
    (folder / "mine.py").write_text(code, encoding="utf-8")
    job = ["--type", "mine:Hangs", "--agents", str(AGENTS), "--steps", "1000000", "--quiet"]
    out = ["--out", "out", "--dispatcher", dispatcher]
    return python("-m", "antiphon", "run", *job, *out, cwd=folder)


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[float, str, str]:
    """Send a signal; give the seconds beyond the bound, and what the process said."""
    before = time.monotonic()
    process.send_signal(number)
    output, errors = process.communicate(timeout=FUSE)
    over = time.monotonic() - before - (GRACE + _BOUND)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    return over, output, errors


def end_again(process: subprocess.Popen[str], number: signal.Signals) -> float:
    """Send a second signal; give the seconds too many."""
    before = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=FUSE)
    over = time.monotonic() - before - _AT_ONCE
    assert process.returncode == 128 + number
    return over


def check_result(folder: Path, output: str, dispatcher: str, *, hung: int) -> None:
    """Hold a run that was ended in its fourth round to what it should leave."""
    result = json.loads((folder / "out/result.json").read_text(encoding="utf-8"))
    assert result["interrupted"] is True
    assert result["outcomes"] == {"acted": AGENTS * result["rounds"]}
    assert result["rounds"] == 3 if hung else result["rounds"] >= 3
    assert f"interrupted after {result['rounds']:,} rounds of 5 agents, {dispatcher}" in output


def empty(folder: Path) -> None:
    """Make room for another attempt."""
    for file in (folder / "out").iterdir():
        file.unlink()
