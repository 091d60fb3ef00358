"""A grid in which many agents look for goals, and may share them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete, MultiDiscrete
from pettingzoo import ParallelEnv  # type: ignore[import-untyped]  # it ships no types

from ..errors import AgentIdError
from . import chance, names
from .grid_episode import GridEpisode
from .grid_map import ACTIONS, STAY, GridMap, IntArray
from .grid_render import Picture, as_picture, as_text
from .sheet import Sheet

Observations = dict[str, IntArray]
Infos = dict[str, dict[str, Any]]
StepResult = tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], Infos]

_METADATA = {
    "name": "grid_world",
    "render_modes": ["ansi", "rgb_array"],
    "render_fps": 8,
    "is_parallelizable": True,
}
_VALID = frozenset(range(len(ACTIONS)))
_INTEGERS = frozenset({int, np.int64})


class GridWorld(ParallelEnv[str, IntArray, int]):  # type: ignore[misc]  # its base has no types
    """A foraging grid for any number of agents: a PettingZoo parallel environment.

    Actions are north, south, west, east and stay. Whoever stays on a goal harvests it;
    those who harvest it in the same step share its reward of 1 equally; two steps later
    it is back on another free cell. Cells may be shared.

    An observation is int64, shape (1 + view * view,), read-only: a position fix, which is
    the own cell or, with probability ``fix_noise``, where one of the four moves would have
    led; then what the window around the agent holds, row by row from the north-west:
    0 empty, 1 wall or outside, 2 goal.

    Attributes:
        map: the same in all episodes; agents may be given it.
        noop_action: what an agent without an action does: stay.
        partial_actions: ``step`` takes a dict that lacks some agents.
    """

    metadata: dict[str, Any] = _METADATA
    noop_action = STAY
    partial_actions = True

    def __init__(
        self,
        size: int = 10,
        *,
        agents: int | Iterable[str] | None = None,
        walls: float = 0.12,
        goals: int | None = None,
        view: int = 5,
        fix_noise: float = 0.2,
        layout: int = 0,
        max_steps: int = 500,
        render_mode: str | None = None,
    ) -> None:
        """Lay out a world.

        Args:
            size: cells along one side, at most 1,000; where explorers live, at most 66.
            agents: how many (then called agent-1 and so on), their ids, or None for an open
                world, which waits for ``populate``.
            walls: the share of cells that are walls.
            goals: how many; None for 5 to 100 cells.
            layout: the seed of the map.
            max_steps: the length of an episode; it ends by truncation.
            render_mode: None, "ansi" or "rgb_array".

        Raises:
            ValueError, TypeError: an argument breaks its rule.
            AgentIdError: an id clashes or breaks the id pattern.
        """
        size, view = _whole("size", size, least=3), _whole("view", view, least=3)
        self.map = GridMap.draw(size, density=walls, layout=_whole("layout", layout), view=view)
        self.n_goals = _goal_count(self.map, goals)
        if not 0 <= fix_noise <= 1:
            raise ValueError(f"fix_noise must be in [0, 1], got {fix_noise}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be None, ansi or rgb_array, got {render_mode!r}")
        self.fix_noise = float(fix_noise)
        self.max_steps = _whole("max_steps", max_steps, least=1)
        self.render_mode = render_mode
        self.is_open = agents is None
        self.agents: list[str] = []
        self._settle([] if agents is None else _ids(agents))
        self._episode: GridEpisode | None = None
        self._shown: tuple[Sheet, ...] = ()
        self._action_space = Discrete(len(ACTIONS))
        self._observation_space = MultiDiscrete([self.map.n_cells] + [3] * view**2)
        # A state goes only into a world in which all of these are the same.
        self._rules = {
            "size": size,
            "walls": float(walls),
            "layout": int(layout),
            "goals": self.n_goals,
            "view": view,
            "fix_noise": self.fix_noise,
            "max_steps": self.max_steps,
        }

    def populate(self, ids: int | Iterable[str]) -> None:
        """Say who lives in an open world; until its first reset the last word counts.

        Raises:
            RuntimeError: the world is not open, or has begun.
            AgentIdError: an id clashes or breaks the id pattern.
        """
        if not self.is_open:
            raise RuntimeError("only a world made with agents=None can be populated")
        if self._episode is not None:
            raise RuntimeError("a world must be populated before its first reset")
        self._settle(_ids(ids))

    def _settle(self, ids: list[str]) -> None:
        self.possible_agents = ids
        self._known = frozenset(ids)
        # Copied at every step: that takes a tenth of the time of building them anew.
        self._unpaid = dict.fromkeys(ids, 0.0)
        self._flags = {over: dict.fromkeys(ids, over) for over in (False, True)}

    def observation_space(self, agent: str) -> MultiDiscrete:
        """Give the one space of all agents."""
        return self._observation_space

    def action_space(self, agent: str) -> Discrete[Any]:
        """Give the one space of all agents."""
        return self._action_space

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begin an episode; without a seed, the stream of the last one goes on.

        Raises:
            RuntimeError: nobody lives here.
        """
        ids = self.possible_agents
        if not ids:
            raise RuntimeError("a world without agents cannot begin; populate it first")
        self._episode = GridEpisode.begin(self.map, self._stream(seed), len(ids), self.n_goals)
        self.agents = list(ids)
        return self._observations(self._episode), {agent: {} for agent in ids}

    def _stream(self, seed: int | None) -> np.random.Generator:
        if seed is not None:
            return chance.generator(_whole("seed", seed), "world")
        if self._episode is not None:
            return self._episode.rng
        return np.random.Generator(np.random.PCG64())

    def step(self, actions: Mapping[str, int]) -> StepResult:
        """Do what all agents chose, at once; those without an action stay.

        Raises:
            ResetNeeded: no episode is under way.
            AgentIdError: an action is for somebody who does not live here.
            ValueError: an action is not a whole number in 0..4; nothing has happened then.
        """
        episode = self._running()
        rewards = episode.advance(self._read(actions))
        over = episode.step >= self.max_steps
        if over:
            self.agents = []
        return (
            self._observations(episode),
            self._rewards(rewards),
            self._flags[False].copy(),
            self._flags[over].copy(),
            {agent: {} for agent in self.possible_agents},
        )

    def _read(self, actions: Mapping[str, int]) -> IntArray:
        """Turn a dict of actions into int64, shape (n_agents,)."""
        values = self._values(actions)
        # Types first: True and 1.0 are equal to 1, and would pass the second test.
        if not (_INTEGERS.issuperset(map(type, values)) and _VALID.issuperset(values)):
            self._check(values)
            return np.array(values, dtype=np.int64)
        # By way of bytes, as which they are read in a third of the time.
        return np.frombuffer(bytes(values), np.uint8).astype(np.int64)

    def _values(self, actions: Mapping[str, int]) -> list[int]:
        """Put actions in the order of the agents; those without one stay."""
        if list(actions) == self.possible_agents:  # in most steps, and seen at a glance
            return list(actions.values())
        if not actions.keys() <= self._known:
            stranger = min(actions.keys() - self._known, key=str)
            raise AgentIdError(stranger, "is given an action, but is not in this world")
        return [actions.get(agent, STAY) for agent in self.possible_agents]

    def _check(self, values: list[Any]) -> None:
        """Raise for the first that is no action; slower, and at ease with more types."""
        for agent, value in zip(self.possible_agents, values, strict=True):
            if isinstance(value, bool) or not self._action_space.contains(value):
                raise ValueError(f"action of {agent} must be a whole number in 0..4, got {value!r}")

    def _observations(self, episode: GridEpisode) -> Observations:
        # Kept until the next but one, so that who is given them again finds them side by side:
        # agents when they are called, and who writes down what they saw, after their step.
        self._shown = (*self._shown[-1:], Sheet(episode.observe(self.fix_noise)))
        return dict(zip(self.possible_agents, self._shown[-1].rows, strict=True))

    def _rewards(self, rewards: npt.NDArray[np.float64]) -> dict[str, float]:
        paid = self._unpaid.copy()
        for row in np.flatnonzero(rewards).tolist():
            paid[self.possible_agents[row]] = float(rewards[row])
        return paid

    def _running(self) -> GridEpisode:
        if self._episode is None or self._episode.step >= self.max_steps:
            raise ResetNeeded("no episode is under way; call reset first")
        return self._episode

    @property
    def positions(self) -> IntArray:
        """The cell of each agent, in the order of ``possible_agents``; a copy."""
        return self._begun().positions.copy()

    @property
    def goal_cells(self) -> IntArray:
        """The cells that hold a goal now, sorted."""
        return np.sort(self._begun().goals.present)

    def get_state(self) -> dict[str, Any]:
        """Give all that the world needs to go on from here, as JSON values and arrays."""
        episode = self._begun().get_state()
        return {"rules": dict(self._rules), "agents": list(self.possible_agents), **episode}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of a world with the same rules; an open one takes its agents.

        Raises:
            ValueError: it is the state of another world, or of none; nothing has changed then.
        """
        ids = self._check_same(state)
        episode = GridEpisode.from_state(self.map, state)
        if len(episode.positions) != len(ids):
            raise ValueError(f"state has {len(episode.positions)} positions for {len(ids)} agents")
        self._settle(ids)
        self._episode = episode
        self.agents = list(ids) if episode.step < self.max_steps else []

    def _check_same(self, state: Mapping[str, Any]) -> list[str]:
        if state.get("rules") != self._rules:
            raise ValueError(f"state is of another world: {state.get('rules')}, not {self._rules}")
        ids = _ids(state.get("agents", ()))
        if self.possible_agents and ids != self.possible_agents:
            raise ValueError("state is of other agents than this world's")
        return ids

    def render(self) -> str | Picture | None:
        """Draw the grid as it is now; None without a render mode."""
        if self.render_mode is None:
            gymnasium.logger.warn("render draws nothing: the world was made without render_mode")
            return None
        episode = self._begun()
        if self.render_mode == "rgb_array":
            return as_picture(self.map, episode.goals.present, episode.positions)
        heading = f"step {episode.step} of {self.max_steps}, {len(episode.positions)} agents"
        return f"{heading}\n{as_text(self.map, episode.goals.present, episode.positions)}"

    def _begun(self) -> GridEpisode:
        if self._episode is None:
            raise ResetNeeded("no episode has begun; call reset first")
        return self._episode


def _whole(name: str, value: Any, *, least: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    number = int(value)
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def _goal_count(map: GridMap, goals: int | None) -> int:
    """At most half of the free cells, so that each goal finds another cell to return to."""
    count = max(1, round(0.05 * map.n_cells)) if goals is None else _whole("goals", goals, least=1)
    if count > map.free.size // 2:
        raise ValueError(
            f"goals must be at most half of the {map.free.size} free cells, got {count}"
        )
    return count


def _ids(agents: int | Iterable[str]) -> list[str]:
    if isinstance(agents, str):
        raise TypeError(f"agents must be a number or a list of ids, got {agents!r}")
    if not isinstance(agents, Iterable):
        return [f"agent-{k + 1}" for k in range(_whole("agents", agents, least=1))]
    ids = [names.check_id(agent) for agent in agents]
    if not ids:
        raise ValueError("agents must be at least one, got none")
    if len(set(ids)) < len(ids):
        raise AgentIdError(next(a for a in ids if ids.count(a) > 1), "is given twice")
    return ids
