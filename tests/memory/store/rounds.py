"""Rounds to store: the same for the same numbers, with all kinds of rows in them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from antiphon.memory.item import Draft, Item
from antiphon.memory.remembered import Remembered
from antiphon.memory.store.batch import Batch, Eviction, Replacement, Row
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.window import Window
from antiphon.models.experience import Experience

AGENTS = ("explorer-1", "explorer-2", "trader")
WINDOW = 4
FUSE = 30.0


def lived(round: int, agent_id: str) -> Remembered:
    """What an agent lived in a round; rounds begin with 0, sequences with 1."""
    rng = np.random.default_rng([round, AGENTS.index(agent_id) if agent_id in AGENTS else 9])
    seen = rng.random(3)
    experience = Experience(
        round=round,
        observation=seen if agent_id != "trader" else {"price": seen, "open": round % 2 == 0},
        intended=None if round % 5 == 4 else (round, "north"),
        executed=int(rng.integers(4)),
        status="timed_out" if round % 5 == 4 else "acted",
        reward=None if round == 0 else float(seen[0]),
        terminated=False,
        truncated=round % 7 == 6,
    )
    return Remembered(round + 1, experience, 1.0 + round % 3, float(seen[1]))


def replacement(agent_id: str, first: int) -> Replacement:
    """A window put in order: two items, one of them with a sample."""
    window = {n: lived(n - 1, agent_id) for n in range(first, first + WINDOW)}
    last = first + WINDOW - 1
    drafts = [
        Draft(
            "merged", {"mean": window[first].experience.observation}, "seen often", (first, last)
        ),
        Draft("merged", [1.5, "x"], "seen <b>once</b>", (first + 1, first + 2), 2.0, (first + 1,)),
    ]
    whole = Window.of(window.values())
    items = [Item.of(d, whole, f"{first}-{last}.{n}") for n, d in enumerate(drafts)]
    return Replacement(agent_id, 1 + first // 6, first, last, items)


def batch(round: int) -> Batch:
    """A round: each agent lives it; the explorer's are put in order, the trader's let go."""
    experiences = {agent_id: lived(round, agent_id) for agent_id in AGENTS}
    due = round % 6 == 5
    return Batch(
        round,
        experiences,
        evictions=[Eviction("trader", round, round, "size")] if round % 3 == 2 else [],
        replacements=[replacement("explorer-1", round - 4)] if due else [],
        rows=[Row("outcomes", {"missing": ["trader"], "round": round}, number=round)],
    )


def batches(count: int, first: int = 0) -> list[Batch]:
    return [batch(round) for round in range(first, first + count)]


def store(folder: Path, count: int = 12, at_once: int = 3, **options: Any) -> None:
    """Write a store and close it."""
    database = Database(folder, **options)
    try:
        for first in range(0, count, at_once):
            database.commit(batches(min(at_once, count - first), first))
    finally:
        database.close()


def content(folder: Path) -> list[tuple[int, str, int, int, bytes]]:
    """All that a store says, row by row."""
    with Reader(folder) as reader:
        return [(r.round, r.kind, r.agent, r.number, r.body) for r in reader.stored()]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, arrays and NaN included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        alike = type(one) is type(other) and one.dtype == other.dtype and one.shape == other.shape
        return alike and one.tobytes() == other.tobytes()
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))  # noqa: PLR0124  NaN


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def lay(folder: Path, octets: dict[str, bytes]) -> Path:
    """Make the folder hold these files and no others."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in octets:
            path.unlink()
    for name, content in octets.items():
        (folder / name).write_bytes(content)
    return folder


def in_child(do: Callable[[], object]) -> int:
    """Do something in a child by fork; give the signal that ended it, 0 for none."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the child raised"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def growing(folder: Path, count: int, at_once: int, **options: Any) -> Iterator[int]:
    """Go on with a store where it ends, up to a number of rounds; yield the last each time."""
    database = Database(folder, **options)
    try:
        while (next_round := database.round + 1) < count:
            database.commit(batches(min(at_once, count - next_round), next_round))
            yield database.round
    finally:
        database.close()
