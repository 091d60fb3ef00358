"""A visitor and the end of a round that cross agree on every answer.

Visitors write into a round's slots without a lock. Here one is stopped at each of its lines
while the round closes, and the close at each of its lines while visitors go on. Afterwards a
calm round shows whether anything was lost, counted twice or told twice; and protocols with
one rule taken out are caught.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
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
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import StartRound
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.round import Round
from antiphon.models.agent import Agent, Context
from antiphon.models.experience import Experience
from antiphon.tests.actors.stepping import (
    Option,
    Stepper,
    at_random,
    caught_by,
    file_of,
    stepping,
)

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


@pytest.mark.parametrize("play", PLAYS)
def test_a_visitor_stopped_at_any_line_agrees_with_the_round_that_closes(play: str) -> None:
    stop_the_visitor(play)


def test_a_close_stopped_at_any_line_agrees_with_the_visitor_that_goes_on() -> None:
    stop_the_close("all answer in time", every=13)


@pytest.mark.soak
@pytest.mark.parametrize("play", PLAYS)
def test_both_stopped_at_any_line_agree(play: str) -> None:
    stop_the_close(play)


def at_random_with(visitors: int) -> Callable[[int], None]:
    def check(seed: int) -> None:
        play = Play(at_random(seed), visitors)
        if seed % 3 == 1:
            play.agents["b"].takes = TIMEOUT / 2 + 0.1
        if seed % 5 == 1:
            play.agents["a"].error = ValueError("no")
        play.run()

    return check


@pytest.mark.parametrize("visitors", [1, 2, 3])
def test_visitors_and_a_close_agree_in_any_order_of_steps(visitors: int) -> None:
    for seed in range(60):
        at_random_with(visitors)(seed)


@pytest.mark.soak
@pytest.mark.parametrize("visitors", [1, 2, 3])
def test_visitors_and_a_close_agree_in_five_thousand_orders_of_steps(visitors: int) -> None:
    for seed in range(5000):
        at_random_with(visitors)(seed)


# One rule taken out


def changed(function: Any, changes: Mapping[str, str]) -> Any:
    """Give a function with some of its lines replaced by others."""
    old = textwrap.dedent(inspect.getsource(function)).splitlines()
    assert all([line.strip() for line in old].count(change) == 1 for change in changes)
    new = ["from __future__ import annotations"]
    for line in old:
        text = line.strip()
        indent = line[: len(line) - len(text)]
        new += [indent + instead for instead in changes.get(text, text).splitlines()]
    source = "\n".join(new)
    made: dict[str, Any] = {}
    exec(compile(source, inspect.getfile(function), "exec"), function.__globals__, made)
    return made[function.__name__]


@dataclass(frozen=True)
class Mutant:
    owner: type
    method: str
    changes: Mapping[str, str]


ACTS = "actions[index] = act(observation, context)"
KEPT = "if references(context) > _OURS:"
SAYS = "call.say(index, context.take_said())"
FINISHES = "finished[index] = begun = now()"
MUTANTS = {
    "finished is written before the action": Mutant(
        Sweep,
        "_visit_some",
        {
            ACTS: "answer = act(observation, context)",
            FINISHES: f"{FINISHES}\nactions[index] = answer",
        },
    ),
    "it is said only after the answer is written": Mutant(
        Sweep,
        "_visit_some",
        {
            "if context._outbox is not None:": FINISHES,
            SAYS: "",
            "context._outbox = None": "",
            FINISHES: f"if context._outbox is not None:\n    {SAYS}\n    context._outbox = None",
        },
    ),
    "started is written after the look": Mutant(
        Sweep,
        "_visit_some",
        {
            "started[index] = begun": "",
            KEPT: f"started[index] = begun\n{KEPT}",
        },
    ),
    "nobody looks again when the answer is written": Mutant(
        Sweep, "_visit_some", {"call.return_late(last)": "pass"}
    ),
    "over is set after the copies": Mutant(
        RoundCall,
        "close",
        {
            "self.over = True": "ended = self._round.close()",
            "return self._round.close()": "self.over = True\nreturn ended",
        },
    ),
    "the copies are made in the other order": Mutant(
        Round,
        "_leave_visitors_behind",
        {
            "self.finished = list(self.finished)": "self.started = list(self.started)",
            "self.started = list(self.started)": "self.finished = list(self.finished)",
        },
    ),
    "nothing is copied": Mutant(
        Round,
        "_leave_visitors_behind",
        {
            "self.finished = list(self.finished)": "",
            "self.actions = list(self.actions)": "",
            "self.started = list(self.started)": "pass",
        },
    ),
    "who counts is late all the same": Mutant(
        RoundCall, "return_late", {"if not counts:": "if True:"}
    ),
    "what nobody waited for is kept twice": Mutant(
        Coordinator, "_welcome", {"mail: Sequence[Parcel] = ()": "mail = message.mail"}
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, method = MUTANTS[mutant].owner, MUTANTS[mutant].method
    mutated = changed(getattr(owner, method), MUTANTS[mutant].changes)
    monkeypatch.setattr(owner, method, mutated)
    plays = ["all answer in time"]
    assert caught_by(stop_the_visitor, plays) or caught_by(partial(stop_the_close, every=8), plays)
