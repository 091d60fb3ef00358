"""Agents that fail when a test says so, and the societies that they live in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import pytest
from antiphon.models.agent import Agent, Context, Place
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from pykka import ActorRegistry

IDS = ["a", "b", "c"]

DOWN_FOR_ONE = ["acted", "crashed", "down", "acted"]
"""What befalls one that fails in round 2, where the first pause is one round."""

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
on_threads = pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])


class Fate:
    """What befalls agents: which call of which method of whom raises, or waits.

    It outlives the agents: calls are counted across restarts, and what they leave behind is
    found here.
    """

    def __init__(
        self,
        *failures: str,
        error: BaseException | None = None,
        waits: Mapping[str, threading.Event] | None = None,
    ) -> None:
        """Decide it.

        Args:
            failures: agent, method and how manieth call, such as ``"a act 3"``.
            error: what is raised; by default a ValueError that says which call it was.
            waits: what is waited for, by call; a call may wait and then fail.
        """
        self._failures = frozenset(failures)
        self._error = error
        self._waits = waits or {}
        self._counts: Counter[str] = Counter()
        self.calls: dict[str, list[str]] = {}
        """The methods called, by agent."""
        self.drawn: dict[str, list[float]] = {}
        """What each drew from its random stream."""

    def meet(self, agent_id: str, method: str) -> None:
        """Let befall an agent what is to befall it now."""
        name = f"{agent_id} {method}"
        self._counts[name] += 1
        self.calls.setdefault(agent_id, []).append(method)
        call = f"{name} {self._counts[name]}"
        if call in self._waits:
            assert self._waits[call].wait(FUSE)
        if call in self._failures:
            raise self._error or ValueError(call)


class Mortal(Agent):
    """Counts its acts, which is its state, and answers with the count."""

    def __init__(self, name: str, fate: Fate) -> None:
        self.name = name
        self.fate = fate
        self.acts = 0
        self.heard: list[Any] = []
        self.lived: list[int] = []

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        fate: Fate = options["fate"]
        fate.meet(place.agent_id, "create")
        return cls(place.agent_id, fate)

    def reset(self, seed: int | None = None) -> None:
        self.fate.meet(self.name, "reset")

    def act(self, observation: Any, context: Context) -> int:
        self.acts += 1
        self.fate.drawn.setdefault(self.name, []).append(float(context.rng.random()))
        lived = [*context.missed, *([context.previous] if context.previous else [])]
        self.lived += [experience.round for experience in lived]
        self.fate.meet(self.name, "act")
        return self.acts % 4

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append(message)
        self.fate.meet(self.name, "receive")

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        self.fate.meet(self.name, "answer")
        return getattr(self, question)

    def episode_ended(self, context: Context) -> None:
        self.fate.meet(self.name, "episode_ended")


class Reborn(Mortal):
    """One whose state outlives it."""

    def get_state(self) -> Any:
        self.fate.meet(self.name, "get_state")
        return {"acts": self.acts}

    def set_state(self, state: Any) -> None:
        self.fate.meet(self.name, "set_state")
        self.acts = state["acts"]


class Mute(Reborn):
    """One that answers no questions, so that its state is wanted for snapshots alone."""

    answer = None  # type: ignore[assignment]  # as if it had none


@contextmanager
def society_of(
    fate: Fate,
    dispatcher: str = "inline",
    *,
    kind: type[Mortal] = Reborn,
    environment: Any = None,
    **settings: Any,
) -> Iterator[Society]:
    """Found a society of three who are restarted at once, unless the settings say otherwise."""
    chosen = {"backoff": 0, "timeout": FUSE, "seed": 3, **settings}
    if chosen.get("strategy") is None:
        chosen.setdefault("on_crash", "restart")
    with Society(environment, dispatcher=dispatcher, tables=False, **chosen) as society:
        society.add(kind, ids=IDS, fate=fate)
        yield society


def play(society: Society, rounds: int = 1) -> dict[str, list[str]]:
    """Play some rounds without an environment; give how they ended, by agent."""
    outcomes = [society.step(dict.fromkeys(IDS)) for _ in range(rounds)]
    return {i: [outcome.status[i].value for outcome in outcomes] for i in IDS}


def acted(rounds: int, agent_ids: Iterable[str] = IDS) -> dict[str, list[str]]:
    return {agent_id: ["acted"] * rounds for agent_id in agent_ids}


def addresses() -> set[str]:
    return {ref.actor_urn for ref in ActorRegistry.get_all()}


def without_pictures(calls: list[str]) -> list[str]:
    return [call for call in calls if call != "get_state"]
