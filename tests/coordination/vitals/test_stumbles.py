"""What agents raise between their calls is counted for each run, and told in one line."""

from __future__ import annotations

from antiphon.actors.statistics import KernelStatistics
from antiphon.coordination.vitals.stumbles import Stumbles

RAISED = "receive() raised KeyError: 'x'"


def test_a_run_has_what_came_since_it_began() -> None:
    before = Stumbles({"a": 3, "b": 1, "gone": 2}, {"a": RAISED, "b": RAISED})
    now = Stumbles({"a": 3, "b": 4, "c": 1}, {"a": RAISED, "b": "new", "c": RAISED})
    run = now.since(before)
    assert run == Stumbles({"b": 3, "c": 1}, {"b": "new", "c": RAISED})
    assert run.to_dict() == {
        "b": {"count": 3, "last_error": "new"},
        "c": {"count": 1, "last_error": RAISED},
    }
    assert not now.since(now)


def test_one_line_names_how_many_who_most_often_and_why() -> None:
    one = Stumbles.of(KernelStatistics(failures={"a": 1}, last_failures={"a": RAISED}))
    assert str(one) == f"1 agent failed 1 time outside act: a; the last error of a: {RAISED}"
    crowd = {f"a-{k}": 1 for k in range(2000)}
    many = str(Stumbles({**crowd, "z": 7}, {"z": RAISED}))
    assert many == (
        "2,001 agents failed 2,007 times outside act: z, a-0, a-1, a-2, a-3 and 1,996 more; "
        f"the last error of z: {RAISED}"
    )
