"""Agents may be called as the actors of the house are, and no dispatcher mixes them up."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.actors.threaded import ThreadedDispatcher

FUSE = 10.0


class Echo(Actor):
    def on_receive(self, message: Any) -> Any:
        return self, message


@pytest.mark.parametrize(
    "dispatcher",
    [InlineDispatcher(), PooledDispatcher(), SimulatedDispatcher(), ThreadedDispatcher()],
    ids=["inline", "pooled", "simulated", "threaded"],
)
def test_two_of_one_name_are_run_handed_on_and_stopped(dispatcher: Dispatcher) -> None:
    clock = getattr(dispatcher, "clock", None) or VirtualClock()
    actors = [Echo("coordinator", clock=clock), Echo("coordinator", clock=clock)]
    dispatcher.start(actors, FUSE)
    for actor in actors:
        assert Address(actor).ask(1, FUSE) == (actor, 1)
    assert dispatcher.release(actors, FUSE) == []
    after = InlineDispatcher()
    after.start(actors, FUSE)
    for actor in actors:
        assert Address(actor).ask(2, FUSE) == (actor, 2)
    assert after.stop(actors, FUSE) == []
    dispatcher.stop([], FUSE)
