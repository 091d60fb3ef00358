"""The states of agents, taken every so many rounds, so that not all has to be lived again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ...actors.agent_actor import AgentActor
from ...actors.care.snapshots import Stateful
from ...actors.failures import describe
from ...logs import get_logger
from ...memory.store.batch import Row
from ...models.agent import Context
from ...models.state import copied_state
from .front import Act, Front

EVERY = 100
"""Rounds from one taking to the next."""
VERSION = 1

log = get_logger(__name__)


class States:
    """Takes the states of those that have one, each on the thread that calls the agent.

    The state of a round is the one right after ``act``: an agent that was given it there goes
    on as the one that it was taken from.
    """

    def __init__(self, hosts: Iterable[AgentActor]) -> None:
        self._hosts = list(hosts)
        self._taken: dict[str, Any] = {}
        self._fronts: list[Front] = []

    def before(self, round: int) -> None:
        """Get ready for a round; nothing is done, and nothing costs, in most of them."""
        if round % EVERY:
            return
        self._taken = {}
        for host in self._hosts:
            if isinstance(host.agent, Stateful):
                self._fronts.append(Front(host, partial(_taking, host, self._taken)))

    def rows(self, round: int) -> list[Row]:
        """Give what was taken in a round, by id; who was not called gave nothing."""
        for front in self._fronts:
            front.leave()
        self._fronts.clear()
        # A late one writes into a dict that nobody reads.
        taken, self._taken = self._taken, {}
        return [Row("state", taken[name], name, round) for name in sorted(taken)]


def _taking(host: AgentActor, taken: dict[str, Any], act: Act) -> Act:
    return partial(_act_and_take, act, host, taken)


def _act_and_take(
    act: Act, host: AgentActor, taken: dict[str, Any], observation: Any, context: Context
) -> Any:
    action = act(observation, context)
    agent: Any = host.agent
    try:
        state = copied_state(agent.get_state(), agent_id=host.name)
    except Exception as error:  # noqa: BLE001  a run does not fail for what it can do without
        log.warning("state.refused", agent=host.name, round=context.round, error=describe(error))
        return action
    stream = host.rng().bit_generator.state
    taken[host.name] = {"version": VERSION, "state": state, "stream": stream}
    return action


def put_back(host: AgentActor, taken: Any) -> None:
    """Give an agent a state that was taken; whatever its ``set_state`` raises is raised."""
    agent: Any = host.agent
    agent.set_state(copied_state(taken["state"]))
    host.rng().bit_generator.state = taken["stream"]
