"""Threads of which one moves at a time, by a line, in an order that a test chooses.

What is tried out is told apart by file: before each line of a watched file a thread stops
and lets the test say who goes on. Whoever would wait for a lock, an event or a thread made
here is passed over until it need not.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from random import Random
from types import FrameType, SimpleNamespace
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

FUSE = 10.0


class Aborted(BaseException):
    """Ends a thread that the test has no more use for."""


class Mover:
    """One thread, and what it waits for."""

    def __init__(self, stepper: Stepper, target: Callable[..., object], arguments: Any) -> None:
        self.stepper = stepper
        self.may_go: Callable[[], bool] | None = None
        self.may_give_up = False
        self.gives_up = False
        self.ended = False
        self._target, self._arguments = target, arguments
        self._go = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def move(self) -> None:
        self._go.release()
        assert self.stepper.back.acquire(timeout=FUSE), "it waits for something not made here"

    def pause(self) -> None:
        if not self.stepper.aborting:
            self.stepper.back.release()
            self._go.acquire()
        if self.stepper.aborting:
            raise Aborted

    def end(self) -> None:
        self._go.release()
        self._thread.join(FUSE)

    def _run(self) -> None:
        self._go.acquire()
        self.stepper.here.mover = self
        try:
            if not self.stepper.aborting:
                sys.settrace(self._trace)
                self._target(*self._arguments)
        except Aborted:
            pass
        except BaseException as error:  # noqa: BLE001  handed to the test
            self.stepper.errors.append(error)
        finally:
            sys.settrace(None)
            self.ended = True
            self.stepper.back.release()

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in self.stepper.files:
            return None
        if event == "line":
            self.pause()
        return self._trace


Option = tuple[Mover, bool]
"""Who could move, and whether by giving up to wait."""


class Stepper:
    """Moves threads one by one until none can."""

    def __init__(
        self,
        files: Iterable[str],
        choose: Callable[[Sequence[Option]], Option],
        *,
        patience: int = 0,
        always: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the files to watch.

        Args:
            choose: says who moves next.
            patience: how often somebody may find that the time to wait is up.
            always: what has to hold between any two moves.
        """
        self.files = frozenset(files)
        self.movers: list[Mover] = []
        self.errors: list[BaseException] = []
        self.back = threading.Semaphore(0)
        self.here = threading.local()
        self.aborting = False
        self.always = always
        self.choose = choose
        self._patience = patience

    def start(self, target: Callable[..., object], *arguments: Any) -> Mover:
        self.movers.append(Mover(self, target, arguments))
        return self.movers[-1]

    def run(self) -> None:
        """Let them move until all have ended or wait for one another."""
        while options := self._options():
            mover, gives_up = self.choose(options)
            self._patience -= gives_up
            mover.gives_up = gives_up
            mover.move()
            self.check()

    def check(self) -> None:
        if self.errors:
            raise self.errors[0]
        self.always()

    def _options(self) -> list[Option]:
        movers = [mover for mover in self.movers if not mover.ended]
        options = [(m, False) for m in movers if m.may_go is None or m.may_go()]
        if self._patience > 0:
            going = {mover for mover, _ in options}
            options += [(m, True) for m in movers if m.may_give_up and m not in going]
        return options

    def wait(self, until: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait; on a thread made here, else it has to be so already."""
        if until():
            return True
        mover: Mover | None = getattr(self.here, "mover", None)
        assert mover is not None, "the test itself would wait for ever"
        finite = timeout is not None and 0 <= timeout < threading.TIMEOUT_MAX
        mover.may_go, mover.may_give_up = until, finite
        mover.pause()
        mover.may_go, mover.may_give_up = None, False
        return not mover.gives_up

    @property
    def stuck(self) -> list[Mover]:
        return [mover for mover in self.movers if not mover.ended]

    def abort(self) -> None:
        self.aborting = True
        for mover in self.movers:
            mover.end()

    # What stands in for the parts that threads wait for

    def lock(self) -> Lock:
        return Lock(self)

    def event(self) -> Event:
        return Event(self)

    @property
    def threading(self) -> Any:
        """What stands in for the module."""
        return SimpleNamespace(
            Thread=self._thread,
            Event=self.event,
            Lock=self.lock,
            TIMEOUT_MAX=threading.TIMEOUT_MAX,
            current_thread=lambda: getattr(self.here, "thread", None),
        )

    def _thread(self, target: Any, args: Any = (), name: str = "", *, daemon: bool) -> Thread:
        return Thread(self, target, args)


class Lock:
    """Stands in for a raw lock."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper
        self._held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002
        limit = None if timeout < 0 else timeout
        while self._held:
            if not blocking or not self._stepper.wait(lambda: not self._held, limit):
                return False
        self._held = True
        return True

    def release(self) -> None:
        if not self._held:
            raise RuntimeError("release unlocked lock")
        self._held = False

    def locked(self) -> bool:
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()


class Event:
    """Stands in for an event."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        self._stepper.wait(lambda: self._set, timeout)
        return self._set


class Thread:
    """Stands in for a thread."""

    def __init__(self, stepper: Stepper, target: Callable[..., object], arguments: Any) -> None:
        self._stepper = stepper
        self._target, self._arguments = target, arguments
        self._mover: Mover | None = None

    def start(self) -> None:
        self._mover = self._stepper.start(self._run)

    def _run(self) -> None:
        self._stepper.here.thread = self
        self._target(*self._arguments)

    def is_alive(self) -> bool:
        return self._mover is not None and not self._mover.ended

    def join(self, timeout: float | None = None) -> None:
        assert self._mover is not None, "cannot join a thread before it is started"
        mover = self._mover
        self._stepper.wait(lambda: mover.ended, timeout)


def at_random(seed: int, length: int = 250) -> Callable[[Sequence[Option]], Option]:
    """Choose by a seed: whoever ranks highest moves, and now and then it falls to the lowest.

    It falls within the first ``length`` moves, which should be about all that there are. Few
    changes at chosen moments find more than many small ones (Burckhardt and others, 2010):
    what goes wrong between two lines mostly takes a long way of somebody else's there.
    """
    rng = Random(seed)
    ranks: dict[Mover, float] = {}
    falls = {rng.randrange(length) for _ in range(1 + seed % 4)}
    moves = count()

    def choose(options: Sequence[Option]) -> Option:
        for mover, _ in options:
            ranks.setdefault(mover, rng.random())
        going = [option for option in options if not option[1]]
        among = going if going and rng.random() < 0.95 else options
        option = max(among, key=lambda option: ranks[option[0]])
        move = next(moves)
        if move in falls:
            ranks[option[0]] = -move
        return option

    return choose


@contextmanager
def stepping(stepper: Stepper, *modules: Any) -> Iterator[pytest.MonkeyPatch]:
    """Have these modules make their locks and threads by the stepper."""
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            for name, stand_in in (
                ("allocate_lock", stepper.lock),
                ("threading", stepper.threading),
            ):
                if hasattr(module, name):
                    patch.setattr(module, name, stand_in)
        try:
            yield patch
        finally:
            stepper.abort()


def file_of(module: Any) -> str:
    return str(module.__file__)


def caught_by(check: Callable[[T], None], cases: Iterable[T]) -> bool:
    """Whether one of the cases shows what is wrong."""
    for case in cases:
        try:
            check(case)
        except AssertionError:
            return True
    return False
