"""Which cells a sweep has, and what each of them runs."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from antiphon.errors import AntiphonError
from antiphon.sweeps.plan import Plan, seeds_of
from antiphon.sweeps.recipe import Recipe


def plan(seeds: Any = 2, /, **parameters: list[Any]) -> Plan:
    return Plan(Recipe(type="random", agents=2, steps=3), parameters, seeds_of(seeds))


def test_every_combination_is_there_once_with_every_seed_and_the_seed_changes_quickest() -> None:
    three = plan("4..6", timeout=[1, 2], dispatcher=["inline", "pooled"])
    assert len(three) == 12
    cells = list(three.cells())
    assert [cell.number for cell in cells] == list(range(12))
    assert [(*cell.parameters.values(), cell.seed) for cell in cells] == list(
        itertools.product([1, 2], ["inline", "pooled"], [4, 5, 6])
    )
    assert str(cells[1]) == "cell 1 (timeout=1, dispatcher=inline, seed 5)"


def test_a_seed_is_no_setting_of_a_sweep() -> None:
    with pytest.raises(ValueError, match="seeds apart"):
        Recipe().changed({"seed": 1})
    with pytest.raises(ValueError, match="seed is a column"):
        plan(seed=[1])


def test_a_sweep_may_have_seeds_alone() -> None:
    assert [(dict(cell.parameters), cell.seed) for cell in plan(2).cells()] == [({}, 0), ({}, 1)]


def test_a_parameter_is_put_where_its_name_belongs() -> None:
    recipe = Recipe().changed(
        {"world.size": 5, "agents": 3, "timeout": 0.5, "memory_size": 7, "profile": "fast"}
    )
    assert recipe == Recipe(
        world={"size": 5},
        agents=3,
        settings={"timeout": 0.5, "memory_size": 7},
        options={"profile": "fast"},
    )


@pytest.mark.parametrize(
    ("given", "seeds"),
    [(3, [0, 1, 2]), ("3", [0, 1, 2]), ("2..4", [2, 3, 4]), ("5,1", [5, 1]), ([9, 8], [9, 8])],
)
def test_seeds_are_counted_spanned_or_named(given: Any, seeds: list[int]) -> None:
    assert list(seeds_of(given)) == seeds


@pytest.mark.parametrize("given", [0, "x", "1..", "3..1", "1,1", [-1], [True], [1.5], []])
def test_other_seeds_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="seeds"):
        plan(given)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"timeout": []}, "values of timeout must be one or more"),
        ({"timeout": [1, 1]}, "none of them twice"),
        ({"trace": [1]}, "trace is a column of the results"),
    ],
)
def test_a_parameter_that_makes_no_table_is_refused(parameters: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plan(**parameters)


@pytest.mark.parametrize("agents", [0, -3, True, 2.0, "5"])
def test_a_number_of_agents_that_is_none_is_refused_by_that_name(agents: Any) -> None:
    with pytest.raises(ValueError, match=f"agents must be a whole number >= 1, got {agents!r}"):
        Recipe(agents=agents)
    with pytest.raises(ValueError, match="agents must be a whole number >= 1"):
        plan(agents=[3, agents]).check()


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"timeout": [1, -1]}, "'timeout'"),
        ({"world.size": [5], "world.sizzle": [1]}, "sizzle"),
        ({"type": ["random", "nobody"]}, "nobody"),
        ({"strength": [1, 2]}, "takes no option strength"),
        ({"default_action": [float("nan")]}, "JSON"),
        ({"default_action": [object()]}, "JSON"),
    ],
)
def test_a_value_that_would_fail_later_is_refused_before_anything_runs(
    parameters: Any, why: str
) -> None:
    with pytest.raises((AntiphonError, ValueError, TypeError), match=why):
        plan(**parameters).check()
