"""A society's health: figures, and warnings that say what to do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from antiphon.actors.statistics import KernelStatistics, MailboxStatistics, PoolStatistics
from antiphon.clock import ManualClock
from antiphon.coordination.outcome import Status
from antiphon.coordination.rollout import Step
from antiphon.coordination.vitals.checks import CHECKS, examine
from antiphon.coordination.vitals.health import Health, HealthSettings
from antiphon.coordination.vitals.health_watch import INTERVAL, HealthWatch
from antiphon.coordination.vitals.performance import AgentsStatistics, AgentStatistics
from antiphon.coordination.vitals.warning import HealthWarning, OncePerKind
from antiphon.layers import Layers, resolve
from antiphon.memory.failures import MemoryFailures
from antiphon.tests.coordination.outcomes import all_acted

POOL = PoolStatistics(workers=4, idle=4, awake=0, waiting=0, peak=4, maximum=8)
WELL = Health(
    members=100,
    agents=AgentsStatistics(
        rounds=10,
        agents=100,
        success_rate=1.0,
        concurrency=2.0,
        latency_p50=0.001,
        latency_p99=0.002,
    ),
    kernel=KernelStatistics(dispatcher="pooled", actors=101, pool=POOL),
    rss_bytes=100,
    memory_bytes=1000,
)


def worse(*, agents: dict[str, Any] | None = None, **kernel: Any) -> Health:
    return replace(
        WELL,
        agents=replace(WELL.agents, **agents or {}),
        kernel=replace(WELL.kernel, **kernel),
    )


def failing(rate: float) -> tuple[AgentStatistics, ...]:
    return (
        AgentStatistics("b", 10, rate, 0.1, 0.1, {Status.CRASHED: 5}, "ValueError: no map"),
        AgentStatistics("c", 10, 0.9, 0.1, 0.1, {Status.CRASHED: 1}),
    )


SICK = {
    "threads.hung": (worse(hung=("a", "b")), "time limit"),
    "actors.quarantined": (worse(quarantined=("a",)), "1 agent failed too often"),
    "agents.failing": (worse(agents={"failing": failing(0.4)}), "b in 40.0% of its rounds"),
    "errors.many": (worse(agents={"error_rate": 0.06}), "6.0% of the calls"),
    "agents.stumbling": (
        worse(failures={"a": 1, "b": 3}, last_failures={"b": "receive() raised KeyError: 'x'"}),
        r"2 agents failed 4 times outside act: b, a; the last error of b: receive\(\) raised Key",
    ),
    "timeouts.many": (
        replace(worse(agents={"timeout_rate": 0.2}), busy=("x", "y")),
        "raise the timeout.*still at work: x, y",
    ),
    "success.low": (
        worse(agents={"success_rate": 0.92, "error_rate": 0.04, "timeout_rate": 0.04}),
        "92.0%",
    ),
    "actors.restarted": (worse(restarts={"a": 1, "b": 3}), "2 agents .* b 3 times"),
    "load.high": (worse(pool=replace(POOL, workers=8, idle=0)), "raise pool_maximum"),
    "mailboxes.full": (
        worse(waiting=1001, largest=(MailboxStatistics("a", 1001),)),
        "1,001 letters wait for a",
    ),
    "letters.dead": (worse(dead_letters={"late": 9, "full": 2}), "full 2, late 9"),
    "memories.failing": (
        replace(WELL, memory_failures=MemoryFailures(2, 1, "'f' raised KeyError")),
        "2 consolidations failed, 1 clean-up failed: mend .*: 'f' raised KeyError",
    ),
    "memory.full": (replace(WELL, rss_bytes=801), "80% of the memory"),
}


def test_a_society_that_is_well_has_no_warnings() -> None:
    assert examine(WELL).ok
    empty = Health(members=0)
    assert examine(empty).ok
    assert empty.load is None


@pytest.mark.parametrize("key", SICK)
def test_each_ill_is_told_once_under_its_key_with_what_to_do(key: str) -> None:
    sick, words = SICK[key]
    health = examine(sick)
    assert [warning.key for warning in health.warnings] == [key]
    assert not health.ok
    (warning,) = health.warnings
    assert re.search(words, warning.message), warning.message
    assert "\n" not in warning.message
    assert warning.figures
    assert json.loads(json.dumps(health.to_dict()))["warnings"][0]["key"] == key
    assert warning.message in health.summary()


def test_every_check_has_an_ill_that_it_finds() -> None:
    assert len(SICK) == len(CHECKS)


@pytest.mark.parametrize(
    ("key", "setting", "value"),
    [
        ("agents.failing", "min_agent_success_rate", 0.4),
        ("errors.many", "max_error_rate", 0.06),
        ("timeouts.many", "max_timeout_rate", 0.2),
        ("success.low", "min_success_rate", 0.92),
        ("actors.restarted", "max_actor_restarts", 3),
        ("load.high", "max_load", 1.0),
        ("mailboxes.full", "max_waiting", 1001),
        ("letters.dead", "max_dead_letters", 1.1),
        ("memory.full", "max_memory_share", 0.801),
    ],
)
def test_a_threshold_that_is_only_reached_does_not_warn(
    key: str, setting: str, value: float
) -> None:
    sick, _ = SICK[key]
    assert examine(sick, HealthSettings(**{setting: value})).ok


def test_a_bounded_mailbox_warns_when_it_is_nearly_full() -> None:
    for waiting, warns in ((8, False), (9, True)):
        box = MailboxStatistics("a", waiting, 10)
        health = examine(worse(waiting=waiting, largest=(box,)))
        assert bool(health.warnings) is warns


def test_what_comes_of_errors_is_not_told_a_second_time_as_low_success() -> None:
    health = examine(worse(agents={"success_rate": 0.5, "error_rate": 0.5}))
    assert [w.key for w in health.warnings] == ["errors.many"]


def test_the_load_of_a_pool_is_that_inside_the_rounds_when_nobody_is_at_work_now() -> None:
    assert WELL.load == pytest.approx(2 / 8)
    now = worse(pool=replace(POOL, workers=7, idle=1))
    assert now.load == pytest.approx(6 / 8)
    assert worse(agents={"concurrency": 99.0}).load == 1.0


def test_without_a_pool_the_load_is_the_share_of_agents_at_work() -> None:
    threads = replace(worse(pool=None), busy=tuple("abcde"))
    assert threads.load == pytest.approx(5 / 100)
    assert examine(replace(threads, members=5)).ok  # a thread each: all may be at work


def test_a_full_pool_that_has_a_worker_for_everyone_holds_nobody_up() -> None:
    full = worse(pool=replace(POOL, workers=8, idle=0))
    assert not examine(full).ok
    assert examine(replace(full, members=8)).ok


def test_figures_name_a_few_of_very_many() -> None:
    crowd = tuple(f"a-{k}" for k in range(100_000))
    often = dict.fromkeys(crowd, 2)
    health = examine(worse(hung=crowd, quarantined=crowd, restarts=often, failures=often))
    assert len(health.warnings) == 4
    for warning in health.warnings:
        assert len(json.dumps(warning.to_dict())) < 1000
        assert warning.figures["count"] == 100_000
    assert "and 99,995 more" in health.warnings[0].message


def test_the_summary_tells_the_figures() -> None:
    text = worse(waiting=3, largest=(MailboxStatistics("a", 2),)).summary()
    for part in ("well: 100 agents", "100.0%", "p50 1.000 ms", "25%", "3 letters", "2 of them"):
        assert part in text


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_load", 0), ("min_success_rate", -1), ("max_waiting", 0), ("max_error_rate", "many")],
)
def test_thresholds_keep_their_rules(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{key} must be"):
        HealthSettings(**{key: value})


def test_thresholds_come_from_files_and_variables_like_other_settings() -> None:
    layers = Layers.read(None, {"ANTIPHON_MAX_LOAD": "0.5"})
    assert resolve(HealthSettings, layers, {}).values == HealthSettings(max_load=0.5)


def test_each_kind_of_warning_passes_once() -> None:
    fresh = OncePerKind()
    a, again, b = (HealthWarning(key, key) for key in ("a", "a", "b"))
    assert fresh([a]) == [a]
    assert fresh([again, b]) == [b]
    assert fresh([a, b]) == []


class Display:
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def begin(self, total: int | None, unit: str) -> None:
        self.shown.append((total, unit))

    def advance(self, done: int, step: Step) -> None:
        self.shown.append(done)

    def end(self) -> None:
        self.shown.append("end")


def watched(healths: list[Health]) -> tuple[HealthWatch, ManualClock, list[str], Display]:
    """A watch over a society whose health is the first of these, then the next, ..."""
    clock, said, display = ManualClock(), [], Display()
    watch = HealthWatch(
        display,
        lambda: healths.pop(0),
        lambda warning: said.append(warning.key),
        clock=clock,
    )
    return watch, clock, said, display


STEP = Step(1, 0, all_acted(1, "a"), {}, episode_over=False)


def test_a_run_is_checked_now_and_then_and_each_kind_of_warning_said_once() -> None:
    hung, dead = (examine(SICK[key][0]) for key in ("threads.hung", "letters.dead"))
    watch, clock, said, display = watched([hung, hung, dead])
    watch.begin(9, "step")
    watch.advance(1, STEP)
    assert said == []
    for done in (2, 3):
        clock.advance(INTERVAL)
        watch.advance(done, STEP)
        watch.advance(done, STEP)  # too soon for another check
    assert said == ["threads.hung"]
    watch.end()
    assert said == ["threads.hung", "letters.dead"]
    assert display.shown == [(9, "step"), 1, 2, 2, 3, 3, "end"]


def test_a_run_too_short_for_a_check_is_checked_at_its_end() -> None:
    watch, _, said, _ = watched([examine(SICK["errors.many"][0])])
    watch.begin(1, "step")
    watch.advance(1, STEP)
    watch.end()
    assert said == ["errors.many"]
