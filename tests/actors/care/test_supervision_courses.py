"""What holds of a supervisor in every course of failures."""

from __future__ import annotations

import random
from collections.abc import Mapping

from antiphon.actors.care.decision import Decision
from antiphon.actors.care.directive import by_type
from antiphon.actors.care.supervision import SupervisionRules, Supervisor
from antiphon.tests.actors.care.cast import IDS, RESTART, RESUME, STOP, supervisor
from hypothesis import given
from hypothesis import strategies as st

courses = st.lists(st.sets(st.sampled_from(IDS)), max_size=40)
"""Who would fail in each round, if it were called."""
rules = st.builds(
    SupervisionRules,
    max_restarts=st.integers(0, 4),
    restart_window=st.integers(1, 12),
    backoff=st.integers(0, 3),
    backoff_limit=st.integers(0, 6),
)
groupings = st.sampled_from([(), ("ab",), ("ad", "bce"), ("abcde",)])
seeds = st.integers(0, 99)

KINDS: list[type[Exception]] = [ValueError, KeyError, OSError, RuntimeError]
mixed = by_type({KeyError: RESUME, OSError: STOP}, otherwise=RESTART)


def raised(agent_id: str, round: int) -> Exception:
    """Give the error of an agent in a round: always the same."""
    return KINDS[(ord(agent_id) * 7 + round) % len(KINDS)](f"{agent_id} in {round}")


class Course:
    """A society whose members fail when the course says so, unless they are down."""

    def __init__(self, boss: Supervisor, *, shuffle: int | None = None) -> None:
        self.boss = boss
        self.decisions: list[Decision] = []
        self.back: dict[str, list[int]] = {agent_id: [] for agent_id in IDS}
        self.called: dict[str, list[int]] = {agent_id: [] for agent_id in IDS}
        self._shuffle = None if shuffle is None else random.Random(shuffle)

    def run(self, course: list[set[str]]) -> Course:
        for round, failing in enumerate(course, 1):
            for agent_id in self.boss.due(round):
                self.back[agent_id].append(round)
            up = [agent_id for agent_id in IDS if agent_id not in self.boss.down]
            for agent_id in up:
                self.called[agent_id].append(round)
            failures = {i: raised(i, round) for i in up if i in failing}
            self.decisions += self.boss.decide(round, self._in_some_order(failures))
        return self

    def _in_some_order(self, failures: Mapping[str, Exception]) -> dict[str, BaseException]:
        names = list(failures)
        if self._shuffle is not None:
            self._shuffle.shuffle(names)
        return {name: failures[name] for name in names}

    def of(self, agent_id: str) -> list[Decision]:
        return [d for d in self.decisions if d.agent_id == agent_id]


@given(course=courses, rules=rules, groups=groupings, seed=seeds)
def test_no_agent_is_restarted_more_often_than_the_budget_in_any_window(
    course: list[set[str]], rules: SupervisionRules, groups: tuple[str, ...], seed: int
) -> None:
    lived = Course(supervisor(RESTART, *groups, rules=rules, seed=seed)).run(course)
    for rounds in lived.back.values():
        for first in range(1, len(course) + 1):
            window = range(first, first + rules.restart_window)
            assert sum(round in window for round in rounds) <= rules.max_restarts


@given(course=courses, rules=rules, seed=seeds)
def test_nobody_is_quarantined_while_its_budget_has_room(
    course: list[set[str]], rules: SupervisionRules, seed: int
) -> None:
    lived = Course(supervisor(RESTART, rules=rules, seed=seed)).run(course)
    for decision in lived.decisions:
        recent = range(decision.round + 2 - rules.restart_window, decision.round + 1)
        spent = sum(round in recent for round in lived.back[decision.agent_id])
        assert decision.quarantined is (spent >= rules.max_restarts)


@given(course=courses, rules=rules, groups=groupings, seed=seeds, order=seeds)
def test_the_order_in_which_failures_are_reported_changes_nothing(
    course: list[set[str]], rules: SupervisionRules, groups: tuple[str, ...], seed: int, order: int
) -> None:
    one = Course(supervisor(mixed, *groups, rules=rules, seed=seed)).run(course)
    other = Course(supervisor(mixed, *groups, rules=rules, seed=seed), shuffle=order).run(course)
    assert one.decisions == other.decisions
    assert [d.row() for d in one.decisions] == [d.row() for d in other.decisions]
    assert one.boss.statistics() == other.boss.statistics()


@given(course=courses, rules=rules, seed=seeds)
def test_what_becomes_of_one_does_not_depend_on_the_others(
    course: list[set[str]], rules: SupervisionRules, seed: int
) -> None:
    everybody = Course(supervisor(mixed, rules=rules, seed=seed)).run(course)
    for agent_id in IDS:
        own = [failing & {agent_id} for failing in course]
        alone = Course(supervisor(mixed, rules=rules, seed=seed)).run(own)
        assert alone.of(agent_id) == everybody.of(agent_id)


@given(course=courses, rules=rules, groups=groupings, seed=seeds)
def test_every_failure_has_one_decision_and_it_is_kept(
    course: list[set[str]], rules: SupervisionRules, groups: tuple[str, ...], seed: int
) -> None:
    lived = Course(supervisor(mixed, *groups, rules=rules, seed=seed)).run(course)
    assert [(d.round, d.agent_id) for d in lived.decisions] == sorted(
        {(d.round, d.agent_id) for d in lived.decisions}
    )
    for agent_id in IDS:
        out: set[int] = set()
        backs = []
        for decision in lived.of(agent_id):
            if decision.final:
                out.update(range(decision.round + 1, len(course) + 1))
            elif decision.restart_at is not None:
                out.update(range(decision.round + 1, decision.restart_at))
                backs.append(decision.restart_at)
        rounds = range(1, len(course) + 1)
        assert lived.called[agent_id] == [round for round in rounds if round not in out]
        assert lived.back[agent_id] == [round for round in backs if round in rounds]


@given(course=courses, rules=rules, groups=groupings, seed=seeds)
def test_a_group_is_up_and_down_together(
    course: list[set[str]], rules: SupervisionRules, groups: tuple[str, ...], seed: int
) -> None:
    lived = Course(supervisor(mixed, *groups, rules=rules, seed=seed)).run(course)
    for group in groups:
        assert len({tuple(lived.called[agent_id]) for agent_id in group}) == 1
