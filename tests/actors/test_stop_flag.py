"""A flag that is an event to whoever waits for it, and hardly anything to everybody else."""

from __future__ import annotations

import threading

import pytest
from antiphon.actors import stop_flag as flag_module
from antiphon.actors.stop_flag import StopFlag
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping

FUSE = 10.0


def test_it_stays_set() -> None:
    flag = StopFlag()
    assert not flag.is_set()
    flag.set()
    flag.set()
    assert flag.is_set()
    assert flag.wait()
    assert flag.wait(0)


@pytest.mark.parametrize("timeout", [0, 0.001])
def test_whoever_waits_for_nothing_is_told_so(timeout: float) -> None:
    assert not StopFlag().wait(timeout)


def test_everyone_who_waits_goes_on() -> None:
    flag = StopFlag()
    seen: list[bool] = []
    threads = [threading.Thread(target=lambda: seen.append(flag.wait(FUSE))) for _ in range(5)]
    for thread in threads:
        thread.start()
    flag.set()
    for thread in threads:
        thread.join(FUSE)
    assert seen == [True] * 5


def test_without_anybody_who_waits_it_holds_nothing() -> None:
    flag = StopFlag()
    flag.set()
    flag.wait(FUSE)
    assert flag._event is None


def cross(kind: type[StopFlag], seed: int) -> None:
    """Have two wait while one sets it."""
    stepper = Stepper([file_of(flag_module), __file__], at_random(seed, 25))
    with stepping(stepper, flag_module) as patch:
        patch.setattr(flag_module, "_MAKING", stepper.lock())
        flag = kind()
        for act in (flag.wait, flag.wait, flag.set):
            stepper.start(act)
        stepper.run()
        assert not stepper.stuck


def test_nobody_waits_for_ever_whatever_the_order_of_steps() -> None:
    for seed in range(200):
        cross(StopFlag, seed)


class LooksBeforeItSets(StopFlag):
    __slots__ = ()

    def set(self) -> None:
        event = self._event
        self._set = True
        if event is not None:
            event.set()


class LooksBeforeItWaits(StopFlag):
    __slots__ = ()

    def wait(self, timeout: float | None = None) -> bool:
        if self._set:
            return True
        with flag_module._MAKING:
            self._event = self._event or flag_module.threading.Event()
        return bool(self._event.wait(timeout))


class EachMakesItsOwn(StopFlag):
    __slots__ = ()

    def wait(self, timeout: float | None = None) -> bool:
        event = self._event = flag_module.threading.Event()
        return self._set or bool(event.wait(timeout))


@pytest.mark.parametrize("mutant", [LooksBeforeItSets, LooksBeforeItWaits, EachMakesItsOwn])
def test_a_flag_with_one_rule_taken_out_is_caught(mutant: type[StopFlag]) -> None:
    assert caught_by(lambda seed: cross(mutant, seed), range(300))
