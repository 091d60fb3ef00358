"""A PettingZoo parallel environment, as a society sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from ..actors.failures import describe
from ..errors import WorldError
from ..models.frozen import frozen_values
from ..models.names import map_names
from ..models.shown import shown
from ..models.state import copied_state
from .actions import no_op
from .catalogue import environment_factory
from .contract import (
    REWARD,
    TERMINATION,
    TEXTS,
    TRUNCATION,
    Rule,
    observation_fault,
    observations_fault,
)

_T = TypeVar("_T")
_METHODS = ("reset", "step", "action_space", "observation_space")
_NEEDED = ("reset", "step", "possible_agents", "action_space", "observation_space")


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """What one step of the environment brought, by agent id."""

    observations: Mapping[str, Any]
    rewards: Mapping[str, float]
    terminations: Mapping[str, bool]
    truncations: Mapping[str, bool]


class Environment:
    """Wraps an environment: ids in place of its names, read-only observations, its no-op.

    Attributes:
        source: what it was made from.
        world: the environment itself, unwrapped.
        name: for reports.
        names: id by the environment's own name of each agent; settled by ``settle``.
    """

    def __init__(self, source: Any, *, name: str | None = None) -> None:
        """Take an environment, something that builds one, or an import string.

        Raises:
            UnknownNameError: the import string leads nowhere.
            TypeError: what came is no PettingZoo parallel environment.
        """
        self.source = source
        self._build = _builder(source)
        self._env = self._build() if self._build else source
        _check_is_parallel(self._env)
        self.world = getattr(self._env, "unwrapped", self._env)
        self.name = name or (source if isinstance(source, str) else str(self._env))
        self.names: dict[Any, str] = {}
        self._names_are_ids = False
        self._was_seen = False

    @property
    def open(self) -> bool:
        """Whether the world takes whoever is put into it."""
        return hasattr(self.world, "populate") and not getattr(self.world, "possible_agents", None)

    def places(self) -> list[str]:
        """Give the ids of a world with fixed agents, in its own order."""
        return list(map_names(self._env.possible_agents).values())

    def settle(self, agent_ids: Sequence[str]) -> None:
        """Fix who lives here; after this, spaces can be asked for."""
        if self.open:
            self.world.populate(list(agent_ids))
        self.names = map_names(self._env.possible_agents)
        self._own_names = {agent_id: name for name, agent_id in self.names.items()}
        self._names_are_ids = all(name == agent_id for name, agent_id in self.names.items())

    def action_space(self, agent_id: str) -> Any:
        """Give what an agent may do.

        Raises:
            WorldError: the environment raised, or gave something else.
        """
        return self._space("action_space", agent_id)

    def observation_space(self, agent_id: str) -> Any:
        """Give what an agent may see; errors as ``action_space``."""
        return self._space("observation_space", agent_id)

    def _space(self, which: str, agent_id: str) -> Any:
        try:
            space = getattr(self._env, which)(self._own_names[agent_id])
        except Exception as error:
            why = f"for agent {agent_id!r} it raised {describe(error)}"
            raise WorldError(self.name, which, why) from error
        if not callable(getattr(space, "contains", None)):
            why = f"it must give a space for agent {agent_id!r}, got {shown(space)}"
            raise WorldError(self.name, which, why)
        return space

    def no_op(self, agent_id: str) -> Any:
        """Give what the environment declares as ``noop_action``, else the space's own.

        Raises:
            ValueError: there is neither.
        """
        declared = getattr(self.world, "noop_action", None)
        return no_op(self.action_space(agent_id)) if declared is None else declared

    @property
    def takes_partial_actions(self) -> bool:
        """Whether a joint action may lack some agents."""
        return bool(getattr(self.world, "partial_actions", False))

    def reset(self, seed: int) -> dict[str, Any]:
        """Begin an episode; give the first observations by agent id.

        Those of the first episode are held against their spaces.

        Raises:
            WorldError: the environment raised, or gave no such thing; says for which agent.
        """
        try:
            observations, _ = self._env.reset(seed=seed)
        except Exception as error:
            raise WorldError(self.name, "reset", describe(error)) from error
        seen = self._present("reset", observations)
        if not self._was_seen:
            self._check_forms(seen)
            self._was_seen = True
        return seen

    def _check_forms(self, observations: Mapping[str, Any]) -> None:
        why = observations_fault(observations, observations, self._own_names)
        if why:
            raise WorldError(self.name, "reset", why)
        for agent_id, observation in observations.items():
            why = observation_fault(self.observation_space(agent_id), observation)
            if why:
                raise WorldError(self.name, "reset", f"observation of agent {agent_id!r} {why}")

    def step(self, actions: Mapping[str, Any]) -> Transition:
        """Execute a joint action; errors as ``reset``."""
        own = self._own(actions)
        try:
            observations, rewards, terminations, truncations, _ = self._env.step(own)
        except Exception as error:
            raise WorldError(self.name, "step", describe(error)) from error
        return Transition(
            observations=self._present("step", observations),
            rewards=self._rewards(rewards),
            terminations=self._by_id(terminations, TERMINATION),
            truncations=self._by_id(truncations, TRUNCATION),
        )

    # Most worlds call agents by what is an id, and give dicts in one order: then a comparison
    # of lists, or of types, takes the place of a look at each value.

    def _own(self, actions: Mapping[str, Any]) -> dict[Any, Any]:
        """Give actions in the environment's order of agents: some draw noise on the way."""
        agents = list(self._env.agents)
        if self._names_are_ids and list(actions) == agents:
            return dict(actions)
        return {name: actions[self.names[name]] for name in agents if self.names[name] in actions}

    def _present(self, where: str, observations: Any) -> dict[str, Any]:
        agents = list(self._env.agents)
        try:
            if list(observations) != agents:
                observations = {name: observations[name] for name in agents}
            seen = frozen_values(observations)
            return seen if self._names_are_ids else {self.names[n]: v for n, v in seen.items()}
        except Exception as error:
            why = observations_fault(observations, agents, self.names) or describe(error)
            raise WorldError(self.name, where, why) from error

    def _rewards(self, values: Any) -> dict[str, float]:
        rewards = self._by_id(values, REWARD)
        # The sum shows at once that one is none; that of finite ones may be too large, and is
        # no fault.
        if not isfinite(sum(rewards.values())):
            self._check_each(values, REWARD)
        return rewards

    def _by_id(self, values: Any, rule: Rule[_T]) -> dict[str, _T]:
        kind, names, plain = rule.kind, self.names, rule.plain
        try:
            if (
                self._names_are_ids
                and values.keys() <= names.keys()
                and list(map(type, values.values())).count(kind) == len(values)
            ):
                return dict(values)
            by_id = {names[n]: plain(value) for n, value in values.items() if n in names}
        except Exception as error:
            why = rule.fault(values, names) or describe(error)
            raise WorldError(self.name, "step", why) from error
        if not TEXTS.isdisjoint(map(type, values.values())):
            self._check_each(values, rule)
        return by_id

    def _check_each(self, values: Any, rule: Rule[Any]) -> None:
        why = rule.fault(values, self.names)
        if why:
            raise WorldError(self.name, "step", why)

    @property
    def has_state(self) -> bool:
        """Whether it can give all that it is, and be given it back.

        What an environment inside a wrapper can do does not count: the wrapper may keep more.
        """
        kind = type(self._env)
        return all(callable(getattr(kind, name, None)) for name in ("get_state", "set_state"))

    def get_state(self) -> Any:
        """Give a copy of its state, of JSON values and arrays.

        Raises:
            WorldError: it raised, or that is no such state.
        """
        try:
            return copied_state(self._env.get_state())
        except Exception as error:
            raise WorldError(self.name, "get_state", describe(error)) from error

    def set_state(self, state: Any) -> None:
        """Have it go on from a state that one like it gave; errors as ``reset``."""
        try:
            self._env.set_state(copied_state(state))
        except Exception as error:
            raise WorldError(self.name, "set_state", describe(error)) from error

    @property
    def recipe(self) -> Callable[[], Any]:
        """What builds another environment like this one.

        Raises:
            ValueError: this one was given as an object, so nobody knows how it was made.
        """
        if self._build is None:
            raise ValueError(
                "the environment was given as an object and cannot be built again; "
                "give what builds it, or an import string"
            )
        return self._build

    def close(self) -> None:
        close = getattr(self._env, "close", None)
        if close is not None:
            close()


def _builder(source: Any) -> Callable[[], Any] | None:
    if isinstance(source, str):
        return environment_factory(source)
    looks_built = all(
        hasattr(source, name) for name in ("reset", "step", "agents")
    ) and not isinstance(source, type)
    if looks_built or not callable(source):
        return None
    build: Callable[[], Any] = source
    return build


def _check_is_parallel(env: Any) -> None:
    if hasattr(env, "agent_iter"):
        raise TypeError(
            "antiphon calls all agents at once and takes PettingZoo's parallel environments; "
            "wrap this one: pettingzoo.utils.conversions.aec_to_parallel(env)"
        )
    absent = [name for name in _NEEDED if not hasattr(env, name)]
    if absent:
        raise TypeError(
            f"{env!r} is no PettingZoo parallel environment: it lacks {', '.join(absent)}"
        )
    for name in _METHODS:
        if not callable(getattr(env, name)):
            raise TypeError(
                f"{env!r} is no PettingZoo parallel environment: {name} must be a method, "
                f"got {shown(getattr(env, name))}"
            )
