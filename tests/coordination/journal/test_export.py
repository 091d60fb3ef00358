"""What a run has kept goes out as tables, a few rows at a time."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal import export as exporting
from antiphon.coordination.journal.export import export
from antiphon.coordination.journal.origin import World
from antiphon.errors import StoreError
from antiphon.memory.store import access, feed
from antiphon.models.outbox import OUTSIDE
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import DRAG, RING, Diary, Gossip, founded, ran
from antiphon.tests.society.cast import Witness

SHORT = World(RING, {"length": 9})


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_tables_say_what_the_run_said(tmp_path: Path) -> None:
    witness = Witness()
    with founded(SHORT, Gossip, tables=True, latency=DRAG, timeout=1.0) as society:
        run = society.run(20, out=tmp_path / "r", progress=witness)
    counts = export(tmp_path / "r", tmp_path / "t")
    assert counts.keys() == {"agents", "model", "messages", "timing"}
    assert (counts["agents"], counts["model"], counts["timing"]) == (60, 20, 60)
    for name, (columns, theirs) in {
        "agents": (("step", "agent", "round", "episode", "status"), "agents.csv"),
        "model": (("step", "round", "episode", "members", "acted", "late"), "model.csv"),
        "timing": (("step", "agent"), "agents.csv"),
    }.items():
        ours = table(tmp_path / "t" / f"{name}.csv")
        then = table(run.folder.path / theirs)
        assert [[row[c] for c in columns] for row in ours] == [
            [row[c] for c in columns] for row in then
        ]
    rewards = [float(row["reward"]) for row in table(tmp_path / "t/model.csv")]
    assert rewards == [step.reward for step in witness.steps]
    heard = [
        (str(step.number), agent_id, parcel.sender)
        for step in witness.steps
        for deliveries in step.outcome.heard
        for agent_id, inbox in deliveries.inboxes.items()
        for parcel in inbox
    ]
    told = [row for row in table(tmp_path / "t/messages.csv") if row["agent"]]
    assert sorted((row["step"], row["agent"], row["sender"]) for row in told) == sorted(heard)
    assert heard


def test_frames_are_indexed_by_step_and_agent(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    with founded(SHORT, Gossip) as society:
        society.broadcast({"who": "there"})
        run = society.run(12, out=tmp_path / "r")
    messages = run.messages_df()
    assert messages.index.names == ["step", "agent"]
    first = messages.loc[[(1, "a")]]
    assert first["sender"].tolist() == [OUTSIDE]
    assert first["payload"].tolist() == ['{"who": "there"}']
    with founded(SHORT, Gossip) as society, pytest.raises(ValueError, match="kept no journal"):
        society.run(1).messages_df()


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    ran(12, SHORT, Gossip, out=tmp_path / "r", tables=True)
    counts = export(tmp_path / "r", tmp_path / "p", format="parquet")
    export(tmp_path / "r", tmp_path / "c")
    for name, rows in counts.items():
        found = pq.read_table(tmp_path / "p" / f"{name}.parquet").to_pylist()
        text = table(tmp_path / "c" / f"{name}.csv")
        assert len(found) == rows == len(text)
        assert [[str(v) if v is not None else "" for v in one.values()] for one in found] == [
            list(one.values()) for one in text
        ]


def test_parquet_without_its_extra_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(2, out=tmp_path / "r")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"antiphon\[data\]"):
        export(tmp_path / "r", tmp_path / "t", format="parquet")
    assert not (tmp_path / "t").exists(), "a folder is left, and the next try is refused"


def peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_run_takes_no_more_memory_than_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_AT_ONCE", 64)
    monkeypatch.setattr(access, "_AT_ONCE", 1 << 14)
    for steps in (60, 600):
        ran(steps, RING, Diary, out=tmp_path / f"r{steps}")
    export(tmp_path / "r60", tmp_path / "warm")
    short = peak(lambda: export(tmp_path / "r60", tmp_path / "short"))
    long = peak(lambda: export(tmp_path / "r600", tmp_path / "long"))
    assert long < 1.5 * short + 65536


def test_a_run_that_was_killed_gives_what_it_had_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So many wait at most, and as many again: by the look the first of them are on disk.
    monkeypatch.setattr(feed, "MOST_ROUNDS", 64)
    with founded() as society:

        def look(step: Any) -> None:
            if step.number == 290:
                (tmp_path / "r/manifest.json").unlink()  # nothing but the store is needed
                export(tmp_path / "r", tmp_path / "t")

        society.run(291, out=tmp_path / "r", progress=Witness(look))
    assert 64 <= len(table(tmp_path / "t/model.csv")) <= 290


def test_nothing_is_written_over_and_no_run_is_no_run(tmp_path: Path) -> None:
    ran(2, out=tmp_path / "r")
    with pytest.raises(FileExistsError, match="is not empty"):
        export(tmp_path / "r", tmp_path / "r")
    with pytest.raises(FileNotFoundError, match=r"no run in .*nothing"):
        export(tmp_path / "nothing", tmp_path / "t")
    Society.verify(tmp_path / "r")


HEADS = b"step,agent,latency_ms,act_ms\n"


@pytest.mark.parametrize(
    "content",
    [b"step,agent\nx,y\n", HEADS + b"\xff,a,,\n", HEADS + b'1,"%b",,\n' % (b"a" * 200_000)],
)
def test_a_table_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    ran(2, out=tmp_path / "r", tables=True)
    (tmp_path / "r/agents.csv").write_bytes(content)
    with pytest.raises(StoreError, match=r"agents\.csv: is no table"):
        export(tmp_path / "r", tmp_path / "t")
