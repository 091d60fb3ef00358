"""Round protocols with one rule taken out, each of which the simulated games catch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.messages import Perceive
from antiphon.coordination.absence import Absences
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.orders import StartRound
from antiphon.coordination.round import Round
from antiphon.tests.coordination.round_mutants import (
    BackFromAnyRound,
    BatchIgnored,
    CountsInOrderOfArrival,
    DuplicateIsLate,
    ForgetsItsRound,
    LateNotCounted,
    MissedForgotten,
    MissedOutOfOrder,
    NobodyIsBusy,
    StaleWordCloses,
    UnheardForgotten,
    UnheardToldLast,
)
from antiphon.tests.society.simulated_cast import rounds
from antiphon.tests.society.simulated_games import GAMES, MISFORTUNES
from antiphon.tests.society.simulated_mutants import fails, take_in

HARD_GAMES = [
    "agents misbehave, two at a time",
    "all goes wrong, two at a time",
    "word of it comes late or twice",
]


class LosesWordOfTheDead(RoundCall):
    def lose(self, index: int, error: BaseException) -> None:
        pass


class DeadlineIgnored(Round):
    """An answer that comes before the close is in time."""

    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        return super().accept(index, action, started, min(finished, self.deadline or finished))


class DeadlineIgnoredByCrashes(Round):
    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        return super().fail(index, error, started, min(finished, self.deadline or finished))


class CountsTwice(Round):
    """An answer that comes again fills one more slot."""

    def _is_settled(self, index: int) -> bool:
        return self.closed


class CrashForgotten(Round):
    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        return self.accept(index, None, started, finished)


class CallsTheBusy(Round):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"busy": ()})


class WordIgnored(Coordinator):
    def _close_if(self, number: int) -> None:
        pass


class StaleDeadline(Coordinator):
    def _start(self, message: StartRound) -> None:
        wake_at = self.wake_at
        super()._start(message)
        self.wake_at = wake_at or self.wake_at

    def _close(self) -> None:
        wake_at = self.wake_at
        super()._close()
        self.wake_at = wake_at

    def on_wake(self) -> None:
        self._close()  # and without a look at what time it is


class NoDeadline(Coordinator):
    def _start(self, message: StartRound) -> None:
        super()._start(message)
        self.wake_at = None


class NobodyComesBack(Absences):
    def come_back(self, agent_id: str, round: int) -> bool:
        return False


@pytest.mark.parametrize(
    "mutant",
    [
        ForgetsItsRound,
        CountsInOrderOfArrival,
        LosesWordOfTheDead,
        DeadlineIgnored,
        DeadlineIgnoredByCrashes,
        CountsTwice,
        CrashForgotten,
        BatchIgnored,
        CallsTheBusy,
        WordIgnored,
        StaleWordCloses,
        StaleDeadline,
        NoDeadline,
        LateNotCounted,
        DuplicateIsLate,
        NobodyIsBusy,
        NobodyComesBack,
        BackFromAnyRound,
        MissedForgotten,
        MissedOutOfOrder,
        UnheardForgotten,
        UnheardToldLast,
    ],
)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(mutant, monkeypatch)
    assert any(fails(*GAMES[game], seeds=150) for game in HARD_GAMES)


class Endless:
    """A call that is never over, whatever its round says."""

    over = False
    deadline = float("inf")

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


class ReadsWhatIsOver(AgentActor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Perceive):
            message = replace(message, reply_to=Endless(message.reply_to))
        return super().on_receive(message)


def test_a_host_that_reads_what_is_over_is_caught() -> None:
    assert not fails(rounds(host=AgentActor), MISFORTUNES, seeds=150)
    assert fails(rounds(host=ReadsWhatIsOver), MISFORTUNES, seeds=150)
