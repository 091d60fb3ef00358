"""Ctrl-C, which comes between any two instructions of the main thread, takes no turn along."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.turn import is_taken, take
from antiphon.actors.workers.sweep import Sweep
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.starting import started_by
from antiphon.tests.actors.workers.sweeping import FUSE, Does, Interrupts, SweptRecorder


@pytest.fixture
def inline() -> Iterator[Callable[..., InlineDispatcher]]:
    yield from started_by(InlineDispatcher)


def test_ctrl_c_at_any_instruction_leaves_no_turn_taken(
    inline: Callable[..., InlineDispatcher],
) -> None:
    hosts = [AgentActor(Seat(f"agent-{n}", lambda: Does(lambda seen: seen))) for n in range(3)]
    dispatcher = inline(hosts)
    nth, interrupted = 0, True
    while interrupted:
        with Interrupts([Sweep._visit_some], nth) as interrupts, suppress(KeyboardInterrupt):
            dispatcher.visit(SweptRecorder(3), hosts, range(3))
        interrupted = interrupts.raised
        assert not any(is_taken(host.turn) for host in hosts), f"at instruction {nth}"
        nth += 1
    assert nth > 100


def test_ctrl_c_gives_no_turn_of_a_stopped_agent_away(
    inline: Callable[..., InlineDispatcher],
) -> None:
    def act(seen: int) -> int:
        if seen == 1:
            raise KeyboardInterrupt
        return seen

    hosts = [AgentActor(Seat(f"agent-{n}", lambda: Does(act))) for n in range(3)]
    dispatcher = inline(hosts)
    take(hosts[2].turn)
    hosts[2].finish()
    with pytest.raises(KeyboardInterrupt):
        dispatcher.visit(SweptRecorder(3), hosts, range(3))
    assert [is_taken(host.turn) for host in hosts] == [False, False, True]


def test_a_society_goes_on_pooled_after_ctrl_c_inline() -> None:
    class Adds(Agent):
        def act(self, observation: Any, context: Context) -> Any:
            return observation

    at = 0
    places = len(inspect.getsource(Sweep._visit_some).splitlines())
    for at in range(0, places * 8, 37):
        with Society(dispatcher="inline") as society:
            ids = society.add(Adds, 3)
            society.start()
            with Interrupts([Sweep._visit_some], at), suppress(KeyboardInterrupt):
                society.step(dict.fromkeys(ids, 1))
            assert society.step(dict.fromkeys(ids, 2)).counts == {"acted": 3}
            society._choose_dispatcher("pooled")
            assert society.step(dict.fromkeys(ids, 3), timeout=FUSE).counts == {"acted": 3}
