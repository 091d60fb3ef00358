"""Ways to answer for members together with one rule taken out, each of which a test falls on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.coordination.call import RoundCall
from antiphon.tests.coordination import test_gathering as gathering
from antiphon.tests.coordination import test_gathering_in_time as in_time


class ForgetsWhoLeft(RoundCall):
    """Whoever is dead is answered for all the same."""

    def leave(self, index: int, error: BaseException) -> None:
        if index in self._gathered:
            self.lose(index, error)


class WaitsForNobody(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        with self._lock:
            self._gathered[index] = host
            self._came += 1
            ready = self._take_gathered(at_once=True)
        self._answer(ready)


class WaitsForThoseNotCalled(RoundCall):
    def _take_gathered(self, *, at_once: bool = False) -> Any:
        if not (at_once or self._hurries or len(self._gathered) >= self._round._open_slots):
            return {}
        gathered, self._gathered = self._gathered, {}
        return gathered


class AnswersWithoutTaking(RoundCall):
    """Whoever has been answered for is so once more."""

    def _take_gathered(self, *, at_once: bool = False) -> Any:
        return dict(self._gathered) if super()._take_gathered(at_once=at_once) else {}


class LeavesTheRest(RoundCall):
    def answer_rest(self) -> None:
        pass


class NeverQuiet(RoundCall):
    def answer_if_quiet(self) -> bool:
        return bool(self._gathered)


class AlwaysQuiet(RoundCall):
    def answer_if_quiet(self) -> bool:
        self._had_come = self._came
        return super().answer_if_quiet()


class NeverHurries(RoundCall):
    def answer_now(self) -> None:
        super().answer_now()
        self._hurries = False


class TellsNobody(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        with self._lock:
            self._gathered[index] = host
            ready = self._take_gathered(at_once=self.over)
        self._answer(ready)


class NoResume(RoundCall):
    def _answer(self, gathered: Any) -> None:
        for host in gathered.values():
            host.resume = lambda: None
        super()._answer(gathered)


class ForgottenByCtrlC(RoundCall):
    def _answer(self, gathered: Any) -> None:
        try:
            super()._answer(gathered)
        except KeyboardInterrupt:
            self._gathered = {}
            raise


class NotAnsweredWhenOver(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        if self.over:
            self._gathered[index] = host
        else:
            super().gather(index, host)


CHECKS = [
    gathering.test_the_last_of_those_in_flight_answers_for_all_in_one_call,
    lambda: gathering.test_only_those_that_were_let_out_are_waited_for(2),
    in_time.test_a_straggler_delays_nobody_beyond_the_grace,
    in_time.test_as_long_as_others_join_nobody_is_answered_for,
    in_time.test_all_are_answered_for_in_time_however_many_still_join,
    in_time.test_those_who_wait_when_the_round_is_over_are_answered_too_late,
    in_time.test_who_joins_when_the_round_is_over_is_answered_at_once_and_late,
    gathering.test_one_that_ends_while_it_waits_is_down_and_nobody_answers_for_it,
    gathering.test_ctrl_c_while_they_are_answered_for_leaves_nobody_waiting,
]


@pytest.mark.parametrize(
    "mutant",
    [
        ForgetsWhoLeft,
        WaitsForNobody,
        WaitsForThoseNotCalled,
        AnswersWithoutTaking,
        LeavesTheRest,
        NeverQuiet,
        AlwaysQuiet,
        NeverHurries,
        TellsNobody,
        NoResume,
        ForgottenByCtrlC,
        NotAnsweredWhenOver,
    ],
)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antiphon.coordination.coordinator.RoundCall", mutant)
    assert any(fails(check) for check in CHECKS)


def fails(check: Callable[[], None]) -> bool:
    try:
        check()
    except (AssertionError, RuntimeError, TimeoutError, IndexError):
        return True
    return False
