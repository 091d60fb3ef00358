"""A sweep over agents of one crowd: many are answered for in one call, each under its turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.turn import give_back, is_taken, take
from antiphon.actors.workers.joint_sweep import AT_ONCE, JointSweep, Regulars, Sorting
from antiphon.actors.workers.sweep import Sweep
from antiphon.clock import ManualClock
from antiphon.errors import ObservationError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Agent, Context
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.models.profile import InferenceSettings
from antiphon.tests.actors.workers.sweeping import FUSE, Interrupts, SweptRecorder, visit_at_once

SETTINGS = InferenceSettings(backend="numpy")
MODEL = {"A": np.eye(4) * 0.6 + 0.1, "B": np.stack([np.eye(4), np.roll(np.eye(4), 1, 0)], axis=2)}


class Thinker(ActiveInference):
    """One of ours."""

    together = True
    seeds = 0

    def reset(self, seed: int | None = None) -> None:
        super().reset(seed)
        self.seeds += 1
        if seed is not None and self.seeds == getattr(self, "fails_at", 0):
            raise RuntimeError("cannot begin")


class Slow(Thinker):
    """A user's, which is not answered for with others."""


class Slots(SweptRecorder):
    """The slots of a round whose members are shown what their model knows."""

    def __init__(self, members: int, **options: Any) -> None:
        super().__init__(members, **options)
        self.observations: list[Any] = [k % 4 for k in range(members)]

    def news_of(self, ids: Sequence[str]) -> Any:
        return [()] * len(ids)


def hosts_of(
    count: int, make: Callable[[], Agent] | None = None, clock: ManualClock | None = None
) -> list[AgentActor]:
    clock, make = clock or ManualClock(100.0), make or (lambda: Thinker(MODEL, SETTINGS))
    hosts = [AgentActor(Seat(f"agent-{n}", make, seed=3, clock=clock)) for n in range(count)]
    for host in hosts:
        assert host.begin()
    return hosts


def sweep(
    call: Slots,
    hosts: Sequence[AgentActor],
    again: Callable[[Sweep], None] = lambda sweep: None,
    indices: Sequence[int] | None = None,
) -> JointSweep:
    indices = range(len(hosts)) if indices is None else indices
    clock = hosts[0].clock
    return JointSweep(call, hosts, indices, clock=clock, again=again, slow=lambda sweep: None)


def acted(hosts: Sequence[AgentActor]) -> list[int]:
    """How often each has acted."""
    return [host.agent.get_state()["step"] for host in hosts]  # type: ignore[attr-defined]


def free(hosts: Sequence[AgentActor]) -> bool:
    return not any(is_taken(host.turn) for host in hosts)


def calls_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many a crowd answers for, call by call."""
    sizes, act = [], Crowd.act

    def count(self: Crowd, seats: Any, *rest: Any) -> Any:
        sizes.append(len(seats))
        return act(self, seats, *rest)

    monkeypatch.setattr(Crowd, "act", count)
    return sizes


def test_all_are_answered_for_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts, alone, call = hosts_of(5), hosts_of(5), Slots(5)
    expected = [
        host.agent.act(seen, Context(host.name))  # type: ignore[attr-defined]
        for host, seen in zip(alone, call.observations, strict=True)
    ]
    sizes = calls_of(monkeypatch)
    sweep(call, hosts).take_turn()
    assert call.actions == expected
    assert call.settled == sizes == [5]
    assert call.finished == [100.0] * 5
    assert acted(hosts) == [1] * 5
    assert free(hosts)


def test_only_those_named_are_called_each_with_its_own_observation() -> None:
    hosts, call = hosts_of(5), Slots(5)
    sweep(call, [hosts[3], hosts[1]], indices=[3, 1]).take_turn()
    assert acted(hosts) == [0, 1, 0, 1, 0]
    beliefs = [int(host.agent.beliefs.argmax()) for host in hosts]  # type: ignore[attr-defined]
    assert (beliefs[1], beliefs[3]) == (1, 3)
    assert call.settled == [2]


def test_what_the_same_hosts_have_in_common_is_looked_up_once() -> None:
    hosts, calls = Regulars(hosts_of(5)), [Slots(5) for _ in range(3)]
    companies = []
    for call in calls:
        work = sweep(call, hosts)
        taken = work._take()
        companies.append(taken.company)
        work._answer(taken)
        for host in taken.held:
            give_back(host.turn)
    assert companies[0] is companies[1] is companies[2]
    assert acted(hosts) == [3] * 5


def test_hosts_of_which_one_is_missing_are_another_company() -> None:
    hosts, plain = Regulars(hosts_of(4)), hosts_of(4)
    for absent in (None, 2, None, 0):
        for called in (hosts, plain):
            call = Slots(4)
            if absent is not None:
                assert take(called[absent].turn)
            sweep(call, called).take_turn()
            assert call.posted == ([] if absent is None else [absent])
            if absent is not None:
                give_back(called[absent].turn)
    assert acted(hosts) == acted(plain) == [3, 4, 3, 4]


def test_hosts_that_are_called_again_are_regulars_if_they_go_together() -> None:
    sorting, ours, users = Sorting(), hosts_of(2), hosts_of(2, lambda: Slow(MODEL, SETTINGS))
    for hosts, kind in ((ours, Regulars), (users, list)):
        ((_, _, first),) = sorting.of(range(2), hosts)
        ((_, _, again),) = sorting.of(range(2), hosts)
        assert type(first) is kind
        assert first is again
        assert list(first) == hosts


def test_companies_that_come_about_by_chance_are_not_kept_for_ever() -> None:
    hosts = Regulars(hosts_of(40))
    for begin in range(39):
        hosts.company_of(hosts[begin : begin + 2])
    assert len(hosts._companies) < 20
    assert hosts.company_of(hosts[38:40]) is hosts.company_of(hosts[38:40])


def test_a_turn_is_some_of_them_and_the_rest_is_offered_to_others() -> None:
    count = AT_ONCE + 10
    offered: list[Sweep] = []
    hosts, call = hosts_of(count), Slots(count)
    work = sweep(call, hosts, offered.append)
    work.take_turn()
    assert (offered, work.left, call.settled) == ([work], 10, [AT_ONCE])
    work.take_turn()
    work.take_turn()
    assert (len(offered), work.left, call.settled) == (2, 0, [AT_ONCE, 10])
    assert acted(hosts) == [1] * count


def test_who_is_occupied_or_has_letters_or_acts_by_itself_gets_a_letter() -> None:
    hosts, call = [*hosts_of(3), *hosts_of(1, lambda: Slow(MODEL, SETTINGS))], Slots(4)
    take(hosts[0].turn)
    Address(hosts[1]).tell("a letter")
    sweep(call, hosts).take_turn()
    assert call.posted == [0, 1, 3]
    assert acted(hosts) == [0, 0, 1, 0]
    assert call.settled == [1]
    assert [is_taken(host.turn) for host in hosts] == [True, False, False, False]


def test_who_gets_a_letter_while_it_is_answered_for_is_announced_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announced: list[tuple[str, bool]] = []
    hosts, act = hosts_of(3), Crowd.act
    for host in hosts:
        host.actor_inbox.notify = lambda mailbox: announced.append(
            (mailbox.owner.name, is_taken(mailbox.turn))
        )

    def tell(self: Crowd, *arguments: Any) -> Any:
        Address(hosts[1]).tell("a letter")
        return act(self, *arguments)

    monkeypatch.setattr(Crowd, "act", tell)
    sweep(Slots(3), hosts).take_turn()
    # Once when it was put, and once when whoever ran it let go.
    assert announced == [("agent-1", True), ("agent-1", False)]


def test_one_that_is_shown_nonsense_has_failed_and_the_others_are_as_without_it() -> None:
    hosts, others, call, sound = hosts_of(4), hosts_of(4), Slots(4), Slots(4)
    call.observations[1] = "nonsense"
    sweep(call, hosts).take_turn()
    sweep(sound, others).take_turn()
    (failed,) = call.answers
    assert (failed.index, failed.how, type(failed.value)) == (1, "fail", ObservationError)
    assert call.actions == [sound.actions[0], None, *sound.actions[2:]]
    assert call.finished[1] is None
    assert (call.settled, acted(hosts)) == ([3], [1, 0, 1, 1])
    assert free(hosts)


def test_in_a_new_episode_agents_are_reset_first_and_one_that_cannot_be_has_failed() -> None:
    hosts, call = hosts_of(3), Slots(3, episode=1)
    hosts[1].agent.fails_at = 2  # type: ignore[attr-defined]
    sweep(call, hosts).take_turn()
    assert [host.agent.seeds for host in hosts] == [2, 2, 2]  # type: ignore[attr-defined]
    assert call.of("fail") == [1]
    assert (call.settled, acted(hosts)) == ([2], [1, 0, 1])
    assert free(hosts)
    again = Slots(3, episode=1)
    sweep(again, hosts).take_turn()
    assert [host.agent.seeds for host in hosts] == [2, 3, 2]  # type: ignore[attr-defined]
    assert again.settled == [3]


def test_mail_is_heard_before_the_answer() -> None:
    heard: list[tuple[str, int]] = []

    class Hears(Thinker):
        together = True

        def receive(self, message: Any, sender: str, context: Context) -> None:
            heard.append((context.agent_id, message))

    hosts, call, outbox = hosts_of(3, lambda: Hears(MODEL, SETTINGS)), Slots(3), Outbox(OUTSIDE)
    outbox.tell_many(["agent-1"], 5)
    call.mail = {"agent-1": outbox.take()}
    sweep(call, hosts).take_turn()
    assert heard == [("agent-1", 5)]
    assert call.settled == [3]


def test_past_the_deadline_calls_are_dropped_unread() -> None:
    hosts, call = hosts_of(4), Slots(4, deadline=100.0)
    sweep(call, hosts).take_turn()
    assert call.of("skip") == [0, 1, 2, 3]
    assert acted(hosts) == [0] * 4
    assert free(hosts)


def test_answers_after_the_end_are_late_and_those_behind_are_not_visited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts, call, act = hosts_of(AT_ONCE + 5), Slots(AT_ONCE + 5), Crowd.act

    def close(self: Crowd, *arguments: Any) -> Any:
        call.over = True
        return act(self, *arguments)

    monkeypatch.setattr(Crowd, "act", close)
    work = sweep(call, hosts)
    work.take_turn()
    assert (call.late, call.settled, work.left) == ([*range(AT_ONCE)], [], 0)
    work.take_turn()
    assert acted(hosts) == [1] * AT_ONCE + [0] * 5
    assert free(hosts)


def test_each_is_charged_with_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(100.0)
    hosts, call, act = hosts_of(4, clock=clock), Slots(4), Crowd.act

    def take_long(self: Crowd, *arguments: Any) -> Any:
        clock.advance(2.0)
        return act(self, *arguments)

    monkeypatch.setattr(Crowd, "act", take_long)
    sweep(call, hosts).take_turn()
    assert (call.started, call.finished) == ([101.5] * 4, [102.0] * 4)


@pytest.mark.parametrize("kind", [MemoryError, SystemExit])
def test_a_crowd_that_cannot_answer_fails_all_of_them_and_keeps_no_turn(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, call = hosts_of(3), Slots(3)

    def breaks(self: Crowd, *arguments: Any) -> Any:
        raise kind("no room")

    monkeypatch.setattr(Crowd, "act", breaks)
    sweep(call, hosts).take_turn()
    assert call.of("fail") == [0, 1, 2]
    assert free(hosts)


@pytest.mark.usefixtures("restless")
def test_any_number_of_visitors_answer_for_everyone_once() -> None:
    count = 2 * AT_ONCE + 50
    hosts, alone, call, expected = hosts_of(count), hosts_of(count), Slots(count), Slots(count)
    one = sweep(expected, alone)
    while one.left:
        one.take_turn()
    visit_at_once(sweep(call, hosts))
    assert call.actions == expected.actions
    assert acted(hosts) == [1] * count
    assert sum(call.settled) == count
    assert call.posted == []
    assert free(hosts)


def test_ctrl_c_at_any_instruction_leaves_no_turn_taken() -> None:
    hosts = hosts_of(3)
    places = [JointSweep._visit_some, JointSweep._take, JointSweep._answer, JointSweep._free]
    dispatcher = InlineDispatcher()
    dispatcher.start(hosts, FUSE)
    nth, interrupted = 0, True
    while interrupted:
        with Interrupts(places, nth) as interrupts, suppress(KeyboardInterrupt):
            dispatcher.visit(Slots(3), hosts, range(3))
        interrupted = interrupts.raised
        assert free(hosts), f"at instruction {nth}"
        nth += 1
    dispatcher.stop(hosts, FUSE)
    assert nth > 100


# Who is visited how


def test_agents_that_go_together_and_others_are_visited_apart() -> None:
    ours, theirs = hosts_of(2), hosts_of(2, lambda: Slow(MODEL, SETTINGS))
    mixed = [ours[0], theirs[0], theirs[1], ours[1]]
    sorting = Sorting()
    for _ in range(2):
        assert sorting.of([4, 5, 6, 7], mixed) == [
            (JointSweep, [4, 7], [ours[0], ours[1]]),
            (Sweep, [5, 6], [theirs[0], theirs[1]]),
        ]


@pytest.mark.parametrize(("kind", "sweep"), [(Thinker, JointSweep), (Slow, Sweep)])
def test_where_all_are_of_a_kind_nobody_is_sorted(kind: Any, sweep: type[Sweep]) -> None:
    hosts, sorting = hosts_of(3, lambda: kind(MODEL, SETTINGS)), Sorting()
    indices = range(3)
    for _ in range(2):
        ((chosen, all_of_them, everybody),) = sorting.of(indices, hosts)
        assert (chosen, everybody) == (sweep, hosts)
        assert all_of_them is indices


def test_other_hosts_are_sorted_anew() -> None:
    sorting, ours = Sorting(), hosts_of(2)
    theirs = hosts_of(2, lambda: Slow(MODEL, SETTINGS))
    kinds = [sorting.of(range(2), hosts)[0][0] for hosts in (ours, theirs, ours)]
    assert kinds == [JointSweep, Sweep, JointSweep]
