"""Supervision with one rule taken out, each of which a test falls on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.care.decision import Decision
from antiphon.actors.care.recovery import Recovery
from antiphon.actors.care.snapshots import Snapshots
from antiphon.actors.care.supervision import Supervisor
from antiphon.actors.messages import Retire, Suspend
from antiphon.coordination.absence import Absences
from antiphon.coordination.coordinator import Coordinator
from antiphon.models.agent import Agent
from antiphon.testing import RecordingRef
from antiphon.tests.society import test_supervision as supervision
from antiphon.tests.society import test_supervision_between_rounds as between
from antiphon.tests.society import test_supervision_down as down
from antiphon.tests.society import test_supervision_groups as groups
from antiphon.tests.society import test_supervision_state as state
from antiphon.tests.society.supervised_cast import Reborn


def _undone(method: Any) -> Callable[..., None]:
    return lambda *_, **__: None


def _orders_after_all_else(close: Callable[..., None]) -> Callable[..., None]:
    def mutant(self: Coordinator) -> None:
        addresses = self._addresses
        refs = {agent_id: RecordingRef() for agent_id in addresses}
        self._addresses = refs
        close(self)
        self._addresses = addresses
        for agent_id, ref in refs.items():
            for message in ref.told:
                addresses[agent_id].tell(message)

    return mutant


def _only(is_decided: Callable[[Decision], bool]) -> Callable[..., Any]:
    return lambda decide: lambda *facts: tuple(filter(is_decided, decide(*facts)))


def _deaf_to(kind: type) -> Callable[..., Any]:
    def mutate(on_receive: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, message: None if type(message) is kind else on_receive(self, message)

    return mutate


def _with_another_stream(seat: Callable[..., None]) -> Callable[..., None]:
    def mutant(self: AgentActor, agent: Agent) -> None:
        self._rng = None
        seat(self, agent)

    return mutant


def _without_late_errors(welcome: Callable[..., None]) -> Callable[..., None]:
    return lambda self, message: welcome(self, replace(message, error=None))


RULES: dict[str, tuple[type, str, Callable[[Any], Any]]] = {
    "orders go out before the reply": (Coordinator, "_close", _orders_after_all_else),
    "mates are told": (Supervisor, "decide", _only(lambda d: d.error is not None)),
    "who sits out is told": (AgentActor, "on_receive", _deaf_to(Suspend)),
    "who is stopped is told": (AgentActor, "on_receive", _deaf_to(Retire)),
    "what is escalated is raised": (Supervisor, "decide", _only(lambda d: d.final)),
    "it is asked who is due": (Supervisor, "due", _undone),
    "who is down is not called": (Supervisor, "down", lambda _: property(lambda self: {})),
    "what waits is held": (Recovery, "hold", _undone),
    "snapshots are taken": (Snapshots, "take", _undone),
    "the random stream goes on": (AgentActor, "_seat", _with_another_stream),
    "what passes is kept for who is down": (
        Absences,
        "__init__",
        lambda begin: lambda self, down=(): begin(self),
    ),
    "failures between rounds are kept": (Recovery, "stumbled", _undone),
    "late failures are counted": (Coordinator, "_welcome", _without_late_errors),
    "failures of a state given up are not": (
        Supervisor,
        "counts",
        lambda _: lambda self, agent_id, called: True,
    ),
}
"""Where each rule is kept, and what makes a method that does not keep it."""

TAKEN_OUT_IS_CAUGHT_BY: dict[str, tuple[Callable[..., None], Any]] = {
    "orders go out before the reply": (
        supervision.test_the_orders_are_given_before_anybody_hears_of_the_round,
        (),
    ),
    "mates are told": (groups.test_those_who_belong_together_go_back_together, ["inline"]),
    "who sits out is told": (
        state.test_its_state_is_that_of_the_last_snapshot_if_there_is_one,
        (Reborn, 2, 5, "inline"),
    ),
    "who is stopped is told": (
        supervision.test_stopped_it_is_out_for_good_and_its_actor_is_gone,
        ["inline"],
    ),
    "what is escalated is raised": (
        supervision.test_what_is_escalated_ends_a_run_too,
        ["inline"],
    ),
    "it is asked who is due": (
        supervision.test_one_that_failed_sits_out_and_comes_back_while_the_others_go_on,
        ["inline"],
    ),
    "who is down is not called": (
        supervision.test_one_that_failed_sits_out_and_comes_back_while_the_others_go_on,
        ["inline"],
    ),
    "what waits is held": (
        state.test_one_that_fails_at_what_waited_for_it_hears_the_rest_the_next_time,
        ["inline"],
    ),
    "snapshots are taken": (
        state.test_its_state_is_that_of_the_last_snapshot_if_there_is_one,
        (Reborn, 2, 5, "inline"),
    ),
    "the random stream goes on": (state.test_its_random_stream_goes_on_where_it_was, ["inline"]),
    "what passes is kept for who is down": (
        down.test_what_passed_while_it_was_down_it_is_told_when_it_is_back,
        ["inline"],
    ),
    "failures between rounds are kept": (
        between.test_a_failure_between_two_rounds_counts_in_the_next_tell_and_ask_alike,
        ("answer", "inline"),
    ),
    "late failures are counted": (
        between.test_a_failure_that_comes_late_counts_in_the_round_that_it_comes_in,
        ("threaded", threading.Event()),
    ),
    "failures of a state given up are not": (
        groups.test_one_that_hangs_while_its_mate_fails_is_built_anew_once_it_is_back,
        ("threaded", threading.Event()),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_supervision_with_one_rule_taken_out_is_caught(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, name, mutate = RULES[rule]
    monkeypatch.setattr(part, name, mutate(getattr(part, name)))
    check, arguments = TAKEN_OUT_IS_CAUGHT_BY[rule]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(*arguments)
