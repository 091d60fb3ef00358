"""Who talks in the tests of messages: agents that say what the test says, and one that chats."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, Self

import pytest
from antiphon.coordination.orders import WhoIsBusy
from antiphon.coordination.outcome import Outcome
from antiphon.coordination.records.trace import encode
from antiphon.coordination.talk.correspondence import CorrespondenceStatistics
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.board import Board
from antiphon.models.outbox import Parcel
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE

ALL = list(dict.fromkeys([*DISPATCHERS, "simulated"]))
THREADS = ["threaded", "pooled"]
"""Those on which an agent can hang while others go on."""

dispatchers = pytest.mark.parametrize("dispatcher", ALL)

Act = Callable[[Context], Any]
Heard = tuple[Any, str, int]
"""Message, sender and round."""


def quiet(context: Context) -> int:
    return 0


class Speaker(Agent):
    """Says what the test wants said, and keeps what it hears."""

    def __init__(self, act: Act = quiet, receive: Callable[..., Any] | None = None) -> None:
        self._act = act
        self._receive = receive
        self.heard: list[Heard] = []

    def act(self, observation: Any, context: Context) -> Any:
        return self._act(context)

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append((message, sender, context.round))
        if self._receive is not None:
            self._receive(message, sender, context)

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return question(context) if callable(question) else list(self.heard)


class Stateful(Speaker):
    """The same, with a state: so it can be asked within a round, and built anew."""

    def __init__(
        self, answer: Callable[[Any, str, Context], Any] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._answer = answer

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        if sender == "outside" or self._answer is None:
            return super().answer(question, sender, context)
        return self._answer(question, sender, context)

    def get_state(self) -> Any:
        return {"heard": self.heard}

    def set_state(self, state: Any) -> None:
        self.heard = [(message, sender, round) for message, sender, round in state["heard"]]


def _exit() -> Any:
    raise SystemExit(3)


NO_ANSWERS: dict[str, Act] = {
    "broken": lambda context: 1 // 0,
    "exits": lambda context: _exit(),
    "vague": lambda context: {"x": object()},
    "chatty": lambda context: context.tell("a", 1),
}
"""What is no answer, by who gives it."""
NO_ANSWER = [
    ("nobody", "a asks 'nobody', and nobody has this id"),
    ("broken", "broken raised ZeroDivisionError"),
    ("exits", "exits raised SystemExit: 3"),
    ("vague", r"vague raised PayloadError: payload\['x'\]|payload\[\"x\"\] must be"),
    ("chatty", "chatty raised OutboxClosedError"),
]
"""Whom to ask in vain, and what is said of it."""


def in_round(said: Mapping[int, Act]) -> Act:
    """Do what belongs to the round, if anything does; act 0."""

    def act(context: Context) -> int:
        said.get(context.round, quiet)(context)
        return 0

    return act


def society_of(
    acts: Mapping[str, Act], *, kind: type[Speaker] = Speaker, **settings: Any
) -> Society:
    society = Society(**{"timeout": FUSE, **settings})
    for agent_id, act in acts.items():
        society.add(kind, ids=[agent_id], act=act)
    return society


def step(society: Society, *ids: str, **options: Any) -> Outcome:
    """Play a round with these, or with all."""
    return society.step(dict.fromkeys(ids or society, 0), **options)


def heard(society: Society, agent_id: str) -> list[Heard]:
    # A question goes straight to the agent, and words from outside by way of the coordinator.
    assert society._stage is not None
    society._stage.ensemble._coordinator.ask(WhoIsBusy(), FUSE)
    answer: list[Heard] = society.ask(agent_id, "heard", timeout=FUSE)
    return answer


def words(society: Society, agent_id: str) -> list[Any]:
    return [message for message, _, _ in heard(society, agent_id)]


def counted(society: Society) -> CorrespondenceStatistics:
    assert society._stage is not None
    return society._stage.ensemble._conductor._correspondence.statistics()


def parcels(outcome: Outcome) -> list[tuple[str, Parcel]]:
    """Give each receiver with what it was to hear since the last round closed."""
    return [
        (receiver, parcel)
        for deliveries in outcome.heard
        for receiver, inbox in deliveries.inboxes.items()
        for parcel in inbox
    ]


class Chatter(Agent):
    """Says and asks at random, and does what follows from all that it sees, hears and reads.

    Whatever reaches it in another order, or not at all, shows in its actions for ever.
    """

    def __init__(self, place: Place) -> None:
        self.n = int(place.action_space.n)
        self.others = sorted(place.world.possible_agents)
        self.mood = 0

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(place)

    def reset(self, seed: int | None = None) -> None:
        self.mood = (seed or 0) % 1000

    def feel(self, *facts: Any) -> None:
        self.mood = zlib.crc32(b"|".join(map(encode, [self.mood, *facts])))

    def act(self, observation: Any, context: Context) -> int:
        board: Board = context.shared
        self.feel(observation, board.version, dict(board))
        for _ in range(context.rng.integers(4)):
            self.say_something(context, int(context.rng.integers(9)))
        return self.mood % self.n

    def say_something(self, context: Context, what: int) -> None:
        other = self.others[context.rng.integers(len(self.others))]
        match what:
            case 0 | 1:
                context.tell(other, self.mood)
            case 2:
                context.tell_many([other, "nobody-knows-it", context.agent_id], [self.mood])
            case 3:
                context.broadcast({"mood": self.mood})
            case 4:
                context.publish(f"mood/{other}", self.mood)
            case 5:
                context.subscribe("mood/*" if self.mood % 2 else f"mood/{other}")
            case 6:
                context.unsubscribe("mood/*")
            case 7:
                context.put(f"moods/{other}", self.mood)
                context.remove(f"moods/{context.agent_id}")
            case 8 if other != context.agent_id:
                self.feel(context.ask(other, self.mood % 3))

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.feel(message, sender, context.round, context.topic)
        if self.mood % 3 == 0 and sender != "outside":
            context.tell(sender, self.mood)
        if self.mood % 5 == 0:
            context.put("heard", self.mood)

    def episode_ended(self, context: Context) -> None:
        context.broadcast(["bye", self.mood])

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        if question:
            other = self.others[(self.mood + question) % len(self.others)]
            if other not in (sender, context.agent_id):
                return [self.mood, self.ask_on(context, other, question - 1)]
        return [self.mood, int(context.rng.integers(100))]

    def ask_on(self, context: Context, other: str, question: int) -> Any:
        try:
            return context.ask(other, question)
        except Exception as error:  # noqa: BLE001  what it says is part of the answer
            return str(error)

    def get_state(self) -> Any:
        return {"mood": self.mood}

    def set_state(self, state: Any) -> None:
        self.mood = state["mood"]
