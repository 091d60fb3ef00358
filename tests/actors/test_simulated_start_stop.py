"""Simulated actors start all or none, and end or go elsewhere with what they have to do."""

from __future__ import annotations

import math

import pytest
from antiphon.actors.address import Address
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.clock import ManualClock
from antiphon.errors import StartError, StoppedError
from antiphon.tests.actors.office import Clerk, Found, Order, offices, spend
from pykka import ActorDeadError, ActorRegistry

found = pytest.fixture(offices)


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
