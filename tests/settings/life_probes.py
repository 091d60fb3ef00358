"""What each setting of beginnings, ends and the machine below changes."""

from __future__ import annotations

import gc
import tempfile
import threading
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import StartError, StoreFullError
from antiphon.memory.store import writer
from antiphon.memory.store.database import Database
from antiphon.memory.store.feed import Feed
from antiphon.memory.store.reader import Reader
from antiphon.tests.settings.cast import Probe, Probes


def gc_interval(value: int) -> Any:
    whole: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            whole.append(1)

    gc.callbacks.append(note)
    try:
        with ap.Society(gc_interval=value, dispatcher="inline") as society:
            society.add(Probe)
            for _ in range(4):
                society.step(dict.fromkeys(society))
    finally:
        gc.callbacks.remove(note)
    return len(whole) >= 4


class SlowToMake(Probe):
    def __init__(self) -> None:
        super().__init__()
        threading.Event().wait(0.2)


def disk_patience(value: float) -> Any:
    commit, await_space = Database.commit, Feed.await_space
    space = threading.Event()

    def commit_where_there_is_some(self: Database, batches: Any) -> None:
        if not space.is_set():
            raise StoreFullError("run.db", "database or disk is full")
        commit(self, batches)

    def find_some(self: Feed, timeout: float) -> Any:
        space.set()
        return await_space(self, timeout)

    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        ap.Society(ap.GridWorld(size=5), disk_patience=value) as society,
    ):
        patch.setattr(Database, "commit", commit_where_there_is_some)
        patch.setattr(Feed, "await_space", find_some)
        patch.setattr(writer, "RETRY_AFTER", 0.001)
        society.add("random", n=1)
        try:
            return society.run(2, out=Path(folder) / "r").rounds
        except StoreFullError:
            return "full"


def state_interval(value: int) -> Any:
    with (
        tempfile.TemporaryDirectory() as folder,
        ap.Society(ap.GridWorld(size=5), state_interval=value, tables=False) as society,
    ):
        society.add("random", n=1)
        society.run(4, out=Path(folder) / "r")
        with Reader(Path(folder) / "r") as reader:
            return [round for round, _ in reader.rows("world")]


def start_timeout(value: float) -> Any:
    with ap.Society(start_timeout=value) as society:
        society.add(SlowToMake)
        try:
            society.start()
        except StartError:
            return "too slow"
    return "made"


def grace(value: float) -> Any:
    never = threading.Event()
    with ap.Society(grace=value, timeout=0.01) as society:
        society.add(Probe, do=lambda _, __: never.wait(0.2))
        society.step({"probe-1": None})
    return society.abandoned


PROBES: Probes = {
    "gc_interval": (gc_interval, 1, 0),
    "disk_patience": (disk_patience, 0.0, 50.0),
    "state_interval": (state_interval, 2, 4),
    "start_timeout": (start_timeout, 0.05, 5.0),
    "grace": (grace, 0.0, 5.0),
}
