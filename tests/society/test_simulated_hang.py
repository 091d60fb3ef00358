"""In simulated time, too, rounds and stops end when they said, however many hang."""

from __future__ import annotations

import math
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.coordination.outcome import Status
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import Does

TIMEOUT, GRACE = 1.0, 0.4


@pytest.mark.parametrize("batch_size", [None, 10])
@pytest.mark.parametrize("hung", [0, 1, 50, 100])
def test_however_many_hang_round_and_stop_end_in_time(hung: int, batch_size: int | None) -> None:
    simulation = SimulatedDispatcher(seed=hung)
    clock = simulation.clock

    def hang(seen: Any, context: Context) -> int:
        clock.advance(math.inf)
        return 1

    settings: dict[str, Any] = {"timeout": TIMEOUT, "grace": GRACE, "batch_size": batch_size}
    with Society(simulation=simulation, **settings) as society:
        stuck = [f"h{n}" for n in range(hung)]
        well = [f"w{n}" for n in range(100 - hung)]
        if stuck:
            society.add(Does, ids=stuck, act=hang)
        if well:
            society.add(Does, ids=well)
        began = clock.now()
        # The well first: a batch full of hung ones lets nobody else have a turn.
        outcome = society.step(dict.fromkeys([*well, *stuck]))
        assert clock.now() - began == (TIMEOUT if hung else 0.0)
        assert {outcome.status[i] for i in well} <= {Status.ACTED}
        assert {outcome.status[i] for i in stuck} <= {Status.TIMED_OUT}
        in_hand = sorted(society.health().busy)
        assert len(in_hand) == min(hung, batch_size or hung)
        again = society.step(dict.fromkeys(well))
        assert {again.status[i] for i in well} <= {Status.ACTED}
        began = clock.now()
        society.stop()
        assert clock.now() - began == pytest.approx(GRACE if hung else 0.0)
        assert sorted(society.abandoned) == in_hand
