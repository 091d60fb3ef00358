"""Ways of passing messages on with one rule taken out, each of which a test falls on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.hearing import NOWHERE
from antiphon.actors.messages import Deliver
from antiphon.actors.talk.asks import Asks
from antiphon.actors.talk.interview import Interviews
from antiphon.actors.talk.openings import Openings
from antiphon.coordination.call import RoundCall
from antiphon.coordination.notices import Returned
from antiphon.coordination.outcome import Status
from antiphon.coordination.talk import correspondence, exchange
from antiphon.coordination.talk.correspondence import Correspondence
from antiphon.coordination.talk.exchange import Exchange
from antiphon.coordination.talk.mail import Refused
from antiphon.coordination.talk.pigeonholes import Pigeonholes
from antiphon.errors import AskDeadlockError
from antiphon.models.agent import Context
from antiphon.models.board import Board
from antiphon.models.outbox import Outbox, Parcel, Phase
from antiphon.testing.simulation import simulate
from antiphon.tests.society import test_asking as asking
from antiphon.tests.society import test_immediate as at_once
from antiphon.tests.society import test_message_delivery as delivery
from antiphon.tests.society import test_message_order as orders
from antiphon.tests.society import test_message_refusals as refusals
from antiphon.tests.society import test_message_times as times
from antiphon.tests.society import test_shared_state as shared
from antiphon.tests.society import test_topics as published

# Each stands for a method of the same name.


def keeps_what_it_delivers(self: Exchange, round: int) -> Any:
    waiting = list(self._waiting)
    deliveries = DELIVER(self, round)
    self._waiting = waiting[:1]
    return deliveries


def says_it_again(self: AgentActor, call: Any, index: int) -> None:
    unsent = self._unsent
    PREPARE(self, call, index)
    self._unsent, self.episode = unsent, NOWHERE


def loses_mail_of_a_call_read_too_late(self: RoundCall, *arguments: Any, **facts: Any) -> Returned:
    returned = RETURNED(self, *arguments, **facts)
    return Returned(returned.round, returned.agent_id, late=returned.late)


def loses_mail_of_calls_that_were_not_sent(self: RoundCall) -> Any:
    return ((agent_id, experiences, ()) for agent_id, experiences, _ in UNHEARD(self))


def answers_twice_and_the_second_takes_its_words_along(
    self: RoundCall, index: int, *arguments: Any, **facts: Any
) -> Returned:
    said = self._said.pop(index, ())
    returned = RETURNED(self, index, *arguments, **facts)
    return Returned(returned.round, returned.agent_id, late=returned.late, said=said)


def keeps_nothing(self: Pigeonholes, agent_id: str, parcels: Sequence[Parcel]) -> None:
    pass


def gives_everybody_their_mail(self: Correspondence, round: int, called: Any) -> Any:
    return OPEN(self, round, lambda: self._exchange._members)


def late_counts(
    self: Correspondence, agent_id: str, said: Sequence[Parcel], mail: Sequence[Parcel]
) -> None:
    self._accept(said, None)
    self.give_back(agent_id, mail)


def outside_waits_for_the_round(self: Correspondence, round: int) -> Any:
    return {}


def inside_comes_with_outside(self: Correspondence, round: int) -> Any:
    return correspondence._for_agents(self._note(self._exchange.deliver(round)))


def subscribes_at_once(self: Exchange, said: Any, *facts: Any) -> Any:
    said = list(said)
    self._subscribe(said)
    return DELIVER_ALL(self, said, *facts)


def receive_is_heard_at_once(self: AgentActor, context: Context) -> None:
    for parcel in context.take_said():
        for target in parcel.targets:
            host = self.seat.talk._hosts[target]  # type: ignore[attr-defined]
            Address(host).tell(Deliver.of(parcel, parcel.round))


def board_is_shown_within_the_round(self: Context, key: str, value: Any) -> None:
    talk: Any = self._who.talk
    talk.board = Board({**talk.board, key: value}, talk.board.version + 1)
    PUT(self, key, value)


def numbers_begin_again(self: AgentActor, round: int, phase: Any, **facts: Any) -> Context:
    context = BETWEEN(self, round, phase, **facts)
    context._moment = replace(context._moment, first=0)  # type: ignore[type-var]
    return context


def phase_is_forgotten(self: Interviews, agent_id: str, moment: Any) -> Outbox:
    said = OUTBOX(self, agent_id, moment)
    said._phase = Phase.ACT
    return said


def answers_from_now(self: Openings, round: int) -> Any:
    return self._states[2]


def nobody_looks_at_the_graph(self: Asks, asker: str, asked: str) -> None:
    self._waits.setdefault(asker, []).append(asked)


def path_is_not_named(self: Any, *arguments: Any) -> Any:
    try:
        return ASK(self, *arguments)
    except AskDeadlockError as error:
        raise AskDeadlockError(error.path[-1:]) from None


def path_is_not_named_at_once(self: Asks, start: str, goal: str) -> list[str] | None:
    path = PATH(self, start, goal)
    return path and path[-1:]


DELIVER = Exchange.deliver
DELIVER_ALL = Exchange._deliver
PREPARE = AgentActor.prepare
BETWEEN = AgentActor._between
RETURNED = RoundCall._returned
UNHEARD = RoundCall.unheard
OPEN = Correspondence.open
PUT = Context.put
OUTBOX = Interviews.outbox
ASK = Interviews.ask
PATH = Asks._path


class Mutant(NamedTuple):
    where: Any
    name: str
    mutant: Any
    caught_by: Callable[[], object]


def inline(check: Callable[[str], None]) -> Callable[[], None]:
    return lambda: check("inline")


def on_threads(check: Callable[[str, threading.Event], None]) -> Callable[[], None]:
    def run() -> None:
        let_go = threading.Event()
        try:
            check("threaded", let_go)
        finally:
            let_go.set()

    return run


def refusing(**changes: Any) -> dict[Status, Any]:
    """Give why words are refused, by what came of the act, with some of that changed."""
    return {**correspondence._REFUSED, **{Status[name]: why for name, why in changes.items()}}


def heard_by_nobody(how: str) -> Callable[[], None]:
    return lambda: refusals.check_that_nobody_hears(how, "inline")


def orders_of_steps() -> None:
    told = orders.chat(dispatcher="inline")
    # Nobody wants to know the shortest way to it.
    simulate(orders.chat_as_told(told), seeds=range(15), faults=orders.DELAYS, patience=0)


def answers_at_the_opening() -> None:
    asking.test_it_is_answered_from_the_state_after_the_last_call_before_the_round("inline", None)


def rings_of_three() -> None:
    asking.test_a_ring_is_refused_with_its_path_in_under_fifty_milliseconds(3, "inline")


def rings_of_three_at_once() -> None:
    at_once.test_a_ring_is_refused_with_its_path_in_under_fifty_milliseconds(3, "threaded")


def a_crossing_pair() -> None:
    at_once.cross("threaded", 1, timeout=0.3)


each_word_once = inline(
    delivery.test_of_all_that_was_said_each_word_has_a_name_and_reaches_each_receiver_once
)
order = inline(orders.test_the_order_is_that_of_receiver_sender_and_sequence)
one_round_later = inline(times.test_what_receive_says_is_heard_one_round_later)
outside = inline(times.test_what_the_world_outside_says_is_heard_at_once_between_rounds)
not_called = inline(delivery.test_mail_for_those_who_are_not_called_waits_in_order)
down = inline(delivery.test_mail_for_one_who_is_down_is_heard_by_the_one_who_comes_back)
busy = on_threads(delivery.test_mail_for_one_who_is_busy_waits_in_order)
read_too_late = on_threads(delivery.test_a_call_that_is_read_too_late_gives_its_mail_back)
never_sent = on_threads(delivery.test_a_call_that_is_never_sent_gives_its_mail_back)
back_late = refusals.test_time_that_an_agent_spends_beyond_the_deadline_takes_its_words_along
topics = inline(published.test_topics_reach_those_who_hear_them_from_the_round_after)
board = inline(shared.test_what_is_written_in_a_round_is_read_by_all_in_the_next)

NO_MAIL_BACK = loses_mail_of_a_call_read_too_late
NO_MAIL_UNSENT = loses_mail_of_calls_that_were_not_sent
MUTANTS = {
    "delivered again": Mutant(Exchange, "deliver", keeps_what_it_delivers, each_word_once),
    "said again": Mutant(AgentActor, "prepare", says_it_again, each_word_once),
    "numbers begin again": Mutant(AgentActor, "_between", numbers_begin_again, each_word_once),
    "phase forgotten": Mutant(Interviews, "outbox", phase_is_forgotten, each_word_once),
    "receive hangs on act": Mutant(
        Interviews, "outbox", phase_is_forgotten, heard_by_nobody("rejected")
    ),
    "mail of a skipped call lost": Mutant(RoundCall, "_returned", NO_MAIL_BACK, read_too_late),
    "mail of an unsent call lost": Mutant(RoundCall, "unheard", NO_MAIL_UNSENT, never_sent),
    "second answer takes all along": Mutant(
        RoundCall, "_returned", answers_twice_and_the_second_takes_its_words_along, orders_of_steps
    ),
    "mail of the busy lost": Mutant(Pigeonholes, "keep", keeps_nothing, busy),
    "mail of the down lost": Mutant(Pigeonholes, "keep", keeps_nothing, down),
    "mail of the uncalled lost": Mutant(
        Correspondence, "open", gives_everybody_their_mail, not_called
    ),
    "late counts": Mutant(
        correspondence, "_REFUSED", refusing(TIMED_OUT=None), heard_by_nobody("late")
    ),
    "crashed counts": Mutant(
        correspondence, "_REFUSED", refusing(CRASHED=None), heard_by_nobody("crashed")
    ),
    "rejected counts": Mutant(
        correspondence, "_REFUSED", refusing(REJECTED=None), heard_by_nobody("rejected")
    ),
    "counted for another reason": Mutant(
        correspondence, "_REFUSED", refusing(CRASHED=Refused.LATE), heard_by_nobody("crashed")
    ),
    "back late counts": Mutant(Correspondence, "come_back", late_counts, back_late),
    "order of arrival": Mutant(exchange, "in_order", list, order),
    "receive heard at once": Mutant(
        AgentActor, "_keep_said", receive_is_heard_at_once, one_round_later
    ),
    "outside waits": Mutant(Correspondence, "let_in", outside_waits_for_the_round, outside),
    "inside comes early": Mutant(Correspondence, "let_in", inside_comes_with_outside, outside),
    "subscribed at once": Mutant(Exchange, "_deliver", subscribes_at_once, topics),
    "board within the round": Mutant(Context, "put", board_is_shown_within_the_round, board),
    "answers from now": Mutant(Openings, "_opening", answers_from_now, answers_at_the_opening),
    "path not named": Mutant(Interviews, "ask", path_is_not_named, rings_of_three),
    "path not named at once": Mutant(
        Asks, "_path", path_is_not_named_at_once, rings_of_three_at_once
    ),
    "graph not looked at": Mutant(Asks, "_begin", nobody_looks_at_the_graph, a_crossing_pair),
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_a_rule_taken_out_is_caught(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, mutant, caught_by = MUTANTS[rule]
    monkeypatch.setattr(where, name, mutant)
    with pytest.raises(AssertionError):
        caught_by()
