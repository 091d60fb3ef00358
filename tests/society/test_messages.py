"""What agents say is heard: once, in one order, at its time, whatever runs them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.clock import ManualClock
from antiphon.coordination.records.run import Run
from antiphon.coordination.rollout import Step
from antiphon.coordination.talk.mail import Reason
from antiphon.errors import OutboxClosedError, PayloadError
from antiphon.models.agent import Context
from antiphon.models.outbox import Kind, Phase
from antiphon.society import Society
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.cast import FUSE, Ring, Witness
from antiphon.tests.society.talking_cast import (
    ALL,
    THREADS,
    Chatter,
    Speaker,
    Stateful,
    counted,
    heard,
    in_round,
    parcels,
    quiet,
    society_of,
    step,
    words,
)

dispatchers = pytest.mark.parametrize("dispatcher", ALL)

# One order


@dispatchers
def test_the_order_is_that_of_receiver_sender_and_sequence(dispatcher: str) -> None:
    def says(name: str) -> Any:
        def act(context: Context) -> int:
            for n in range(3):
                context.tell_many(["hub", "x"], f"{name}{n}")
            return 0

        return act

    # The last by name is the first to be called.
    acts = {name: says(name) for name in "zmb"} | {"hub": quiet, "x": quiet}
    with society_of(acts, dispatcher=dispatcher) as society:
        step(society)
        step(society)
        everything = [f"{name}{n}" for name in "bmz" for n in range(3)]
        assert heard(society, "hub") == [(word, word[0], 2) for word in everything]
        assert words(society, "x") == everything


@pytest.mark.parametrize("dispatcher", THREADS)
def test_who_answers_last_is_heard_first_if_its_name_is(dispatcher: str) -> None:
    z_has_acted = threading.Event()

    def a(context: Context) -> int:
        context.tell("hub", "a")
        assert z_has_acted.wait(FUSE)
        return 0

    def z(context: Context) -> int:
        context.tell("hub", "z")
        z_has_acted.set()
        return 0

    with society_of({"a": a, "hub": quiet, "z": z}, dispatcher=dispatcher) as society:
        step(society)
        step(society, "hub")
        assert words(society, "hub") == ["a", "z"]


def chat(*, seed: int = 3, steps: int = 24, outside: bool = True, **settings: Any) -> Run:
    """Have five chatter across the ends of episodes, while the world outside talks as well."""

    def interfere(taken: Step) -> None:
        if outside and taken.number % 3 == 0:
            society.tell_many(["a", "c"], taken.number)
            society.publish("mood/b", taken.number)
            society.broadcast({"step": taken.number})

    settings = {"tables": False, "heard_per_sender": 3, **settings}
    with Society(Ring(["e", "a", "c", "b", "d"], length=9), seed=seed, **settings) as society:
        society.add(Chatter)
        run = society.run(steps, progress=Witness(interfere))
    assert set(run.outcomes) == {"acted"}
    return run


@pytest.fixture(scope="module")
def as_told() -> Run:
    run = chat(dispatcher="inline")
    assert run.event_rows["delivered"] > 100
    assert run.event_rows["written"] > 10
    return run


@dispatchers
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_what_runs_them_changes_neither_the_trace_nor_the_events(
    dispatcher: str, batch_size: int | None, as_told: Run
) -> None:
    run = chat(dispatcher=dispatcher, batch_size=batch_size)
    assert (run.trace, run.events) == (as_told.trace, as_told.events)
    assert run.event_rows == as_told.event_rows


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that are interrupted after each few instructions."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dispatcher", THREADS)
def test_threads_that_are_interrupted_at_will_change_nothing(dispatcher: str, as_told: Run) -> None:
    for _ in range(3):
        run = chat(dispatcher=dispatcher)
        assert (run.trace, run.events) == (as_told.trace, as_told.events)


@pytest.mark.soak
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("dispatcher", THREADS)
@pytest.mark.parametrize("seed", range(20))
def test_many_seeds_on_threads_are_as_inline(dispatcher: str, seed: int) -> None:
    expected = chat(seed=seed, steps=60, dispatcher="inline")
    for batch_size in (None, 2):
        run = chat(seed=seed, steps=60, dispatcher=dispatcher, batch_size=batch_size)
        assert (run.trace, run.events) == (expected.trace, expected.events)


# So short that five in a row stay within the second that a round lasts.
DELAYS = Faults(slow=0.6, repeat=0.2, longest=0.15)


def chat_as_told(expected: Run, batch_size: int | None = None) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        run = chat(simulation=simulation, timeout=1.0, batch_size=batch_size)
        assert (run.trace, run.events) == (expected.trace, expected.events)

    return play


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_order_of_steps_and_answers_that_come_twice_change_nothing(
    batch_size: int | None, as_told: Run
) -> None:
    simulate(chat_as_told(as_told, batch_size), seeds=range(8), faults=DELAYS)


@pytest.mark.soak
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_hundreds_of_orders_change_nothing(batch_size: int | None, as_told: Run) -> None:
    simulate(chat_as_told(as_told, batch_size), seeds=range(300), faults=DELAYS)


def test_the_seed_and_the_words_of_the_world_outside_do_change_them(as_told: Run) -> None:
    others = [chat(seed=4, dispatcher="inline"), chat(outside=False, dispatcher="inline")]
    assert len({run.trace for run in [as_told, *others]}) == 3
    assert len({run.events for run in [as_told, *others]}) == 3


def test_words_that_change_no_action_change_the_events_alone() -> None:
    def run(word: str) -> Run:
        def act(context: Context) -> int:
            context.tell("b", word)
            return 1

        with Society(Ring(), dispatcher="inline", tables=False) as society:
            society.add(Speaker, act=act)
            return society.run(3)

    one, other = run("one"), run("other")
    assert one.trace == other.trace
    assert one.events != other.events
    assert one.event_rows == {"delivered": 6}


# At its time


@dispatchers
def test_what_receive_says_is_heard_one_round_later(dispatcher: str) -> None:
    def pass_on(message: Any, sender: str, context: Context) -> None:
        if message < 3:
            context.tell_many(["a", "b"], message + 1)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(
            Speaker, ids=["a"], act=in_round({1: lambda c: c.tell("b", 1)}), receive=pass_on
        )
        society.add(Speaker, ids=["b"], receive=pass_on)
        for _ in range(5):
            step(society)
        assert heard(society, "b") == [(1, "a", 2), (2, "b", 3), (3, "a", 4), (3, "b", 4)]
        assert heard(society, "a") == [(2, "b", 3), (3, "a", 4), (3, "b", 4)]


@dispatchers
def test_what_the_world_outside_says_is_heard_at_once_between_rounds(dispatcher: str) -> None:
    acts = {"a": in_round({1: lambda c: c.tell("b", "inside")}), "b": quiet}
    with society_of(acts, dispatcher=dispatcher) as society:
        society.tell("b", "first of all")
        assert heard(society, "b") == [("first of all", "outside", 1)]
        step(society)
        society.tell("b", 1)
        society.broadcast(2)
        society.tell_many(["b", "a"], 3)
        society.tell_many(["a"], "not for b")
        assert heard(society, "b")[1:] == [(n, "outside", 2) for n in (1, 2, 3)]
        step(society)
        assert heard(society, "b")[4:] == [("inside", "a", 2)]
        assert words(society, "a") == [2, 3, "not for b"]


@dispatchers
def test_what_the_world_outside_says_during_a_round_is_heard_after_it(dispatcher: str) -> None:
    def act(context: Context) -> int:
        society.tell("b", f"during {context.round}")
        context.tell("b", f"in {context.round}")
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher=dispatcher) as society:
        step(society)
        assert heard(society, "b") == [("during 1", "outside", 2)]
        step(society, "b")
        assert heard(society, "b")[1:] == [("in 1", "a", 2)]


@dispatchers
def test_what_is_said_when_an_episode_ends_is_heard_in_the_next(dispatcher: str) -> None:
    class Leaving(Speaker):
        def episode_ended(self, context: Context) -> None:
            context.tell("b", f"bye {context.agent_id}")

    with Society(Ring(length=2), dispatcher=dispatcher, tables=False) as society:
        society.add(Leaving)
        society.run(4)
        # Said after round 2, it goes with the answers of round 3.
        assert heard(society, "b") == [(f"bye {who}", who, 4) for who in "abc"]


@dispatchers
def test_an_answer_to_the_world_outside_comes_with_the_next_outcome(dispatcher: str) -> None:
    def act(context: Context) -> int:
        context.tell("outside", {"round": context.round})
        return 0

    with society_of({"b": act, "a": act}, dispatcher=dispatcher) as society:
        assert step(society).said_to_outside == []
        assert step(society).said_to_outside == [("a", {"round": 1}), ("b", {"round": 1})]
        assert step(society, "a").said_to_outside == [("a", {"round": 2}), ("b", {"round": 2})]
        assert counted(society).held == 0


# Whole or not at all


def misbehave(how: str, clock: ManualClock) -> Any:
    def act(context: Context) -> Any:
        if context.round != 2:
            return 0
        context.tell("b", how)
        context.subscribe("news")
        if how == "crashed":
            raise ValueError("why")
        if how == "late":
            clock.advance(99.0)
        return 99

    return act


def check_that_nobody_hears(how: str, dispatcher: str) -> None:
    """What is said in an act that crashes, is rejected or late is heard by nobody."""

    class Talkative(Speaker):
        """Answers with a word of thanks, whatever its next act comes to."""

        def receive(self, message: Any, sender: str, context: Context) -> None:
            super().receive(message, sender, context)
            context.tell("c", "thanks")

    clock = ManualClock()
    clocks = {} if dispatcher == "simulated" else {"clock": clock}
    with Society(Ring(), dispatcher=dispatcher, timeout=FUSE, tables=False, **clocks) as society:
        society.add(Talkative, ids=["a"], act=misbehave(how, clock))
        society.add(Speaker, ids=["b"], act=in_round({1: lambda c: c.tell("a", "hello")}))
        society.add(Speaker)
        run = society.run(4)
        assert words(society, "b") == []
        # What it said when it heard something does not hang on its act.
        assert heard(society, "c") == [("thanks", "a", 3)]
        assert counted(society).exchange.refused == {Reason(how): 2}
        assert counted(society).exchange.subscriptions == 0
    assert run.outcomes["acted"] == 11


@dispatchers
@pytest.mark.parametrize("how", ["crashed", "rejected"])
def test_what_a_crashing_or_rejected_act_said_is_counted_and_not_heard(
    how: str, dispatcher: str
) -> None:
    check_that_nobody_hears(how, dispatcher)


def test_what_a_late_act_said_is_counted_and_not_heard() -> None:
    check_that_nobody_hears("late", "inline")


@pytest.mark.parametrize("dispatcher", THREADS)
def test_what_an_act_says_that_comes_back_late_is_counted_and_not_heard(
    dispatcher: str, let_go: threading.Event
) -> None:
    def hang(context: Context) -> None:
        let_go.wait(FUSE)
        context.tell("b", "too late")

    with society_of(
        {"a": in_round({1: hang}), "b": quiet}, dispatcher=dispatcher, timeout=0.2
    ) as society:
        assert step(society).counts == {"acted": 1, "timed_out": 1}
        let_go.set()
        society.ask("a", "heard", timeout=FUSE)  # it is back
        for _ in range(3):
            step(society, timeout=FUSE)
        assert words(society, "b") == []
        assert counted(society).exchange.refused == {Reason.LATE: 1}


def test_time_that_an_agent_spends_beyond_the_deadline_takes_its_words_along() -> None:
    def act(context: Context) -> int:
        context.tell("b", context.round)
        if context.round == 1:
            clock.advance(1.5)
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher="simulated", timeout=1.0) as society:
        clock: Any = society._clock
        assert step(society).status == {"a": "timed_out", "b": "acted"}
        clock.advance(1.0)
        step(society)
        step(society)
        assert words(society, "b") == [2]
        assert counted(society).exchange.refused == {Reason.LATE: 1}


# Nothing gets lost, nothing comes twice


@dispatchers
def test_mail_for_those_who_are_not_called_waits_in_order(dispatcher: str) -> None:
    def act(context: Context) -> int:
        context.tell("b", context.round)
        return 0

    with society_of({"a": act, "b": quiet, "c": act}, dispatcher=dispatcher) as society:
        step(society, "a", "c")
        step(society, "a")
        step(society, "a")
        assert words(society, "b") == []
        assert counted(society).held == 3
        step(society, "b")
        assert heard(society, "b") == [
            (1, "a", 4), (1, "c", 4), (2, "a", 4), (3, "a", 4),
        ]  # fmt: skip
        step(society)
        step(society)
        assert words(society, "b")[4:] == [5, 5]


@pytest.mark.parametrize("dispatcher", THREADS)
def test_mail_for_one_who_is_busy_waits_in_order(dispatcher: str, let_go: threading.Event) -> None:
    def act(context: Context) -> int:
        context.tell("hung", context.round)
        return 0

    acts = {"a": act, "hung": in_round({2: lambda context: let_go.wait(FUSE)})}
    with society_of(acts, dispatcher=dispatcher, timeout=0.2) as society:
        statuses = [step(society).status["hung"] for _ in range(2)]
        society.tell("hung", "outside")
        statuses += [step(society).status["hung"] for _ in range(2)]
        assert statuses == ["acted", "timed_out", "busy", "busy"]
        let_go.set()
        society.ask("hung", "heard", timeout=FUSE)  # it is back
        step(society, timeout=FUSE)
        told = heard(society, "hung")
        # Round 1's it heard with the call in which it hung.
        assert [entry for entry in told if entry[1] == "a"] == [
            (1, "a", 2), (2, "a", 5), (3, "a", 5), (4, "a", 5),
        ]  # fmt: skip
        assert [message for message, sender, _ in told if sender == "outside"] == ["outside"]


@dispatchers
def test_mail_for_one_who_is_down_is_heard_by_the_one_who_comes_back(dispatcher: str) -> None:
    def act(context: Context) -> int:
        context.tell("b", context.round)
        return 0

    def crash(context: Context) -> int:
        if context.round == 2:
            raise ValueError("why")
        return 0

    with society_of(
        {"a": act, "b": crash},
        kind=Stateful,
        dispatcher=dispatcher,
        on_crash="restart",
        backoff=2,
        snapshot_interval=1,
    ) as society:
        statuses = []
        for _ in range(8):
            statuses.append(step(society).status["b"])
            if statuses[-1] == "crashed":
                society.tell("b", "outside")
        back = statuses.index("acted", 2) + 1
        assert statuses[:3] == ["acted", "crashed", "down"]
        told = heard(society, "b")
        # What the one before heard in round 2 went with it; the snapshot is of round 1.
        assert [message for message, sender, _ in told if sender == "a"] == list(range(2, 8))
        assert {round for message, sender, round in told if message in range(2, back)} == {back}
        assert [message for message, sender, _ in told if sender == "outside"] == ["outside"]


@pytest.mark.parametrize("dispatcher", THREADS)
def test_a_call_that_is_never_sent_gives_its_mail_back(
    dispatcher: str, let_go: threading.Event
) -> None:
    def act(context: Context) -> int:
        if context.round < 3:
            context.tell("z", context.round)
        if context.round == 2:
            let_go.wait(FUSE)
        return 0

    # One at a time: while a hangs, z is not called.
    with society_of(
        {"a": act, "z": quiet}, dispatcher=dispatcher, timeout=0.2, batch_size=1
    ) as society:
        step(society, timeout=FUSE)
        assert step(society).counts == {"timed_out": 2}
        step(society, "z", timeout=FUSE)
        let_go.set()
        assert heard(society, "z") == [(1, "a", 3)]


@pytest.mark.parametrize("dispatcher", THREADS)
def test_a_call_that_is_read_too_late_gives_its_mail_back(
    dispatcher: str, let_go: threading.Event
) -> None:
    entered = threading.Event()

    def hang(context: Context) -> str:
        entered.set()
        let_go.wait(FUSE)
        return "here"

    acts = {"a": in_round({1: lambda c: c.tell("z", 1), 2: lambda c: c.tell("z", 2)}), "z": quiet}
    with society_of(acts, dispatcher=dispatcher, timeout=0.2) as society:
        step(society, timeout=FUSE)
        # While it answers the world outside, it reads no calls.
        asking = threading.Thread(target=society.ask, args=("z", hang), kwargs={"timeout": FUSE})
        asking.start()
        assert entered.wait(FUSE)
        assert step(society).status == {"a": "acted", "z": "timed_out"}
        let_go.set()
        asking.join(FUSE)
        society.ask("z", "heard", timeout=FUSE)  # it has dropped the call
        step(society, timeout=FUSE)
        assert heard(society, "z") == [(1, "a", 3), (2, "a", 3)]


@dispatchers
def test_of_all_that_was_said_each_word_has_a_name_and_reaches_each_receiver_once(
    dispatcher: str,
) -> None:
    def act(context: Context) -> int:
        context.tell("b", "word")
        context.tell("b", "word")
        context.broadcast("all")
        return 0

    def reply(message: Any, sender: str, context: Context) -> None:
        if message != "reply":
            context.tell_many(["a", "b", "c"], "reply")
            context.tell(sender, "reply")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["c", "a", "b"], act=act, receive=reply)
        society.start()
        delivered = []
        for round in range(6):
            if round == 2:
                society.broadcast("outside")
                society.broadcast("outside again")
            delivered += parcels(step(society))
        inboxes = {who: words(society, who) for who in "abc"}
    names = [(receiver, parcel.id) for receiver, parcel in delivered]
    assert len(set(names)) == len(names)
    of_parcel: dict[str, Any] = {}
    for _, parcel in delivered:
        assert of_parcel.setdefault(parcel.id, parcel) is parcel, "two words have one name"
    phases = {parcel.phase for parcel in of_parcel.values() if parcel.sender != "outside"}
    assert phases == {Phase.RECEIVE, Phase.ACT}
    for who, inbox in inboxes.items():
        told = [parcel.payload for receiver, parcel in delivered if receiver == who]
        assert sorted(inbox) == sorted(told)
    assert counted_reply_causes(delivered)


def counted_reply_causes(delivered: Any) -> bool:
    """Whether each reply names the word that it is a reply to."""
    ids = {parcel.id for _, parcel in delivered}
    replies = [parcel for _, parcel in delivered if parcel.payload == "reply"]
    return bool(replies) and all(parcel.cause in ids for parcel in replies)


@dispatchers
def test_a_society_in_which_nobody_speaks_hears_nothing(dispatcher: str) -> None:
    with society_of({"a": quiet, "b": quiet}, dispatcher=dispatcher) as society:
        for _ in range(3):
            assert step(society).heard == ()


# Topics


@dispatchers
def test_topics_reach_those_who_hear_them_from_the_round_after(dispatcher: str) -> None:
    def listen(*patterns: str) -> Any:
        return lambda context: [context.subscribe(pattern) for pattern in patterns]

    def publish(context: Context) -> int:
        for topic in ("market", "market/oil", "market/oil/brent", "news"):
            context.publish(topic, f"{context.round} {topic}")
        return 0

    acts = {
        "one": in_round({1: listen("market/*"), 3: lambda c: c.unsubscribe("market/*")}),
        "all": in_round({1: listen("market/**", "market/*", "news")}),
        "own": publish,
    }
    with society_of(acts, dispatcher=dispatcher) as society:
        for _ in range(5):
            step(society)
        assert words(society, "one") == ["2 market/oil", "3 market/oil"]
        each = ("market/oil", "market/oil/brent", "news")
        assert words(society, "all") == [f"{round} {t}" for round in (2, 3, 4) for t in each]
        assert words(society, "own") == []
        society.publish("market/gas", "from outside")
        assert words(society, "all")[-1] == "from outside"
        # All of round 1, and then what nobody's pattern fits.
        assert counted(society).exchange.unheard == 4 + 3


@dispatchers
def test_who_hears_by_a_topic_is_told_which(dispatcher: str) -> None:
    topics = []

    def note(message: Any, sender: str, context: Context) -> None:
        topics.append((message, context.topic))

    def speak(context: Context) -> None:
        context.publish("a/b", 1)
        context.tell("listener", 2)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        listen = in_round({1: lambda c: c.subscribe("*/b")})
        society.add(Speaker, ids=["listener"], act=listen, receive=note)
        society.add(Speaker, ids=["speaker"], act=in_round({2: speak}))
        for _ in range(3):
            step(society)
        assert topics == [(1, "a/b"), (2, "")]


# Bounds, and what cannot be said


@dispatchers
def test_a_flood_displaces_nobody(dispatcher: str) -> None:
    def flood(context: Context) -> int:
        for n in range(2_000):
            context.tell("hub", n)
            context.broadcast(n)
        return 0

    def modest(context: Context) -> int:
        context.tell("hub", context.round)
        return 0

    names = [f"m{n}" for n in range(9)]
    acts = {"aaa": flood, "hub": quiet, **dict.fromkeys(names, modest)}
    with society_of(
        acts, dispatcher=dispatcher, heard_per_sender=50, heard_per_round=40
    ) as society:
        for _ in range(4):
            step(society)
        told = heard(society, "hub")
        assert len(told) == 3 * 40
        for name in names:
            assert [message for message, sender, _ in told if sender == name] == [1, 2, 3]
        assert len(heard(society, "m0")) == 3 * 40
        dead = counted(society).exchange.dead
        assert dead["sender_floods"] == 3 * (4_000 - 50 + 9 * (2_000 - 50))
        assert dead["receiver_flooded"] == 3 * (50 + 9 - 40 + 9 * 10)


@dispatchers
def test_what_cannot_be_said_is_the_senders_error_and_names_the_place(dispatcher: str) -> None:
    caught = []

    def careful(context: Context) -> int:
        with pytest.raises(PayloadError) as error:
            context.tell("b", {"offer": [1, object()]})
        caught.append(str(error.value))
        context.tell("b", "well said")
        return 0

    def careless(context: Context) -> int:
        context.tell("b", {"bid": float("nan")})
        return 0

    acts = {"a": careful, "b": quiet, "c": careless}
    with society_of(acts, dispatcher=dispatcher) as society:
        outcome = step(society)
        assert outcome.status == {"a": "acted", "b": "acted", "c": "crashed"}
        assert 'payload["bid"] must be finite, got nan' in str(outcome.errors["c"])
        step(society, "b")
        assert words(society, "b") == ["well said"]
    assert len(caught) == 1
    assert caught[0].startswith('payload["offer"][1] must be None, a bool')


@dispatchers
def test_what_is_heard_is_a_copy_that_nobody_can_change(dispatcher: str) -> None:
    bid: dict[str, Any] = {"list": [1], "array": np.arange(3)}

    def act(context: Context) -> int:
        context.tell_many(["a", "b"], bid)
        bid["list"].append(2)
        bid["array"][0] = 9
        return 0

    with society_of({"a": quiet, "b": quiet, "z": act}, dispatcher=dispatcher) as society:
        step(society)
        step(society, "a", "b")
        for who in "ab":
            (told,) = words(society, who)
            assert told["list"] == (1,)
            assert list(told["array"]) == [0, 1, 2]
            with pytest.raises(TypeError):
                told["list"] = 1
            with pytest.raises(ValueError, match="read-only"):
                told["array"][0] = 1


def test_who_is_unknown_is_warned_of_once_a_round_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    def act(context: Context) -> int:
        context.tell("ghost", 1)
        context.tell_many(["spook", "b", "phantom"], 2)
        return 0

    with society_of({"a": act, "b": quiet, "c": act}, dispatcher="inline") as society:
        for _ in range(3):
            step(society)
        assert words(society, "b") == [2] * 4
        assert counted(society).exchange.dead == {"unknown": 2 * 2 * 3}
    assert caplog.text.count("event=messages.undelivered") == 2


@dispatchers
def test_a_context_speaks_during_its_own_call_alone(dispatcher: str) -> None:
    kept: list[Context] = []

    def act(context: Context) -> int:
        kept.append(context)
        if context.round == 2:
            context.tell("b", "of this call")
            kept[0].tell("b", "of the last")
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher=dispatcher) as society:
        step(society)
        outcome = step(society)
        assert isinstance(outcome.errors["a"], OutboxClosedError)
        assert "and that of round 1 is over" in str(outcome.errors["a"])
        step(society)
        assert words(society, "b") == []


@dispatchers
def test_what_is_said_outside_the_rounds_is_refused_or_waits_for_the_next_answer(
    dispatcher: str,
) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", f"{message} in {context.round}")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"])
        step(society)
        society.tell("a", "told")
        with pytest.raises(Exception, match="a context speaks during its own call alone"):
            society.ask("a", lambda context: context.tell("b", "answered"), timeout=FUSE)
        step(society, "b")
        assert words(society, "b") == []
        step(society, "a")
        step(society, "b")
        assert heard(society, "b") == [("told in 2", "a", 4)]


@dispatchers
def test_what_a_failing_receive_said_is_not_heard_and_its_other_words_are(dispatcher: str) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", message)
        if message == 2:
            raise ValueError("why")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        say = in_round({1: lambda c: [c.tell("a", n) for n in (1, 2, 3)]})
        society.add(Speaker, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"], act=say)
        for _ in range(3):
            step(society)
        assert words(society, "a") == [1, 2, 3]
        assert words(society, "b") == [1, 3]


@dispatchers
def test_words_of_an_agent_that_stumbled_over_another_message_go_with_its_failed_call(
    dispatcher: str,
) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", message)
        if message == "bad":
            raise ValueError("why")

    say = in_round({1: lambda c: [c.tell("a", word) for word in ("good", "bad")]})
    with Society(dispatcher=dispatcher, timeout=FUSE, on_crash="restart", backoff=0) as society:
        society.add(Stateful, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"], act=say)
        assert [step(society).status["a"] for _ in range(3)] == ["acted", "crashed", "acted"]
        assert words(society, "b") == ["good"]


# By hand


def test_an_agent_called_by_hand_says_it_to_its_context() -> None:
    context = Context("a", round=3)
    speaker = Speaker(
        in_round({3: lambda c: (c.tell("b", [1]), c.publish("news", 2), c.put("k", 3))})
    )
    assert context.said == ()
    assert speaker.act(None, context) == 0
    assert [(p.kind, p.name, p.targets, p.payload) for p in context.said] == [
        (Kind.TELL, "", ("b",), (1,)),
        (Kind.PUBLISH, "news", (), 2),
        (Kind.PUT, "k", (), 3),
    ]
    assert [p.id for p in context.said] == [f"a:3:act:{n}" for n in range(3)]
    assert dict(context.shared) == {}
    with pytest.raises(Exception, match="a is called by hand, and there is no b to ask"):
        context.ask("b", "?")
