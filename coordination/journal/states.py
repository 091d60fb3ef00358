"""States of agents and environment, taken now and then, so that not all is lived again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ...actors.agent_actor import AgentActor
from ...actors.care.snapshots import Stateful
from ...actors.failures import describe
from ...errors import WorldError
from ...logs import get_logger
from ...memory.store.batch import Row
from ...memory.store.values import TooLargeError, UnstorableError, encode
from ...models.agent import Context
from ...models.state import copied_state
from ..environment import Environment
from ..rollout import Rollout
from .front import Act, Front

VERSION = 1

log = get_logger(__name__)


class States:
    """Takes the states of those that have one, each on the thread that calls the agent.

    The state of a round is the one right after ``act``: an agent that was given it there goes
    on as the one that it was taken from. That of an environment is the one after its step.
    """

    def __init__(
        self, hosts: Iterable[AgentActor], rollout: Rollout | None = None, *, every: int
    ) -> None:
        """Begin.

        Args:
            every: rounds from one taking to the next.
        """
        self._hosts = list(hosts)
        self._rollout = rollout
        self._every = every
        self._due = False
        self._world_is_sound = False
        self._taken: dict[str, Any] = {}
        self._fronts: list[Front] = []

    def before(self, round: int) -> None:
        """Get ready for a round; nothing is done, and nothing costs, in most of them."""
        self._due = round % self._every == 0
        if not self._due:
            return
        self._taken = {}
        for host in self._hosts:
            if isinstance(host.agent, Stateful):
                self._fronts.append(Front(host, partial(_taking, host, self._taken)))

    def rows(self, round: int) -> list[Row]:
        """Give what was taken in a round, by id; who was not called gave nothing.

        Raises:
            WorldError: the environment says what it is, but not in values that can be kept.
        """
        if self._world_is_sound and not (self._due or self._fronts):
            return []
        for front in self._fronts:
            front.leave()
        self._fronts.clear()
        # A late one writes into a dict that nobody reads.
        taken, self._taken = self._taken, {}
        rows = [Row("state", taken[name], name, round) for name in sorted(taken)]
        return [*rows, *self._world(round)]

    def _world(self, round: int) -> Iterator[Row]:
        environment = None if self._rollout is None else self._rollout.environment
        if not isinstance(environment, Environment):
            return
        # Once at the beginning, so that nobody learns after a hundred rounds that it is none.
        self._world_is_sound = True
        if not environment.has_state:
            return
        try:
            state = _storable(environment)
        except TooLargeError as error:
            # Its author can do nothing about it, and the run can do without.
            log.warning("state.refused", environment=environment.name, error=str(error))
            self._rollout = None
            return
        if self._due:
            yield Row("world", {"version": VERSION, "state": state}, number=round)


def _storable(environment: Environment) -> Any:
    state = environment.get_state()
    try:
        encode(state)
    except TooLargeError:
        raise
    except UnstorableError as error:
        raise WorldError(environment.name, "get_state", f"its state {error}") from error
    return state


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


def is_back(host: AgentActor, taken: Any) -> bool:
    """Whether an agent is what it was when a state was taken, by what it says of itself."""
    agent: Any = host.agent
    return encode(copied_state(agent.get_state())) == encode(taken["state"])
