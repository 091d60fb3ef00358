"""Actors on one thread and a virtual clock, where every step is chosen."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.messages import Perceive, Request
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.choices import RecordedChoices, SeededChoices
from antiphon.actors.simulation.faults import Faults
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.clock import ManualClock
from antiphon.errors import AskError, AskTimeoutError, StartError, StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.testing.recording import RecordingCall
from pykka import ActorDeadError, ActorRegistry

FUSE = 5.0

Order = Callable[["Clerk"], Any]


class Clerk(Actor):
    """Does whatever it is told or asked to do, and keeps what happened to it."""

    def __init__(self, name: str, clock: Any, at_start: Order = lambda clerk: None) -> None:
        super().__init__(name, clock=clock)
        self.clock: Any
        self.at_start = at_start
        self.woken: list[float] = []
        self.stopped = 0

    def on_start(self) -> None:
        self.at_start(self)

    def on_receive(self, message: Order) -> Any:
        return message(self)

    def on_wake(self) -> None:
        self.woken.append(self.clock.now())

    def on_stop(self) -> None:
        self.stopped += 1


class Office:
    """Clerks a, b, c… of one simulation."""

    def __init__(self, size: int = 3, **options: Any) -> None:
        self.simulation = SimulatedDispatcher(**options)
        self.clock = self.simulation.clock
        self.clerks = [Clerk(name, self.clock) for name in "abcdefgh"[:size]]
        self.addresses = [Address(clerk) for clerk in self.clerks]
        self.boss = Clerk("boss", self.clock)
        self.simulation.start([*self.clerks, self.boss], 1.0)

    def everybody(self, order: Order) -> None:
        """Have the first clerk tell all the same, so that nobody is quicker than another."""

        def tell_all(clerk: Clerk) -> None:
            for address in self.addresses:
                address.tell(order)

        Address(self.boss).tell(tell_all)


@pytest.fixture
def found() -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def found(*arguments: Any, **options: Any) -> Office:
        offices.append(Office(*arguments, **options))
        return offices[-1]

    yield found
    for office in offices:
        office.simulation.stop([*office.clerks, office.boss], grace=0.0)


Found = Callable[..., Office]


def spend(seconds: float) -> Order:
    def order(clerk: Clerk) -> float:
        clerk.clock.advance(seconds)
        return float(clerk.clock.now())

    return order


def order_of(office: Office) -> str:
    order: list[str] = []
    office.everybody(lambda clerk: order.append(clerk.name))
    return "".join(order)


def test_choices_say_who_is_next_and_once_used_up_whoever_waits_longest(found: Found) -> None:
    assert order_of(found(4, choices=RecordedChoices([]))) == "abcd"
    assert order_of(found(4, choices=RecordedChoices([3]))) == "dabc"
    assert order_of(found(4, choices=RecordedChoices([1, 2, 0]))) == "bdac"


def test_seeds_choose_every_order_sooner_or_later(found: Found) -> None:
    orders = [order_of(found(seed=seed)) for seed in range(60)]
    assert set(orders) == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert order_of(found(seed=7)) == orders[7]


def test_a_run_by_seed_can_be_had_again_from_what_was_chosen(found: Found) -> None:
    for seed in range(20):
        office = found(6, seed=seed)
        order = order_of(office)
        again = found(6, choices=RecordedChoices(office.simulation.choices.made))
        assert order_of(again) == order
        assert again.simulation.choices.made == office.simulation.choices.made
        assert again.simulation.history == office.simulation.history


def test_an_actor_reads_its_letters_in_the_order_of_its_mailbox(found: Found) -> None:
    for seed in range(20):
        office = found(seed=seed)
        heard: list[int] = []

        def tell_both(clerk: Clerk, office: Office = office, heard: list[int] = heard) -> None:
            for number in range(5):
                office.addresses[1].tell(lambda clerk, number=number: heard.append(number))
                office.addresses[2].tell(lambda clerk: None)

        office.addresses[0].tell(tell_both)
        assert heard == list(range(5))


def test_whoever_watches_is_called_before_each_step(found: Found) -> None:
    seen: list[tuple[int, int]] = []
    office: Office = found(watch=lambda n: seen.append((n, len(office.simulation.history))))
    order_of(office)
    assert seen == [(1, 0), (2, 1), (3, 2), (4, 3)]


def test_time_stands_still_as_long_as_nobody_waits_for_it(found: Found) -> None:
    office = found()
    for address in office.addresses:
        address.tell(lambda clerk: setattr(clerk, "wake_at", 5.0))
    assert office.clock.now() == 0.0
    assert not any(clerk.woken for clerk in office.clerks)


def test_whoever_waits_lives_through_timers_in_their_order(found: Found) -> None:
    office = found()
    for address, moment in zip(office.addresses, (3.0, 1.0, 2.0), strict=True):
        address.tell(lambda clerk, moment=moment: setattr(clerk, "wake_at", moment))
    office.addresses[0].tell(spend(10.0))
    assert office.addresses[0].ask(spend(0.0), timeout=20.0) == 10.0
    assert [clerk.woken for clerk in office.clerks] == [[10.0], [1.0], [2.0]]


def test_advance_from_outside_lets_everybody_live(found: Found) -> None:
    office = found()
    office.addresses[0].tell(lambda clerk: setattr(clerk, "wake_at", 2.0))
    office.clock.advance(1.5)
    assert office.clerks[0].woken == []
    office.clock.advance(1.5)
    assert office.clerks[0].woken == [2.0]
    assert office.clock.now() == 3.0


class Reminders:
    """What is to be told later, and at which time."""

    def __init__(self, clock: VirtualClock, *moments: float) -> None:
        self.clock = clock
        self.moments = list(moments)
        self.told: list[tuple[float, float]] = []
        """When it was due, and when it was told."""

    @property
    def next_due(self) -> float | None:
        return min(self.moments, default=None)

    def tell_due(self) -> None:
        now = self.clock.now()
        self.told += [(moment, now) for moment in sorted(self.moments) if moment <= now]
        self.moments = [moment for moment in self.moments if moment > now]


def test_messages_for_later_are_told_at_their_time(found: Found) -> None:
    office = found()
    reminders = Reminders(office.clock, 3.0, 1.0, 1.0, -5.0)
    office.simulation.keep(reminders)
    assert reminders.told == []
    office.addresses[0].tell(spend(2.0))
    assert office.addresses[0].ask(spend(0.0), timeout=5.0) == 2.0
    assert reminders.told == [(-5.0, 0.0), (1.0, 1.0), (1.0, 1.0)]
    office.clock.advance(5.0)
    assert reminders.told[3:] == [(3.0, 3.0)]
    reminders.moments = [6.0, 8.0]
    office.clock.advance(3.0)
    assert reminders.told[4:] == [(6.0, 7.0), (8.0, 8.0)]


def test_an_actor_that_spends_time_answers_later_and_keeps_nobody_from_work(found: Found) -> None:
    office = found()
    heard: list[tuple[str, float]] = []

    def report(clerk: Clerk) -> None:
        heard.append((clerk.name, clerk.clock.now()))

    office.addresses[0].tell(spend(0.5))
    office.addresses[0].tell(report)
    office.addresses[1].tell(report)
    assert heard == [("b", 0.0)]
    assert office.addresses[2].ask(spend(0.25), timeout=1.0) == 0.25
    assert office.clock.now() == 0.25
    office.clock.advance(1.0)
    assert heard == [("b", 0.0), ("a", 0.5)]


def test_an_answer_is_there_when_its_time_has_come_and_not_before(found: Found) -> None:
    office = found()
    asked = office.clerks[0].actor_ref.ask(spend(0.5), block=False)
    assert not asked.is_set()
    office.clock.advance(0.4)
    assert not asked.is_set()
    assert asked.get(timeout=1.0) == 0.5
    assert office.clock.now() == 0.5


def test_an_ask_times_out_in_virtual_time(found: Found) -> None:
    office = found()
    with pytest.raises(AskTimeoutError, match="a did not answer within 1000 s"):
        office.addresses[0].ask(spend(1000.5), timeout=1000.0)
    assert office.clock.now() == 1000.0
    assert office.addresses[0].ask(spend(0.0), timeout=1.0) == 1000.5


def test_of_two_that_ask_each_other_one_times_out(found: Found) -> None:
    office = found()
    a, b = office.addresses[:2]
    seen: list[str] = []

    def ask_back(clerk: Clerk) -> str:
        try:
            answer: str = a.ask(lambda clerk: clerk.name, timeout=1.0)
        except AskTimeoutError:
            seen.append(f"{clerk.name} at {clerk.clock.now()}")
            return "late"
        return answer

    assert a.ask(lambda clerk: b.ask(ask_back, timeout=2.0), timeout=3.0) == "late"
    assert seen == ["b at 1.0"]


def test_waiting_for_what_never_comes_is_an_error_and_no_hang(found: Found) -> None:
    office = found()
    never = office.clerks[0].actor_ref.ask(spend(math.inf), block=False)
    with pytest.raises(RuntimeError, match="nothing is left to happen"):
        never.get()


def test_what_a_handler_raises_after_some_time_reaches_its_asker_then(found: Found) -> None:
    def fail(clerk: Clerk) -> None:
        clerk.clock.advance(0.5)
        raise ValueError("too hard")

    office = found()
    with pytest.raises(AskError, match="too hard"):
        office.addresses[0].ask(fail, timeout=1.0)
    assert office.clock.now() == 0.5
    assert office.addresses[0].ask(spend(0.0), timeout=1.0) == 0.5


def test_who_asks_another_and_then_spends_time_answers_when_that_is_over(found: Found) -> None:
    office = found()
    b = office.addresses[1]

    def ask_and_spend(clerk: Clerk) -> float:
        b.ask(spend(0.25), timeout=1.0)
        return float(spend(0.5)(clerk))

    answer = office.clerks[0].actor_ref.ask(ask_and_spend, block=False)
    assert office.clock.now() == 0.25
    assert not answer.is_set()
    assert answer.get(timeout=1.0) == office.clock.now() == 0.75


def test_a_timer_that_falls_due_during_work_waits_for_its_end(found: Found) -> None:
    office = found()
    a, b = office.addresses[:2]
    a.tell(lambda clerk: setattr(clerk, "wake_at", 1.0))
    a.tell(spend(3.0))
    b.tell(lambda clerk: setattr(clerk, "wake_at", 2.0))
    assert b.ask(spend(0.0), timeout=1.0) == 0.0
    assert a.ask(spend(0.0), timeout=5.0) == 3.0
    assert [clerk.woken for clerk in office.clerks] == [[3.0], [2.0], []]


def test_the_world_cannot_wait_for_ever_nor_go_back() -> None:
    clock = VirtualClock(5.0)
    for seconds in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="seconds must be"):
            clock.advance(seconds)
    clock.advance(1.0)
    clock.move_to(2.0)
    assert clock.now() == clock.world == 6.0


def test_actors_that_live_by_another_clock_are_refused() -> None:
    clerk = Clerk("a", ManualClock())
    with pytest.raises(ValueError, match="a lives by another clock"):
        SimulatedDispatcher().start([clerk], 1.0)


def fails(clerk: Clerk) -> None:
    raise SystemExit("no")


@pytest.mark.parametrize(
    ("at_start", "why"),
    [
        (fails, "b did not start.*SystemExit: no"),
        (spend(1.5), "b did not start.*not ready after 1 s"),
        (spend(math.inf), "b did not start.*not ready after 1 s"),
    ],
    ids=["raises", "slow", "hangs"],
)
def test_all_start_or_none(at_start: Order, why: str) -> None:
    simulation = SimulatedDispatcher()
    clerks = [Clerk("a", simulation.clock), Clerk("b", simulation.clock, at_start)]
    clerks += [Clerk("c", simulation.clock)]
    with pytest.raises(StartError, match=why):
        simulation.start(clerks, 1.0)
    assert [clerk.ended.is_set() for clerk in clerks] == [True] * 3
    assert [clerk.stopped for clerk in clerks] == [1, 0, 0]
    assert ActorRegistry.get_all() == []


def test_the_time_that_starts_take_is_counted_for_all_together() -> None:
    for seconds, starts in ((0.4, True), (0.6, False)):
        simulation = SimulatedDispatcher()
        clerks = [Clerk(name, simulation.clock, spend(seconds)) for name in "ab"]
        if starts:
            simulation.start(clerks, 1.0)
            assert simulation.clock.now() == 0.8
            assert simulation.stop(clerks, 0.0) == []
        else:
            with pytest.raises(StartError, match="b did not start"):
                simulation.start(clerks, 1.0)


def test_what_is_told_during_the_start_is_read_when_all_have_started() -> None:
    simulation = SimulatedDispatcher()
    heard: list[tuple[str, float]] = []

    def tell(address: Address) -> None:
        address.tell(lambda clerk: heard.append((clerk.name, clerk.clock.now())))

    a = Clerk("a", simulation.clock, lambda _: tell(Address(c)))
    b = Clerk("b", simulation.clock, lambda _: tell(Address(a)))
    c = Clerk("c", simulation.clock, spend(0.5))
    simulation.start([a, b, c], 1.0)
    assert sorted(heard) == [("a", 0.5), ("c", 0.5)]
    simulation.stop([a, b, c], 0.0)


def test_stop_waits_for_those_at_work_as_long_as_grace_lasts(found: Found) -> None:
    office = found()
    answers = [
        clerk.actor_ref.ask(spend(seconds), block=False)
        for clerk, seconds in zip(office.clerks, (0.5, 2.0, math.inf), strict=True)
    ]
    assert office.simulation.stop(office.clerks, grace=1.0) == ["b", "c"]
    assert office.clock.now() == 1.0
    assert answers[0].get(timeout=0) == 0.5
    assert [clerk.stopped for clerk in office.clerks] == [1, 0, 0]
    assert [clerk.ended.is_set() for clerk in office.clerks] == [True] * 3
    assert ActorRegistry.get_all() == [office.boss.actor_ref]
    # It ends when it comes back.
    office.clock.advance(5.0)
    assert answers[1].get(timeout=0) == 2.0
    assert [clerk.stopped for clerk in office.clerks] == [1, 1, 0]


def test_an_actor_may_stop_them_all_itself_among_them(found: Found) -> None:
    office = found()
    left: list[str] = []
    office.addresses[1].tell(lambda clerk: left.extend(office.simulation.stop(office.clerks, 1.0)))
    assert left == ["b"]
    assert [clerk.stopped for clerk in office.clerks] == [1, 1, 1]
    with pytest.raises(StoppedError):
        office.addresses[1].ask(spend(0.0), timeout=1.0)


def test_a_kill_ends_an_actor_with_its_letters_and_if_at_work_its_answer_may_still_come(
    found: Found,
) -> None:
    office = found()
    a, b = office.clerks[:2]
    answer = a.actor_ref.ask(spend(1.0), block=False)
    unread = a.actor_ref.ask(spend(0.0), block=False)
    for name in "ab":
        office.simulation.kill(name)
    with pytest.raises(ActorDeadError):
        unread.get(timeout=0)
    with pytest.raises(StoppedError):
        office.addresses[1].ask(spend(0.0), timeout=1.0)
    assert [a.stopped, b.stopped] == [0, 1]
    assert answer.get(timeout=2.0) == 1.0
    assert [a.stopped, b.stopped] == [1, 1]


def test_who_is_dead_or_handed_on_is_not_woken(found: Found) -> None:
    office = found()
    for address in office.addresses[:2]:
        address.tell(lambda clerk: setattr(clerk, "wake_at", 1.0))
    office.simulation.kill("a")
    assert office.simulation.release([office.clerks[1]], 0.0) == []
    office.clock.advance(5.0)
    assert [clerk.woken for clerk in office.clerks] == [[], [], []]


def test_ctrl_c_in_a_handler_reaches_the_outside_and_the_others_go_on(found: Found) -> None:
    def interrupt(clerk: Clerk) -> None:
        raise KeyboardInterrupt

    office = found(choices=RecordedChoices([]))
    with pytest.raises(KeyboardInterrupt):
        office.addresses[0].ask(interrupt, timeout=1.0)
    order: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        office.everybody(
            lambda clerk: interrupt(clerk) if clerk.name == "a" else order.append(clerk.name)
        )
    assert office.addresses[0].ask(spend(0.0), timeout=1.0) == 0.0
    assert order == ["b", "c"]


@pytest.fixture
def hurry() -> Iterator[None]:
    """Threads that change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurry")
def test_any_thread_may_tell_and_only_one_runs_actors(found: Found) -> None:
    office = found()
    heard: list[int] = []
    inside: list[int] = []

    def note(clerk: Clerk, number: int) -> None:
        inside.append(number)
        heard.append(number)
        assert inside == [number]
        inside.clear()

    def say() -> None:
        for number in range(200):
            office.addresses[number % 3].tell(lambda clerk, number=number: note(clerk, number))

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == sorted([*range(200)] * 4)


def test_who_asks_from_another_thread_waits_until_it_may_run_actors(found: Found) -> None:
    office = found()
    a, b = office.addresses[:2]
    inbox = office.clerks[1].actor_inbox
    overlap = threading.Event()
    answers: list[float] = []

    def overtake(clerk: Clerk) -> float:
        overlap.set()
        return float(clerk.clock.now())

    def ask() -> None:
        answers.append(b.ask(overtake, timeout=1.0))

    asker = threading.Thread(target=ask)

    def wait_for_the_other(clerk: Clerk) -> None:
        asker.start()
        while inbox.empty():
            pass
        assert not overlap.wait(0.05)

    assert a.ask(wait_for_the_other, timeout=1.0) is None
    asker.join(FUSE)
    assert answers == [0.0]


def test_actors_go_from_one_dispatcher_to_another_with_their_letters(found: Found) -> None:
    office = found()
    inline = InlineDispatcher()
    heard: list[str] = []
    assert office.simulation.release(office.clerks, 1.0) == []
    turns: list[Dispatcher] = [inline, office.simulation, inline, office.simulation]
    for number, dispatcher in enumerate(turns):
        for address in office.addresses:
            address.tell(lambda clerk, number=number: heard.append(f"{clerk.name}{number}"))
        assert len(heard) == 3 * number
        dispatcher.start(office.clerks, 1.0)
        assert len(heard) == 3 * number + 3
        if number < 3:
            assert dispatcher.release(office.clerks, 1.0) == []


def test_those_at_work_are_not_handed_on(found: Found) -> None:
    office = found()
    office.addresses[0].tell(spend(0.5))
    office.addresses[1].tell(spend(5.0))
    assert office.simulation.release(office.clerks, 1.0) == ["b"]


class Acts(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        context.tell("b", "done")
        return observation


def called(choices: list[int], deadline: float = 1.0, **faults: float) -> tuple[Any, Any, Any]:
    """Call an agent's host once, with faults; give simulation, host and call."""
    simulation = SimulatedDispatcher(choices=RecordedChoices(choices), faults=Faults(**faults))
    host = AgentActor(Seat("a", Acts, clock=simulation.clock))
    simulation.start([host], 1.0)
    call = RecordingCall(deadline=deadline)
    Address(host).tell(Perceive(call, 0))
    return simulation, host, call


def test_an_agent_is_slow_for_as_long_as_is_chosen() -> None:
    simulation, host, call = called([1, 3], slow=0.5, longest=0.8)
    assert call.answers == []
    simulation.clock.advance(2.0)
    (answer,) = call.answers
    assert (answer.how, answer.started, answer.finished) == ("accept", 0.0, 0.4)
    simulation.stop([host], 0.0)


def test_what_an_agent_says_comes_with_its_answer_and_once() -> None:
    simulation, host, call = called([1, 3, 1], slow=0.5, repeat=0.5, longest=0.8)
    assert call.said == []
    simulation.clock.advance(2.0)
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    assert [parcel.payload for parcel in call.said] == ["done"]
    simulation.stop([host], 0.0)


def test_an_agent_that_crashes_has_said_nothing() -> None:
    simulation, host, call = called([3], crash=0.5)
    assert [answer.how for answer in call.answers] == ["fail"]
    assert call.said == []
    simulation.stop([host], 0.0)


def test_an_agent_hangs_and_never_answers() -> None:
    simulation, host, call = called([2], hang=0.5)
    simulation.clock.advance(1e6)
    assert call.answers == []
    assert simulation.stop([host], 5.0) == ["a"]


@pytest.mark.parametrize(("eighths", "moment"), [(0, 0.0), (3, 0.3)])
def test_an_agent_crashes_at_once_or_later(eighths: int, moment: float) -> None:
    simulation, host, call = called([3, eighths], crash=0.5, longest=0.8)
    assert len(call.answers) == (not eighths)
    simulation.clock.advance(1.0)
    (answer,) = call.answers
    assert (answer.how, str(answer.value)) == ("fail", "a simulated fault")
    assert (answer.started, answer.finished) == (0.0, pytest.approx(moment))
    simulation.stop([host], 0.0)


def test_an_answer_is_repeated() -> None:
    simulation, host, call = called([1], repeat=0.5)
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    simulation.stop([host], 0.0)


def test_an_actor_is_killed_before_it_reads_its_letter() -> None:
    simulation, host, call = called([2], kill=0.5)
    assert [answer.how for answer in call.answers] == ["lose"]
    assert host.ended.is_set()
    assert simulation.stop([host], 0.0) == []


@dataclass
class Wish(Request):
    """Something told for which somebody waits, as a round is."""

    reply_to: Future[float]

    def __call__(self, clerk: Clerk) -> None:
        self.reply_to.set(clerk.clock.now())


def test_stalls_end_when_there_is_nothing_to_wait_for(found: Found) -> None:
    office = found(faults=Faults(stall=1.0))
    reminders = Reminders(office.clock, 1.0)
    office.simulation.keep(reminders)
    reply: Future[float] = Future()
    office.addresses[1].tell(Wish(reply))
    assert reply.get() == 1.0


@pytest.mark.parametrize(("stall", "moment"), [(0, 0.0), (1, 5.0)])
def test_time_passes_though_somebody_could_go_on(stall: int, moment: float, found: Found) -> None:
    office = found(choices=RecordedChoices([0, stall]), faults=Faults(stall=0.5))
    office.addresses[0].tell(lambda clerk: setattr(clerk, "wake_at", 5.0))
    reply: Future[float] = Future()
    office.addresses[1].tell(Wish(reply))
    assert reply.get() == moment


def test_without_faults_nothing_is_drawn_for_them() -> None:
    simulation, host, call = called([])
    assert [answer.how for answer in call.answers] == ["accept"]
    assert simulation.choices.made == []
    simulation.stop([host], 0.0)


def test_a_host_that_is_handed_on_is_not_endangered_any_more() -> None:
    simulation, host, call = called([], crash=1.0)
    assert [answer.how for answer in call.answers] == ["accept"]
    assert simulation.release([host], 0.0) == []
    inline = InlineDispatcher()
    inline.start([host], 1.0)
    made = list(simulation.choices.made)
    Address(host).tell(Perceive(call, 0))
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    assert simulation.choices.made == made
    inline.stop([host], 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slow": 1.1},
        {"kill": -0.1},
        {"crash": math.nan},
        {"slow": 0.5, "hang": 0.4, "crash": 0.2},
        {"stall": 0.6, "kill": 0.6},
        {"longest": 0.0},
        {"longest": math.inf},
    ],
    ids=str,
)
def test_faults_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Faults(**wrong)


def test_risks_come_about_as_often_as_they_say() -> None:
    choices = SeededChoices(1)
    drawn = [choices.weigh((0.1, 0.0, 0.3)) for _ in range(5000)]
    shares = [drawn.count(number) / 5000 for number in range(4)]
    assert shares[2] == 0.0
    assert shares == pytest.approx([0.6, 0.1, 0.0, 0.3], abs=0.03)


def test_recorded_choices_never_choose_what_is_not_there() -> None:
    choices = RecordedChoices([7, 9, 2, 5])
    assert choices.pick(3) == 1
    assert choices.pick(1) == 0
    assert choices.pick(2) == 1
    assert choices.weigh((0.5, 0.0)) == 0
    assert choices.weigh((0.5, 0.5)) == 2
    assert choices.pick(5) == 0
    assert choices.made == [1, 1, 0, 2, 0]
