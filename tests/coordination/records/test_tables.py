"""Tables are written once: what stands in one stays, whatever its writer was killed in."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.records.lines import Lines
from antiphon.coordination.records.metrics import Metrics
from antiphon.coordination.records.tables import Table, Tables, agents_rows
from antiphon.coordination.rollout import Step
from antiphon.models.experience import Experience
from antiphon.tests.coordination.outcomes import all_acted, outcome_of
from hypothesis import given, settings

ODD = 'a,"\r\n é%'
COLUMNS = ("step", "agent", "round", "action", "ms")
ROWS = [(1, "a", 1, 'x"\n,', 5.25), (1, "b", 1, "é", 6.5), (2, "a", 3, "", 7.0)]
LINES = ["step,agent,round,action,ms\r\n", '1,a,1,"x""\n,",5.25\r\n', "1,b,1,é,6.5\r\n",
         "2,a,3,,7.0\r\n"]  # fmt: skip
WHOLE = "".join(LINES).encode()


def again(path: Path, rows: list[tuple[Any, ...]]) -> list[list[str]]:
    """Give rows again without what was measured, then a new one."""
    table = Table(path, COLUMNS)
    table.add_again([(*row[:4], "") for row in rows])
    table.add([(9, "a", 9, "", 8.0)])
    table.close()
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_rows_are_lines(tmp_path: Path) -> None:
    table = Table(tmp_path / "t", COLUMNS)
    table.add(ROWS)
    table.close()
    assert (tmp_path / "t").read_bytes() == WHOLE


@pytest.mark.parametrize("end", range(len(WHOLE) + 1))
def test_whole_rows_stay_and_all_others_come_again(tmp_path: Path, end: int) -> None:
    (tmp_path / "t").write_bytes(WHOLE[:end])
    ends = [len("".join(LINES[: k + 1]).encode()) for k in range(1, 4)]
    whole = sum(one <= end for one in ends)
    assert again(tmp_path / "t", ROWS) == [
        list(COLUMNS),
        *([*map(str, row[:4]), str(row[4]) if k < whole else ""] for k, row in enumerate(ROWS)),
        ["9", "a", "9", "", "8.0"],
    ]


@pytest.mark.parametrize(
    ("harm", "kept"),
    [
        ((b"step,agent", b"number,agent"), 0),
        ((b"action,ms", b"action,s"), 0),
        ((b"1,b,1", b"1,c,1"), 1),
        ((b"6.5", b"6.5,1"), 1),
        (("é".encode(), b"\xff"), 1),
        ((b"2,a,3", bytes(5)), 2),
    ],
)
def test_from_the_first_row_that_is_another_all_come_again(
    tmp_path: Path, harm: tuple[bytes, bytes], kept: int
) -> None:
    (tmp_path / "t").write_bytes(WHOLE.replace(*harm))
    found = again(tmp_path / "t", ROWS)
    assert found[0] == list(COLUMNS)
    assert [row[4] != "" for row in found[1:]] == [k < kept for k in range(3)] + [True]


def test_a_table_that_is_only_looked_through_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(WHOLE)
    before = (tmp_path / "t").stat().st_mtime_ns
    table = Table(tmp_path / "t", COLUMNS)
    for row in ROWS:
        table.add_again([(*row[:4], "")])
    table.cut()
    table.close()
    assert (tmp_path / "t").read_bytes() == WHOLE
    assert (tmp_path / "t").stat().st_mtime_ns == before


def step(number: int, *ids: str, seconds: float) -> Step:
    lived = Experience(number, None, 0, 0, "acted", 1.0, terminated=False, truncated=False)
    outcome = all_acted(number, *ids, seconds=seconds)
    return Step(number, 0, outcome, dict.fromkeys(ids, lived), episode_over=False)


def test_times_are_of_rounds_that_were_measured() -> None:
    metrics = Metrics(timing=True)
    metrics.add(step(1, "a", "b", seconds=9.0), measured=False)
    metrics.add(step(2, "a", seconds=9.0), measured=False)
    assert metrics.slowest() is None
    metrics.add(step(3, "a", "c", seconds=0.25))
    metrics.add(step(4, "a", "c", seconds=0.75))
    assert metrics.slowest() == ("a", 0.5)
    assert (metrics.rounds, metrics.measured, metrics.acted) == (4, 2, 4)
    assert metrics.outcomes == {"acted": 7}
    assert (metrics.act_seconds, metrics.reward_mean) == (2.0, 7 / 3)


def test_every_time_is_in_milliseconds_and_none_is_none(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    one = step(1, "a", "b", seconds=0.0123456)
    status = {"a": Status.ACTED, "b": Status.TIMED_OUT}
    missed = outcome_of(2, status, seconds=0.5)
    tables.add(one)
    tables.add(Step(2, 0, missed, one.experiences, episode_over=False))
    tables.close()
    rows = list(csv.reader((tmp_path / "agents.csv").read_text().splitlines()))
    assert rows[0][-2:] == ["latency_ms", "act_ms"]
    times = [row[-2:] for row in rows[1:]]
    assert times == [["12.3456"] * 2] * 2 + [["500.0000"] * 2, [""] * 2]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_lines_are_what_the_rows_of_a_step_come_to(data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.text(ODD, max_size=3), min_size=1, max_size=4, unique=True))
    actions = data.draw(st.sampled_from([st.integers(), st.integers() | st.booleans()]))
    rewards = data.draw(st.sampled_from([st.floats(), st.floats() | st.integers() | st.none()]))
    status = dict.fromkeys(ids, Status.ACTED) | data.draw(
        st.dictionaries(st.sampled_from(ids), st.sampled_from(Status), max_size=1)
    )
    outcome = outcome_of(3, status, seconds=data.draw(st.floats(0, 1e6)))
    lived = {
        agent_id: Experience(
            3, None, 0, data.draw(actions), status[agent_id].value, data.draw(rewards),
            terminated=False, truncated=False,
        )
        for agent_id in ids
    }  # fmt: skip
    one = Step(7, 2, outcome, lived, episode_over=False)
    text, rows = io.StringIO(newline=""), agents_rows(one)
    csv.writer(text).writerows(rows)
    assert Lines().of(one) in {None, text.getvalue()}


def test_most_steps_are_written_as_lines() -> None:
    lines = Lines()
    for number, ids in ((1, ("a", 'b"')), (2, ("a", 'b"')), (3, ("c",))):
        written = lines.of(step(number, *ids, seconds=0.0123456))
        assert written is not None
        assert list(csv.reader(written.splitlines())) == [
            [str(number), i, str(number), "0", "acted", "0", "1.0", "12.3456", "12.3456"]
            for i in ids
        ]
