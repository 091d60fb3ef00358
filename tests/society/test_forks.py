"""A child by fork is told what is its parent's, never hangs, and harms nobody."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import re
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pykka
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.actors.workers import pool
from antiphon.errors import ForkedError
from antiphon.models.agent import Context
from antiphon.models.crowds.shelf import SHELF
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Does, Ring, play, world_of_six

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    # From 3.12 on Python says itself that it is not safe, which is what these are about.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
ROOT = Path(__file__).parents[2]


def in_child(do: Callable[[], object]) -> str:
    """Do something in a child by fork; give what came of it: a result or an error's name."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            try:
                said = repr(do())
            except Exception as error:  # noqa: BLE001  it is the result
                said = type(error).__name__
            os.write(theirs, said.encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answers:
        readable, _, _ = select.select([answers], [], [], FUSE)
        if not readable:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return answers.read().decode() if readable else "hung"


def in_process(do: Callable[[], object]) -> str:
    """As ``in_child``, by multiprocessing."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def report() -> None:
        try:
            theirs.send(repr(do()))
        except Exception as error:  # noqa: BLE001  it is the result
            theirs.send(type(error).__name__)

    with ours, theirs:
        process = context.Process(target=report)
        process.start()
        try:
            return str(ours.recv()) if ours.poll(FUSE) else "hung"
        finally:
            process.kill()
            process.join()
            process.close()


FORKS = [in_child, in_process]
everywhere = pytest.mark.parametrize("dispatcher", [*DISPATCHERS, "simulated"])


def of_its_own(dispatcher: str) -> dict[str, Any]:
    """Found a society and play a round."""
    with Society(dispatcher=dispatcher) as society:
        ids = society.add(Does, 3)
        return dict(society.step(dict.fromkeys(ids), timeout=FUSE).actions)


@contextmanager
def busy(dispatcher: str) -> Iterator[Society]:
    """A society that plays one round after another on a thread of its own."""
    society = Society(dispatcher=dispatcher)
    ids = society.add(Does, 20)
    enough, begun = threading.Event(), threading.Event()

    def step() -> None:
        while not enough.is_set():
            assert society.step(dict.fromkeys(ids), timeout=FUSE).counts == {"acted": 20}
            begun.set()

    thread = threading.Thread(target=step)
    thread.start()
    try:
        assert begun.wait(FUSE)
        yield society
    finally:
        enough.set()
        thread.join(FUSE)
        society.stop()
    assert not thread.is_alive()


TOUCHES: dict[str, Callable[[Society], object]] = {
    "start": lambda society: society.start(),
    "step": lambda society: society.step({"does-1": None}),
    "stop": lambda society: society.stop(),
    "tell": lambda society: society.tell("does-1", 1),
    "ask": lambda society: society.ask("does-1", "heard"),
    "broadcast": lambda society: society.broadcast(1),
    "publish": lambda society: society.publish("a/b", 1),
    "shared": lambda society: society.shared,
    "after": lambda society: society.after(1.0, "does-1", 1),
    "member": lambda society: society["does-1"].ask("heard"),
    "health": lambda society: society.health(),
}


@everywhere
@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("times", [len(TOUCHES), pytest.param(20, marks=pytest.mark.soak)])
def test_a_child_that_touches_its_parents_society_is_told_so(
    fork: Callable[..., str], dispatcher: str, times: int
) -> None:
    with busy(dispatcher) as society:
        for touch, _ in zip(cycle(TOUCHES.values()), range(times), strict=False):
            assert fork(lambda touch=touch: touch(society)) == "ForkedError"
        # The parent is as it was, and so is what it says.
        assert society.ask("does-1", "heard", timeout=FUSE) == []


@everywhere
@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("times", [5, pytest.param(20, marks=pytest.mark.soak)])
def test_a_child_may_found_a_society_of_its_own(
    fork: Callable[..., str], dispatcher: str, times: int
) -> None:
    expected = repr(of_its_own(dispatcher))
    with busy(dispatcher):
        for _ in range(times):
            assert fork(lambda: of_its_own(dispatcher)) == expected


@everywhere
def test_forks_do_not_change_the_parents_trace(dispatcher: str) -> None:
    def fork(step: Any) -> None:
        assert in_child(lambda: of_its_own("inline")) == "{'does-1': 1, 'does-2': 1, 'does-3': 1}"

    quiet = play(world_of_six(), seed=5, dispatcher=dispatcher)[1]
    forking = play(world_of_six(), seed=5, dispatcher=dispatcher, then=fork)[1]
    assert forking.trace == quiet.trace


def test_an_agent_may_fork_and_the_child_may_found_a_society() -> None:
    said: list[str] = []

    def act(seen: Any, context: Context) -> int:
        said.append(in_process(lambda: of_its_own("pooled")))
        said.append(in_child(lambda: of_its_own("threaded")))
        return 1

    for dispatcher in DISPATCHERS:
        with Society(dispatcher=dispatcher, pool_maximum=1) as society:
            society.add(Does, act=act)
            assert society.step({"does-1": None}, timeout=FUSE).counts == {"acted": 1}
    assert said == ["{'does-1': 1, 'does-2': 1, 'does-3': 1}"] * 6


def test_a_worker_that_forks_is_no_worker_in_the_child() -> None:
    said: list[str] = []

    def act(seen: Any, context: Context) -> int:
        # As somebody else may hold it just then.
        with pool._HERE.pool._lock:
            said.append(in_child(lambda: of_its_own("threaded")))
        return 1

    with Society(dispatcher="pooled") as society:
        society.add(Does, act=act)
        assert society.step({"does-1": None}, timeout=2 * FUSE).counts == {"acted": 1}
    assert said == ["{'does-1': 1, 'does-2': 1, 'does-3': 1}"]


def test_a_child_does_not_ask_how_its_parents_society_is() -> None:
    with Society() as society:
        society.add(Does)
        society.start()
        assert society._stage is not None
        # As somebody else may hold it just then.
        with society._stage._performance._lock:
            assert in_child(society.health) == "ForkedError"


@pytest.mark.parametrize("started", [True, False])
def test_a_child_cannot_stop_its_parents_society(*, started: bool) -> None:
    world = Ring()

    def stop() -> int:
        try:
            society.stop()
        except ForkedError:
            return world.closed
        return -1

    with Society(world) as society:
        society.add(Does)
        if started:
            society.start()
        # As if somebody were stopping it just then.
        with society._stopping:
            assert in_child(stop) == "0"
    assert world.closed == 1


def test_a_child_that_leaves_the_block_leaves_the_parents_world_open() -> None:
    world = Ring()

    def leave() -> int:
        society.__exit__(None, None, None)
        return world.closed

    with Society(world) as society:
        society.add(Does)
        assert in_child(leave) == "0"
    assert world.closed == 1


def test_a_child_leaves_the_folder_of_its_parents_run(tmp_path: Path) -> None:
    with Society(Ring()) as society:
        society.add(Does)
        run = society.run(3)

    def forget() -> None:
        nonlocal run
        del run
        gc.collect()

    folder = run.folder.path
    assert in_child(forget) == "None"
    assert (folder / "agents.csv").exists()
    del run
    gc.collect()
    assert not folder.exists()


class Echo(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


@pytest.mark.parametrize("kind", [ThreadedDispatcher, PooledDispatcher, InlineDispatcher])
def test_an_address_and_a_dispatcher_belong_to_their_process(
    kind: Callable[[], Dispatcher],
) -> None:
    dispatcher, echo = kind(), Echo()
    dispatcher.start([echo], FUSE)
    address = Address(echo)
    touches: list[Callable[[], object]] = [
        lambda: address.tell(1),
        lambda: address.ask(1, FUSE),
        lambda: dispatcher.start([Echo()], FUSE),
        lambda: dispatcher.release([echo], FUSE),
        lambda: dispatcher.stop([echo], FUSE),
    ]
    assert [in_child(touch) for touch in touches] == ["ForkedError"] * len(touches)
    assert address.ask(7, FUSE) == 7
    assert dispatcher.stop([echo], FUSE) == []


def test_an_answer_that_is_due_in_the_parent_does_not_come_in_the_child() -> None:
    future: Future[int] = Future()
    assert in_child(lambda: future.get(timeout=FUSE)) == "ForkedError"
    assert in_child(future.get) == "ForkedError"
    future.set(3)
    # What was there when it forked, the child has too.
    assert in_child(future.get) == "3"


def test_a_child_begins_with_an_empty_registry() -> None:
    def stop_all() -> int:
        before = len(pykka.ActorRegistry.get_all())
        pykka.ActorRegistry.stop_all(timeout=FUSE)
        return before

    with busy("threaded"):
        assert len(pykka.ActorRegistry.get_all()) == 21
        assert in_child(stop_all) == "0"


def locks() -> dict[str, Any]:
    """Every lock that a module of the package has to itself, Pykka's, and that of the shelf."""
    found = {"pykka": pykka.ActorRegistry._actor_refs_lock, "shelf": SHELF._lock}
    kinds = type(threading.Lock()) | type(threading.RLock())
    rooms = [
        ROOT,
        *(one for one in ROOT.iterdir() if one.name[0] not in "._" and one.name != "tests"),
    ]
    files = (file for room in rooms for file in (room.glob if room is ROOT else room.rglob)("*.py"))
    for file in files:
        if re.search(r"(?m)^\w.*[lL]ock\(", file.read_text(encoding="utf-8")):
            name = ".".join(["antiphon", *file.relative_to(ROOT).with_suffix("").parts])
            module = vars(importlib.import_module(name))
            found.update({f"{name}.{k}": v for k, v in module.items() if isinstance(v, kinds)})
    return found


def test_no_lock_of_a_module_is_taken_in_a_child() -> None:
    held, let_go = threading.Event(), threading.Event()
    known = locks()
    assert len(known) >= 5

    def hold() -> None:
        for lock in known.values():
            lock.acquire()
        held.set()
        let_go.wait(FUSE)
        for lock in known.values():
            lock.release()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(FUSE)
    taken = in_child(lambda: [n for n, lock in known.items() if not lock.acquire(blocking=False)])
    own = in_child(lambda: of_its_own("pooled"))
    let_go.set()
    thread.join(FUSE)
    assert taken == "[]"
    assert own == "{'does-1': 1, 'does-2': 1, 'does-3': 1}"
