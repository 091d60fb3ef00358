"""A society under everything that can be done to it, in any order, held to a model of it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.choices import Choices
from antiphon.coordination.outcome import Outcome, Status
from antiphon.errors import AskTimeoutError, StoppedError, UnknownNameError
from antiphon.models.agent import Context
from antiphon.tests.society.simulated_cast import LONGEST, TIMEOUT, Diarist, SimulatedSociety
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from pykka import ActorRegistry

NAMES = "abcd"
# No sum of these and of timeouts and pauses comes to another one.
DURATIONS = [LONGEST / 8, LONGEST, LONGEST * 13 / 8, math.inf]
PAUSE = 0.37
GRACES = [0.0, 0.211, 100.0]

some = st.integers(0, len(NAMES) - 1)
"""Which member; counted round and round."""
orders = st.lists(st.integers(0, 5), max_size=12)


class Fed(Choices):
    """Chooses what it was fed with, then plainly."""

    def __init__(self) -> None:
        super().__init__()
        self.food: list[int] = []

    def _pick(self, options: int) -> int:
        return self.food.pop(0) % options if self.food else 0

    def _weigh(self, risks: Any) -> int:
        return 0


class Scripted(Diarist):
    """Does in its next act what it was told to."""

    def __init__(self, agent_id: str, cast: dict[str, Diarist], clock: Any) -> None:
        super().__init__(agent_id, cast)
        self.name = agent_id
        self.cast = cast
        self.clock = clock
        self.takes = 0.0
        self.raises = False
        self.ends: dict[int, float] = {}
        """When each act ended, by round."""
        self.crashed: set[int] = set()
        self.deaths: set[str] = set()
        """Of whom it was told that they are out for good."""

    def act(self, observation: Any, context: Context) -> Any:
        action = super().act(observation, context)
        for other in self.cast.keys() - {self.name}:
            context.watch(other)
        takes, self.takes = self.takes, 0.0
        raises, self.raises = self.raises, False
        self.clock.advance(takes)
        self.ends[context.round] = self.clock.now()
        if raises:
            self.crashed.add(context.round)
            raise ValueError("as told")
        return action

    def agent_died(self, agent_id: str, reason: str, context: Context) -> None:
        self.deaths.add(agent_id)


class SocietyMachine(RuleBasedStateMachine):
    """What a society may be told to do, and what must come of it."""

    @initialize(
        members=st.integers(1, 4),
        batch_size=st.sampled_from([None, 1, 2]),
        grace=st.sampled_from(GRACES),
    )
    def found(self, members: int, batch_size: int | None, grace: float) -> None:
        self.choices = Fed()
        self.simulation = SimulatedDispatcher(choices=self.choices)
        self.clock = self.simulation.clock
        self.society = SimulatedSociety(
            self.simulation, timeout=TIMEOUT, on_missing="drop", grace=grace, batch_size=batch_size
        )
        self.grace = grace
        self.batch_size = batch_size or len(NAMES)
        self.cast: dict[str, Any] = {}
        self.members: list[str] = []
        self.started = self.stopped = False
        self.round = 0
        self.dead: set[str] = set()
        self.removed: set[str] = set()
        self.told: dict[str, list[int]] = {}
        self.held: set[str] = set()
        """Who was told something while at work: it hears that before its next act."""
        self.numbers = 0
        self.statuses: dict[str, list[tuple[int, str]]] = {}
        for _ in range(members):
            self.add()

    def _name(self, which: int) -> str:
        return self.members[which % len(self.members)]

    @precondition(lambda self: not self.started and not self.stopped)
    @rule()
    def add(self) -> None:
        if len(self.members) < len(NAMES):
            name = min(set(NAMES) - {*self.members})
            self.society.add(Scripted, ids=[name], cast=self.cast, clock=self.clock)
            self.members.append(name)
            self.told[name] = []
            self.statuses[name] = []

    @precondition(lambda self: len(self.members) > 2 and not self.started and not self.stopped)
    @rule(which=some)
    def remove_before_the_start(self, which: int) -> None:
        name = self._name(which)
        assert self.society.remove(name) == []
        self.members.remove(name)
        assert list(self.society) == self.members

    @precondition(lambda self: self.started or self.stopped)
    @rule()
    def add_too_late(self) -> None:
        with pytest.raises(StoppedError):
            self.society.add(Scripted, cast=self.cast, clock=self.clock)

    @precondition(lambda self: self.started and len(self.members) > 1 and not self.stopped)
    @rule(which=some)
    def remove(self, which: int) -> None:
        name = self._name(which)
        now = self.clock.now()
        ends = max([now, *self.cast[name].ends.values()])
        given_up = ends > now + self.grace and name not in self.dead
        assert self.society.remove(name) == ([name] if given_up else [])
        self.members.remove(name)
        self.removed.add(name)
        waited = 0.0 if name in self.dead else min(ends - now, self.grace)
        assert abs(self.clock.now() - now - waited) < 1e-9

    @precondition(lambda self: self.started and len(self.members) > 1 and not self.stopped)
    @rule(which=some, seconds=st.sampled_from(DURATIONS), crashes=st.booleans())
    def remove_one_at_work(self, which: int, seconds: float, *, crashes: bool) -> None:
        agent = self.cast[self._name(which)]
        agent.takes, agent.raises = seconds, crashes
        self.act([], set())
        self.remove(which)

    @precondition(lambda self: self.removed and not self.stopped)
    @rule(which=some)
    def use_one_that_was_removed(self, which: int) -> None:
        name = sorted(self.removed)[which % len(self.removed)]
        for use in (self.society.tell, self.society.ask):
            with pytest.raises(UnknownNameError, match=name):
                use(name, 1)
        with pytest.raises(UnknownNameError, match=name):
            self.society.step(dict.fromkeys([*self.members, name], 0))

    @precondition(lambda self: not self.stopped)
    @rule(order=orders, left_out=st.sets(some, max_size=2))
    def act(self, order: list[int], left_out: set[int]) -> None:
        called = [n for i, n in enumerate(self.members) if i not in left_out] or self.members
        self.choices.food = list(order)
        self.round += 1
        opened = self.clock.now()
        busy = {name for name in called if self._is_busy(name)}
        outcome = self.society.step(dict.fromkeys(called, self.round))
        self.started = True
        assert set(outcome.status) == set(called)
        for name in called:
            how = outcome.status[name]
            assert how in self._expected(name, opened, busy), f"{name} is {how}"
            self.statuses[name].append((self.round, how.value))
            if self.round in self.cast[name].called:
                self.held.discard(name)
        self._check_actions(outcome)
        assert outcome.elapsed <= TIMEOUT + 1e-9

    def _is_busy(self, name: str) -> bool:
        return name in self.cast and any(
            end > self.clock.now() for end in self.cast[name].ends.values()
        )

    def _expected(self, name: str, opened: float, busy: set[str]) -> set[Status]:
        agent = self.cast[name]
        if name in busy:
            return {Status.BUSY}
        if name in self.dead:
            # One that nobody came to call is not known to be dead.
            batched = self.batch_size < len(self.members)
            return {Status.DOWN, Status.TIMED_OUT} if batched else {Status.DOWN}
        assert self.round in agent.called or self.batch_size < len(self.members)
        if agent.ends.get(self.round, math.inf) > opened + TIMEOUT:
            return {Status.TIMED_OUT}
        return {Status.CRASHED} if self.round in agent.crashed else {Status.ACTED}

    def _check_actions(self, outcome: Outcome) -> None:
        acted = [name for name, how in outcome.status.items() if how is Status.ACTED]
        assert outcome.actions == dict.fromkeys(acted, self.round)

    @precondition(lambda self: not self.stopped)
    @rule(which=some, count=st.integers(1, 40), order=orders)
    def flood(self, which: int, count: int, order: list[int]) -> None:
        self.choices.food = list(order)
        name = self._name(which)
        for _ in range(count):
            self.numbers += 1
            self.society.tell(name, self.numbers)
            self._note_told(name)
            self.started = True

    @precondition(lambda self: not self.stopped)
    @rule(order=orders)
    def broadcast(self, order: list[int]) -> None:
        self.choices.food = list(order)
        self.numbers += 1
        self.society.broadcast(self.numbers)
        self.started = True
        for name in self.members:
            self._note_told(name)

    def _note_told(self, name: str) -> None:
        self.told[name].append(self.numbers)
        if self._is_busy(name):
            self.held.add(name)

    @precondition(lambda self: self.started and not self.stopped)
    @rule(which=some)
    def crash(self, which: int) -> None:
        self.cast[self._name(which)].raises = True

    @precondition(lambda self: self.started and not self.stopped)
    @rule(which=some, seconds=st.sampled_from(DURATIONS))
    def hang(self, which: int, seconds: float) -> None:
        self.cast[self._name(which)].takes = seconds

    @precondition(lambda self: self.started and not self.stopped)
    @rule(which=some)
    def kill(self, which: int) -> None:
        if (name := self._name(which)) not in self.dead:
            self.simulation.kill(name)
            self.dead.add(name)

    @precondition(lambda self: self.started and not self.stopped)
    @rule()
    def pause(self) -> None:
        self.clock.advance(PAUSE)

    @precondition(lambda self: self.started and not self.stopped)
    @rule(which=some)
    def ask(self, which: int) -> None:
        name = self._name(which)
        end = max(self.cast[name].ends.values(), default=0.0)
        if name in self.dead:
            with pytest.raises(StoppedError):
                self.society.ask(name, 5, timeout=PAUSE)
        elif end > self.clock.now() + PAUSE:
            with pytest.raises(AskTimeoutError):
                self.society.ask(name, 5, timeout=PAUSE)
        else:
            assert self.society.ask(name, 5, timeout=PAUSE) == 5

    @rule(chance=st.integers(0, 5))
    def stop(self, chance: int) -> None:
        # Now and then: most of what may happen, happens to a society that goes on.
        if chance == 5:
            self.society.stop()
            self.stopped = True

    @precondition(lambda self: self.stopped)
    @rule(which=some)
    def use_after_the_end(self, which: int) -> None:
        for use in (self.society.tell, self.society.ask):
            with pytest.raises(StoppedError):
                use(self._name(which), 1)
        with pytest.raises(StoppedError):
            self.society.step(dict.fromkeys(self.members, 0))

    @invariant()
    def those_live_who_should(self) -> None:
        inboxes: list[Any] = [ref.actor_inbox for ref in ActorRegistry.get_all()]
        living = {inbox.owner.name for inbox in inboxes}
        if not getattr(self, "started", False) or self.stopped:
            assert living == set()
        else:
            assert living == {"coordinator", *self.members} - self.dead

    @invariant()
    def everybody_hears_all_that_it_was_told_once_and_in_order(self) -> None:
        for name, agent in getattr(self, "cast", {}).items():
            heard = agent.heard
            assert heard == self.told[name][: len(heard)]
            gone = name in self.dead or name in self.removed
            waits = gone or name in self.held or self._is_busy(name)
            assert heard == self.told[name] or waits or self.stopped

    @invariant()
    def everybody_learns_its_own_past_once_and_in_order(self) -> None:
        for name, agent in getattr(self, "cast", {}).items():
            assert agent.lived == self.statuses[name][: len(agent.lived)]

    @invariant()
    def nobody_hears_of_a_death_that_there_was_not(self) -> None:
        for agent in getattr(self, "cast", {}).values():
            assert agent.deaths <= self.dead | self.removed

    def teardown(self) -> None:
        if not hasattr(self, "society"):
            return
        if self.started and not self.stopped:
            self._come_to_rest()
        self.society.stop()
        assert ActorRegistry.get_all() == []

    def _come_to_rest(self) -> None:
        self.clock.advance(10 * LONGEST)
        for agent in self.cast.values():
            agent.takes, agent.raises = 0.0, False
        # What somebody watches from the first round on is told before the second.
        for _ in range(2):
            self.act([], set())
        for name in self.members:
            agent = self.cast[name]
            if name not in self.dead and not self._is_busy(name):
                assert agent.lived == self.statuses[name][:-1]
                assert agent.heard == self.told[name]
                assert agent.deaths >= self.removed


TestSociety = SocietyMachine.TestCase
TestSociety.settings = settings(
    max_examples=200, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.soak
def test_thousands_of_lives() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        SocietyMachine,
        settings=settings(
            max_examples=5000, stateful_step_count=50, suppress_health_check=list(HealthCheck)
        ),
    )
