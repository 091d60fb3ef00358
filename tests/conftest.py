"""What holds for every test: no actor, thread, process or file descriptor outlives it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import psutil
import pytest

GRACE = 5.0
"""Seconds for what is on its way out; a fuse, reached only by what was leaked."""

LISTS_CHILDREN = Path("/proc/thread-self/children").is_file()

HANDLED = (signal.SIGINT, signal.SIGTERM)

hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "house")


class Held(NamedTuple):
    """What this process holds at one moment."""

    actors: AbstractSet[Any]
    threads: AbstractSet[threading.Thread]
    children: AbstractSet[psutil.Process]
    descriptors: int


@pytest.fixture(autouse=True)
def _nothing_outlives_the_test() -> Iterator[None]:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it puts into the background so, and Ctrl-C would end no run.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before, handlers = held(), {number: signal.getsignal(number) for number in HANDLED}
    yield
    for number, handler in handlers.items():
        # A command that was interrupted leaves its own, for its process is about to end.
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)
    stop_actors(before)
    if leaks := leaked(before):
        pytest.fail(f"left behind by this test: {'; '.join(leaks)}", pytrace=False)


@pytest.fixture
def interrupted() -> Iterator[threading.Event]:
    """Set when somebody has pressed Ctrl-C and the main thread knows."""
    came = threading.Event()

    def handle(number: int, frame: object) -> None:
        came.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    yield came
    signal.signal(signal.SIGINT, before)


def held() -> Held:
    process = psutil.Process()
    return Held(
        actors=actors(),
        threads=set(threading.enumerate()),
        children=children(process),
        descriptors=process.num_fds() if psutil.POSIX else process.num_handles(),
    )


def children(process: psutil.Process) -> AbstractSet[psutil.Process]:
    # Asked twice for each test: the kernel's list of a thread's own costs a hundredth of a look
    # at the parent of every process there is.
    if not LISTS_CHILDREN:
        return set(process.children())
    try:
        numbers = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
        return {psutil.Process(int(number)) for number in " ".join(numbers).split()}
    except (OSError, psutil.NoSuchProcess):  # One of them has just ended.
        return set(process.children())


def actors() -> AbstractSet[Any]:
    # Most tests never import Pykka, and this guard is no reason to.
    pykka = sys.modules.get("pykka")
    return set(pykka.ActorRegistry.get_all()) if pykka else set()


def stop_actors(before: Held) -> None:
    """Tell all actors to stop, then wait for all threads under one deadline."""
    for actor in actors() - before.actors:
        actor.stop(block=False)
    deadline = time.monotonic() + GRACE
    for thread in set(threading.enumerate()) - before.threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def leaked(before: Held) -> list[str]:
    after = held()
    if after.descriptors > before.descriptors:
        # A file in a reference cycle is closed by the collector, and is no leak.
        gc.collect()
        after = held()
    leaks = [f"actor {actor}" for actor in after.actors - before.actors]
    leaks += [f"thread {thread.name}" for thread in after.threads - before.threads]
    leaks += [f"process {child}" for child in after.children - before.children]
    if (extra := after.descriptors - before.descriptors) > 0:
        leaks.append(f"{extra} file descriptors")
    return leaks


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    # Python waits at its end for every thread, and a thread that a failed test left behind may
    # never end.
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            session.config.add_cleanup(lambda: end_at_once(int(session.exitstatus)))
            return


def end_at_once(status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
