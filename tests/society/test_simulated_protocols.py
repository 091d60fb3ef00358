"""Rounds that close early, under every order of answers: who counts, who is unneeded, who is told.

The last part takes one rule out of the protocol at a time; the same games must notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination import coordinator as coordinator_module
from antiphon.coordination import ensemble
from antiphon.coordination.absence import Absences
from antiphon.coordination.attendance import AttentiveCoordinator
from antiphon.coordination.call import Returned, RoundCall, RoundFilled
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.polled_round import PolledRound
from antiphon.coordination.protocol import find_protocol
from antiphon.coordination.round import Round
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.simulated_cast import LONGEST, TIMEOUT, Rounds
from antiphon.tests.society.simulated_games import MISDEEDS, MISFORTUNES, by_slow_post

SLOW = Faults(slow=0.5, longest=LONGEST)


class EarlyRounds(Rounds):
    """Rounds with a protocol; knows from what happened how each of them may end."""

    def __init__(self, simulation: SimulatedDispatcher, protocol: str, **settings: Any) -> None:
        self.protocol = find_protocol(protocol)
        super().__init__(simulation, protocol=protocol, **settings)
        self.society.start()
        # Whatever the coordinator raises would else be contained, and only the log would tell.
        conductor: Any = self.society._running.ensemble._conductor
        conductor.fail = self._failed
        conductor._contained = lambda hook, call: call()

    @staticmethod
    def _failed(letter: Any, error: BaseException) -> None:
        raise error

    def needed(self, called: Sequence[str]) -> int:
        """Give how many answers are enough, or more than there can be."""
        counts = range(1, len(called) + 1)
        return next((k for k in counts if self.protocol.enough(called, called[:k])), len(called))

    def _check(self, outcome: Outcome, number: int) -> None:
        super()._check(outcome, number)
        status = outcome.status
        called = [n for n in self.names if status[n] not in (Status.BUSY, Status.DOWN)]
        some_died = Status.DOWN in status.values()
        acted = [name for name in called if status[name] is Status.ACTED]
        unneeded = [name for name in called if status[name] is Status.UNNEEDED]
        if unneeded and not some_died:
            assert len(acted) == self.needed(called), "it closed with too few, or with too many"
        assert not (unneeded and Status.TIMED_OUT in status.values())
        if not unneeded and not some_died and len(acted) < self.needed(called):
            ends = {status[name] for name in called}
            assert ends <= {Status.ACTED, Status.CRASHED, Status.TIMED_OUT}
        if not some_died:
            assert len(acted) <= self.needed(called)

    def _check_exactly(self, outcome: Outcome, number: int) -> None:
        status = outcome.status
        ends = {name: self.due.get((name, number), float("inf")) for name in self.names}
        for name in self.names:
            before = [end for (who, n), end in self.due.items() if who == name and n < number]
            at_work = any(end > self.opened for end in before)
            assert not at_work or status[name] is Status.BUSY
            left = number > 1 and self.outcomes[-2].status[name] in (Status.UNNEEDED, Status.BUSY)
            assert status[name] is not Status.BUSY or at_work or left
        if Status.UNNEEDED in status.values():
            counted = [ends[name] for name in self.names if status[name] is Status.ACTED]
            assert abs(self.opened + outcome.elapsed - max(counted)) < 1e-9
            rest = [ends[name] for name in self.names if status[name] is Status.UNNEEDED]
            assert min(rest) >= max(counted)
        elif Status.TIMED_OUT in status.values():
            assert abs(outcome.elapsed - TIMEOUT) < 1e-9

    def come_to_rest(self) -> None:
        # So that everybody answers in the last round, which is to tell them all.
        book = self.society._rulebook
        book._protocol = None
        book.change(timeout=TIMEOUT)
        self.protocol = find_protocol("barrier")
        super().come_to_rest()


def early(protocol: str, count: int = 6, **settings: Any) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        game = EarlyRounds(simulation, protocol, **settings)
        try:
            for _ in range(count):
                game.step()
            game.come_to_rest()
        finally:
            game.stop()

    return play


GAMES: dict[str, tuple[Play, Faults]] = {
    "a quorum, nothing goes wrong": (early("quorum:0.5", members=4), Faults()),
    "a quorum, some are slow": (early("quorum:0.5", members=5), SLOW),
    "the first, agents misbehave": (early("first:2", members=4), MISDEEDS),
    "most, agents misbehave": (early("quorum:0.7", members=4), MISDEEDS),
    "the first, two at a time": (early("first:2", members=5, batch_size=2), MISDEEDS),
    "a quorum, all goes wrong": (early("quorum:0.5", members=4), MISFORTUNES),
    "word comes late or twice": (by_slow_post(early("first:2", members=4)), MISFORTUNES),
}
for name, (play, _) in GAMES.items():
    play.__name__ = name  # by which its failures are kept


@pytest.mark.parametrize("game", GAMES)
def test_rounds_close_early_and_nothing_is_lost(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(60), faults=faults)


@pytest.mark.soak
@pytest.mark.parametrize("game", GAMES)
def test_ten_thousand_games_close_early_and_lose_nothing(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(10_000), faults=faults)


# One rule taken out


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


class ForgetsToMarkTheUnread(PolledRound):
    def skip(self, index: int) -> bool:
        return Round.skip(self, index)


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


class NobodyIsBusy(Absences):
    def leave(self, agent_ids: Any, round: int) -> None:
        pass


class UnheardForgotten(Absences):
    def give_back(self, agent_id: str, experiences: Any) -> None:
        pass


@pytest.mark.parametrize(
    "mutant",
    [
        ClosesTooEarly,
        CountsFailures,
        CountsLate,
        ForgetsToMark,
        ForgetsToMarkTheUnread,
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
    part = mutant.__bases__[0]
    if part is Coordinator:
        attentive = type(mutant.__name__, (mutant, AttentiveCoordinator), {})
        monkeypatch.setattr(ensemble, "AttentiveCoordinator", attentive)
    else:
        monkeypatch.setattr(coordinator_module, part.__name__, mutant)
    assert any(fails(*game) for game in GAMES.values())


def fails(play: Play, faults: Faults) -> bool:
    try:
        simulate(play, seeds=range(60), faults=faults, patience=0)
    except (AssertionError, RuntimeError, IndexError):
        return True
    return False
