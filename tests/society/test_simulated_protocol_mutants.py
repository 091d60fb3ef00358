"""Protocols that close early with one rule taken out, each of which the simulated games catch."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.notices import Returned, RoundFilled
from antiphon.coordination.polled_round import PolledRound
from antiphon.coordination.round import Round
from antiphon.tests.coordination.round_mutants import NobodyIsBusy, UnheardForgotten
from antiphon.tests.society.early_games import GAMES
from antiphon.tests.society.simulated_mutants import fails, take_in


class ClosesTooEarly(PolledRound):
    def _hear(self, agent_id: str, action: Any, now: float) -> None:
        self._came = self._came or ["nobody"]
        super()._hear(agent_id, action, now)


class CountsFailures(PolledRound):
    """Whoever has crashed has answered."""

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        settled = super().fail(index, error, started, finished)
        if settled and not self.enough:
            self._hear(self.members[index], 0, finished)
        return settled


class CountsLate(PolledRound):
    """Whoever comes when enough have come has acted."""

    def _leave_out(self, index: int, started: float, finished: float) -> bool:
        return Round.accept(self, index, self.number, started, finished)


class ForgetsToMark(PolledRound):
    """Whoever has not answered when it closes has timed out."""

    def _end_open_slots(self) -> list[int]:
        return Round._end_open_slots(self)


class NeverEnough(PolledRound):
    @property
    def filled(self) -> bool:
        return self._open_slots == 0

    def _hear(self, agent_id: str, action: Any, now: float) -> None:
        pass


class TellsNobody(RoundCall):
    def _all_that_is_needed(self) -> Any:
        return super()._all_that_is_needed()._replace(filled=False)


class ClosesTwice(Coordinator):
    def _close(self) -> None:
        opened = self._open
        super()._close()
        if opened is not None and opened[1].enough:
            self._open = opened
            super()._close()


class StaleWordCloses(Coordinator):
    """Word that a round has enough closes any round, and comes twice."""

    def _close_if(self, number: int) -> None:
        if self._open is not None and self._open[1].enough:
            self.actor_ref.tell(RoundFilled(number))
        self._close()


class UnneededIsLate(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late += message.late and message.unneeded


@pytest.mark.parametrize(
    "mutant",
    [
        ClosesTooEarly,
        CountsFailures,
        CountsLate,
        ForgetsToMark,
        NeverEnough,
        TellsNobody,
        ClosesTwice,
        StaleWordCloses,
        UnneededIsLate,
        NobodyIsBusy,
        UnheardForgotten,
    ],
)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(mutant, monkeypatch)
    by = (AssertionError, RuntimeError, IndexError)
    assert any(fails(*game, seeds=60, by=by) for game in GAMES.values())
