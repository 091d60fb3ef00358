"""The contract of agents: a breach is an AssertionError that names agent and rule."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

import numpy as np

from ..coordination.actions import ActionCheck
from ..coordination.records.trace import encode
from ..models import chance
from ..models.agent import Agent, Context, Place
from ..models.experience import Experience
from ..models.frozen import frozen
from .rules import breach, by_raising, require

# As many as it takes for chance that does not come from the seed to show.
_STEPS = 32


def check_agent(
    make: type[Agent] | Callable[[], Agent],
    *,
    observations: Sequence[Any] = (),
    place: Place | None = None,
    questions: Sequence[Any] = ({},),
    seed: int = 7,
) -> None:
    """Hold an agent to the contract of ``Agent``; give nothing, or the first breach.

    Args:
        make: an agent type, made by its ``create``, or whatever makes a fresh agent.
        observations: what it is shown, in turn; by default drawn from the place's space.
        place: where it is to live; its action space is what actions are held to.
        questions: what is asked of an agent that answers.

    Raises:
        AssertionError: it breaks a rule; the message names agent and rule.
    """
    place = place or Place("agent-1")
    trial = _Trial(make, place, _shown(observations, place), questions, seed)
    for check in _AGENT_RULES:
        check(trial)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One kind of agent, and how it is tried."""

    factory: type[Agent] | Callable[[], Agent]
    place: Place
    observations: Sequence[Any]
    questions: Sequence[Any]
    seed: int

    @property
    def name(self) -> str:
        return getattr(self.factory, "__qualname__", repr(self.factory))

    def make(self) -> Agent:
        create = getattr(self.factory, "create", None)
        try:
            made: Agent = self.factory() if create is None else create(self.place)
        except Exception as error:  # whatever an agent raises breaks the rule
            raise by_raising(self.name, "it can be made", error) from error
        return made

    def fresh(self) -> Agent:
        """Give a new agent at the beginning of its first episode."""
        agent = self.make()
        self.call("reset takes a seed, and none", agent.reset, self.seed)
        return agent

    def call(self, rule: str, method: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except Exception as error:  # whatever an agent raises breaks the rule
            raise by_raising(self.name, rule, error) from error

    def context(self, step: int, previous: Experience | None = None) -> Context:
        rng = chance.generator(self.seed, self.place.agent_id, "contract", step)
        return Context(self.place.agent_id, round=step, previous=previous, rng=lambda: rng)

    def play(
        self, agent: Agent, *, first: int = 0, before: Callable[[int], None] | None = None
    ) -> list[bytes]:
        """Let it act from a step on; give its actions in a form that compares."""
        actions: list[bytes] = []
        previous: Experience | None = None
        for step in range(first, len(self.observations)):
            if before is not None:
                before(step)
            seen = self.observations[step]
            context = self.context(step, previous)
            action = self.call("act answers every observation", agent.act, seen, context)
            self._check_action(action)
            actions.append(self.call("an action is a JSON value or an array", encode, action))
            previous = Experience(step, seen, action, action, "acted", 0.0, False, False)
        return actions

    def _check_action(self, action: Any) -> None:
        space = self.place.action_space
        rule = "an action is in its space"
        check = ActionCheck({} if space is None else {"agent": space})
        bad = self.call(rule, check.rejections, {"agent": action})
        require(not bad, self.name, rule, bad.get("agent", ""))


def _shown(observations: Sequence[Any], place: Place) -> list[Any]:
    if len(observations):
        steps = max(_STEPS, len(observations))
        return [frozen(seen) for seen in islice(cycle(observations), steps)]
    if place.observation_space is None:
        raise ValueError("give observations, or a place with an observation space")
    space = copy.deepcopy(place.observation_space)
    space.seed(0)
    return [frozen(space.sample()) for _ in range(_STEPS)]


def _act_is_there(trial: _Trial) -> None:
    # An abstract method is callable; a type that lacks its own cannot even be made.
    abstract = "act" in getattr(trial.factory, "__abstractmethods__", ())
    require(not abstract, trial.name, "act is required")
    agent = trial.make()
    require(callable(getattr(agent, "act", None)), trial.name, "act is required")


def _act_answers(trial: _Trial) -> None:
    trial.play(trial.fresh())


def _episodes_begin_anew(trial: _Trial) -> None:
    agent = trial.fresh()
    trial.play(agent)
    trial.call("reset takes a seed, and none", agent.reset)
    trial.call("reset takes a seed, and none", agent.reset, trial.seed + 1)
    trial.play(agent)


def _chance_comes_from_the_seed(trial: _Trial) -> None:
    one, other = (trial.play(trial.fresh()) for _ in range(2))
    rule = "equal seeds give equal actions; all chance comes from reset's seed and context.rng"
    require(one == other, trial.name, rule)


def _optional_methods_take_what_they_are_given(trial: _Trial) -> None:
    agent = trial.fresh()
    for method, arguments in (
        ("receive", ("message", "sender", trial.context(0))),
        ("answer", ("question", "sender", trial.context(0))),
        ("episode_ended", (trial.context(0),)),
        ("agent_died", ("somebody", "it crashed too often", trial.context(0))),
        ("get_state", ()),
        ("set_state", ({},)),
    ):
        if (found := getattr(agent, method, None)) is not None:
            rule = f"{method} takes {len(arguments)} arguments"
            trial.call(rule, inspect.signature(found).bind, *arguments)


def _state_travels(trial: _Trial) -> None:
    agent = trial.fresh()
    get_state, set_state = getattr(agent, "get_state", None), getattr(agent, "set_state", None)
    both = (get_state is None) == (set_state is None)
    require(both, trial.name, "get_state and set_state come together")
    if get_state is None:
        return
    half = len(trial.observations) // 2
    replace(trial, observations=trial.observations[:half]).play(agent)
    state = trial.call("get_state gives the state", get_state)
    packed = _packed(state, trial.name)
    rest = trial.play(agent, first=half)
    apart = "get_state gives a state that the agent does not go on changing"
    require(_same(_packed(state, trial.name), packed), trial.name, apart)

    other: Any = trial.fresh()
    trial.call("set_state takes what get_state gave", other.set_state, packed)
    same = "after set_state the agent goes on exactly as the other"
    again = _packed(trial.call("get_state gives the state", other.get_state), trial.name)
    require(_same(again, packed), trial.name, same, "its state differs at once")
    require(trial.play(other, first=half) == rest, trial.name, same)


def _answering_changes_nothing(trial: _Trial) -> None:
    asked = trial.fresh()
    answer = getattr(asked, "answer", None)
    if answer is None:
        return
    get_state = getattr(asked, "get_state", None)
    rule = "answer changes nothing"

    def ask(step: int) -> None:
        before = None if get_state is None else _packed(get_state(), trial.name)
        for question in trial.questions:
            with suppress(Exception):  # it may refuse a question; it may not change by it
                answer(question, "outside", trial.context(step))
        if get_state is not None:
            require(_same(_packed(get_state(), trial.name), before), trial.name, rule)

    undisturbed = trial.play(trial.fresh())
    require(trial.play(asked, before=ask) == undisturbed, trial.name, rule)


_AGENT_RULES: tuple[Callable[[_Trial], None], ...] = (
    _act_is_there,
    _optional_methods_take_what_they_are_given,
    _act_answers,
    _episodes_begin_anew,
    _chance_comes_from_the_seed,
    _state_travels,
    _answering_changes_nothing,
)


def _packed(value: Any, name: str) -> Any:
    """Give a value as it comes out at the other end of a wire: a copy, tuples as lists."""
    match value:
        case np.ndarray() if not value.dtype.hasobject:
            return value.copy()
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: _packed(item, name) for key, item in value.items()}
        case list() | tuple():
            return [_packed(item, name) for item in value]
        case None | bool() | int() | float() | str():
            return value
    rule = "a state holds JSON values and arrays"
    raise breach(name, rule, f"got {type(value).__name__}")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        same_kind = type(one) is type(other) and one.dtype == other.dtype
        return same_kind and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    # By their text, for NaN is a state like any other.
    return type(one) is type(other) and repr(one) == repr(other)
