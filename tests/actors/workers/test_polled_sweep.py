"""A sweep for a round that may have enough hands each answer over by itself."""

from __future__ import annotations

from typing import Any

from antiphon.actors.mailbox import Letter
from antiphon.actors.messages import Deliver
from antiphon.actors.turn import is_taken, take
from antiphon.tests.actors.workers.sweeping import SweptRecorder, hosts_of, sweep


class Polled(SweptRecorder):
    """A round whose protocol has enough after so many answers."""

    polled = True

    def __init__(self, members: int, enough: int) -> None:
        super().__init__(members)
        self.enough = enough

    def accept(self, index: int, action: Any, started: float, finished: float) -> None:
        super().accept(index, action, started, finished)
        self.over = len(self.of("accept")) >= self.enough


def test_where_a_protocol_is_asked_each_answer_is_handed_over_by_itself() -> None:
    hosts, call = hosts_of(5), Polled(5, enough=9)
    sweep(call, hosts).take_turn()
    assert [(one.index, one.value) for one in call.answers] == [(k, 10 * k) for k in range(5)]
    assert call.settled == []
    assert call.actions == [None] * 5
    assert None not in call.started
    assert not any(is_taken(host.turn) for host in hosts)


def test_once_there_are_enough_nobody_is_visited() -> None:
    hosts, call = hosts_of(10), Polled(10, enough=3)
    work = sweep(call, hosts)
    work.take_turn()
    assert [one.how for one in call.answers] == ["accept"] * 3
    assert call.started[3:] == [None] * 7
    assert work.left == 0
    assert not any(is_taken(host.turn) for host in hosts)


def test_there_too_the_occupied_get_a_letter_and_failures_are_their_own() -> None:
    def act(seen: Any) -> Any:
        if seen == 2:
            raise ValueError("no")
        return seen

    hosts, call = hosts_of(4, act), Polled(4, enough=9)
    assert take(hosts[0].turn)
    hosts[1].actor_inbox.put(Letter(Deliver(1, "hello", "outside")))
    sweep(call, hosts).take_turn()
    assert call.posted == [0, 1]
    assert (call.of("fail"), call.of("accept")) == ([2], [3])
    assert [is_taken(host.turn) for host in hosts] == [True, False, False, False]
