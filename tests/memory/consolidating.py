"""What is lived and handed over in the tests of consolidation, and how results are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from antiphon.memory.compact import pack
from antiphon.memory.consolidation import Consolidated, Failed, Result
from antiphon.memory.hand_over import HandOver
from antiphon.memory.item import Draft, Item
from antiphon.memory.packing import pack_value
from antiphon.memory.remembered import Remembered
from antiphon.models.experience import Experience
from antiphon.models.grid_world import GridWorld

FUSE = 20.0


def lived(
    round: int = 1, seen: Any = 0, did: Any = 0, *, status: str = "acted", reward: Any = 0.0
) -> Experience:
    return Experience(round, seen, did, did, status, reward, False, False)


def remembered(*experiences: Experience, first: int = 1, importance: float = 1.0) -> Any:
    return tuple(Remembered(first + n, e, importance, None) for n, e in enumerate(experiences))


def packed(*experiences: Experience, first: int = 1) -> list[bytes]:
    return [pack(first + n, one) for n, one in enumerate(experiences)]


def handed(
    *experiences: Experience,
    agent_id: str = "a",
    number: int = 1,
    round: int = 1,
    due: int = 3,
    first: int = 1,
) -> HandOver:
    lives = experiences or tuple(lived(n, n % 3) for n in range(12))
    return HandOver(agent_id, number, round, due, packed(*lives, first=first))


def each_alone(window: Sequence[Remembered]) -> Iterator[Draft | None]:
    """Keep every experience by itself, with a pause after each."""
    for one in window:
        yield Draft("one", one.experience.round, "", (one.sequence,))
        yield None


def in_one(window: Sequence[Remembered]) -> list[Draft]:
    return [Draft("all", {"count": len(window)}, "", tuple(one.sequence for one in window))]


def broken(window: Sequence[Remembered]) -> list[Draft]:
    raise ValueError("so it is")


def form(item: Item) -> bytes:
    """Give an item in a form that compares bit for bit."""
    samples = [pack(s.sequence, s.experience, s.importance, s.surprise) for s in item.samples]
    return pack_value([
        item.id, item.kind, item.content, item.text, item.first, item.last, item.count,
        item.members, samples, item.importance, item.round, item.reward,
    ])  # fmt: skip


def forms(result: Result) -> list[bytes]:
    assert isinstance(result, Consolidated), result
    return [form(item) for item in result.items]


def names(results: Sequence[Result]) -> list[tuple[str, int, str]]:
    return [(r.agent_id, r.number, "failed" if isinstance(r, Failed) else "") for r in results]


def after(steps: int) -> Callable[[], bool]:
    """Say to pause after so many steps."""
    left = iter(range(steps - 1))
    return lambda: next(left, None) is None


def explored(steps: int, seed: int = 1) -> list[Experience]:
    """The life of one that wanders in a grid world: small arrays of ints."""
    world = GridWorld(size=10, agents=1)
    (agent_id,) = world.possible_agents
    seen = world.reset(seed=seed)[0][agent_id]
    rng = np.random.default_rng(seed)
    life = []
    for round in range(1, steps + 1):
        did = int(rng.integers(5))
        after, reward, ended, cut, _ = world.step({agent_id: did})
        one = Experience(round, seen, did, did, "acted", reward[agent_id], ended[agent_id],
                         cut[agent_id])  # fmt: skip
        life.append(one)
        seen = after[agent_id] if not one.last else world.reset()[0][agent_id]
    return life


_WORDS = [
    "market",
    "house",
    "garden",
    "tea",
    "music",
    "work",
    "travel",
    "food",
    "plan",
    "weather",
    "price",
    "news",
]


def conversed(steps: int, seed: int = 1) -> list[Experience]:
    """The life of one in a conversation: texts, some of which are heard again and again."""
    rng = np.random.default_rng(seed)
    common = [_sentence(rng) for _ in range(40)]
    return [
        lived(
            round,
            common[int(rng.integers(40))] if rng.random() < 0.7 else _sentence(rng),
            ["talk", "think", "done"][int(rng.integers(3))],
            reward=None,
        )
        for round in range(1, steps + 1)
    ]


def _sentence(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(_WORDS, size=int(rng.integers(10, 40))))


def counted(steps: int, seed: int = 1) -> list[Experience]:
    """The life of one that sees single whole numbers."""
    rng = np.random.default_rng(seed)
    return [lived(n, int(rng.integers(40)), int(rng.integers(5))) for n in range(1, steps + 1)]


def measured(steps: int, seed: int = 1) -> list[Experience]:
    """The life of one that sees real numbers, hardly any of them twice."""
    rng = np.random.default_rng(seed)
    return [lived(n, float(rng.normal()), int(rng.integers(5))) for n in range(1, steps + 1)]


LIVES = {"explored": explored, "conversed": conversed, "counted": counted, "measured": measured}
