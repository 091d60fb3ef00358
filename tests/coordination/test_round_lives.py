"""The plain round, all rules together over generated orders of events.

The last part takes one rule out of the protocol at a time; the same check must notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from antiphon.tests.coordination.round_witness import Plan, Witness, plans
from hypothesis import HealthCheck, Phase, given, settings


def hold(kind: type[Round]) -> Callable[[], None]:
    """Make the check: a round of this kind keeps every rule in every order of events."""

    @given(plans())
    def check(plan: Plan) -> None:
        Witness(kind, plan).live()

    return check


@settings(max_examples=400)
@given(plans())
def test_every_rule_holds_in_every_order_of_events(plan: Plan) -> None:
    Witness(Round, plan).live()


@pytest.mark.soak
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
@given(plans())
def test_every_rule_holds_in_twenty_thousand_orders_of_events(plan: Plan) -> None:
    Witness(Round, plan).live()


# One rule taken out


class LateCounts(Round):
    def _is_settled(self, index: int) -> bool:
        if self.closed and self.ends.get(index) is Status.TIMED_OUT:
            del self.ends[index]
            return False
        return super()._is_settled(index)


class DuplicateCounts(Round):
    def _is_settled(self, index: int) -> bool:
        return self.closed


class DeadlineNotLookedAt(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return False


class DeadlineMovesWithTheCall(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return finished - started > self.timeout


class OwnTimeCountsFromTheOpening(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return finished > self.opened + self.timeout


class LateActionKept(Round):
    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        settled = super().accept(index, action, started, finished)
        if settled:
            self.actions[index] = action
        return settled


class BatchIgnored(Round):
    def call_next(self, now: float) -> Sequence[int]:
        self._batch_size = len(self.members)
        return super().call_next(now)


class PlaceInTheBatchNotGivenBack(Round):
    def skip(self, index: int) -> bool:
        settled = super().skip(index)
        self._in_flight += settled
        return settled


class BusyCalled(Round):
    def __init__(self, number: int, members: Any, *, busy: Any = (), **options: Any) -> None:
        super().__init__(number, members, **options)


class BusyWaitedFor(Round):
    def __init__(self, number: int, members: Any, *, busy: Any = (), **options: Any) -> None:
        super().__init__(number, members, busy=busy, **options)
        self._open_slots = len(self.members)


class ClosesTwice(Round):
    def close(self) -> list[str]:
        self.closed = False
        return super().close()


class CallsAfterItsClose(Round):
    def call_next(self, now: float) -> Sequence[int]:
        closed, self.closed = self.closed, False
        try:
            return super().call_next(now)
        finally:
            self.closed = closed


class UncalledCountAsAtWork(Round):
    def close(self) -> list[str]:
        self.started = [self.opened] * len(self.members)
        return super().close()


class LossNotNoted(Round):
    def lose(self, index: int, error: BaseException) -> bool:
        return not self._is_settled(index)


class UnreadNotNoted(Round):
    def skip(self, index: int) -> bool:
        unread = list(self.unread)
        settled = super().skip(index)
        self.unread = unread
        return settled


@pytest.mark.parametrize(
    "mutant",
    [
        LateCounts,
        DuplicateCounts,
        DeadlineNotLookedAt,
        DeadlineMovesWithTheCall,
        OwnTimeCountsFromTheOpening,
        LateActionKept,
        BatchIgnored,
        PlaceInTheBatchNotGivenBack,
        BusyCalled,
        BusyWaitedFor,
        ClosesTwice,
        CallsAfterItsClose,
        UncalledCountAsAtWork,
        LossNotNoted,
        UnreadNotNoted,
    ],
)
def test_a_round_with_one_rule_taken_out_is_caught(mutant: type[Round]) -> None:
    quick = settings(
        max_examples=1000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        quick(hold(mutant))()
