"""Games of rounds that close early, and who knows how each of them may end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.protocol import find_protocol
from antiphon.testing.simulation import Play
from antiphon.tests.society.simulated_cast import LONGEST, TIMEOUT, Rounds, rounds
from antiphon.tests.society.simulated_games import MISDEEDS, MISFORTUNES, by_slow_post, named

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


def early(protocol: str, **settings: Any) -> Play:
    return rounds(kind=EarlyRounds, protocol=protocol, **settings)


GAMES = named(
    {
        "a quorum, nothing goes wrong": (early("quorum:0.5", members=4), Faults()),
        "a quorum, some are slow": (early("quorum:0.5", members=5), SLOW),
        "the first, agents misbehave": (early("first:2", members=4), MISDEEDS),
        "most, agents misbehave": (early("quorum:0.7", members=4), MISDEEDS),
        "the first, two at a time": (early("first:2", members=5, batch_size=2), MISDEEDS),
        "a quorum, all goes wrong": (early("quorum:0.5", members=4), MISFORTUNES),
        "word comes late or twice": (by_slow_post(early("first:2", members=4)), MISFORTUNES),
    }
)
