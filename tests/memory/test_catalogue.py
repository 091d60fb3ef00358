"""Consolidation strategies are found by what they are called, wherever they come from."""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.errors import PluginError, UnknownNameError
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.catalogue import GROUP, strategies, strategy
from antiphon.memory.strategies.merge import merge
from antiphon.memory.strategies.summary import Summary

MODULE = """
def mine(window):
    return []

class Maker:
    def __call__(self, window):
        return []

made = Maker()
number = 7

def without():
    return []
"""


@pytest.fixture(autouse=True)
def _plugin(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin_of_a_test.py").write_text(MODULE)
    (tmp_path / "broken_of_a_test.py").write_text("raise RuntimeError('so it is')")
    monkeypatch.syspath_prepend(tmp_path)


def publish(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = importlib.metadata.EntryPoint(name, value, GROUP)
    real = importlib.metadata.entry_points

    def entry_points(**wanted: Any) -> Any:
        return [point] if wanted.get("group") == GROUP else real(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


def test_a_name_in_a_script_is_found_here_and_by_no_other_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "of_a_script", merge, raising=False)
    found = strategy("__main__:of_a_script")
    assert found.call is merge
    with pytest.raises(PluginError, match=r"of_a_script.*cannot be called in another"):
        found.check_findable()


@pytest.mark.parametrize("name", ["learn", "merge", "prototypes"])
def test_ours_are_found_by_name_and_can_be_found_by_another_process(name: str) -> None:
    found = strategy(name)
    assert (found.name, found.target) == (name, f"antiphon.memory.strategies.{name}:{name}")
    found.check_findable()


def test_a_module_and_what_is_in_it_is_a_name() -> None:
    found = strategy("plugin_of_a_test:made")
    assert list(found.call([])) == []
    assert found.target == "plugin_of_a_test:made"


def test_a_published_one_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "theirs", "plugin_of_a_test:made")
    found = strategy("theirs")
    assert (found.name, found.target) == ("theirs", "plugin_of_a_test:made")
    assert set(strategies()) == {"learn", "merge", "prototypes", "theirs"}


def test_a_published_one_does_not_take_our_names(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "merge", "plugin_of_a_test:mine")
    assert strategy("merge").call is merge
    assert strategy("merge").target == "antiphon.memory.strategies.merge:merge"


def test_a_callable_is_a_strategy_and_another_process_finds_it_if_it_can_be_imported() -> None:
    def local(window: Sequence[Remembered]) -> list[Draft]:
        return []

    assert strategy(merge).target == "antiphon.memory.strategies.merge:merge"
    for nowhere in (local, lambda window: [], Summary(str)):
        found = strategy(nowhere)
        assert found.call is nowhere
        assert found.target is None
        with pytest.raises(PluginError, match="cannot be called in another process"):
            found.check_findable()
    assert strategy(Summary(str)).name == "Summary"


def test_one_that_only_goes_by_the_name_of_another_is_not_taken_for_it() -> None:
    @functools.wraps(merge)
    def bounded(window: Sequence[Remembered]) -> list[Draft]:
        return []

    assert strategy(bounded).target is None


def test_one_of_a_script_is_not_looked_for_in_another_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def scripted(window: Sequence[Remembered]) -> list[Draft]:
        return []

    scripted.__module__, scripted.__qualname__ = "__main__", "scripted"
    monkeypatch.setattr(sys.modules["__main__"], "scripted", scripted, raising=False)
    assert strategy(scripted).target is None


def test_an_unknown_name_is_an_error_that_says_what_there_is() -> None:
    there = f"{GROUP}; there are learn, merge, prototypes, package"
    with pytest.raises(UnknownNameError, match=there):
        strategy("murge")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("plugin_of_a_test:nobody", "cannot be loaded"),
        ("no_such_module_at_all:x", "cannot be loaded: No module named"),
        ("broken_of_a_test:x", "cannot be loaded: so it is"),
        ("plugin_of_a_test:number", "must be a callable"),
        ("plugin_of_a_test:Maker", "must be a callable"),
        ("plugin_of_a_test:without", "must take"),
        ("summary", "needs a language model; give Summary"),
        (7, "must be a callable"),
    ],
)
def test_what_is_no_strategy_is_named_and_refused(kind: Any, why: str) -> None:
    with pytest.raises(PluginError, match=why):
        strategy(kind)
