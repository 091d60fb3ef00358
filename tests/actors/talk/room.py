"""A room of hosts that are called by hand and ask one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.mailbox import Letter
from antiphon.actors.messages import Perceive
from antiphon.actors.talk.interview import Interviews
from antiphon.clock import ManualClock
from antiphon.models.agent import Agent, Context
from antiphon.testing import RecordingCall

Answer = Callable[[Any, Any, str, Context], Any]
"""Of agent, question, sender and context."""
LONG = 1e9


class Stated(Agent):
    """Counts its calls, and answers as the test says."""

    def __init__(self, act: Callable[[Context], Any], answer: Answer) -> None:
        self.calls = 0
        self._act = act
        self._answer = answer

    def reset(self, seed: int | None = None) -> None:
        self.seed = seed

    def act(self, observation: Any, context: Context) -> Any:
        action = self._act(context)
        self.calls += 1
        return action

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return self._answer(self, question, sender, context)

    def get_state(self) -> Any:
        return {"calls": self.calls}

    def set_state(self, state: Any) -> None:
        self.calls = state["calls"]


def calls_of(agent: Any, question: Any, sender: str, context: Context) -> Any:
    return agent.calls


class Room:
    """Hosts that are called by hand, and how they ask one another."""

    def __init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.hosts: dict[str, AgentActor] = {}
        self.talk = Interviews(self.hosts)
        self.made = 0

    def enter(
        self,
        *ids: str,
        act: Callable[[Context], Any] = lambda context: 0,
        answer: Answer = calls_of,
        kind: type[Agent] | None = None,
    ) -> None:
        def make() -> Agent:
            self.made += 1
            return Stated(act, answer) if kind is None else kind()

        for agent_id in ids:
            seat = Seat(agent_id, make, seed=7, clock=self.clock, talk=self.talk)
            host = self.hosts[agent_id] = AgentActor(seat)
            host.on_start()

    def call(self, agent_id: str, round: int = 1, **options: Any) -> Any:
        """Call one by hand; give its action, or raise what it raised."""
        call = RecordingCall(round=round, **{"deadline": LONG, **options})
        self.hosts[agent_id].handle(Letter(Perceive(call, 0)))
        (answer,) = call.answers
        if answer.how == "fail":
            raise answer.value
        return answer.value

    def ask(self, to: str, question: Any = "?", **options: Any) -> Any:
        """Have somebody who does nothing else ask in round 1."""
        if "asker" not in self.hosts:
            self.enter("asker", act=self.do_ask)
        self.asking = lambda context: context.ask(to, question, **options)
        return self.call("asker")

    def do_ask(self, context: Context) -> Any:
        return self.asking(context)
