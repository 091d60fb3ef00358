"""A run that was broken off goes on, and ends as if nothing had been."""

from __future__ import annotations

import json
from functools import partial
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.environment import Environment
from antiphon.coordination.journal import charter
from antiphon.coordination.journal.history import History
from antiphon.coordination.journal.origin import World
from antiphon.errors import JournalError, PluginError, StartError, StoreCorruptError
from antiphon.memory.store.verify import verify
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import (
    RING,
    SPREAD,
    Diary,
    Gossip,
    Rememberer,
    Stumbler,
    Tells,
    founded,
    ran,
    resumed,
)
from antiphon.tests.society.cast import DISPATCHERS, Dice, Does, Ring, Witness

SHORT = World(RING, {"length": 9})
GRID = World("grid-world", {"size": 7, "goals": 4, "max_steps": 9})
CASES: dict[str, tuple[Any, ...]] = {
    "by chance": (SHORT, Dice),
    "with a state": (RING, Diary),
    "by messages": (SHORT, Gossip),
    "explorers": (GRID, "explorer", 4),
    "drawn from spaces": (SPREAD, "random"),
    "mid-episode": (SPREAD, Diary),
}
MORE: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((RING, Stumbler), {}),
    ((RING, Stumbler), {"on_crash": "restart", "snapshot_interval": 4, "max_restarts": 2}),
    ((SHORT, Gossip), {"on_missing": "repeat", "batch_size": 2}),
    ((SHORT, Rememberer), {"memory_size": 10, "consolidation_lag": 3}),
    ((partial(GridWorld, size=7, goals=4), "explorer", 3), {"memory_size": 20}),
]


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")


def ends_as_ever(tmp_path: Path, *arguments: Any, **options: Any) -> None:
    whole = ran(24, *arguments, **options)
    ran(13, *arguments, out=tmp_path / "r", **options)
    again = resumed(tmp_path / "r", 24)
    assert (again.trace, again.events) == (whole.trace, whole.events)
    assert again.outcomes == whole.outcomes
    assert verify(tmp_path / "r").rounds == 24
    Society.verify(tmp_path / "r")


@pytest.mark.parametrize(("case", "dispatcher"), [*zip(CASES, cycle(DISPATCHERS), strict=False)])
def test_it_ends_as_if_nothing_had_been(tmp_path: Path, case: str, dispatcher: str) -> None:
    ends_as_ever(tmp_path, *CASES[case], dispatcher=dispatcher)


@pytest.mark.soak
@pytest.mark.parametrize(("case", "dispatcher"), [*product(CASES, [*DISPATCHERS, "simulated"])])
def test_anything_ends_as_if_nothing_had_been(tmp_path: Path, case: str, dispatcher: str) -> None:
    ends_as_ever(tmp_path, *CASES[case], dispatcher=dispatcher)


@pytest.mark.parametrize(("case", "settings"), MORE)
def test_whatever_befell_its_agents_befalls_them_again(
    tmp_path: Path, case: tuple[Any, ...], settings: dict[str, Any]
) -> None:
    ends_as_ever(tmp_path, *case, **settings)


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_what_was_said_outside_is_said_again(tmp_path: Path, dispatcher: str) -> None:
    whole = tmp_path / "whole"
    for folder, steps in ((whole, 24), (tmp_path / "r", 13)):
        with founded(SHORT, Gossip, dispatcher=dispatcher) as society:
            run = society.run(steps, out=folder, progress=Tells(society, 3, 4, 8))
    assert run.event_rows["delivered"] > 9
    Society.verify(whole)
    again = resumed(tmp_path / "r", 24)
    expected = json.loads((whole / "result.json").read_text())
    assert (again.trace, again.events) == (expected["trace"], expected["events"])


def test_settings_that_were_changed_change_again_in_the_same_round(tmp_path: Path) -> None:
    def run(steps: int, out: Path) -> Any:
        with founded(RING, Stumbler, on_missing="noop") as society:

            def change(step: Any) -> None:
                if step.number == 6:
                    society.configure(on_missing="default", default_action=3)

            return society.run(steps, out=out, progress=Witness(change))

    whole = run(24, tmp_path / "whole")
    run(13, tmp_path / "r")
    assert resumed(tmp_path / "r", 24).trace == whole.trace


def test_a_finished_run_comes_to_what_it_came_to(tmp_path: Path) -> None:
    run = ran(12, SHORT, Gossip, out=tmp_path / "r")
    before = verify(tmp_path / "r")
    assert before.rounds == 12
    again = resumed(tmp_path / "r")
    assert (again.rounds, again.trace) == (12, run.trace)
    assert verify(tmp_path / "r") == before


def test_a_length_that_was_changed_stays_changed(tmp_path: Path) -> None:
    ran(5, out=tmp_path / "r")
    resumed(tmp_path / "r", 9)
    assert resumed(tmp_path / "r").rounds == 9
    with (
        Society.resume(tmp_path / "r") as society,
        pytest.raises(ValueError, match="has 9 steps already, got steps=4"),
    ):
        society.run(4)


def test_a_run_without_its_first_round_begins_by_its_manifest(tmp_path: Path) -> None:
    whole = ran(12, SHORT, Gossip, out=tmp_path / "r")
    for name in ("run.db", "run.head", "run.ballast"):
        (tmp_path / "r" / name).unlink()
    assert resumed(tmp_path / "r").trace == whole.trace
    assert verify(tmp_path / "r").rounds == 12


@pytest.mark.parametrize("head", [b"", bytes(8192)])
def test_a_store_that_was_only_being_made_is_made(tmp_path: Path, head: bytes) -> None:
    whole = ran(6, out=tmp_path / "r")
    (tmp_path / "r/run.db").unlink()
    (tmp_path / "r/run.head").write_bytes(head)
    assert resumed(tmp_path / "r").trace == whole.trace


def test_a_folder_without_a_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is none; start it anew"):
        Society.resume(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(JournalError, match="manifest"):
        Society.resume(tmp_path)


def test_nobody_goes_on_with_a_run_twice_at_once(tmp_path: Path) -> None:
    ran(5, out=tmp_path / "r")
    with Society.resume(tmp_path / "r") as one, Society.resume(tmp_path / "r") as two:

        def both(step: Any) -> None:
            with pytest.raises(StartError, match="in use"):
                two.run(9)

        one.run(6, progress=Witness(both))


def test_an_environment_that_was_an_object_is_handed_over_again(tmp_path: Path) -> None:
    whole = ran(20, Ring(length=9))
    ran(12, Ring(length=9), out=tmp_path / "r")
    with pytest.raises(JournalError, match=r"given as an object.*environment=\.\.\."):
        Society.resume(tmp_path / "r")
    assert resumed(tmp_path / "r", 20, environment=Ring(length=9)).trace == whole.trace


def test_agents_that_nobody_can_import_are_added_again_by_hand(tmp_path: Path) -> None:
    def act(observation: Any, context: Any) -> int:
        return int(context.round * 7 % 4)

    def add(society: Society) -> None:
        society.add(Does, act=act)

    with Society(RING, tables=False) as society:
        add(society)
        society.run(8, out=tmp_path / "r")
    with pytest.raises(JournalError, match=r"act of Does.*agents=\.\.\."):
        Society.resume(tmp_path / "r")
    assert resumed(tmp_path / "r", 10, agents=add).rounds == 10
    with pytest.raises(JournalError, match="its agents were a, b, c"):
        Society.resume(tmp_path / "r", agents=lambda society: None)


def closings(monkeypatch: pytest.MonkeyPatch, kind: type) -> list[Any]:
    """Give a list that grows whenever something of a kind is closed."""
    closed: list[Any] = []
    close = kind.close  # type: ignore[attr-defined]  # it is of those that can be

    def closing(thing: Any) -> None:
        closed.append(thing)
        close(thing)

    monkeypatch.setattr(kind, "close", closing)
    return closed


def test_what_does_not_come_back_leaves_no_environment_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(3, out=tmp_path / "r")
    closed = closings(monkeypatch, Environment)
    with pytest.raises(JournalError, match="its agents were"):
        Society.resume(tmp_path / "r", agents=lambda society: None)
    assert len(closed) == 1
    monkeypatch.setattr(History, "timing", lambda history, last: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        Society.resume(tmp_path / "r")
    assert len(closed) == 2


def test_what_does_not_come_back_leaves_no_journal_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(3, out=tmp_path / "r")
    closed = closings(monkeypatch, History)
    with pytest.raises(ValueError, match="at must be one of"):
        Society.resume(tmp_path / "r", at=9)
    assert len(closed) == 1


def test_nothing_of_pythons_own_is_called_as_a_world(tmp_path: Path) -> None:
    ran(3, out=tmp_path / "r")
    manifest = json.loads((tmp_path / "r/manifest.json").read_text())
    manifest["journal"]["world"] = {"name": "os:system", "options": {"command": "false"}}
    (tmp_path / "r/manifest.json").write_text(json.dumps(manifest))
    for name in ("run.db", "run.head"):
        (tmp_path / "r" / name).unlink()
    with pytest.raises(PluginError, match="part of Python"):
        Society.resume(tmp_path / "r")


def test_a_journal_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(charter, "VERSION", 2)
        ran(3, out=tmp_path / "r")
    with pytest.raises(StoreCorruptError, match="journal of version 2"):
        Society.resume(tmp_path / "r")


def test_a_society_that_had_played_before_cannot_be_played_again(tmp_path: Path) -> None:
    with founded() as society:
        society.run(4)
        society.run(4, out=tmp_path / "r")
    with (
        Society.resume(tmp_path / "r") as society,
        pytest.raises(JournalError, match="had played 4 rounds before"),
    ):
        society.run()
