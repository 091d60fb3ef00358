"""A pool whose threads move line by line: nothing is lost, whatever crosses what.

The same check is held against pools with one rule taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers.pool import Pool, PoolLimits, Worker, blocking
from antiphon.tests.actors.stepping import Option, Stepper, at_random, caught_by, file_of, stepping
from antiphon.tests.actors.workers import tasks
from antiphon.tests.actors.workers.tasks import Piece, widen


def check_permits(pool: Pool) -> None:
    """The permits out are those that the pool counts; asked while nobody changes them."""
    if not pool._lock.locked():
        with_permit = [w for w in pool._workers if w.permit == pool._epoch]
        assert pool._awake == len(with_permit)
        assert len(pool._workers) <= pool.limits.maximum


class Play:
    """Some who submit, some work that waits for other work, and somebody who looks after it."""

    def __init__(self, kind: type[Pool], seed: int) -> None:
        self.seed = seed
        files = [file_of(pool_module), file_of(tasks), __file__]
        self.stepper = Stepper(files, self.choose, patience=seed % 4, always=self.check)
        self.at_random = at_random(seed, 180)
        self.moved: list[int] = []
        self.pool: Pool | None = None
        self.done: list[int] = []
        self.make = lambda: kind(PoolLimits(maximum=2 + seed % 2))

    def choose(self, options: Sequence[Option]) -> Option:
        chosen = self.at_random(options)
        self.moved.append(self.stepper.movers.index(chosen[0]))
        return chosen

    def check(self) -> None:
        if self.pool is not None:
            check_permits(self.pool)

    def run(self) -> None:
        with stepping(self.stepper, pool_module):
            self.pool = pool = self.make()
            pool.start()
            number = self.send()
            if self.seed % 3 == 0:
                self.stepper.start(self.look_after)
            if self.seed % 5 == 0:
                self.stepper.start(self.end)
            self.stepper.run()
            if self.seed % 5 != 0:
                assert sorted(self.done) == list(range(number))
                assert pool.statistics().awake == 0
                assert pool.statistics().idle == len(pool.workers)
                self.stepper.start(self.end)
                self.stepper.run()
            assert not self.stepper.stuck
            assert pool.workers == []

    def send(self) -> int:
        """Have some submit; give how many pieces there are."""
        gate = self.stepper.event()
        if self.seed % 5 == 0:
            # What is submitted after the end is never done, so nobody is to wait for it.
            gate.set()
        self.stepper.start(self.submit, [self.plain(0), self.waits(1, gate)])
        self.stepper.start(self.submit, [self.opens(2, gate)])
        if self.seed % 2:
            return 3
        self.stepper.start(self.submit, [self.plain(3), self.plain(4)])
        return 5

    def submit(self, works: list[Any]) -> None:
        assert self.pool is not None
        for work in works:
            if work is works[-1] and self.seed % 7 == 0:
                self.pool.submit_urgent(work)
            else:
                self.pool.submit(work)

    def look_after(self) -> None:
        assert self.pool is not None
        widen(self.pool)
        self.pool.narrow()

    def end(self) -> None:
        """Stop it, and wait for every thread that it has and will have."""
        assert self.pool is not None
        self.pool.stop()
        threads = len(self.stepper.movers)
        for worker in self.pool.workers:
            if worker.thread is not None:
                worker.thread.join()
        assert len(self.stepper.movers) == threads

    def plain(self, number: int) -> Any:
        return Piece(lambda: self.done.append(number))

    def waits(self, number: int, gate: Any) -> Any:
        def wait() -> None:
            with blocking():
                gate.wait()
            self.done.append(number)

        return Piece(wait)

    def opens(self, number: int, gate: Any) -> Any:
        def open_it() -> None:
            gate.set()
            self.done.append(number)

        return Piece(open_it)


class LastWork(Play):
    """Somebody who submits work and then stops the pool, as does who stops a society."""

    def run(self) -> None:
        with stepping(self.stepper, pool_module):
            self.pool = self.make()
            self.pool.start()
            self.stepper.start(self.submit_and_end)
            self.stepper.run()
            assert not self.stepper.stuck
            assert sorted(self.done) == [0, 1, 2]

    def submit_and_end(self) -> None:
        self.submit([self.plain(0), self.plain(1), self.plain(2)])
        self.end()


def hold(kind: type[Pool], play: type[Play] = Play) -> Callable[[int], None]:
    def check(seed: int) -> None:
        try:
            play(kind, seed).run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error

    return check


def test_nothing_is_lost_in_any_order_of_steps() -> None:
    for seed in range(150):
        hold(Pool)(seed)


def test_what_is_submitted_before_the_end_is_done_in_any_order_of_steps() -> None:
    for seed in range(150):
        hold(Pool, LastWork)(seed)


def test_a_seed_gives_the_same_order_of_steps_again() -> None:
    for seed in range(24):
        first, again = Play(Pool, seed), Play(Pool, seed)
        first.run()
        again.run()
        assert first.moved == again.moved


@pytest.mark.soak
def test_nothing_is_lost_in_twenty_thousand_orders_of_steps() -> None:
    for seed in range(20_000):
        hold(Pool)(seed)


# One rule taken out


class LooksBeforeItSubmits(Pool):
    def submit(self, work: Any) -> None:
        free = self._awake < self._window
        self.ready.append(work)
        if free:
            self._summon(1)


class LooksBeforeItRests(Pool):
    def _rest(self, worker: Worker) -> bool:
        if self.ready or self.urgent:
            self._summon(1)
        with self._lock:
            self._take_permit_from(worker)
            if self._stopped:
                self._workers.pop(worker, None)
                return False
            self._idle.append(worker)
        worker.bell.acquire()
        return True


class RestsWithItsPermit(Pool):
    def _rest(self, worker: Worker) -> bool:
        permit = worker.permit
        rests = super()._rest(worker)
        worker.permit = worker.permit or permit
        return rests


class TakesPermitsOfOtherEpochs(Pool):
    def _take_permit_from(self, worker: Worker) -> None:
        if worker.permit:
            self._awake -= 1
        worker.permit = 0


class KeepsThePlaceOfWhoWaits(Pool):
    def hand_place_on(self, worker: Worker) -> None:
        pass


class HandsOnAndCallsNobody(Pool):
    def hand_place_on(self, worker: Worker) -> None:
        with self._lock:
            self._take_permit_from(worker)


class LeavesWhenCalled(Pool):
    def _is_superfluous(self, worker: Worker) -> bool:
        with self._lock:
            leaves = len(self._workers) > self.limits.minimum
            if leaves:
                if worker in self._idle:
                    self._idle.remove(worker)
                self._workers.pop(worker, None)
        return leaves


class StopsWithoutRinging(Pool):
    def stop(self) -> None:
        self._stopped = True


class LeavesWithoutALook(Pool):
    def _rest(self, worker: Worker) -> bool:
        with self._lock:
            if self._stopped:
                self._take_permit_from(worker)
                self._workers.pop(worker, None)
                return False
        return super()._rest(worker)


class HiresBeyondTheEnd(Pool):
    """Those who stop it do not wait for who is just being hired."""

    def stop(self) -> None:
        self._hiring = pool_module.allocate_lock()
        super().stop()


class GivesPermitsWithoutLimit(Pool):
    def _gets_permit(self, worker: Worker) -> bool:
        worker.permit = self._epoch
        return True


@pytest.mark.parametrize(
    "mutant",
    [
        LooksBeforeItSubmits,
        LooksBeforeItRests,
        RestsWithItsPermit,
        TakesPermitsOfOtherEpochs,
        KeepsThePlaceOfWhoWaits,
        HandsOnAndCallsNobody,
        LeavesWhenCalled,
        StopsWithoutRinging,
        GivesPermitsWithoutLimit,
    ],
)
def test_a_pool_with_one_rule_taken_out_is_caught(mutant: type[Pool]) -> None:
    # Most are caught by the first few, and one by the 1,487th.
    assert caught_by(hold(mutant), [*range(60), *range(1450, 3000)])


def test_an_end_that_does_not_wait_for_who_is_being_hired_is_caught() -> None:
    # In every fifth play the end comes while others submit.
    assert caught_by(hold(HiresBeyondTheEnd), range(0, 3000, 5))


def test_a_worker_that_leaves_at_the_end_without_a_look_at_what_waits_is_caught() -> None:
    assert caught_by(hold(LeavesWithoutALook, LastWork), range(150))
