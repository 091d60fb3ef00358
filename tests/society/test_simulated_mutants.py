"""Round protocols with one rule taken out, each of which the simulated games catch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.messages import Perceive
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination import coordinator as coordinator_module
from antiphon.coordination import ensemble
from antiphon.coordination.absence import Absences, News
from antiphon.coordination.attendance import AttentiveCoordinator
from antiphon.coordination.call import Returned, RoundCall
from antiphon.coordination.coordinator import Coordinator, StartRound
from antiphon.coordination.round import Round
from antiphon.models.experience import Experience
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.simulated_cast import rounds
from antiphon.tests.society.simulated_games import GAMES, MISFORTUNES

HARD_GAMES = [
    "agents misbehave, two at a time",
    "all goes wrong, two at a time",
    "word of it comes late or twice",
]


class ForgetsItsRound(RoundCall):
    """An answer goes to whatever round is the latest."""

    latest: RoundCall

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        ForgetsItsRound.latest = self

    def accept(self, *arguments: Any) -> None:
        RoundCall.accept(ForgetsItsRound.latest, *arguments)


class CountsInOrderOfArrival(RoundCall):
    """The first answer is the first member's."""

    def accept(self, index: int, *arguments: Any) -> None:
        empty = [i for i in range(len(self.members)) if self._round.status(i) is None]
        super().accept(empty[0] if empty else index, *arguments)


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


class BatchIgnored(Round):
    def call_next(self, now: float) -> Sequence[int]:
        self._batch_size = len(self.members)
        return super().call_next(now)


class CallsTheBusy(Round):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"busy": ()})


class WordIgnored(Coordinator):
    def _close_if(self, number: int) -> None:
        pass


class StaleWordCloses(Coordinator):
    def _close_if(self, number: int) -> None:
        self._close()


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


class LateNotCounted(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late = 0


class DuplicateIsLate(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late += message.late and message.agent_id not in self._absences.busy


class NobodyIsBusy(Absences):
    def leave(self, agent_ids: Any, round: int) -> None:
        pass


class NobodyComesBack(Absences):
    def come_back(self, agent_id: str, round: int) -> bool:
        return False


class BackFromAnyRound(Absences):
    def come_back(self, agent_id: str, round: int) -> bool:
        return self._busy.pop(agent_id, None) is not None


class MissedForgotten(Absences):
    def miss(self, agent_id: str, experience: Experience) -> None:
        pass


class MissedOutOfOrder(Absences):
    def news(self, members: Sequence[str], previous: Mapping[str, Experience]) -> News:
        told = super().news(members, previous)
        told._older = {agent_id: older[::-1] for agent_id, older in told._older.items()}
        return told


class UnheardForgotten(Absences):
    def give_back(self, agent_id: str, experiences: Any) -> None:
        pass


class UnheardToldLast(Absences):
    def give_back(self, agent_id: str, experiences: Any) -> None:
        for experience in experiences:
            self.miss(agent_id, experience)


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
    part = mutant.__bases__[0]
    if part is Coordinator:
        attentive = type(mutant.__name__, (mutant, AttentiveCoordinator), {})
        monkeypatch.setattr(ensemble, "AttentiveCoordinator", attentive)
    else:
        monkeypatch.setattr(coordinator_module, part.__name__, mutant)
    assert any(fails(*GAMES[game]) for game in HARD_GAMES)


def fails(play: Play, faults: Faults) -> bool:
    try:
        simulate(play, seeds=range(150), faults=faults, patience=0)
    except (AssertionError, RuntimeError):
        return True
    return False


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
    assert not fails(rounds(host=AgentActor), MISFORTUNES)
    assert fails(rounds(host=ReadsWhatIsOver), MISFORTUNES)
