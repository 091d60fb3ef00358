"""An environment that can say what it is goes on from there, and is not stepped again before."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.journal.origin import World
from antiphon.errors import DivergedError, JournalError, WorldError
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.models.grid_episode import GridEpisode
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import (
    KEEPER,
    Diary,
    Gossip,
    Keeper,
    founded,
    ran,
    resumed,
)
from antiphon.tests.society.cast import DISPATCHERS, Dice, Ring
from pettingzoo.utils import BaseParallelWrapper

GRID = World("grid-world", {"size": 7, "goals": 4, "max_steps": 40})
# Its episodes end at other rounds than its states are taken in, and in the same.
SHORT = [World(KEEPER, {"length": length}) for length in (10**6, 7, 10)]


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")
    monkeypatch.setattr(Keeper, "steps", Counter())


def steps_again(folder: Path, steps: int, **options: Any) -> tuple[int, Any]:
    Keeper.steps.clear()
    run = resumed(folder, steps, **options)
    return Keeper.steps.total(), run


@pytest.mark.parametrize("world", SHORT)
@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_it_goes_on_from_its_last_state(tmp_path: Path, world: Any, dispatcher: str) -> None:
    whole = ran(24, world, Diary, dispatcher=dispatcher)
    ran(13, world, Diary, out=tmp_path / "r", dispatcher=dispatcher)
    taken, again = steps_again(tmp_path / "r", 24)
    # Of thirteen rounds those after the tenth.
    assert taken == 3 + 11
    assert (again.trace, again.events, again.outcomes) == (
        whole.trace,
        whole.events,
        whole.outcomes,
    )
    assert verify(tmp_path / "r").rounds == 24
    Society.verify(tmp_path / "r")


def test_its_last_state_is_not_gone_by_where_nothing_follows_to_check_it(tmp_path: Path) -> None:
    ran(10, KEEPER, Diary, out=tmp_path / "r")
    taken, again = steps_again(tmp_path / "r", 12)
    assert taken == 5 + 2
    assert again.trace == ran(12, KEEPER, Diary).trace


def test_a_grid_world_takes_no_step_twice_but_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ran(120, GRID, "explorer", 3)
    ran(103, GRID, "explorer", 3, out=tmp_path / "r", state_interval=20)
    steps = []
    advance = GridEpisode.advance

    def counted(self: GridEpisode, actions: Any) -> Any:
        steps.append(self.step)
        return advance(self, actions)

    monkeypatch.setattr(GridEpisode, "advance", counted)
    again = resumed(tmp_path / "r", 120)
    assert len(steps) == 3 + 17
    assert again.trace == whole.trace


def test_to_verify_it_is_stepped_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(13, KEEPER, Diary, out=tmp_path / "r")
    Keeper.steps.clear()
    Society.verify(tmp_path / "r")
    assert Keeper.steps.total() == 13
    monkeypatch.setattr(Keeper, "odd", 1)
    with pytest.raises(DivergedError, match=r"round 5 goes another way: state of the env.*'odd'"):
        Society.verify(tmp_path / "r")


def test_a_branch_is_whole_by_itself(tmp_path: Path) -> None:
    ran(13, KEEPER, Diary, out=tmp_path / "r")
    with Society.resume(tmp_path / "r", at=12) as branch:
        branch.run(24, out=tmp_path / "b")
    Society.verify(tmp_path / "b")
    with Reader(tmp_path / "b") as reader:
        assert [round for round, _ in reader.rows("world")] == [5, 10, 15, 20]


@pytest.mark.parametrize("kind", [Dice, Gossip])
def test_whoever_is_called_finds_it_where_it_was(tmp_path: Path, kind: Any) -> None:
    ran(13, KEEPER, kind, out=tmp_path / "r")
    taken, again = steps_again(tmp_path / "r", 14)
    assert taken == 14
    assert again.trace == ran(14, KEEPER, kind).trace


def test_it_is_stepped_from_where_the_first_agent_is_called(tmp_path: Path) -> None:
    with founded(KEEPER, Diary, 2) as society:
        society.add(Dice)
        society.run(13, out=tmp_path / "r")
    assert steps_again(tmp_path / "r", 13)[0] == 13


class Blinkers(BaseParallelWrapper):  # type: ignore[misc]  # it ships no types
    """Keeps something of its own, of which what it wraps knows nothing."""


def test_what_is_inside_a_wrapper_may_not_be_all(tmp_path: Path) -> None:
    ran(13, Blinkers(Keeper()), Diary, out=tmp_path / "r")
    with Reader(tmp_path / "r") as reader:
        assert not list(reader.rows("world"))
    assert steps_again(tmp_path / "r", 13, environment=Blinkers(Keeper()))[0] == 13


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({1, 2}, r"state\['odd'\] must be a JSON value or an array, got set"),
        (np.array([object()]), "must not be an array of objects"),
        ("\ud800", "its state holds a text that has no UTF-8"),
    ],
)
def test_a_state_that_nobody_can_keep_is_refused_in_the_first_round(
    tmp_path: Path, odd: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "odd", odd)
    with pytest.raises(WorldError, match=f"{KEEPER} failed in get_state: .*{why}"):
        ran(13, KEEPER, Diary, out=tmp_path / "r")
    assert Keeper.steps.total() == 1
    # Where nothing is kept, nobody asks.
    assert ran(13, KEEPER, Diary).rounds == 13


def test_a_state_that_is_too_large_is_not_kept_and_the_run_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Keeper, "odd", np.zeros(2 << 20))
    ran(13, KEEPER, Diary, out=tmp_path / "r")
    assert caplog.text.count("state.refused") == 1
    assert "takes more than 12,582,912 bytes" in caplog.text
    monkeypatch.setattr(Keeper, "odd", 0)
    assert steps_again(tmp_path / "r", 13)[0] == 13


def test_one_that_does_not_take_its_state_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(13, KEEPER, Diary, out=tmp_path / "r")
    monkeypatch.setattr(Keeper, "lost", 1)
    with pytest.raises(JournalError, match=r"ring is not what it was.*round 10: set_state"):
        resumed(tmp_path / "r")
    monkeypatch.setattr(Keeper, "set_state", lambda self, state: state["nothing"])
    with pytest.raises(WorldError, match="failed in set_state: KeyError"):
        resumed(tmp_path / "r")


def test_a_journal_without_its_states_is_played_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_state = Keeper.get_state
    monkeypatch.delattr(Keeper, "get_state")
    ran(13, KEEPER, Diary, out=tmp_path / "r")
    monkeypatch.setattr(Keeper, "get_state", get_state, raising=False)
    assert steps_again(tmp_path / "r", 13)[0] == 13
    Society.verify(tmp_path / "r")


def test_how_often_states_are_taken_is_a_setting(tmp_path: Path) -> None:
    ran(9, Ring(), Diary, out=tmp_path / "r", state_interval=4)
    with Reader(tmp_path / "r") as reader:
        assert [round for round, row in reader.rows("state") if row.agent == "a"] == [4, 8]
