"""Societies on a simulated dispatcher, agents with a diary, and who knows what must come out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination.outcome import Outcome, Status
from antiphon.models.agent import Agent, Context, Place
from antiphon.society import Society
from antiphon.testing.simulation import Play
from pykka import ActorRegistry

TIMEOUT = 1.0
# No sum of eighths of it is a whole number of timeouts: two things never fall together.
LONGEST = 1.7


class SimulatedSociety(Society):
    """A society on this very dispatcher."""

    def __init__(
        self, simulation: SimulatedDispatcher, environment: Any = None, **settings: Any
    ) -> None:
        super().__init__(environment, simulation=simulation, tables=False, **settings)


class Diarist(Agent):
    """Answers with the number of its round, and writes down all that it meets with."""

    def __init__(self, agent_id: str, cast: dict[str, Diarist]) -> None:
        cast[agent_id] = self
        self.called: list[int] = []
        self.lived: list[tuple[int, str]] = []
        """Round and status of each experience it was told."""
        self.heard: list[Any] = []

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(place.agent_id, **options)

    def act(self, observation: Any, context: Context) -> Any:
        assert observation == context.round
        self.called.append(context.round)
        news = [*context.missed, *([context.previous] if context.previous else [])]
        self.lived += [(experience.round, experience.status) for experience in news]
        return context.round

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append(message)

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return question


class Rounds:
    """Plays rounds with diarists, and holds each outcome to what may come of it."""

    def __init__(
        self,
        simulation: SimulatedDispatcher,
        *,
        members: int = 3,
        batch_size: int | None = None,
        host: type[AgentActor] = AgentActor,
        **settings: Any,
    ) -> None:
        self.simulation = simulation
        self.batch_size = batch_size or members
        # What is delayed or ended from outside may come out in more than one way.
        self.exact = not any(simulation.faults.of_step)
        self.cast: dict[str, Diarist] = {}
        self.society = SimulatedSociety(
            simulation,
            timeout=TIMEOUT,
            on_missing="drop",
            grace=0.0,
            batch_size=batch_size,
            **settings,
        )
        ids = [*"abcdefgh"[:members]]
        self.names = self.society.add(Diarist, ids=ids, host=host, cast=self.cast)
        self.outcomes: list[Outcome] = []
        self.due: dict[tuple[str, int], float] = {}
        """When each act ends that was begun, by agent and round."""
        self.crashed: set[tuple[str, int]] = set()
        self.dead: set[str] = set()
        self.late = 0
        self.opened = 0.0
        self.openings: dict[int, float] = {}
        self._read = 0

    def step(self) -> Outcome:
        number = len(self.outcomes) + 1
        # Each round in another order, so that a slot's number means another member.
        names = self.names if number % 2 else self.names[::-1]
        dead_before = set(self.dead)
        outcome = self.society.step(dict.fromkeys(names, number))
        self.outcomes.append(outcome)
        self.late += outcome.late
        self._read_history()
        self._check(outcome, number)
        if self.exact:
            self._check_exactly(outcome, number)
        for name in dead_before:
            assert outcome.status[name] not in (Status.ACTED, Status.CRASHED)
        return outcome

    def _read_history(self) -> None:
        history = self.simulation.history
        assert len(history) < (history.maxlen or 0)
        for event in [*history][self._read :]:
            act = event.who, event.round or 0
            match event.what:
                case "StartRound":
                    self.opened = self.openings[event.round or 0] = event.time
                case "Perceive" if event.round in self.cast[event.who].called:
                    assert event.time < self.openings[act[1]] + TIMEOUT, "it read what was over"
                    in_flight = [end for (_, n), end in self.due.items() if n == event.round]
                    assert sum(end > event.time for end in in_flight) < self.batch_size
                    self.due[act] = event.time
                case "slow":
                    self.due[act] = event.time
                case "hang":
                    self.due[act] = float("inf")
                case "crash":
                    self.due[act] = event.time
                    self.crashed.add(act)
                case "kill":
                    self.dead.add(event.who)
        self._read = len(history)

    def _check(self, outcome: Outcome, number: int) -> None:
        assert outcome.round == number
        assert set(outcome.status) == set(self.names)
        acted = {name for name, how in outcome.status.items() if how is Status.ACTED}
        assert outcome.actions == dict.fromkeys(acted, number)
        assert outcome.intended == outcome.actions
        for name, agent in self.cast.items():
            assert agent.called.count(number) <= 1
            how = outcome.status[name]
            in_time = self.due.get((name, number), float("inf")) <= self.opened + TIMEOUT
            assert in_time or how not in (Status.ACTED, Status.CRASHED)
            assert how is not Status.DOWN or name in self.dead
            assert how is not Status.BUSY or number not in agent.called
        if outcome.elapsed < TIMEOUT - 1e-9:
            assert Status.TIMED_OUT not in outcome.status.values(), "it closed before its time"

    def _check_exactly(self, outcome: Outcome, number: int) -> None:
        expected = {name: self._expected(name, number) for name in self.names}
        assert outcome.status == expected
        ends = [end for (_, n), end in self.due.items() if n == number]
        elapsed = max(ends, default=self.opened) - self.opened
        if Status.TIMED_OUT in expected.values():
            elapsed = TIMEOUT
        assert abs(outcome.elapsed - elapsed) < 1e-9

    def _expected(self, name: str, number: int) -> Status:
        if any(
            end > self.opened for (who, n), end in self.due.items() if who == name and n < number
        ):
            return Status.BUSY
        if self.due.get((name, number), float("inf")) > self.opened + TIMEOUT:
            return Status.TIMED_OUT
        return Status.CRASHED if (name, number) in self.crashed else Status.ACTED

    def come_to_rest(self) -> None:
        """Let everyone finish, then play one round in which nothing goes wrong."""
        self.simulation.faults = Faults()
        self.simulation.clock.advance(100 * LONGEST)
        self._read_history()
        outcome = self.step()
        hung = {name for (name, _), end in self.due.items() if end == float("inf")}
        for name in self.names:
            lost = Status.BUSY if name in hung else Status.DOWN
            expected = lost if name in self.dead | hung else Status.ACTED
            assert outcome.status[name] is expected
            if expected is Status.ACTED:
                # Whoever lives has heard of every round, once, in order.
                assert self.cast[name].lived == [*self._statuses(name)][:-1]
        assert self.late == self.late_answers()

    def _statuses(self, name: str) -> Iterator[tuple[int, str]]:
        for outcome in self.outcomes:
            yield outcome.round, outcome.status[name].value

    def late_answers(self) -> int:
        """Count the acts that ended when their round had gone on without them."""
        return sum(
            self.outcomes[number - 1].status[name] is Status.TIMED_OUT and end < float("inf")
            for (name, number), end in self.due.items()
        )

    def stop(self) -> None:
        self.society.stop()
        assert ActorRegistry.get_all() == []


def rounds(count: int = 6, *, kind: type[Rounds] = Rounds, **settings: Any) -> Play:
    """Give what plays so many rounds with faults, and one without."""

    def play(simulation: SimulatedDispatcher) -> None:
        game = kind(simulation, **settings)
        try:
            for _ in range(count):
                game.step()
            game.come_to_rest()
        finally:
            game.stop()

    return play
