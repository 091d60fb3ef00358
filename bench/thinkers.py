"""The same explorers in a society of this process, and in processes of their own.

The world takes its steps here for both: observations go to whoever thinks, actions come back,
and the agents stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..coordination.outcome import Status
from ..errors import WorkError
from ..models import chance
from ..models.agent import Place
from ..models.experience import Experience, OneStepEach
from ..models.explorer import Explorer
from ..models.matrices import Indices
from ..models.profile import InferenceSettings
from ..society import Society
from .programs import FUSE, Play
from .workers import shares, workers

_SEED = 7
_FOREVER = 1_000_000
"""Steps in an episode: the bench sees no end of it."""
_SETTINGS = InferenceSettings(profile="fast", selective_update_interval=1)

Given = Mapping[str, int]
"""The actions of all, by id."""
Answers = Callable[[Mapping[str, Any]], Given]
"""What all do on what they see."""


class Walked(NamedTuple):
    """What came of some rounds."""

    first: int
    """How many there were before."""
    actions: list[Given]
    """Of all, round by round, without those that stand in for an answer."""

    def wrong(self, rounds: int, expected: Sequence[Given]) -> str:
        """Hold them against what so many rounds come to, of all that are known."""
        due = expected[self.first : self.first + rounds]
        if len(self.actions) != rounds or len(due) != rounds:
            return f"{len(self.actions)} rounds after {self.first}, asked for {rounds}"
        for number, (came, ours) in enumerate(zip(self.actions, due, strict=True), self.first):
            if came != ours:
                others = sum(came.get(agent_id) != action for agent_id, action in ours.items())
                return (
                    f"round {number}: {others} of {len(ours)} actions are not what they should be"
                )
        return ""


class _Walk:
    """A world in which some take their steps, from its reset on."""

    def __init__(self, world: Any, answers: Answers) -> None:
        self._world, self._answers = world, answers
        self._observations, _ = world.reset(seed=chance.seed_for(_SEED, "environment", 0))
        self._rounds = 0

    def play(self, rounds: int) -> Walked:
        walked = Walked(self._rounds, [])
        for _ in range(rounds):
            actions = self._answers(self._observations)
            self._observations, *_ = self._world.step(actions)
            walked.actions.append(actions)
        self._rounds += rounds
        return walked


@contextmanager
def hosted(how: str, n: int) -> Iterator[Play]:
    """Have n explorers in a society: pooled, threaded, inline, or in cohorts."""
    # Cohorts have threads of their own, one for each core.
    dispatcher, host = ("threaded", "cohort") if how == "cohort" else (how, "agent-actor")
    patience: dict[str, Any] = {"timeout": FUSE, "start_timeout": FUSE, "grace": FUSE}
    with Society(_world(n), seed=_SEED, dispatcher=dispatcher, **patience) as society:
        society.add(Explorer, host=host, settings=_SETTINGS)
        society.start()

        def answers(seen: Mapping[str, Any]) -> Given:
            outcome = society.step(seen)
            if list(outcome.status.values()).count(Status.ACTED) == n:
                return outcome.actions
            return {i: outcome.actions[i] for i, s in outcome.status.items() if s is Status.ACTED}

        yield _Walk(_world(n), answers).play


@contextmanager
def apart(n: int) -> Iterator[Play]:
    """Have n explorers in as many processes as there are cores."""
    parts = shares(n)
    world = _world(n)
    with workers(f"{__name__}:think", len(parts)) as ask:
        # Its first answer shows that a process is there, and its agents are.
        ask([_job(n, part) for part in parts])

        def answers(seen: Mapping[str, Any]) -> Given:
            table = np.stack(list(seen.values()))
            jobs = [_job(n, part, table[part.start : part.stop]) for part in parts]
            return dict(zip(world.possible_agents, b"".join(ask(jobs)), strict=True))

        yield _Walk(world, answers).play


def by_hand(n: int, rounds: int) -> list[Given]:
    """Give what n explorers do, of whom nobody but their crowd asks anything.

    Raises:
        WorkError: they do not know where they are, so they did not infer.
    """
    world = _world(n)
    band = _Band(world, range(n))
    ids = world.possible_agents
    walked = _Walk(world, lambda seen: dict(zip(ids, band.act(list(seen.values())), strict=True)))
    actions = walked.play(rounds).actions
    if (sure := band.sureness(world)) < 0.5:
        raise WorkError("explorers", f"beliefs in the own place are {sure:.2f} on average")
    return actions


def think(job: bytes) -> bytes:
    """Answer for some explorers, which live in this process; for none if nobody sees anything."""
    numbers = np.frombuffer(job, np.int64)
    n, start, stop = (int(number) for number in numbers[:3])
    band = _band(n, range(start, stop))
    if len(numbers) == 3:
        return b""
    return bytes(band.act(list(numbers[3:].reshape(stop - start, -1))))


def _job(n: int, part: range, seen: Indices | None = None) -> bytes:
    """Write down who of how many is asked, and what each sees; int64."""
    head = np.array((n, part.start, part.stop), np.int64)
    return head.tobytes() if seen is None else head.tobytes() + seen.tobytes()


@cache
def _band(n: int, part: range) -> _Band:
    """Give the explorers of a process, the same from its first job to its last."""
    return _Band(_world(n), part)


class _Band:
    """Some of the explorers of a world, answered for together as a cohort is."""

    def __init__(self, world: Any, part: range) -> None:
        Explorer.prepare(_SETTINGS)
        self._ids = world.possible_agents[part.start : part.stop]
        places = [Place(agent_id, world) for agent_id in self._ids]
        self._agents = [Explorer.create(place, settings=_SETTINGS) for place in places]
        for agent_id, agent in zip(self._ids, self._agents, strict=True):
            agent.reset(chance.seed_for(_SEED, agent_id, "reset", 0))
        self._seats = [agent.seat for agent in self._agents]
        self._lived: Sequence[Sequence[Experience]] = [()] * len(self._ids)

    def act(self, seen: Sequence[Any]) -> list[int]:
        """Give what each does, which is also what comes to be done."""
        actions = self._agents[0].crowd.act(self._seats, seen, self._lived, self._ids)

        def lived(k: int) -> Experience:
            did = actions[k]
            return Experience(0, seen[k], did, did, "acted", 0.0, False, False)

        self._lived = OneStepEach(actions, lived)
        return actions

    def sureness(self, world: Any) -> float:
        """Give how sure they are that they are within a move of where they are, on average."""
        moves = world.map.moves
        held = (
            agent.beliefs[(moves == position).any(axis=0)].sum()
            for agent, position in zip(self._agents, world.positions, strict=True)
        )
        return float(np.mean(list(held)))


def _world(n: int) -> Any:
    from ..models.grid_world import GridWorld  # brings gymnasium and pettingzoo

    return GridWorld(10, agents=n, max_steps=_FOREVER)
