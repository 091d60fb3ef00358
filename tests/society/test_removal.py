"""Agents that are taken out of a society: before it starts, and between two rounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.coordination.outcome import Outcome, Status
from antiphon.errors import MembershipError, StoppedError, UnknownNameError
from antiphon.models.agent import Context
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does, Ring
from antiphon.tests.society.supervised_cast import Fate, society_of
from antiphon.tests.society.talking_cast import ALL, THREADS, Speaker, in_round, parcels, step
from pykka import ActorRegistry

everywhere = pytest.mark.parametrize("dispatcher", ALL)
either_way = pytest.mark.parametrize("delivery", ["ordered", "immediate"])


class Watcher(Speaker):
    """Writes down whose death it hears of."""

    def agent_died(self, agent_id: str, reason: str, context: Context) -> None:
        self.heard.append((agent_id, reason, context.round))


def trio(dispatcher: str = "inline", **settings: Any) -> Society:
    society = Society(dispatcher=dispatcher, timeout=FUSE, tables=False, **settings)
    society.add(Does, ids=["a", "b", "c"])
    return society


def living() -> set[str]:
    return {ref.actor_inbox.owner.name for ref in ActorRegistry.get_all()}


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


def hangs_on(let_go: threading.Event) -> Any:
    def act(seen: Any, context: Context) -> int:
        if context.round == 1:
            let_go.wait(10 * FUSE)
        return 1

    return act


@pytest.fixture(params=THREADS)
def with_a_hung(request: Any, let_go: threading.Event) -> Iterator[Society]:
    """A society in which "a" does not come back from its first round."""
    settings = {"dispatcher": request.param, "delivery": "immediate", "grace": 0.05}
    with Society(timeout=FUSE, **settings) as society:
        society.add(Does, ids=["a"], act=hangs_on(let_go))
        society.add(Does, ids=["b"])
        outcome = society.step({"a": 0, "b": 0}, timeout=0.05)
        assert outcome.status["a"] is Status.TIMED_OUT
        yield society


def test_a_hung_agent_is_given_up_after_the_grace(
    with_a_hung: Society, let_go: threading.Event
) -> None:
    society = with_a_hung
    assert society.health().busy == ("a",)
    assert society.remove("a") == ["a"]
    health = society.health()
    assert health.busy == ()
    assert health.kernel.hung == ("a",)
    assert living() == {"coordinator", "b"}
    assert step(society).status == {"b": Status.ACTED}
    late = threading.Event()
    society.dead_letters.listen(lambda letter: letter.reason == "late" and late.set())
    let_go.set()
    assert late.wait(FUSE)
    assert step(society).late == 1
    society.stop()
    assert society.abandoned == ["a"]


def test_what_waits_for_a_hung_agent_is_dead_when_it_is_given_up(with_a_hung: Society) -> None:
    for number in range(3):
        with_a_hung.tell("a", number)
    with_a_hung.remove("a")
    told = [d for d in with_a_hung.dead_letters.last() if hasattr(d.message, "payload")]
    assert [(d.message.payload, d.reason, d.receiver) for d in told] == [
        (number, "closed", "a") for number in range(3)
    ]


def test_a_simulated_agent_may_come_back_within_the_grace_and_reads_nothing_more() -> None:
    for grace, late in ((2.5, []), (1.5, ["a"])):
        simulation = SimulatedDispatcher()
        clock = simulation.clock
        society = Society(simulation=simulation, delivery="immediate", timeout=1.0, grace=grace)
        with society:
            heard: list[Any] = []
            society.add(
                Speaker,
                ids=["a"],
                act=in_round({1: lambda context, clock=clock: clock.advance(3.0)}),
                receive=lambda message, sender, context, heard=heard: heard.append(message),
            )
            society.add(Speaker, ids=["b"])
            assert step(society).status["a"] is Status.TIMED_OUT
            society.tell("a", "too late")
            began = clock.now()
            assert society.remove("a") == late
            assert clock.now() - began == pytest.approx(min(grace, 2.0))
            clock.advance(9.0)
            assert heard == []
            (dead,) = (d for d in society.dead_letters.last() if hasattr(d.message, "payload"))
            assert dead.reason == "closed"
            assert step(society).status == {"b": Status.ACTED}


def test_a_hung_agent_that_was_removed_holds_no_change_of_dispatcher_up(
    let_go: threading.Event,
) -> None:
    world = GridWorld(size=6, max_steps=50)
    with Society(world, grace=0.05, timeout=0.05, start_timeout=3.0) as society:
        society.add(Does, ids=["a"], act=hangs_on(let_go))
        society.add(Does, ids=["b"])
        society.run(1)
        society.remove("a")
        society.configure(timeout=FUSE)
        assert society.run(3, parallelize=False).summary()
        assert society.settings.dispatcher == "inline"


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


@everywhere
def test_one_that_is_down_leaves_and_neither_comes_back_nor_is_counted(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2")
    with society_of(fate, dispatcher, backoff=2) as society:
        for _ in range(2):
            step(society)
        society.remove("a")
        for _ in range(8):
            step(society)
        kernel = society.health().kernel
        assert kernel.restarts == {"b": 1}
        assert kernel.quarantined == ()


@pytest.mark.parametrize("before", [True, False])
def test_nothing_is_decided_of_a_failure_that_comes_after_its_round(*, before: bool) -> None:
    simulation = SimulatedDispatcher()
    clock = simulation.clock

    def fail_late(context: Context) -> None:
        clock.advance(3.0)
        raise ValueError("late")

    settings = {"timeout": 1.0, "on_crash": "stop", "grace": 0.0}
    with Society(simulation=simulation, **settings) as society:
        society.add(Speaker, ids=["a"], act=in_round({1: fail_late}))
        society.add(Watcher, ids=["b"], act=in_round({1: lambda context: context.watch("a")}))
        step(society)
        if before:
            clock.advance(3.0)
        society.remove("a")
        clock.advance(3.0)
        assert [step(society).decisions for _ in range(3)] == [(), (), ()]
        assert [word[:2] for word in society.ask("b", "heard")] == [("a", "removed")]


@everywhere
def test_those_that_go_together_go_on_without_it(dispatcher: str) -> None:
    together = [["a", "b", "c"]]
    with society_of(Fate("c act 3"), dispatcher, together=together, backoff=0) as society:
        step(society)
        society.remove("a")
        decided = [d for _ in range(4) for d in step(society).decisions]
        assert [d.agent_id for d in decided] == ["b", "c"]


def test_before_the_start_a_group_goes_on_without_it() -> None:
    with trio(together=[["a", "b"]], on_crash="restart") as society:
        society.remove("a")
        assert step(society).counts["acted"] == 2


@everywhere
def test_its_failures_are_no_more_to_be_warned_of(dispatcher: str) -> None:
    with society_of(Fate(*(f"a act {n}" for n in range(9))), dispatcher, on_crash="resume") as s:
        for _ in range(3):
            step(s)
        before = s.health()
        assert [failing.agent_id for failing in before.agents.failing] == ["a"]
        s.remove("a")
        after = s.health()
        assert after.agents.failing == ()
        assert "agents.failing" not in [warning.key for warning in after.warnings]
        assert after.agents.success_rate == before.agents.success_rate


def test_an_environment_with_fixed_agents_keeps_them() -> None:
    with Society(Ring(), tables=False) as society:
        society.add(Does)
        for _ in range(2):
            with pytest.raises(MembershipError, match=r"'b' cannot be removed: .*fixed place"):
                society.remove("b")
            society.run(1)
        assert len(society) == 3


class Strict(GridWorld):
    """Takes no joint action that lacks an agent."""

    partial_actions = False


def test_an_open_environment_that_needs_all_actions_lets_go_before_the_start_alone() -> None:
    with Society(Strict(size=6), tables=False) as society:
        society.add(Does, ids=["a", "b", "c"])
        society.remove("a")
        society.run(1)
        with pytest.raises(MembershipError, match=r"'b' cannot be removed: .*has started"):
            society.remove("b")
        society.run(1)


@everywhere
def test_in_an_open_environment_the_rounds_go_on_without_it(dispatcher: str) -> None:
    world = GridWorld(size=6, max_steps=4)
    with Society(world, dispatcher=dispatcher, tables=False, timeout=FUSE) as society:
        society.add(Does, ids=["a", "b", "c"], act=lambda seen, context: context.round % 5)
        assert society.run(2).outcomes == {"acted": 6}
        society.remove("b")
        # Over the end of an episode, since a new one calls all who live there.
        run = society.run(4)
        assert run.outcomes == {"acted": 8}
        assert society.run(1).outcomes == {"acted": 2}
        assert world.positions.shape == (3,)


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
