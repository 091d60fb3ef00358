"""Killed at any instant, a store goes on as if nothing had been: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from antiphon.errors import StoreCorruptError, StoreError
from antiphon.memory.store import head
from antiphon.memory.store.batch import Batch
from antiphon.memory.store.database import Database
from antiphon.memory.store.verify import Verified, verify
from antiphon.tests.memory.store import faulty
from antiphon.tests.memory.store.faulty import Nth, connecting, silent
from antiphon.tests.memory.store.rounds import (
    content,
    die,
    growing,
    in_child,
    store,
)

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

OPTIONS = {"ballast": 4096}

Rows = list[tuple[int, str, int, int, bytes]]


class Meant(NamedTuple):
    """What is to come of a run, however often it is killed."""

    rounds: int
    at_once: int
    verified: Verified
    rows: Rows


def meaning(folder: Path, rounds: int, at_once: int) -> Meant:
    store(folder, rounds, **OPTIONS)
    return Meant(rounds, at_once, verify(folder), content(folder))


@pytest.fixture(scope="module")
def meant(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    return meaning(tmp_path_factory.mktemp("meant"), 12, 3)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    """A run in which a commit takes place more than fifty times."""
    return meaning(tmp_path_factory.mktemp("long"), 54, 1)


# Before and after each statement that a commit takes, and each step of writing the head.
STEPS = ("connect", "PRAGMA journal_mode", "CREATE", "BEGIN", "INSERT", "COMMIT", "head", "synced")


def killed_at(folder: Path, meant: Meant, step: str, nth: int, *, after: bool) -> int:
    """Write until a step is met for the nth time, and die there."""

    def write() -> None:
        kill = Nth(nth, die)

        def meet(sql: str) -> None:
            if sql.startswith(step):
                kill()

        if step in {"head", "synced"}:
            name = "_block" if step == "head" else "_sync"
            whole = getattr(head, name)
            setattr(
                head, name, lambda *a: (kill(), whole(*a))[1] if not after else done(whole, a, kill)
            )
        say = (silent, meet) if after else (meet, silent)
        for _ in growing(folder, meant.rounds, meant.at_once, connect=connecting(*say), **OPTIONS):
            pass

    return in_child(write)


def done(call: Callable[..., object], arguments: tuple[object, ...], then: Nth) -> object:
    result = call(*arguments)
    then()
    return result


def check_going_on(folder: Path, meant: Meant) -> None:
    """Whatever was left, it is whole, and the rest makes of it what was meant."""
    if (folder / "run.head").exists() and (folder / "run.db").exists():
        left = Database(folder, **OPTIONS)
        last = left.round
        left.close()
        assert verify(folder).rounds == last + 1
        rows = content(folder)
        assert rows == meant.rows[: len(rows)]
    for _ in growing(folder, meant.rounds, meant.at_once, **OPTIONS):
        pass
    assert verify(folder) == meant.verified
    assert content(folder) == meant.rows


def kill_at_each_step(folder: Path, meant: Meant, times: int, steps: Sequence[str] = STEPS) -> int:
    """Die at each step the nth time it is met, for n up to some number; how often it was met."""
    killed = 0
    for step in steps:
        for after in (False, True):
            for nth in range(1, times + 1):
                at = folder / f"{step}-{after}-{nth}".replace(" ", "-")
                at.mkdir()
                died = killed_at(at, meant, step, nth, after=after)
                killed += died == signal.SIGKILL
                check_going_on(at, meant)
                for path in at.iterdir():
                    path.unlink()
                at.rmdir()
                if not died:
                    break
    return killed


def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path, meant: Meant) -> None:
    assert kill_at_each_step(tmp_path, meant, 1) >= 2 * len(STEPS)


@pytest.mark.soak
def test_fifty_kills_at_every_step_lose_and_double_nothing(tmp_path: Path, long: Meant) -> None:
    # Some steps are taken once in the life of a store, the others in each commit.
    assert kill_at_each_step(tmp_path, long, 50) > 500


def kill_at_random(folder: Path, meant: Meant, kills: int, seed: int) -> int:
    """Kill writers from outside at random instants, each going on where the last one died."""
    chance = random.Random(seed)
    killed = number = 0
    while killed < kills:
        at = folder / str(number)
        at.mkdir()
        number += 1
        acknowledged = -1
        for _ in range(4):
            last, died = killed_from_outside(at, meant, chance.random() * 0.03)
            killed += died
            assert last >= acknowledged or last == -2, "what was acknowledged is there"
            acknowledged = max(acknowledged, last)
            assert verified_last(at) >= acknowledged
        check_going_on(at, meant)
    return killed


def killed_from_outside(folder: Path, meant: Meant, seconds: float) -> tuple[int, bool]:
    """Write in a child that an alarm kills; give the last round it acknowledged, and whether."""
    ours, theirs = os.pipe()

    def write() -> None:
        # The system's own alarm clock: no thread, and no word to Python before the end.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-4))
        for last in growing(folder, meant.rounds, 1, **OPTIONS):
            os.write(theirs, bytes([last]))

    died = in_child(write)
    os.close(theirs)
    with os.fdopen(ours, "rb") as said:
        acknowledged = said.read()
    return (acknowledged[-1] if acknowledged else -2), died != 0


def verified_last(folder: Path) -> int:
    if not (folder / "run.db").exists():
        return -1
    left = Database(folder, **OPTIONS)
    last = left.round
    left.close()
    assert verify(folder).rounds == last + 1
    return last


def test_kills_at_random_instants_lose_and_double_nothing(tmp_path: Path, meant: Meant) -> None:
    assert kill_at_random(tmp_path, meant, 8, seed=1) >= 8


@pytest.mark.soak
def test_four_hundred_kills_at_random_instants_lose_and_double_nothing(
    tmp_path: Path, meant: Meant
) -> None:
    assert kill_at_random(tmp_path, meant, 400, seed=2) >= 400


# The protocol with one rule taken out must be caught by the same kills.


def test_a_round_in_two_transactions_is_caught(
    tmp_path: Path, meant: Meant, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = faulty.watched

    def torn(before: faulty.Say, after: faulty.Say) -> type[sqlite3.Connection]:
        class Torn(whole(before, after)):  # type: ignore[misc]
            def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
                super().executemany(sql, rows[:2])
                self.execute("COMMIT")
                self.execute("BEGIN IMMEDIATE")
                return super().executemany(sql, rows[2:])

        return Torn

    monkeypatch.setattr(faulty, "watched", torn)
    with pytest.raises(StoreError, match=r"behind its last whole round|UNIQUE"):
        kill_at_each_step(tmp_path, meant, 3, ["COMMIT"])


def test_a_head_that_is_written_before_its_commit_is_caught(
    tmp_path: Path, meant: Meant, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Database._write

    def early(self: Database, connection: object, tail: object, batch: Batch) -> object:
        made = whole(self, connection, tail, batch)  # type: ignore[arg-type]
        self._head.write(made.head)
        return made

    monkeypatch.setattr(Database, "_write", early)
    with pytest.raises(StoreCorruptError, match="was committed"):
        kill_at_each_step(tmp_path, meant, 3, ["COMMIT"])
