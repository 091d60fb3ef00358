"""A sweep over the members of a cohort: all of them in one go, unless somebody has to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.cohort import Cohort, CohortMember, RunMember, VisitMembers
from antiphon.actors.hearing import NOWHERE
from antiphon.actors.mailbox import Letter
from antiphon.actors.messages import Deliver, Question
from antiphon.actors.turn import is_taken, take
from antiphon.actors.workers.cohort_sweep import CohortSweep, Rank
from antiphon.errors import AskError, ObservationError
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.models.profile import InferenceSettings
from antiphon.tests.actors.workers.test_joint_sweep import (
    MODEL,
    SETTINGS,
    Slots,
    Slow,
    Thinker,
    acted,
    calls_of,
    free,
    hosts_of,
    sweep,
)


def thinker() -> Thinker:
    return Thinker(MODEL, SETTINGS)


def visit(call: Slots, hosts: Sequence[AgentActor], indices: Sequence[int] | None = None) -> None:
    visit_rank(call, Rank(hosts), indices)


def visit_rank(call: Slots, rank: Rank, indices: Sequence[int] | None = None) -> None:
    indices = range(len(rank.hosts)) if indices is None else indices
    work = CohortSweep(call, rank, indices, clock=rank.hosts[0].clock)
    while work.left:
        work.take_turn()


def filled(call: Slots) -> tuple[Any, ...]:
    return call.actions, call.started, call.finished, call.posted, call.late


@pytest.mark.parametrize("indices", [range(5), [0, 2, 4, 5, 6]])
def test_slots_are_filled_as_by_a_joint_sweep(
    indices: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, others, call, other = hosts_of(5), hosts_of(5), Slots(7), Slots(7)
    sizes = calls_of(monkeypatch)
    visit(call, hosts, indices)
    sweep(other, others, indices=indices).take_turn()
    assert filled(call) == filled(other)
    assert call.settled == [5]
    assert sizes == [5, 5]
    assert acted(hosts) == acted(others) == [1] * 5


def test_nobodys_turn_is_taken_and_a_letter_that_comes_meanwhile_waits() -> None:
    hosts, call = hosts_of(3), Slots(3)
    locked: list[bool] = []

    def news_of(ids: Sequence[str]) -> Any:
        locked.extend(is_taken(host.turn) for host in hosts)
        return [()] * len(ids)

    call.news_of = news_of  # type: ignore[method-assign]
    visit(call, hosts)
    assert locked == [False] * 3
    assert [len(host.turn) for host in hosts] == [1] * 3, "a turn was put back that nobody took"


def test_a_member_with_a_letter_reads_that_first_and_the_others_are_answered_for() -> None:
    hosts, call = hosts_of(3), Slots(3)
    hosts[1].actor_inbox.put(Letter(Deliver(1, "hello", "outside")))
    visit(call, hosts)
    assert call.posted == [1]
    assert acted(hosts) == [1, 0, 1]
    assert free(hosts)


def test_a_first_letter_is_seen_by_a_rank_that_was_made_before_it_came() -> None:
    hosts = hosts_of(3)
    rank = Rank(hosts)
    assert rank.is_idle(0)
    hosts[1].actor_inbox.put(Letter(Deliver(1, "hello", "outside")))
    assert not rank.is_idle(0)


def test_a_member_whose_turn_somebody_has_gets_a_letter() -> None:
    hosts, call = hosts_of(3), Slots(3)
    assert take(hosts[2].turn)
    visit(call, hosts)
    assert call.posted == [2]
    assert acted(hosts) == [1, 1, 0]


def test_a_new_episode_begins_before_the_call() -> None:
    hosts, call = hosts_of(3), Slots(3, episode=4)
    visit(call, hosts)
    agents: list[Any] = [host.agent for host in hosts]
    assert [agent.seeds for agent in agents] == [2] * 3
    assert call.actions.count(None) == 0


def test_mail_is_heard_before_the_call() -> None:
    hosts, call = hosts_of(2), Slots(2)
    heard: list[Any] = []
    hosts[1].agent.receive = lambda message, *_: heard.append(message)  # type: ignore[method-assign]
    outbox = Outbox(OUTSIDE)
    outbox.tell(hosts[1].name, "hello")
    call.mail = {hosts[1].name: outbox.take()}
    visit(call, hosts)
    assert heard == ["hello"]
    assert acted(hosts) == [1, 1]


def test_one_that_acts_by_itself_gets_a_letter() -> None:
    hosts = [*hosts_of(1), *hosts_of(1, lambda: Slow(MODEL, SETTINGS))]
    call = Slots(2)
    visit(call, hosts)
    assert call.posted == [1]


def test_a_round_that_is_over_calls_nobody() -> None:
    for call in (Slots(3, over=True), Slots(3, deadline=100.0)):
        hosts = hosts_of(3)
        work = CohortSweep(call, Rank(hosts), range(3), clock=hosts[0].clock)
        work._visit_some()
        assert call.of("skip") == [0, 1, 2]
        assert acted(hosts) == [0] * 3
        assert free(hosts)


def test_answers_that_come_when_the_round_is_over_are_late() -> None:
    hosts, call = hosts_of(3), Slots(3)

    def news_of(ids: Sequence[str]) -> Any:
        call.over = True
        return [()] * len(ids)

    call.news_of = news_of  # type: ignore[method-assign]
    visit(call, hosts)
    assert (call.late, call.settled) == ([0, 1, 2], [])


def test_one_that_is_shown_nonsense_fails_and_the_others_act() -> None:
    hosts, call = hosts_of(3), Slots(3)
    call.observations[1] = "nonsense"
    visit(call, hosts)
    ((failure,),) = [[answer for answer in call.answers if answer.how == "fail"]]
    assert (failure.index, type(failure.value)) == (1, ObservationError)
    assert acted(hosts) == [1, 0, 1]
    assert call.settled == [2]


def test_where_a_protocol_is_asked_each_answer_is_handed_over() -> None:
    hosts, call = hosts_of(3), Slots(3)
    call.polled = True
    visit(call, hosts)
    assert call.of("accept") == [0, 1, 2]
    assert call.finished == [None] * 3


def test_one_that_sits_elsewhere_is_answered_for_from_there() -> None:
    hosts = hosts_of(3)
    rank, alone = Rank(hosts), hosts_of(3)
    visit_rank(Slots(3), rank)
    visit(Slots(3), alone)
    state = hosts[1].agent.get_state()  # type: ignore[attr-defined]
    hosts[1].agent = Thinker(MODEL, InferenceSettings(backend="numpy"))
    hosts[1].seated = hosts[1].agent
    hosts[1].agent.set_state(state)
    again, other = Slots(3), Slots(3)
    visit_rank(again, rank)
    visit(other, alone)
    assert again.actions == other.actions
    assert acted(hosts) == acted(alone) == [2] * 3


def test_an_episode_that_begins_later_begins_for_all_before_the_call() -> None:
    hosts = hosts_of(3)
    rank = Rank(hosts)
    for episode in (0, 0, 1, 1, 2):
        visit_rank(Slots(3, episode=episode), rank)
    agents: list[Any] = [host.agent for host in hosts]
    assert [agent.seeds for agent in agents] == [3] * 3
    assert acted(hosts) == [1] * 3, "steps of this episode"


def test_one_that_has_failed_is_looked_at_again_before_the_next_call() -> None:
    hosts = hosts_of(3)
    rank = Rank(hosts)
    visit_rank(Slots(3), rank)
    call = Slots(3)
    call.observations[1] = "nonsense"
    visit_rank(call, rank)
    hosts[1].episode = NOWHERE  # as its failure may have left it
    visit_rank(Slots(3), rank)
    assert hosts[1].episode == 0
    assert acted(hosts) == [3, 2, 3]


def test_one_that_was_run_by_itself_is_looked_at_again_before_the_next_call() -> None:
    members = [CohortMember(Seat(f"agent-{n}", thinker, seed=3)) for n in range(3)]
    cohort = Cohort("cohort-1", members)
    cohort.on_start()
    calls = [Slots(3), Slots(3)]
    cohort.on_receive(VisitMembers(calls[0], range(3), members))
    assert take(members[1].turn)
    members[1].episode = NOWHERE  # as a letter that it reads may leave it
    cohort.on_receive(RunMember(members[1]))
    cohort.on_receive(VisitMembers(calls[1], range(3), members))
    assert members[1].episode == 0
    assert acted(members) == [2] * 3


class Evasive(Thinker):
    together = True

    def answer(self, question: Any, sender: str, context: Any) -> Any:
        raise ValueError(question)


def test_one_that_failed_at_a_question_on_this_thread_is_looked_at_before_the_next_call() -> None:
    seats = [
        Seat(f"agent-{n}", lambda: Evasive(MODEL, SETTINGS), seed=3, snapshot_interval=10)
        for n in range(3)
    ]
    members = [CohortMember(seat) for seat in seats]
    cohort = Cohort("cohort-1", members)
    cohort.on_start()
    calls = [Slots(3), Slots(3, round=2)]
    cohort.on_receive(VisitMembers(calls[0], range(3), members))
    with pytest.raises(AskError, match="why"):
        members[1].answer_here(Question("why?", "outside"))
    cohort.on_receive(VisitMembers(calls[1], range(3), members))
    assert [call.of("fail") for call in calls] == [[], [1]]
