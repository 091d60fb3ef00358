"""Who plays in the tests of the journal: found by name, and any disturbance shows for ever."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from antiphon.clock import ManualClock
from antiphon.coordination.records.run import Run
from antiphon.coordination.records.trace import encode
from antiphon.memory.store.batch import Batch, Row
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.models.agent import Context, Place
from antiphon.models.profile import InferenceSettings, Profile
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Dice, Ring, Witness

RING = "antiphon.tests.society.cast:Ring"
DRAG = "antiphon.tests.coordination.journal.cast:drag"
KEEPER = "antiphon.tests.coordination.journal.cast:Keeper"
SPREAD = "mpe2/simple_spread_v3"


class Diary(Dice):
    """Acts by all that it has seen, and by chance; it can say what it has become."""

    calls: ClassVar[Counter[str]] = Counter()
    """How often each was called, in this process."""

    def __init__(self, space: Any) -> None:
        super().__init__(space)
        self.sum = 0

    def act(self, observation: Any, context: Context) -> Any:
        Diary.calls[context.agent_id] += 1
        self.sum = zlib.crc32(encode(observation), self.sum)
        return (super().act(observation, context) + self.sum) % self._n

    def get_state(self) -> Any:
        return {"sum": self.sum}

    def set_state(self, state: Any) -> None:
        self.sum = state["sum"]


class Gossip(Dice):
    """Talks to everybody in every way, and acts by what it hears."""

    def __init__(self, space: Any) -> None:
        super().__init__(space)
        self.sum = 0

    def reset(self, seed: int | None = None) -> None:
        self.sum += seed or 0

    def act(self, observation: Any, context: Context) -> Any:
        if context.round % 20 == 1:
            context.subscribe("news/*")
        if context.rng.random() < 0.5:
            context.broadcast({"sum": self.sum, "seen": observation})
        if self.sum % 3 == 0:
            context.publish(f"news/{self.sum % 2}", [self.sum], newest=True)
        context.put("last", self.sum % 100)
        shared = context.shared.get("last", 0)
        return (super().act(observation, context) + self.sum + shared) % self._n

    def receive(self, message: Any, sender: str, context: Context) -> None:
        heard = f"{message!r}{sender}{context.round}{context.topic}"
        self.sum = zlib.crc32(heard.encode(), self.sum) % 10**6
        if self.sum % 5 == 0 and sender != "outside":
            context.tell(sender, self.sum)

    def episode_ended(self, context: Context) -> None:
        self.sum += context.round


class Stumbler(Diary):
    """Fails now and then, and answers what is no answer."""

    def act(self, observation: Any, context: Context) -> Any:
        action = super().act(observation, context)
        if self.sum % 7 == 0:
            raise ValueError("stumbled")
        return "\ud800" if self.sum % 11 == 0 else action


class Moody(Dice):
    """Does something else in round 7 when the mood is another."""

    mood = 0

    def act(self, observation: Any, context: Context) -> Any:
        turn = Moody.mood if context.round == 7 and context.agent_id != "a" else 0
        return (super().act(observation, context) + turn) % self._n


class Waits(Diary):
    """Waits in some rounds until the test lets it go on."""

    go_on = threading.Event()

    def act(self, observation: Any, context: Context) -> Any:
        action = super().act(observation, context)
        if context.round in (3, 9) and context.agent_id == "b":
            Waits.go_on.wait(FUSE)
        return action


class Rememberer(Dice):
    """Acts by what it remembers."""

    def act(self, observation: Any, context: Context) -> Any:
        known = sum(len(one.text) for one in context.memory.recall("did 2", 3))
        return (super().act(observation, context) + known) % self._n


class Fickle(Ring):
    """A world that may come out otherwise in round 5."""

    mood = 0.0

    def step(self, actions: Any) -> Any:
        seen, rewards, *ends = super().step(actions)
        if self.at == 5 and "b" in rewards:
            rewards["b"] += Fickle.mood
        return seen, rewards, *ends


class Keeper(Ring):
    """A world that goes its way by all that ever was done in it, and can say where it stands."""

    steps: ClassVar[Counter[int]] = Counter()
    """How often each of its steps was taken, in this process."""
    lost = 0
    """What ``set_state`` makes of it."""
    odd: Any = 0
    """What else its state holds."""

    sum = 0

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.table: dict[str, int] = {}
        return super().reset(seed, options)

    def step(self, actions: Any) -> Any:
        seen, rewards, *ends = super().step(actions)
        Keeper.steps[self.at] += 1
        self.sum = zlib.crc32(repr(sorted(actions.items())).encode(), self.sum) % 100
        return {name: array + self.sum for name, array in seen.items()}, rewards, *ends

    def get_state(self) -> Any:
        return {"at": self.at, "sum": self.sum, "agents": self.agents, "odd": Keeper.odd}

    def set_state(self, state: Any) -> None:
        # There is a table from its first reset on.
        self.table.update(at=state["at"])
        self.at, self.agents = self.table["at"], state["agents"]
        self.sum = state["sum"] + Keeper.lost


def drag(rng: np.random.Generator) -> float:
    """Draw how long an answer takes, where a round takes a second: some are late, a few very."""
    drawn = float(rng.random())
    return 0.0 if drawn < 0.5 else drawn if drawn < 0.8 else (1.5 + 4 * (drawn > 0.9)) * drawn


def founded(world: Any = RING, kind: Any = Dice, n: int | None = None, **settings: Any) -> Society:
    society = Society(world, **{"tables": False, "seed": 3, **settings})
    society.add(kind, n)
    return society


def ran(
    steps: int,
    *arguments: Any,
    out: Path | None = None,
    then: Callable[[Any], None] = lambda step: None,
    **options: Any,
) -> Run:
    with founded(*arguments, **options) as society:
        return society.run(steps, out=out, progress=Witness(then))


def resumed(folder: Path, steps: int | None = None, **options: Any) -> Run:
    with Society.resume(folder, **options) as society:
        return society.run(steps)


def rewritten(folder: Path, kind: str, round: int, change: Any) -> Path:
    """Copy a store, with one row of it changed by somebody who can make chains."""
    other = folder.with_name("other")
    other.mkdir()
    (other / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    batches: dict[int, list[Row]] = {}
    with Reader(folder) as reader:
        for stored in reader.stored():
            rows = batches.setdefault(stored.round, [])
            if stored.kind in ("round", "agents"):
                continue
            ((_, row),) = [
                (n, r) for n, r in reader.rows(stored.kind)
                if (n, r.number) == (stored.round, stored.number)
            ]  # fmt: skip
            if (stored.kind, stored.round) == (kind, round):
                row = row._replace(value=change(row.value))
            rows.append(row)
    database = Database(other)
    database.commit([Batch(number, rows=rows) for number, rows in sorted(batches.items())])
    database.close()
    return other


class Planner(Diary):
    """Takes as long as the test says, and acts by how far it plans."""

    settings_type = InferenceSettings
    clock: ClassVar[ManualClock]
    seconds = 0.001
    """For each step that it plans."""

    def __init__(self, space: Any, settings: InferenceSettings) -> None:
        super().__init__(space)
        self.profile = settings.resolved_profile()

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(place.action_space, options["settings"])

    def act(self, observation: Any, context: Context) -> Any:
        length = self.profile.policy_length
        Planner.clock.advance(Planner.seconds * length)
        return (super().act(observation, context) + length) % self._n

    def retune(self, profile: Profile) -> None:
        self.profile = profile


class Tells:
    """Tells agent a something after a round, as somebody outside."""

    def __init__(self, society: Society, *rounds: int) -> None:
        self._society, self._rounds = society, rounds

    def begin(self, total: int | None, unit: str) -> None:
        pass

    def advance(self, done: int, step: Any) -> None:
        if done in self._rounds:
            self._society.tell("a", {"round": done, "array": np.arange(3)})
            self._society.publish("nobody/listens", done)
            self._society.broadcast(f"to all after {done}")

    def end(self) -> None:
        pass
