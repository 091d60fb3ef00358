"""The end of a run, as those hear of it who are still there."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.mail.dead_letters import Reason
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Ring


class Listener(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        if context.agent_id == "b":
            raise ValueError("no more")
        return 0

    def episode_ended(self, context: Context) -> None:
        pass


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_nothing_is_said_at_the_end_of_a_run_to_those_who_were_stopped(dispatcher: str) -> None:
    with Society(
        Ring(length=4), dispatcher=dispatcher, timeout=FUSE, on_crash="stop", on_missing="noop"
    ) as society:
        society.add(Listener, ids=["a", "b", "c"])
        society.run(4)
        counts = society._running.ensemble.dead_letters.statistics().counts
        assert counts[Reason.CLOSED] == 0
