"""Games of agents that are answered for together and agents that act by themselves, mixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self
from unittest import mock

from antiphon.actors.address import Address
from antiphon.actors.messages import Deliver
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.models.agent import Context, Place
from antiphon.testing.simulation import Play
from antiphon.tests.society import simulated_cast
from antiphon.tests.society.simulated_cast import LONGEST, Diarist, Rounds

# An act that is answered for with others raises in the crowd, see ``Choir``.
MISDEEDS = Faults(slow=0.3, hang=0.02, longest=LONGEST)
MISFORTUNES = Faults(slow=0.3, hang=0.02, stall=0.1, kill=0.01, longest=LONGEST)
CRASHES = 0.1
WORDS = ("first", "second")
INF = float("inf")


class Choir:
    """A crowd that answers with the number of the round, now and then refuses, and checks."""

    def __init__(self, game: Choral, cast: dict[str, Diarist]) -> None:
        self._simulation = game.simulation
        self._wrong = game.wrong
        self._cast = cast

    def act(
        self, seats: Sequence[Any], observations: Sequence[int], lived: Any, ids: Sequence[str]
    ) -> list[Any]:
        return [self._answer(*one) for one in zip(ids, observations, lived, strict=True)]

    def _answer(self, name: str, number: int, lived: Any) -> Any:
        turns = self._simulation._turns
        agent: Any = self._cast[name]
        if ("kill", name) in {(event.what, event.who) for event in turns.history}:
            self._wrong.append(f"{name} was answered for, and it is dead")
        if number in agent.called:
            self._wrong.append(f"{name} was answered for twice in round {number}")
        agent.called.append(number)
        agent.lived += [(experience.round, experience.status) for experience in lived]
        if turns.faults.slow and self._simulation.choices.weigh((CRASHES,)):
            turns.note("crash", name, number)
            return RuntimeError("a crowd's fault")
        return number


class Chorist(Diarist):
    """One that its crowd answers for."""

    together = True
    seat = None

    def __init__(self, agent_id: str, cast: dict[str, Diarist], choir: Choir) -> None:
        super().__init__(agent_id, cast)
        self.crowd = choir

    def act(self, observation: Any, context: Context) -> Any:
        raise AssertionError("nobody calls it by itself")


class Soloist(Diarist):
    """A user's agent, which says something to everybody who is answered for."""

    def __init__(self, agent_id: str, cast: dict[str, Diarist], game: Choral) -> None:
        super().__init__(agent_id, cast)
        self._id = agent_id
        self._game = game

    def act(self, observation: Any, context: Context) -> Any:
        for host in self._game.hosts():
            if isinstance(host.agent, Chorist):
                for word in WORDS:
                    said = [self._id, context.round, word]
                    Address(host).tell(Deliver(context.round, said, self._id))
        return super().act(observation, context)


class Choral(Rounds):
    """Rounds in which some are answered for together: b and d, where there are any, are not."""

    def __init__(self, simulation: SimulatedDispatcher, **settings: Any) -> None:
        game, self.simulation = self, simulation
        self.wrong: list[str] = []
        """What a crowd has seen; it cannot raise, for that would be an agent's failure."""

        class Member(Diarist):
            @classmethod
            def create(cls, place: Place, *, cast: dict[str, Diarist], **options: Any) -> Any:
                if place.agent_id in {"b", "d"}:
                    return Soloist(place.agent_id, cast, game)
                return Chorist(place.agent_id, cast, Choir(game, cast))

        with mock.patch.object(simulated_cast, "Diarist", Member):
            super().__init__(simulation, **settings)
        if simulation.faults.kill:
            # Who dies before it is answered for makes room at once, and not when it would have.
            self.batch_size = len(self.names)

    def hosts(self) -> list[Any]:
        return [self.simulation._mailboxes[name].owner for name in self.names]

    def play(self, rounds: int) -> Self:
        for _ in range(rounds):
            self.step()
        self.come_to_rest()
        self.simulation.clock.advance(LONGEST)  # what was said last is heard, too
        assert self.wrong == []
        self.check_nobody_waits()
        return self

    def _read_history(self) -> None:
        super()._read_history()
        # Nobody is at work on behalf of the dead, however long they would have hung.
        gone = {name for name in self.dead if isinstance(self.cast[name], Chorist)}
        self.due = {act: end for act, end in self.due.items() if act[0] not in gone or end < INF}

    def late_answers(self) -> int:
        # Who died before anybody answered for it is not late.
        self.due = {
            (name, number): end
            for (name, number), end in self.due.items()
            if end == INF or number in self.cast[name].called
        }
        return super().late_answers()

    def check_nobody_waits(self) -> None:
        """Whoever lives is answered for, and has heard all that was said, once and in order."""
        hung = {name for (name, _), end in self.due.items() if end == INF}
        for host in self.hosts():
            if host.name in self.dead | hung or not isinstance(host.agent, Chorist):
                continue
            assert host._gathered is None
            assert host._put_off == []
            heard = self.cast[host.name].heard
            for sender in {"b", "d"} & {*self.names}:
                rounds = self.cast[sender].called
                said = [[sender, number, word] for number in rounds for word in WORDS]
                assert [words for words in heard if words[0] == sender] == said


def choral(count: int = 6, **settings: Any) -> Play:
    """Give what plays so many rounds with faults, and one without."""

    def play(simulation: SimulatedDispatcher) -> None:
        game = Choral(simulation, **settings)
        try:
            game.play(count)
        finally:
            game.stop()

    return play


GAMES: dict[str, tuple[Play, Faults]] = {
    "together, nothing goes wrong": (choral(members=4), Faults()),
    "together, agents misbehave": (choral(members=4), MISDEEDS),
    "together, all goes wrong": (choral(members=5), MISFORTUNES),
    "together, two at a time": (choral(members=5, batch_size=2), MISFORTUNES),
    "together, three at a time": (choral(members=5, batch_size=3), MISDEEDS),
    "together, nobody by itself": (choral(members=1), MISFORTUNES),
}
for name, (play, _) in GAMES.items():
    play.__name__ = name  # by which its failures are kept
