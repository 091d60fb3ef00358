"""Societies come and go, and leave nothing: no thread, no descriptor, no memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections import Counter
from typing import NamedTuple

import psutil
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.future import Future
from antiphon.actors.mailbox import Mailbox
from antiphon.coordination.outcome import Outcome
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does

OURS = (Society, Actor, Agent, Context, Future, Mailbox, Outcome)


class Kept(NamedTuple):
    """What this process has."""

    threads: int
    descriptors: int
    objects: Counter[str]
    blocks: int
    """Of memory, as Python counts them."""
    rss_bytes: int


def kept() -> Kept:
    gc.collect()
    process = psutil.Process()
    return Kept(
        threads=threading.active_count(),
        descriptors=process.num_fds() if psutil.POSIX else process.num_handles(),
        objects=Counter(type(o).__name__ for o in gc.get_objects() if isinstance(o, OURS)),
        blocks=sys.getallocatedblocks(),
        rss_bytes=process.memory_info().rss,
    )


def live_through(n: int, dispatcher: str) -> None:
    """Start so many agents, play three rounds, stop."""
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        ids = society.add(Does, n)
        for number in range(3):
            outcome = society.step(dict.fromkeys(ids, number))
            assert outcome.counts == {"acted": n}
        society.broadcast("the end is near")
        assert len(society.ask(ids[-1], "lived")) == 2
    assert society.abandoned == []


def live_three_times(n: int, dispatcher: str) -> None:
    # Once to warm up: caches, and the memory that the allocator keeps for the next time.
    live_through(n, dispatcher)
    before = kept()
    for _ in range(3):
        live_through(n, dispatcher)
        after = kept()
        assert after[:3] == before[:3]
        # Of a single object for each agent there would be n.
        assert after.blocks - before.blocks < n / 10
    # The system's allocator keeps some of what it had, in several heaps. An agent that lives
    # takes four thousand bytes, and what three lives leave would show in the counts above too.
    assert after.rss_bytes - before.rss_bytes < 9e6 + 2e3 * n


def live_elsewhere(n: int, dispatcher: str) -> None:
    """Do so in a new process: after thousands of tests an allocator has its own mind."""
    module = "antiphon.tests.society.test_leaks"
    code = f"import {module} as leaks; leaks.live_three_times({n}, {dispatcher!r})"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("n", "dispatcher"),
    [(1000, "pooled"), (300, "threaded"), (1000, "inline"), (300, "simulated")],
)
def test_agents_that_come_and_go_leave_nothing(n: int, dispatcher: str) -> None:
    live_elsewhere(n, dispatcher)


@pytest.mark.soak
@pytest.mark.parametrize(("n", "dispatcher"), [(10_000, "pooled"), (3000, "threaded")])
def test_thousands_of_agents_that_come_and_go_leave_nothing(n: int, dispatcher: str) -> None:
    live_elsewhere(n, dispatcher)
