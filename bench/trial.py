"""One run of a society in which some agents wait, and some fail, as its seed decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..actors.agent_actor import AgentActor
from ..coordination.journal.origin import World
from ..coordination.outcome import Status
from ..coordination.records.progress import Silence
from ..coordination.records.run import Run
from ..models import chance
from ..models.agent import Context
from ..society import Society

COUNTED = {
    "mpe2/simple_formation_v1": "N",
    "mpe2/simple_line_v1": "N",
    "mpe2/simple_spread_v3": "N",
    "sisl/pursuit_v5": "n_pursuers",
}
"""The option by which a world with fixed agents is told how many there are to be."""
OPEN = "grid-world"
_STRAGGLE, _CRASH = 0, 1


@dataclass(frozen=True, slots=True)
class Risks:
    """How likely it is that an act waits, or raises."""

    straggle: float = 0.0
    seconds: float = 0.0
    """For which a straggler waits."""
    crash: float = 0.0

    def __post_init__(self) -> None:
        for name in ("straggle", "crash"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)}")
        if not 0.0 <= self.seconds < threading.TIMEOUT_MAX:
            raise ValueError(f"a straggler waits 0 seconds or more, got {self.seconds}")

    def __str__(self) -> str:
        straggle, crash = (f"{100 * share:g} %" for share in (self.straggle, self.crash))
        return f"{straggle} of all acts wait {self.seconds:g} s, {crash} raise"

    def waits(self, seed: int, agent_id: str, round: int) -> bool:
        """Whether this agent straggles in this round; it depends on nothing else."""
        return chance.uniform(chance.key(seed, agent_id, "risk"), round, _STRAGGLE) < self.straggle

    def crashes(self, seed: int, agent_id: str, round: int) -> bool:
        """Whether it raises."""
        return chance.uniform(chance.key(seed, agent_id, "risk"), round, _CRASH) < self.crash


class Ordeal:
    """The risks of one run; when that is over, nobody waits any more."""

    def __init__(self, risks: Risks, seed: int) -> None:
        self._risks, self._seed = risks, seed
        self._over = threading.Event()

    def befall(self, agent_id: str, round: int) -> None:
        """Let what is to happen to this agent in this round happen; on its own thread.

        Raises:
            RuntimeError: it crashes.
        """
        if self._risks.waits(self._seed, agent_id, round):
            self._over.wait(self._risks.seconds)
        if self._risks.crashes(self._seed, agent_id, round):
            raise RuntimeError(f"{agent_id} fails in round {round}")

    def end(self) -> None:
        self._over.set()

    def host(self) -> type[AgentActor]:
        """Make the host of those who go through it."""
        befall = self.befall

        class Tried(AgentActor):
            def decide(self, observation: Any, context: Context) -> Any:
                befall(context.agent_id, context.round)
                return super().decide(observation, context)

        return Tried


@dataclass(frozen=True, slots=True)
class Setting:
    """What a trial is made of, beside its seed."""

    world: str
    agents: int | None
    """None for as many as the world has."""
    kind: str
    """The type of the agents."""
    protocol: str
    dispatcher: str
    risks: Risks = Risks()
    timeout: float = 30.0
    patience: float = 0.0

    def built(self) -> World:
        """Give what builds the world."""
        option = COUNTED.get(self.world)
        options = {} if option is None or self.agents is None else {option: self.agents}
        return World(self.world, options)


class Result(NamedTuple):
    """What came of a trial."""

    run: Run
    members: int

    @property
    def gain(self) -> float:
        """What an agent earned, on average."""
        return self.run.reward_mean

    def share(self, status: Status) -> float:
        """Give the share of all agent-rounds that ended so."""
        return self.run.outcomes.get(status, 0) / (self.members * self.run.rounds)

    def round_ms(self, quantile: float) -> float:
        return (self.run.metrics.round_times.quantile(quantile) or 0.0) * 1e3

    @property
    def messages(self) -> float:
        """Calls, answers that counted or failed, and what agents heard of each other; a round."""
        outcomes = self.run.outcomes
        unasked = sum(outcomes.get(how, 0) for how in (Status.BUSY, Status.DOWN))
        answered = sum(outcomes.get(how, 0) for how in _ANSWERED)
        heard = self.run.event_rows.get("delivered", 0)
        called = self.members * self.run.rounds - unasked
        return (called + answered + heard) / self.run.rounds


_ANSWERED = (Status.ACTED, Status.REJECTED, Status.CRASHED)


@contextmanager
def trial(setting: Setting, seed: int) -> Iterator[Callable[[int], Result]]:
    """Start a society; what comes plays so many rounds with it, once."""
    ordeal = Ordeal(setting.risks, seed)
    with Society(
        setting.built(),
        seed=seed,
        dispatcher=setting.dispatcher,
        protocol=setting.protocol,
        protocol_patience=setting.patience,
        timeout=setting.timeout,
        tables=False,
    ) as society:
        open_world = setting.world == OPEN
        host = ordeal.host()
        society.add(setting.kind, n=setting.agents if open_world else None, host=host)
        society.start()
        try:
            yield lambda rounds: Result(society.run(rounds, progress=Silence()), len(society))
        finally:
            ordeal.end()
