"""Who has a call's members visited, where they are of several kinds."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.cohort import Cohort, CohortMember
from antiphon.coordination.cast import Cast
from antiphon.models.random_agent import RandomAgent


class Visited(Cohort):
    """A cohort that writes down which members it was to visit."""

    def __init__(self, name: str, members: Sequence[CohortMember]) -> None:
        super().__init__(name, members)
        self.visits: list[tuple[list[str], Sequence[int]]] = []

    def visit(self, call: Any, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        self.visits.append(([host.name for host in hosts], indices))


class Dispatches:
    """Visits those that share no actor."""

    def __init__(self) -> None:
        self.visits: list[tuple[list[str], Sequence[int]]] = []

    def visit(self, call: Any, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        self.visits.append(([host.name for host in hosts], indices))


def members(*ids: str, kind: type[AgentActor] = CohortMember) -> list[Any]:
    return [kind(Seat(agent_id, RandomAgent)) for agent_id in ids]


def call_of(*ids: str) -> Any:
    return SimpleNamespace(members=list(ids))


def staged() -> tuple[Any, Visited, Visited, Dispatches]:
    first, second, alone = members("a", "b"), members("c", "d"), members("e", kind=AgentActor)
    cohorts, dispatcher = (Visited("1", first), Visited("2", second)), Dispatches()
    visit = Cast([*first, *second, *alone]).visited_by(dispatcher)  # type: ignore[arg-type]
    return visit, *cohorts, dispatcher


def test_each_cohort_visits_its_own_and_the_dispatcher_the_others() -> None:
    visit, first, second, dispatcher = staged()
    for _ in range(2):
        visit(call_of("a", "c", "e", "b", "d"), range(5))
    assert first.visits == [(["a", "b"], [0, 3])] * 2
    assert second.visits == [(["c", "d"], [1, 4])] * 2
    assert dispatcher.visits == [(["e"], range(2, 3))] * 2


def test_members_side_by_side_are_a_range_and_the_same_list_of_hosts_each_time() -> None:
    visit, first, second, _ = staged()
    given = []
    first.visit = lambda call, hosts, indices: given.append((hosts, indices))  # type: ignore[method-assign]
    for _ in range(2):
        visit(call_of("a", "b", "c"), range(3))
    assert [indices for _, indices in given] == [range(2)] * 2
    assert given[0][0] is given[1][0]
    assert second.visits == [(["c"], range(2, 3))] * 2


def test_who_is_not_called_is_not_visited() -> None:
    visit, first, second, dispatcher = staged()
    call = call_of("a", "b", "c", "d", "e")
    visit(call, range(5))
    visit(call, [1, 3])
    visit(call, range(5))
    assert [ids for ids, _ in first.visits] == [["a", "b"], ["b"], ["a", "b"]]
    assert [indices for _, indices in second.visits] == [range(2, 4), range(3, 4), range(2, 4)]
    assert len(dispatcher.visits) == 2


def test_other_members_are_looked_up_anew() -> None:
    visit, first, _, _ = staged()
    visit(call_of("a", "e"), range(2))
    visit(call_of("b", "e"), range(2))
    assert [ids for ids, _ in first.visits] == [["a"], ["b"]]
