"""What was measured is not measured again: a run that goes on keeps the times that it has."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal.export import export
from antiphon.coordination.journal.origin import World
from antiphon.coordination.records.run import Run
from antiphon.errors import RunInterrupted
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import DRAG, RING, Diary, ran
from antiphon.tests.society.cast import Witness

SHORT = World(RING, {"length": 9})
KEPT = ("agents.csv", "model.csv", "result.json")
AS_WITH_THREADS: dict[str, Any] = {"dispatcher": "threaded", "latency": None}
"""So that rounds that took a second take an hour when they are played again."""
HOUR = 3600.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = ran(20, SHORT, Diary, out=tmp_path / "r", latency=DRAG, timeout=1.0, tables=True)
    assert run.outcomes["timed_out"] > 0
    return tmp_path / "r"


def gone_on(folder: Path, steps: int | None = None, **options: Any) -> Run:
    with Society.resume(folder, **{**AS_WITH_THREADS, **options}) as society:
        run = society.run(steps)
        p99 = society.health().agents.latency_p99
        # Longer ones are not told from each other.
        assert p99 is None or p99 < 100.0
        return run


def left(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that there is, and when it was written."""
    paths = [folder / name for name in KEPT]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def cells(folder: Path, name: str) -> list[tuple[int, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        time = "round_ms" if name == "model" else "act_ms"
        return [(int(row["step"]), row[time]) for row in csv.DictReader(file)]


def test_a_finished_run_that_is_looked_at_keeps_every_byte(folder: Path) -> None:
    before = left(folder)
    run = gone_on(folder)
    assert left(folder) == before
    assert (run.rounds, run.metrics.measured) == (20, 0)
    assert "speed        not measured: all 20 rounds were played before" in run.summary()
    assert "round  " not in run.summary()
    figures = run.to_dict()
    assert figures["round_ms"] == {"p50": None, "p99": None}
    assert (figures["agent_steps_per_second"], figures["cpu"]) == (None, None)


def test_a_run_that_goes_on_is_measured_from_there(folder: Path) -> None:
    before = left(folder)
    run = gone_on(folder, 27)
    for name in ("agents.csv", "model.csv"):
        assert (folder / name).read_bytes().startswith(before[name][0])
    times = [float(ms) for _, ms in cells(folder, "model")]
    assert len(times) == 27
    assert max(times) < HOUR * 1000 / 2
    assert (run.metrics.measured, run.metrics.round_times.count) == (7, 7)
    assert run.metrics.round_seconds < HOUR
    slowest = run.metrics.slowest()
    assert slowest is not None
    assert slowest[1] < HOUR
    assert "measured     7 of 27 rounds; the others were played before" in run.summary()
    result = json.loads((folder / "result.json").read_text())
    assert (result["rounds"], result["measured_rounds"]) == (27, 7)


@pytest.mark.parametrize("much", [0.0, 0.02, 0.4, 0.99])
def test_rows_that_a_kill_has_lost_come_back_without_times(folder: Path, much: float) -> None:
    before = {name: cells(folder, name) for name in ("agents", "model")}
    for name in before:
        octets = (folder / f"{name}.csv").read_bytes()
        (folder / f"{name}.csv").write_bytes(octets[: int(much * len(octets))])
    (folder / "result.json").unlink()
    gone_on(folder)
    for name, then in before.items():
        now = cells(folder, name)
        pairs = enumerate(zip(then, now, strict=True))
        whole = next(place for place, (one, other) in pairs if one != other)
        assert now[whole:] == [(step, "") for step, _ in then[whole:]]
        first = next(place for place, (_, ms) in enumerate(then) if ms)
        assert (whole > first) == (much >= 0.4)
    assert json.loads((folder / "result.json").read_text())["measured_rounds"] == 0
    assert export(folder, folder.parent / "t")["timing"] == 60


def test_rows_of_rounds_that_were_not_kept_are_no_rows(folder: Path) -> None:
    before = left(folder)
    for name in ("agents.csv", "model.csv"):
        with (folder / name).open("ab") as file:
            file.write(before[name][0].splitlines(keepends=True)[-1].replace(b"20,", b"21,"))
    gone_on(folder)
    assert {name: octets for name, (octets, _) in left(folder).items()} == {
        name: octets for name, (octets, _) in before.items()
    }


def test_whoever_breaks_off_while_it_is_played_again_loses_nothing(folder: Path) -> None:
    def interrupt(step: Any) -> None:
        if step.number == 7:
            raise KeyboardInterrupt

    before = left(folder)
    with Society.resume(folder, **AS_WITH_THREADS) as society, pytest.raises(RunInterrupted):
        society.run(30, progress=Witness(interrupt))
    assert left(folder) == before


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"rounds": 12, "interrupted": false}'])
def test_a_result_of_less_gives_way(folder: Path, text: str) -> None:
    (folder / "result.json").write_text(text)
    gone_on(folder)
    result = json.loads((folder / "result.json").read_text())
    assert (result["rounds"], result["measured_rounds"]) == (20, 0)


def test_a_result_that_was_cut_short_is_one_no_more_when_the_run_is_to_end_there(
    folder: Path,
) -> None:
    figures = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**figures, "interrupted": True}))
    gone_on(folder)
    assert json.loads((folder / "result.json").read_text()) == figures


def test_a_branch_has_the_times_of_its_own_rounds(folder: Path, tmp_path: Path) -> None:
    with Society.resume(folder, at=15, **AS_WITH_THREADS) as society:
        run = society.run(20, out=tmp_path / "b")
    assert [bool(ms) for _, ms in cells(tmp_path / "b", "model")] == [False] * 15 + [True] * 5
    assert not any(ms for step, ms in cells(tmp_path / "b", "agents") if step <= 15)
    assert "measured     5 of 20 rounds" in run.summary()


def test_virtual_times_are_called_so() -> None:
    virtual = ran(5, SHORT, Diary, latency="constant:0.5").summary()
    assert "s; rounds took 2.5 s of virtual time" in virtual
    assert virtual.count("ms of virtual time") == 2
    assert "virtual" not in ran(5, SHORT, Diary).summary()
