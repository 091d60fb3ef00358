"""Protocols by name, what they ask for, and where the settings put them."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.coordination.protocol import GROUP, Barrier, First, Quorum, find_protocol
from antiphon.errors import PluginError, SettingsError, UnknownNameError


class Weighted:
    """Enough when its leader has answered."""

    def __init__(self, leader: str = "a") -> None:
        self.leader = leader

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return self.leader in came


LEADER = Weighted("probe-2")


class Mute:
    pass


def needed(protocol: Any, n: int) -> int | None:
    """Give how many of n answers are enough; None where it never says so."""
    called = [f"a{k}" for k in range(n)]
    return next((k for k in range(1, n + 1) if protocol.enough(called, called[:k])), None)


@pytest.mark.parametrize(
    ("named", "sizes"),
    [
        ("barrier", {1: None, 10: None}),
        ("quorum:0.8", {1: 1, 3: 3, 5: 4, 10: 8}),
        ("quorum:0.07", {100: 7}),
        ("quorum:1.0", {10: 10}),
        ("quorum:0.01", {10: 1}),
        ("quorum:7", {5: None, 7: 7, 10: 7}),
        ("quorum:1", {10: 1}),
        ("first:3", {2: None, 3: 3, 10: 3}),
    ],
)
def test_each_asks_for_so_many_of_those_called(named: str, sizes: dict[int, int | None]) -> None:
    protocol = find_protocol(named)
    assert {n: needed(protocol, n) for n in sizes} == sizes
    assert str(protocol) == named


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        ("barrier:3", "takes no number"),
        ("quorum", "a share in"),
        ("quorum:", "a share in"),
        ("quorum:0", "a share in"),
        ("quorum:1.5", "a share in"),
        ("quorum:nan", "a share in"),
        ("quorum:-3", "a share in"),
        ("quorum:most", "a share in"),
        ("first", "a number >= 1"),
        ("first:0", "a number >= 1"),
        ("first:0.5", "a number >= 1"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_the_rule(named: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        find_protocol(named)
    with pytest.raises(SettingsError, match=f"'protocol' .from keyword.*{rule}"):
        ap.Society(protocol=named)


@pytest.mark.parametrize("size", [0, 1.5, 0.0, float("nan"), True, "many"])
def test_a_quorum_of_nonsense_cannot_be_made(size: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Quorum(size)
    with pytest.raises(ValueError, match="first needs"):
        First(size if size is not True else 0)


def test_plug_ins_are_found_as_objects_by_import_and_by_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = [
        importlib.metadata.EntryPoint("leader", f"{__name__}:Weighted", GROUP),
        importlib.metadata.EntryPoint("made", f"{__name__}:LEADER", GROUP),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    leaders = [
        find_protocol(named).leader  # type: ignore[attr-defined]
        for named in (LEADER, f"{__name__}:LEADER", f"{__name__}:Weighted", "leader", "leader:b")
    ]
    assert leaders == ["probe-2", "probe-2", "a", "a", "b"]
    with pytest.raises(PluginError, match="takes no argument"):
        find_protocol("made:b")
    with pytest.raises(UnknownNameError, match="nobody"):
        find_protocol("nobody")


@pytest.mark.parametrize("named", ["quorm:0.8", "quorm", ":0.8"])
def test_a_misspelt_name_brings_those_that_there_are(named: str) -> None:
    ours = "there are barrier, quorum:SHARE, first:K, package.module:name"
    with pytest.raises(UnknownNameError, match=f"no protocol is called '{named}'.*{ours}"):
        find_protocol(named)


def test_a_script_may_name_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "leader", LEADER, raising=False)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    assert find_protocol("__main__:leader") is LEADER


@pytest.mark.parametrize("what", ["Mute", "needed", "GROUP", "nothing"])
def test_what_is_no_protocol_is_named(what: str) -> None:
    with pytest.raises(PluginError, match=what):
        find_protocol(f"{__name__}:{what}")


@pytest.mark.parametrize("value", [7, None, "", Mute()])
def test_a_setting_that_is_neither_name_nor_protocol_is_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match="must be a name"):
        ap.Society(protocol=value)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [(".toml", '[society]\nprotocol = "first:1"\n'), (".ini", "[society]\nprotocol = first:1\n")],
)
def test_a_file_chooses_the_protocol(suffix: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / f"settings{suffix}"
    file.write_text(text)
    with ap.Society(config=file, dispatcher="inline") as society:
        assert acted(society) == 1
        assert society.source("protocol") == str(file)


def test_the_environment_chooses_the_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_PROTOCOL", "quorum:2")
    with ap.Society(dispatcher="inline") as society:
        assert acted(society) == 2


def acted(society: ap.Society) -> int:
    class Yes(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            return 1

    society.add(Yes, n=3)
    return society.step(dict.fromkeys(society)).counts["acted"]


def test_where_a_missing_action_is_an_error_everybody_is_waited_for() -> None:
    with (
        pytest.raises(SettingsError, match="'raise' leaves nothing in place of those that first:1"),
        ap.Society(protocol="first:1", on_missing="raise", dispatcher="inline") as society,
    ):
        acted(society)
    with ap.Society(protocol="barrier", on_missing="raise", dispatcher="inline") as society:
        assert acted(society) == 3


def test_the_default_asks_nobody() -> None:
    assert find_protocol("barrier") == Barrier()
    with ap.Society(dispatcher="inline") as society:
        acted(society)
        assert society._rulebook.rules.protocol is None


@pytest.mark.parametrize("protocol", ["quorum:4", "first:4", Quorum(4), First(4)])
def test_a_number_that_so_few_agents_never_reach_is_said_in_the_log_and_all_are_waited_for(
    protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with ap.Society(protocol=protocol, dispatcher="inline") as society:
        assert acted(society) == 3
    assert "event=protocol.out_of_reach" in caplog.text
    assert "needs=4 agents=3" in caplog.text


@pytest.mark.parametrize("protocol", ["quorum:3", "first:3", "quorum:1.0", "barrier", LEADER])
def test_nothing_is_said_of_a_number_that_can_be_reached(
    protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with ap.Society(protocol=protocol, dispatcher="inline") as society:
        assert acted(society) == 3
    assert "out_of_reach" not in caplog.text
