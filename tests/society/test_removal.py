"""Agents that are taken out of a society: before it starts, and between two rounds."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.outcome import Outcome, Status
from antiphon.errors import MembershipError, StoppedError, UnknownNameError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does
from antiphon.tests.society.leaving import Watcher, everywhere, living, trio
from antiphon.tests.society.talking_cast import ALL, Speaker, in_round, parcels, step

either_way = pytest.mark.parametrize("delivery", ["ordered", "immediate"])


def test_before_the_start_an_agent_leaves_and_its_id_is_free() -> None:
    with trio() as society:
        assert society.remove("b") == []
        assert list(society) == ["a", "c"]
        assert not living()
        society.add(Speaker, ids=["b"])
        assert step(society).status.keys() == {"a", "b", "c"}
        assert society.ask("b", "heard") == []


@everywhere
def test_after_the_start_its_actor_stops_and_the_others_go_on(dispatcher: str) -> None:
    with trio(dispatcher) as society:
        step(society)
        assert society.remove("b") == []
        assert list(society) == ["a", "c"]
        assert len(society) == society.health().members == 2
        assert "b" not in society
        assert living() == {"coordinator", "a", "c"}
        assert list(step(society).status.values()) == [Status.ACTED] * 2
        step(society)
        assert [lived.round for lived in society.ask("a", "lived")] == [1, 2]
        society["c"].remove()
        assert list(step(society).status) == ["a"]
    assert society.abandoned == []


@everywhere
def test_calls_and_words_for_it_are_refused_by_its_name(dispatcher: str) -> None:
    with trio(dispatcher) as society:
        b = society["b"]
        step(society)
        b.remove()
        for use in (
            lambda: society.step({"b": 0}),
            lambda: step(society, "a", "b", "c"),
            lambda: society.tell("b", 1),
            lambda: society.ask("b", 1),
            lambda: society["b"],
            lambda: b.tell(1),
            b.remove,
            lambda: society.after(1.0, "b", 1),
        ):
            with pytest.raises(UnknownNameError, match="no agent is called 'b'; there are a, c"):
                use()
        assert step(society).counts["acted"] == 2


@everywhere
def test_if_one_cannot_be_removed_nobody_is(dispatcher: str) -> None:
    with trio(dispatcher) as society:
        step(society)
        with pytest.raises(UnknownNameError, match="nobody-knows"):
            society.remove("a", "nobody-knows", "b")
        assert list(step(society).status.values()) == [Status.ACTED] * 3


@everywhere
@either_way
def test_who_watches_it_is_told_once_before_the_next_round(delivery: str, dispatcher: str) -> None:
    with Society(dispatcher=dispatcher, delivery=delivery, timeout=FUSE) as society:
        act = in_round({1: lambda context: context.watch("b")})
        society.add(Watcher, ids=["a", "c"], act=act)
        society.add(Speaker, ids=["b"])
        step(society)
        society.remove("b", "c")
        step(society)
        step(society)
        heard = society.ask("a", "heard")
        assert [word[:2] for word in heard] == [("b", "removed")]
        assert heard[0][2] == (2 if delivery == "ordered" else 1)


@everywhere
def test_what_agents_tell_it_is_counted_as_for_one_who_is_gone(dispatcher: str) -> None:
    said = in_round({2: lambda context: context.tell_many(["b", "c"], "hello")})
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"], act=said)
        society.add(Speaker, ids=["b", "c"])
        step(society)
        society.remove("b")
        step(society)
        outcome = step(society)
        assert [receiver for receiver, _ in parcels(outcome)] == ["c"]
        (dead,) = (letter for d in outcome.heard for letter in d.dead)
        assert (dead.receivers, dead.reason) == (("b",), "gone")


@everywhere
def test_a_word_told_just_before_is_heard_or_dead_and_none_is_lost(dispatcher: str) -> None:
    with trio(dispatcher) as society:
        step(society)
        for number in range(50):
            society.tell("b", number)
        society.remove("b")
        step(society)
        ensemble = society._stage.ensemble  # type: ignore[union-attr]  # it has started
        mailbox = ensemble._hosts["b"].actor_inbox.counts()
        assert mailbox.sent == mailbox.handled + mailbox.dead
        assert mailbox.queued == 0
    # Else the society's stop would have found a letter missing.
    assert society.abandoned == []


@everywhere
def test_while_a_round_is_open_nobody_leaves(dispatcher: str) -> None:
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:

        def leave(seen: Any, context: Context) -> int:
            society.remove("b")
            return 1

        society.add(Does, ids=["a"], act=leave)
        society.add(Does, ids=["b"])
        outcome = step(society)
        error = outcome.errors["a"]
        assert isinstance(error, MembershipError)
        assert error.agent_id == "b"
        assert "b" in society


def test_what_it_remembered_stays_to_be_read_and_adds_up() -> None:
    with trio(memory_size=20) as society:
        for _ in range(3):
            step(society)
        b = society["b"]
        society.remove("b")
        step(society)
        assert len(society.memories["b"].episodic) == len(b.memory.episodic) == 3
        assert len(society.memories["a"].episodic) == 4


def history_of(dispatcher: str) -> list[Any]:
    def act(context: Context) -> int:
        context.broadcast(context.round)
        context.watch("b")
        return int(context.rng.integers(100))

    with Society(dispatcher=dispatcher, seed=5, timeout=FUSE) as society:
        society.add(Watcher, ids=["a", "c", "d"], act=act)
        society.add(Speaker, ids=["b"], act=act_of_b)
        history = []
        for number in range(1, 8):
            if number == 4:
                society.remove("b", "d")
            history.append(told(step(society)))
        return history


def act_of_b(context: Context) -> int:
    context.tell("a", "from b")
    return 7


def told(outcome: Outcome) -> tuple[Any, ...]:
    heard = [(receiver, p.sender, p.kind, p.payload) for receiver, p in parcels(outcome)]
    return dict(outcome.status), dict(outcome.actions), heard


def test_the_history_is_the_same_whoever_runs_it() -> None:
    first, *others = (history_of(dispatcher) for dispatcher in ALL)
    assert all(other == first for other in others)
    assert any(sender == "b" and payload == "removed" for _, sender, _, payload in first[3][2])


def test_a_comparison_founds_the_society_without_those_that_left() -> None:
    with Society("grid-world", tables=False) as society:
        society.add("random", ids=["a", "b"])
        society.add("random", ids=["c"])
        society.remove("a", "c")
        run = society.run(2, baseline=True)
        assert run.speedup is not None
        assert [a.ids for a in society._membership.additions] == [["b"]]


@everywhere
def test_the_last_one_may_leave_too(dispatcher: str) -> None:
    with trio(dispatcher) as society:
        step(society)
        society.remove(*society)
        assert society.step({}).status == {}
        assert living() == {"coordinator"}


def test_after_the_end_nobody_leaves() -> None:
    with trio() as society:
        step(society)
    with pytest.raises(StoppedError):
        society.remove("a")
