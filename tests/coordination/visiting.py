"""Two agents that are visited while a round closes, and every place to stop either at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.workers import sweep as sweep_module
from antiphon.actors.workers.sweep import Sweep
from antiphon.clock import ManualClock
from antiphon.coordination import call as call_module
from antiphon.coordination import round as round_module
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import StartRound
from antiphon.coordination.outcome import Outcome, Status
from antiphon.models.agent import Agent, Context
from antiphon.models.experience import Experience
from antiphon.tests.actors.stepping import Option, Stepper, file_of, stepping

TIMEOUT = 1.0
IDS = ("a", "b")
CROSSED = 2
"""The round that closes while it is visited."""


class Teller(Agent):
    """Answers with the round, tells everyone so, and keeps what it lived and heard."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.acted: list[int] = []
        self.lived: list[int] = []
        self.heard: list[tuple[str, int]] = []
        self.takes = 0.0
        self.error: Exception | None = None

    def act(self, observation: Any, context: Context) -> int:
        self.acted.append(context.round)
        past = [*context.missed, *([context.previous] if context.previous else [])]
        self.lived += [experience.round for experience in past]
        context.broadcast(context.round)
        self.clock.advance(self.takes)
        if self.error is not None and context.round == CROSSED:
            raise self.error
        return context.round

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append((sender, message))


class Play:
    """Two agents, one calm round, one that closes while it is visited, and two calm ones."""

    def __init__(self, choose: Callable[[Sequence[Option]], Option], visitors: int = 1) -> None:
        modules = (sweep_module, call_module, round_module)
        self.stepper = Stepper(map(file_of, modules), choose)
        self.modules = modules
        self.visitors = visitors
        self.clock = ManualClock(100.0)
        self.agents = {name: Teller(self.clock) for name in IDS}
        self.hosts = [
            AgentActor(Seat(name, lambda agent=agent: agent, clock=self.clock))
            for name, agent in self.agents.items()
        ]
        self.outcomes: dict[int, Outcome] = {}
        self.previous: dict[str, Experience] = {}
        self.sweeps: list[Sweep] = []

    def run(self) -> None:
        for host in self.hosts:
            host.begin()
        with stepping(self.stepper, *self.modules):
            self.coordinator = Coordinator(
                {host.name: Address(host) for host in self.hosts},
                ActionCheck({}),
                sequential=False,
                visit=self.visit,
                clock=self.clock,
            )
            self.open(1)
            self.visit_on_this_thread()
            self.open(CROSSED)
            for _ in range(self.visitors):
                self.stepper.start(self.take_part)
            self.stepper.start(self.time_out)
            self.stepper.run()
            assert not self.stepper.stuck
        for number in (3, 4):
            self.come_to_rest()
            self.open(number)
            self.visit_on_this_thread()
        self.check()

    def visit(self, call: Any, indices: Sequence[int]) -> None:
        hosts = [self.hosts[index] for index in indices]
        self.sweeps.append(
            Sweep(
                call,
                hosts,
                indices,
                clock=self.clock,
                again=lambda sweep: None,
                slow=lambda host: None,
            )
        )

    def open(self, number: int) -> None:
        self.sweeps.clear()
        self.reply: Future[Outcome] = Future()
        rules = Rules(TIMEOUT, None, drop, metrics=False)
        seen = dict.fromkeys(IDS, number)
        self.coordinator.handle(
            Letter(StartRound(number, 0, seen, self.previous, rules, self.reply))
        )

    def take_part(self) -> None:
        for sweep in self.sweeps:
            sweep.take_turn()

    def time_out(self) -> None:
        """Let the deadline pass, and close the round as its coordinator does."""
        self.clock.advance(TIMEOUT)
        self.pump()
        self.coordinator.wake()
        self.pump()

    def visit_on_this_thread(self) -> None:
        self.take_part()
        self.come_to_rest()
        if not self.reply.is_set():
            self.clock.advance(TIMEOUT)
            self.coordinator.wake()
        self.keep_outcome()

    def keep_outcome(self) -> None:
        outcome = self.reply.get(timeout=0)
        self.outcomes[outcome.round] = outcome
        self.previous = {
            name: Experience(outcome.round, 0, None, None, how.value, 0.0, False, False)
            for name, how in outcome.status.items()
        }

    def come_to_rest(self) -> None:
        """Have every letter read."""
        if CROSSED not in self.outcomes and self.reply.is_set() and 1 in self.outcomes:
            self.keep_outcome()
        for host in self.hosts:
            while not host.actor_inbox.empty():
                letter = host.actor_inbox.get(0)
                if letter is not BLANK:
                    host.handle(letter)
        self.pump()

    def pump(self) -> None:
        while not self.coordinator.actor_inbox.empty():
            letter = self.coordinator.actor_inbox.get(0)
            if letter is not BLANK:
                self.coordinator.handle(letter)

    def check(self) -> None:
        crossed = self.outcomes[CROSSED]
        for name, agent in self.agents.items():
            how = crossed.status[name]
            # Whoever counts as having acted has, and it is its own action that counts.
            if how is Status.ACTED:
                assert crossed.actions[name] == CROSSED
                assert CROSSED in agent.acted
            else:
                assert name not in crossed.actions
            # Nobody is busy for ever, or called while it is at work.
            assert self.outcomes[4].status[name] is Status.ACTED
            assert len(agent.acted) == len(set(agent.acted))
            # Every step is told, once, in order, to those who lived to hear of it.
            assert agent.lived == [1, 2, 3]
        self.check_talk(crossed)

    def check_talk(self, crossed: Outcome) -> None:
        """What was said with an answer that counts is heard once, and else it is not."""
        for name, agent in self.agents.items():
            for sender in set(IDS) - {name}:
                counts = crossed.status[sender] is Status.ACTED
                heard = [number for who, number in agent.heard if who == sender]
                assert heard.count(1) == 1
                assert heard.count(CROSSED) == counts


# Every place to stop at


def stopping(first_moves: int, second_moves: int) -> Callable[[Sequence[Option]], Option]:
    """Let the first thread make so many moves, then the second so many, then the first end."""
    phases = [first_moves, second_moves, sys.maxsize, sys.maxsize]

    def choose(options: Sequence[Option]) -> Option:
        movers = options[0][0].stepper.movers
        for number, left in enumerate(phases):
            going = [option for option in options if option[0] is movers[number % 2]]
            if left > 0 and going:
                phases[number] -= 1
                return going[0]
        return options[0]

    return choose


def moves_of(play: Callable[[Any], Play], which: int) -> int:
    """Count the moves of one of the two when nobody stops it."""
    count = 0

    def choose(options: Sequence[Option]) -> Option:
        nonlocal count
        wanted = options[0][0].stepper.movers[which]
        option = next((option for option in options if option[0] is wanted), options[0])
        count += option[0] is wanted
        return option

    play(choose).run()
    return count


PLAYS: dict[str, Callable[[Any], Play]] = {}


def example(make: Callable[[Play], None]) -> Callable[[Play], None]:
    def play(choose: Any) -> Play:
        play = Play(choose)
        make(play)
        return play

    PLAYS[make.__name__.replace("_", " ")] = play
    return make


@example
def all_answer_in_time(play: Play) -> None:
    pass


@example
def one_takes_too_long(play: Play) -> None:
    play.agents["b"].takes = TIMEOUT / 2 + 0.1


@example
def one_raises(play: Play) -> None:
    play.agents["b"].error = ValueError("no")


def stop_the_visitor(play: str) -> None:
    for moves in range(moves_of(PLAYS[play], 0) + 1):
        PLAYS[play](stopping(moves, sys.maxsize)).run()


def stop_the_close(play: str, every: int = 1) -> None:
    """Stop the visitor at some of its lines, and then the close at each of its own."""
    visits, closes = moves_of(PLAYS[play], 0), moves_of(PLAYS[play], 1)
    for moves in range(0, visits + 1, every):
        for closing in range(1, closes + 1):
            PLAYS[play](stopping(moves, closing)).run()
