"""Whoever is stopped does nothing more, though all that happens happens on one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.inline import InlineDispatcher
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import Speaker, quiet, step
from pykka import ActorRegistry


class Diarist(Actor):
    """Writes down what it is told, and does it if that can be done."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)
        if callable(message):
            message()


def test_one_that_is_stopped_from_outside_reads_no_letter_that_waits() -> None:
    one, other = Diarist(), Diarist()
    inline = InlineDispatcher()
    inline.start([one, other], FUSE)

    def write_and_stop() -> None:
        Address(other).tell("too late")
        other.request_stop()

    Address(one).tell(write_and_stop)
    assert other.heard == []
    assert other.ended.is_set()
    inline.stop([one, other], 0)


STOPS: dict[str, Callable[[AgentActor], object]] = {
    "by its reference": lambda host: host.actor_ref.stop(block=False),
    "by the kernel": lambda host: host.request_stop(),
}


@pytest.mark.parametrize("stop", STOPS)
def test_an_agent_that_another_stops_in_the_same_round_does_not_act(stop: str) -> None:
    acted: list[str] = []

    def act(context: Context) -> int:
        acted.append(context.agent_id)
        if context.agent_id == "a":
            STOPS[stop](hosts["b"])
        return 0

    with Society(dispatcher="inline", timeout=FUSE) as society:
        society.add(Speaker, ids=["a", "b", "c"], act=act)
        society.start()
        assert society._stage is not None
        hosts = society._stage.ensemble._hosts
        assert step(society).counts == {"acted": 2, "down": 1}
        assert acted == ["a", "c"]


@pytest.mark.parametrize("rounds", [0, 2])
def test_an_agent_that_was_stopped_from_outside_does_not_act_again(rounds: int) -> None:
    acted: list[int] = []

    def act(context: Context) -> int:
        acted.append(context.round)
        return 0

    with Society(dispatcher="inline", timeout=FUSE) as society:
        society.add(Speaker, ids=["a"], act=act)
        society.add(Speaker, ids=["b"], act=quiet)
        society.start()
        for _ in range(rounds):
            step(society)
        ActorRegistry.get_by_class(AgentActor)[0].stop()
        assert [step(society).counts for _ in range(3)] == [{"acted": 1, "down": 1}] * 3
        assert acted == list(range(1, rounds + 1))


def test_nobody_acts_any_more_in_a_society_that_one_of_them_has_stopped() -> None:
    acted: list[str] = []

    def act(context: Context) -> int:
        acted.append(context.agent_id)
        society.stop()
        return 0

    with Society(dispatcher="inline", timeout=FUSE) as society:
        society.add(Speaker, ids=["a", "b", "c"], act=act)
        with pytest.raises(Exception, match="stopped"):
            step(society)
    assert acted == ["a"]
