"""Nothing gets lost and nothing comes twice: mail waits, in order, for those who cannot hear it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.models.agent import Context
from antiphon.models.outbox import Phase
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import (
    THREADS,
    Speaker,
    Stateful,
    counted,
    dispatchers,
    heard,
    in_round,
    parcels,
    quiet,
    society_of,
    step,
    words,
)


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
