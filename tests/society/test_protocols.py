"""Societies whose rounds close early: who acts, what the others get, and what is said of it."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.actors.mail.dead_letters import Reason
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.cli import main
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.records.trace import encode
from antiphon.errors import PluginError
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Dice, Does, Ring, Witness

ACTED, UNNEEDED, BUSY = Status.ACTED, Status.UNNEEDED, Status.BUSY
Act = Callable[[Any, ap.Context], Any]


class Held:
    """Acts that wait until they are let go; ``begun`` is set once somebody waits."""

    def __init__(self) -> None:
        self.begun, self.go, self.done = (threading.Event() for _ in range(3))

    def act(self, seen: Any, context: ap.Context) -> int:
        self.begun.set()
        assert self.go.wait(FUSE)
        self.done.set()
        return 1


def after(event: threading.Event) -> Act:
    def act(seen: Any, context: ap.Context) -> int:
        assert event.wait(FUSE)
        return 1

    return act


def caught_up(society: ap.Society, *ids: str) -> None:
    """Wait until the coordinator knows that these are back."""
    for agent_id in ids:
        society[agent_id].ask("lived", timeout=FUSE)
    society._running.ensemble.busy()


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_one_at_work_is_unneeded_then_busy_and_is_told_all_when_it_is_back(dispatcher: str) -> None:
    held = Held()

    def fail_at_last(seen: Any, context: ap.Context) -> int:
        if context.round == 3:
            raise ValueError("so that the slow one is needed")
        return int(after(held.begun)(seen, context))

    with ap.Society(dispatcher=dispatcher, protocol="first:2", timeout=FUSE) as society:
        society.add(Does, ids=["a"], act=fail_at_last)
        society.add(Does, ids=["b"], act=after(held.begun))
        society.add(Does, ids=["slow"], act=held.act)
        seen = dict.fromkeys(society, 0)
        first = society.step(seen)
        second = society.step(seen)
        held.go.set()
        assert held.done.wait(FUSE)
        caught_up(society, "slow")
        third = society.step(seen)
        lived = society["slow"].ask("lived", timeout=FUSE)
        dead = society.dead_letters.statistics().counts
    assert first.status == {"a": ACTED, "b": ACTED, "slow": UNNEEDED}
    assert second.status == {"a": ACTED, "b": ACTED, "slow": BUSY}
    assert third.status["b"] is third.status["slow"] is ACTED
    assert [e.status for e in lived] == ["unneeded", "busy"]
    assert third.late == second.late == dead[Reason.LATE] == 0


@pytest.mark.parametrize("dispatcher", ["pooled", "inline"])
def test_workers_visit_nobody_once_there_are_enough(dispatcher: str) -> None:
    acted: list[str] = []

    def act(seen: Any, context: ap.Context) -> int:
        acted.append(context.agent_id)
        return 1

    with ap.Society(dispatcher=dispatcher, protocol="first:3", pool_maximum=1) as society:
        society.add(Does, n=200, act=act)
        outcomes = [society.step(dict.fromkeys(society, r)) for r in range(3)]
    assert [one.counts for one in outcomes] == [{"acted": 3, "unneeded": 197}] * 3
    assert len(acted) == 9
    assert [*outcomes[0].actions] == acted[:3]


@pytest.mark.parametrize("dispatcher", [*DISPATCHERS, "simulated"])
@pytest.mark.parametrize("host", ["agent-actor", "cohort"])
def test_exactly_as_many_act_as_are_needed_on_every_dispatcher(dispatcher: str, host: str) -> None:
    with ap.Society(
        ap.GridWorld(size=6), dispatcher=dispatcher, protocol="quorum:3", tables=False
    ) as society:
        society.add("explorer", n=4, host=host, profile="fast", backend="numpy")
        society.add("random", n=3)
        witness = Witness()
        society.run(6, progress=witness)
    for step in witness.steps:
        counts = step.outcome.counts
        called = 7 - counts.get("busy", 0)
        assert counts["acted"] == min(3, called)
        assert sum(counts.values()) == 7
        assert set(counts) <= {"acted", "unneeded", "busy"}


def test_the_unread_are_told_their_news_next_time() -> None:
    # Inline, the third is never called while two before it are enough.
    fails = [False]

    def act(seen: Any, context: ap.Context) -> int:
        if fails[0] and context.agent_id != "c":
            raise ValueError
        return 1

    with ap.Society(dispatcher="inline", protocol="first:2") as society:
        society.add(Does, ids=["a", "b", "c"], act=act)
        seen = dict.fromkeys(society, 0)
        outcomes = [society.step(seen), society.step(seen)]
        fails[0] = True
        outcomes.append(society.step(seen))
        lived = society["c"].ask("lived")
    assert [one.status["c"] for one in outcomes] == [UNNEEDED, UNNEEDED, ACTED]
    assert [(e.round, e.status) for e in lived] == [(1, "unneeded"), (2, "unneeded")]


@pytest.mark.parametrize(
    ("on_missing", "default", "expected"), [("noop", None, 0), ("default", 3, 3)]
)
def test_what_is_unneeded_is_filled_as_what_is_missing(
    on_missing: str, default: Any, expected: int
) -> None:
    ring = Ring(("a", "b", "c"))
    settings = {"on_missing": on_missing, "default_action": default}
    with ap.Society(ring, dispatcher="inline", protocol="first:1", **settings) as society:
        society.add(Does)
        society.run(2)
    assert ring.played == [{"a": 1, "b": expected, "c": expected}] * 2


def test_an_illegal_action_is_not_among_those_that_are_enough() -> None:
    with ap.Society(Ring(("a", "b", "c")), dispatcher="inline", protocol="first:1") as society:
        society.add(Does, ids=["a"], act=lambda seen, context: 99)
        society.add(Does)
        witness = Witness()
        society.run(1, progress=witness)
    outcome = witness.steps[0].outcome
    assert outcome.status == {"a": Status.REJECTED, "b": ACTED, "c": UNNEEDED}


def test_what_an_unneeded_one_says_is_not_heard() -> None:
    def act(seen: Any, context: ap.Context) -> int:
        context.broadcast(context.agent_id)
        return 1

    gathered = ap.Society(dispatcher="simulated", protocol="first:1")
    with gathered as society:
        society.add(Does, ids=["a", "b", "c"], act=act)
        outcomes = [society.step(dict.fromkeys(society, 0)) for _ in range(4)]
    for before, after_it in itertools.pairwise(outcomes):
        said = {p.sender for d in after_it.heard for inbox in d.inboxes.values() for p in inbox}
        assert said == {i for i, how in before.status.items() if how is ACTED}


def test_it_is_in_summary_tables_events_and_trace_and_no_failure(tmp_path: Path) -> None:
    with ap.Society(Ring(("a", "b", "c")), dispatcher="inline", protocol="first:2") as society:
        society.add(Does)
        run = society.run(5, out=tmp_path / "run")
        health = society.health()
    assert run.outcomes == {"acted": 10, "unneeded": 5}
    assert run.event_rows == {"unneeded": 5}
    assert "unneeded 5" in run.summary()
    assert "failing" not in run.summary()
    assert run.to_dict()["failing"] == {}
    agents = (tmp_path / "run/agents.csv").read_text().splitlines()
    assert sum(",unneeded," in line for line in agents) == 5
    header, first, *_ = (tmp_path / "run/model.csv").read_text().splitlines()
    assert dict(zip(header.split(","), first.split(","), strict=True))["unneeded"] == "1"
    assert health.agents.success_rate == 1.0
    assert health.agents.failing == ()
    assert run.trace != traced("barrier").trace


def traced(protocol: str, n: int = 3, dispatcher: str = "inline", **settings: Any) -> Any:
    ring = Ring([f"agent-{k}" for k in range(n)])
    with ap.Society(
        ring, dispatcher=dispatcher, protocol=protocol, seed=4, tables=False, **settings
    ) as society:
        society.add(Dice)
        return society.run(12)


@pytest.mark.parametrize("dispatcher", ["inline", "simulated"])
def test_where_nobody_straggles_all_protocols_have_one_trace(dispatcher: str) -> None:
    # Of three all are needed; of ten the others are as quick, and it is patient with them.
    for n, settings in ((3, {}), (10, {"protocol_patience": 60.0, "timeout": 100.0})):
        runs = [
            traced(protocol, n, dispatcher, **settings)
            for protocol in ("barrier", "quorum:0.8", "first:3")
        ]
        assert [run.outcomes for run in runs] == [{"acted": 12 * n}] * 3
        assert len({(run.trace, run.events) for run in runs}) == 1


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_with_patience_stragglers_alone_are_unneeded(dispatcher: str) -> None:
    held = Held()
    with ap.Society(
        dispatcher=dispatcher, protocol="first:1", protocol_patience=0.05, timeout=FUSE
    ) as society:
        society.add(Does, ids=["slow"], act=held.act)
        society.add(Does, ids=["a", "b"], act=after(held.begun))
        society.start()
        outcome = society.step(dict.fromkeys(society, 0))
        held.go.set()
    # How long two quick ones take on a busy machine nobody knows; the slow one takes longer.
    assert outcome.status["slow"] is UNNEEDED
    assert ACTED in outcome.status.values()
    assert outcome.elapsed >= 0.05


def test_a_protocol_that_raises_fails_the_round_and_is_named() -> None:
    class Broken:
        def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
            raise ArithmeticError("no idea")

        def __str__(self) -> str:
            return "broken"

    with ap.Society(dispatcher="threaded", protocol=Broken()) as society:
        society.add(Does, n=3)
        for _ in range(2):
            with pytest.raises(PluginError, match=r"'broken': .*no idea"):
                society.step(dict.fromkeys(society, 0))


def test_an_unneeded_agent_that_fails_is_looked_after() -> None:
    released = threading.Event()

    def fail(seen: Any, context: ap.Context) -> int:
        assert released.wait(FUSE)
        raise ValueError("too late to matter")

    with ap.Society(protocol="first:1", on_crash="stop", timeout=FUSE) as society:
        society.add(Does, ids=["a"])
        society.add(Does, ids=["b"], act=fail)
        seen = dict.fromkeys(society, 0)
        first = society.step(seen)
        released.set()
        outcomes: list[Outcome] = []
        while len(outcomes) < 1000 and (not outcomes or not outcomes[-1].decisions):
            outcomes.append(society.step(seen))
        last = society.step(seen)
    assert first.status["b"] is UNNEEDED
    assert [d.agent_id for d in outcomes[-1].decisions] == ["b"]
    assert last.status["b"] is Status.DOWN


def test_the_command_takes_a_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    words = "run --type random --agents 4 --steps 3 --quiet --dispatcher inline --protocol first:1"
    assert main(words.split()) == 0
    assert "unneeded 9" in capsys.readouterr().out
    assert main([*words.split()[:-1], "first:0"]) != 0
    assert "needs a number" in capsys.readouterr().err


def test_a_run_with_a_protocol_is_as_long_and_its_observations_are_those_of_the_world() -> None:
    run, witness = traced("first:1"), Witness()
    assert run.rounds == 12
    with ap.Society(Ring(("a", "b")), dispatcher="inline", protocol="first:1") as society:
        society.add(Does)
        society.run(3, progress=witness)
    # What was executed for the unneeded one is what the world shows next.
    assert [encode(s.experiences["a"].observation) for s in witness.steps][1:] == [
        encode(s.experiences["b"].observation) for s in witness.steps
    ][1:]


class Paid(Ring):
    """Pays each agent what it does."""

    def step(self, actions: Any) -> Any:
        seen, _, *others = super().step(actions)
        return seen, {name: float(actions[name]) for name in seen}, *others


def earned(protocol: str) -> tuple[float, float]:
    """Give rounds a second, and what an agent earned, where one in ten acts takes long."""
    simulation = SimulatedDispatcher(3)

    def act(seen: Any, context: ap.Context) -> int:
        if context.rng.random() < 0.1:
            simulation.clock.advance(0.5)
        return 1

    world = Paid([f"agent-{k}" for k in range(10)])
    with ap.Society(world, simulation=simulation, protocol=protocol, tables=False) as society:
        society.add(Does, act=act)
        run = society.run(40)
    # All that takes time here are the acts that take long.
    return run.rounds / run.metrics.round_seconds, run.reward_mean


def test_with_stragglers_a_quorum_has_more_rounds_a_second_and_earns_less() -> None:
    barrier, quorum = earned("barrier"), earned("quorum:0.6")
    assert quorum[0] > 3 * barrier[0]
    assert 0.2 * barrier[1] < quorum[1] < barrier[1]


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Let threads change places all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize(("dispatcher", "rounds"), [("threaded", 60), ("pooled", 200)])
def test_whatever_crosses_as_many_act_as_are_needed_and_all_are_told_all(
    dispatcher: str, rounds: int
) -> None:
    agents: list[Does] = []

    def act(seen: Any, context: ap.Context) -> int:
        sum(range(50 * (hash(context.agent_id) % 7)))
        return 1

    class Kept(Does):
        def __init__(self) -> None:
            super().__init__(act)
            agents.append(self)

    with ap.Society(
        dispatcher=dispatcher, protocol="quorum:0.5", pool_initial=4, pool_minimum=4, timeout=FUSE
    ) as society:
        society.add(Kept, n=12)
        seen = dict.fromkeys(society, 0)
        outcomes = [society.step(seen) for _ in range(rounds)]
        caught_up(society, *society)
        # All of them are needed, so that all of them are told.
        society._rulebook._protocol = None
        society.configure(timeout=FUSE)
        last = society.step(seen)
    for outcome in outcomes:
        counts = outcome.counts
        called = 12 - counts.get("busy", 0)
        assert counts.get("acted", 0) == (called + 1) // 2
        assert set(counts) <= {"acted", "unneeded", "busy"}
        assert outcome.late == 0
    assert last.counts == {"acted": 12}
    for agent, name in zip(agents, society, strict=True):
        told = [(one.round, one.status) for one in agent.lived]
        assert told == [(one.round, one.status[name].value) for one in outcomes]


@pytest.mark.parametrize(
    ("patience", "elapsed", "acted"),
    [(0.0, 0.1, "a"), (0.15, 0.25, "ab"), (0.9, 0.5, "abc")],
)
def test_patience_lasts_as_long_as_it_says(patience: float, elapsed: float, acted: str) -> None:
    simulation = SimulatedDispatcher(5)
    takes = {"a": 0.1, "b": 0.2, "c": 0.5}

    def act(seen: Any, context: ap.Context) -> int:
        simulation.clock.advance(takes[context.agent_id])
        return 1

    with ap.Society(
        simulation=simulation, protocol="first:1", protocol_patience=patience, timeout=2.0
    ) as society:
        society.add(Does, ids=list(takes), act=act)
        for _ in range(3):
            outcome = society.step(dict.fromkeys(society, 0))
            assert outcome.elapsed == pytest.approx(elapsed)
            assert [*outcome.actions] == [*acted]
            simulation.clock.advance(1.0)
