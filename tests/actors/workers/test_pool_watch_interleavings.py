"""A watch that is moved line by line never sleeps while work waits, and is always stopped."""

from __future__ import annotations

import threading
from typing import Any

from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers import pool_watch as watch_module
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.pool_watch import PoolWatch
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping
from antiphon.tests.actors.workers import watching
from antiphon.tests.actors.workers.tasks import Piece
from antiphon.tests.actors.workers.watching import Times


class Play:
    """Work that waits for other work, which comes in just when the watch goes to sleep."""

    def __init__(self, kind: type[PoolWatch], seed: int, *, calls: bool = True) -> None:
        modules = (pool_module, watch_module, watching)
        files = [*map(file_of, modules), __file__]
        self.stepper = Stepper(files, at_random(seed), patience=10**6)
        self.kind, self.seed, self.calls = kind, seed, calls
        self.done: list[str] = []

    def run(self) -> None:
        with stepping(self.stepper, pool_module, watch_module) as patch:
            patch.setattr(watch_module, "time", Times())
            patch.setattr(watch_module, "_DORMANT_AFTER", 1)
            # A worker's patience never ends; the watch's looks come whenever they come.
            self.pool = Pool(PoolLimits(patience=threading.TIMEOUT_MAX, maximum=3))
            self.watch = self.kind(self.pool)
            self.watch.start()
            self.pool.start()
            gate = self.stepper.event()
            self.stepper.start(self.submit, Piece(lambda: self.wait(gate)))
            self.stepper.run()
            self.stepper.choose = at_random(self.seed, 80)
            self.stepper.start(self.watch.call)
            self.stepper.start(self.submit, Piece(lambda: self.open(gate)))
            self.stepper.run()
            assert sorted(self.done) == ["opened", "waited"]
            self.stepper.start(self.end)
            self.stepper.run()
            assert not self.stepper.stuck

    def submit(self, piece: Piece) -> None:
        self.pool.submit(piece)
        if self.calls and not self.watch.awake:
            self.watch.call()

    def wait(self, gate: Any) -> None:
        gate.wait()
        self.done.append("waited")

    def open(self, gate: Any) -> None:
        gate.set()
        self.done.append("opened")

    def end(self) -> None:
        self.watch.stop()
        self.pool.stop()


def test_the_watch_never_sleeps_while_work_waits_whatever_the_order_of_steps() -> None:
    for seed in range(60):
        Play(PoolWatch, seed).run()


def stop_while_called(kind: type[PoolWatch], seed: int) -> None:
    stepper = Stepper([file_of(watch_module)], at_random(seed, 40))
    with stepping(stepper, pool_module, watch_module) as patch:
        patch.setattr(watch_module, "time", Times())
        watch = kind(Pool())
        watch.start()
        stepper.start(watch.call)
        stepper.start(watch.stop)
        stepper.run()
        # Nobody's time to wait is ever up here.
        assert not stepper.stuck


def test_a_stop_is_never_lost_whatever_the_order_of_steps() -> None:
    for seed in range(300):
        stop_while_called(PoolWatch, seed)


# One rule taken out


class ForgetsTheStop(PoolWatch):
    def _doze(self) -> int:
        self._called.wait()
        self._called.clear()
        self._called.wait()
        return 0


def test_a_watch_that_forgets_that_it_is_to_stop_is_caught() -> None:
    assert caught_by(lambda seed: stop_while_called(ForgetsTheStop, seed), range(300))


class LooksBeforeItLiesDown(PoolWatch):
    def _doze(self) -> int:
        waits = self._pool.ready or self._pool.urgent
        self.awake = False
        if not waits:
            self._called.wait()
        self.awake = True
        return 0


def test_a_watch_that_looks_before_it_lies_down_is_caught() -> None:
    assert caught_by(lambda seed: Play(LooksBeforeItLiesDown, seed).run(), range(400))


def test_a_watch_that_nobody_calls_is_caught() -> None:
    assert caught_by(lambda seed: Play(PoolWatch, seed, calls=False).run(), range(300))
