"""What others publish is found by name; what is broken is named, and harms nothing."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest
from antiphon.errors import PluginError, UnknownNameError
from antiphon.memory.plugins import check_callable
from antiphon.plugins import find

OURS = {"ours": 1, "other": 2}
GROUP = "antiphon.somethings"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    points: dict[str, str] = {}

    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        assert group == GROUP
        return [importlib.metadata.EntryPoint(n, v, group) for n, v in points.items()]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    return points


def test_a_name_is_ours_or_published_or_a_path(published: dict[str, str]) -> None:
    published["theirs"] = "math:tau"
    assert find("thing", "ours", OURS, GROUP) == 1
    assert find("thing", "theirs", OURS, GROUP) == pytest.approx(6.283, abs=0.001)
    assert find("thing", "os:path.join", OURS, GROUP).__name__ == "join"


def test_ours_stands_where_another_takes_its_name(published: dict[str, str]) -> None:
    published["ours"] = "math:tau"
    assert find("thing", "ours", OURS, GROUP) == 1


def test_an_unknown_name_is_told_what_there_is(published: dict[str, str]) -> None:
    published["theirs"] = "math:tau"
    with pytest.raises(UnknownNameError) as caught:
        find("thing", "nobody", OURS, GROUP)
    assert caught.value.known == ("ours", "other", "theirs", "package.module:callable")
    assert str(caught.value).startswith("no thing is called 'nobody'; tried entry points of")


@pytest.mark.parametrize(
    "target", ["no_such_module:x", "math:nothing", "os:path.nothing", ":x", "math:", "../etc:x"]
)
def test_what_cannot_be_loaded_is_named(published: dict[str, str], target: str) -> None:
    published["broken"] = target
    for name in (target, "broken"):
        with pytest.raises(PluginError, match="cannot be loaded") as caught:
            find("thing", name, OURS, GROUP)
        assert caught.value.name == name


def one_argument(one: Any) -> None: ...


def three_arguments(one: Any, two: Any, three: Any) -> None: ...


def two_or_three(one: Any, two: Any, three: Any = None) -> None: ...


@pytest.mark.parametrize("plugin", [3, int, one_argument, three_arguments])
def test_what_cannot_be_called_so_is_refused(plugin: Any) -> None:
    with pytest.raises(PluginError, match=r"^plug-in 'mine': must .*\(one, two\)"):
        check_callable("mine", plugin, "one", "two")


@pytest.mark.parametrize("plugin", [two_or_three, lambda *every: every, max, divmod])
def test_what_can_is_taken(plugin: Any) -> None:
    check_callable("mine", plugin, "one", "two")
