"""Where a society stands in its environment, and how a joint action moves it on."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from ..models import chance
from ..models.experience import Experience, ExperienceColumns, OneStepEach
from .environment import Environment, Transition
from .outcome import Outcome
from .tuner import TunerDecision

_T = TypeVar("_T")
_value = attrgetter("_value_")  # of a status; its property is Python, and slow


@dataclass(frozen=True, eq=False)
class Step:
    """One step as everybody lived it; what trace, tables and metrics are made of."""

    number: int
    """Counts environment steps across episodes, from 1."""
    episode: int
    """Counts from 0."""
    outcome: Outcome
    experiences: Mapping[str, Experience]
    """By agent id, one for each member of the round."""
    episode_over: bool
    retuned: Sequence[TunerDecision] = ()
    """What tuners changed after it."""
    side_by_side: ExperienceColumns | None = None
    """The experiences, in their order, where they have been made of that."""

    @cached_property
    def columns(self) -> ExperienceColumns:
        """The experiences side by side, in their order; made once for all who read them so."""
        return self.side_by_side or ExperienceColumns.of(self.experiences.values())

    @cached_property
    def reward(self) -> float:
        """The members' rewards, added in id order, so that the sum has one value."""
        rewards = dict(zip(self.experiences, self.columns.reward, strict=True))
        return sum([rewards[i] or 0.0 for i in sorted(rewards)])


class Scene(Protocol):
    """What agents see and change; errors as of an environment."""

    @property
    def name(self) -> str: ...

    def reset(self, seed: int) -> dict[str, Any]: ...

    def step(self, actions: Mapping[str, Any]) -> Transition: ...


class Rollout:
    """Steps the environment; resets it when an episode is over, with a seed of its own."""

    def __init__(self, environment: Environment, seed: int) -> None:
        self.environment: Scene = environment
        """Whoever plays the society may put another in its place between two rounds."""
        self._seed = seed
        self.steps = 0
        self.episode = -1
        self.observations: Mapping[str, Any] = {}
        """What the members of the next round see; empty before an episode."""
        self.previous: Mapping[str, Experience] = {}
        """What the members of the next round have not been told yet."""
        self._left: frozenset[str] = frozenset()

    def leave_out(self, agent_ids: Iterable[str]) -> None:
        """Call these agents no more; what the environment has of them stays as it is."""
        self._left = self._left.union(agent_ids)
        self.observations = self._of_those_here(self.observations)
        self.previous = self._of_those_here(self.previous)

    def _of_those_here(self, by_id: Mapping[str, _T]) -> Mapping[str, _T]:
        if not self._left:
            return by_id
        return {i: value for i, value in by_id.items() if i not in self._left}

    def enter_episode(self) -> None:
        """Reset the environment if no episode is under way."""
        if self.observations:
            return
        self.episode += 1
        seed = chance.seed_for(self._seed, "environment", self.episode)
        self.observations = self._of_those_here(self.environment.reset(seed))
        if not self.observations:
            raise RuntimeError(f"{self.environment.name} has no agents after a reset")

    def advance(self, outcome: Outcome) -> tuple[Step, Mapping[str, Experience]]:
        """Execute a joint action.

        Returns:
            The step, and by agent id the last experience of those whose episode ended.
        """
        seen, self.observations, self.previous = self.observations, {}, {}
        transition = self.environment.step(outcome.actions)
        self.steps += 1
        columns = columns_of(outcome, seen, transition)
        experiences = dict(zip(outcome.status, columns.experiences(), strict=True))
        self.observations = self._of_those_here(transition.observations)
        ended: Mapping[str, Experience] = {}
        if list(self.observations) == list(experiences):  # in most steps, and seen at a glance
            self.previous = experiences
        else:
            ended = {i: e for i, e in experiences.items() if i not in self.observations}
            self.previous = {i: e for i, e in experiences.items() if i in self.observations}
        over = not self.observations
        step = Step(self.steps, self.episode, outcome, experiences, over, side_by_side=columns)
        return step, ended


def columns_of(
    outcome: Outcome, observations: Mapping[str, Any], transition: Transition
) -> ExperienceColumns:
    """Give the step of each member of a round in the environment, in the outcome's order."""
    ids = list(outcome.status)
    return ExperienceColumns(
        [outcome.round] * len(ids),
        [observations[agent_id] for agent_id in ids],
        _in_order(ids, outcome.intended, None),
        _in_order(ids, outcome.actions, None),
        list(map(_value, outcome.status.values())),
        _in_order(ids, transition.rewards, 0.0),
        _in_order(ids, transition.terminations, False),
        _in_order(ids, transition.truncations, False),
    )


def _in_order(ids: Sequence[str], by_id: Mapping[str, _T], default: _T) -> list[_T]:
    """Give the value of each; to compare lists is quicker than to ask for one at a time."""
    if list(by_id) == ids:
        return list(by_id.values())
    return [by_id.get(agent_id, default) for agent_id in ids]


class Lived(Mapping[str, Experience]):
    """Each member's step in a round without environment, made when somebody asks for it."""

    __slots__ = ("_actions", "_experiences", "_intended", "_observations", "_round", "_status")

    def __init__(self, outcome: Outcome, observations: Mapping[str, Any]) -> None:
        # Not the outcome: its errors lead, by their tracebacks, to this round's call, and that
        # to the round before; so all rounds since the last without a failure would be kept.
        self._round, self._status = outcome.round, outcome.status
        self._intended, self._actions = outcome.intended, outcome.actions
        self._observations = observations
        self._experiences: dict[str, Experience] = {}

    def __getitem__(self, agent_id: str) -> Experience:
        known = self._experiences.get(agent_id)
        return known or self._experiences.setdefault(agent_id, self._make(agent_id))

    def passing(self, agent_id: str) -> Experience:
        """Give one that is not kept, unless it is already."""
        return self._experiences.get(agent_id) or self._make(agent_id)

    def steps_of(self, ids: Sequence[str]) -> OneStepEach | None:
        """Give the steps of these in their order; None unless each has one and has acted in it."""
        try:
            executed = list(map(self._actions.__getitem__, ids))
        except KeyError:
            return None
        return OneStepEach(executed, lambda k: self[ids[k]])

    def _make(self, agent_id: str) -> Experience:
        return Experience(
            self._round,
            self._observations[agent_id],
            self._intended.get(agent_id),
            self._actions.get(agent_id),
            self._status[agent_id].value,
            None,
            False,
            False,
        )

    def __contains__(self, agent_id: object) -> bool:
        return agent_id in self._status

    def __iter__(self) -> Iterator[str]:
        return iter(self._status)

    def __len__(self) -> int:
        return len(self._status)

    def items(self) -> ItemsView[str, Experience]:
        return _Passing(self)

    def keys(self) -> KeysView[str]:
        # A dict's own keys are compared at the speed of C.
        return self._status.keys()


class _Passing(ItemsView[str, Experience]):
    """Who goes through all of them keeps none: thousands that live on wake the collector."""

    _mapping: Lived

    def __iter__(self) -> Iterator[tuple[str, Experience]]:
        lived = self._mapping
        for agent_id in lived:
            yield agent_id, lived.passing(agent_id)
