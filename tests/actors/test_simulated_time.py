"""Simulated time passes for those who wait or work, and for nobody else."""

from __future__ import annotations

import math

import pytest
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.errors import AskError, AskTimeoutError
from antiphon.tests.actors.office import Clerk, Found, Reminders, offices, spend

found = pytest.fixture(offices)


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
