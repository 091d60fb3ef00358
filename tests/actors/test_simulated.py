"""Actors on one thread, where every step is chosen, whoever tells and asks them."""

from __future__ import annotations

import threading

import pytest
from antiphon.actors.simulation.choices import RecordedChoices
from antiphon.tests.actors.office import FUSE, Clerk, Found, Office, offices, spend

found = pytest.fixture(offices)


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


@pytest.mark.usefixtures("restless")
def test_any_thread_may_tell_and_only_one_runs_actors(found: Found) -> None:
    office = found()
    heard: list[int] = []
    inside: list[int] = []
    crossed, gate = threading.Event(), threading.Barrier(4)

    def note(clerk: Clerk, number: int) -> None:
        inside.append(number)
        heard.append(number)
        if len(inside) > 1:
            crossed.set()
        elif len(heard) == 1:
            # The others tell, too, by now: whoever could come between would.
            crossed.wait(0.05)
        inside.clear()

    def say() -> None:
        gate.wait(FUSE)
        for number in range(200):
            office.addresses[number % 3].tell(lambda clerk, number=number: note(clerk, number))

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == sorted([*range(200)] * 4)
    assert not crossed.is_set()


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
        while inbox.empty() and asker.is_alive() and not overlap.is_set():
            pass
        assert not overlap.wait(0.05)

    assert a.ask(wait_for_the_other, timeout=1.0) is None
    asker.join(FUSE)
    assert answers == [0.0]
