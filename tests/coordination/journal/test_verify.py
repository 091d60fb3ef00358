"""A run that is played again goes the same way, or it is said who went another."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.journal.comparison import diverged
from antiphon.coordination.journal.origin import World
from antiphon.errors import DivergedError, JournalError, SettingsError, StoreCorruptError
from antiphon.memory.store.batch import Row
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import (
    RING,
    Diary,
    Fickle,
    Gossip,
    Moody,
    founded,
    ran,
    resumed,
    rewritten,
)
from antiphon.tests.society.cast import DISPATCHERS, Dice, Ring, Witness

FICKLE = "antiphon.tests.coordination.journal.cast:Fickle"
SHORT = World(RING, {"length": 9})


def contents(folder: Path) -> dict[str, bytes]:
    """Give all files but those that SQLite makes for who only reads."""
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    return {name: octets for name, octets in files.items() if not name.startswith("run.db-")}


@pytest.mark.parametrize("dispatcher", [*DISPATCHERS, "simulated"])
def test_a_run_that_is_what_it_was_verifies(tmp_path: Path, dispatcher: str) -> None:
    ran(12, SHORT, Gossip, out=tmp_path / "r", dispatcher=dispatcher)
    before = contents(tmp_path / "r")
    verified = Society.verify(tmp_path / "r")
    assert (verified.rounds, verified.totals.written) == (12, 0)
    assert contents(tmp_path / "r") == before


def test_the_first_who_goes_another_way_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(12, RING, Moody, out=tmp_path / "r")
    Society.verify(tmp_path / "r")
    monkeypatch.setattr(Moody, "mood", 1)
    with pytest.raises(DivergedError) as caught:
        Society.verify(tmp_path / "r")
    error = caught.value
    assert (error.round, error.agent_id, error.what) == (7, "b", "intended")
    assert "round 7 goes another way: intended of agent b was" in str(error)


def test_a_world_that_goes_another_way_is_seen_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(12, FICKLE, out=tmp_path / "r")
    monkeypatch.setattr(Fickle, "mood", 0.5)
    with pytest.raises(DivergedError, match=r"round 5 .* reward of agent b"):
        Society.verify(tmp_path / "r")


def test_a_state_that_is_another_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")
    ran(8, RING, Diary, out=tmp_path / "r")
    monkeypatch.setattr(Diary, "get_state", lambda self: {"sum": self.sum + 1})
    with pytest.raises(DivergedError, match=r"round 5 .* state of agent a"):
        Society.verify(tmp_path / "r")


def executed(value: Any) -> Any:
    return {**value, "intended": {"ints": np.array([3, 2, 1])}}


def heard(value: Any) -> Any:
    (deliveries, *others) = value["heard"]
    said = {**deliveries["said"], "cause": {"list": ["x"] * deliveries["parcels"]}}
    return {**value, "heard": [{**deliveries, "said": said}, *others]}


@pytest.mark.parametrize(
    ("kind", "round", "change", "message"),
    [
        ("lived", 4, executed, "round 4 .* intended of agent a"),
        ("lived", 6, lambda value: {**value, "over": True}, "round 6 .* over of agent a"),
        ("events", 3, heard, "round 3 .* what was heard of agent a"),
        ("members", 1, lambda ids: [*ids[:2], "z"], "round 1 .* membership of agent c"),
    ],
)
def test_a_journal_that_somebody_rewrote_is_seen(
    tmp_path: Path, kind: str, round: int, change: Any, message: str
) -> None:
    ran(8, SHORT, Gossip, out=tmp_path / "r")
    other = rewritten(tmp_path / "r", kind, round, change)
    verify(other)
    with pytest.raises(DivergedError, match=message):
        Society.verify(other)


def test_a_journal_that_was_only_copied_verifies(tmp_path: Path) -> None:
    ran(8, SHORT, Gossip, out=tmp_path / "r")
    assert Society.verify(rewritten(tmp_path / "r", "lived", 0, None)).rounds == 8


def test_a_result_that_says_something_else_is_seen(tmp_path: Path) -> None:
    ran(5, out=tmp_path / "r")
    figures = json.loads((tmp_path / "r/result.json").read_text())
    (tmp_path / "r/result.json").write_text(json.dumps({**figures, "trace": "v1:0"}))
    with pytest.raises(JournalError, match="its trace is v1:0, and it is v1:"):
        Society.verify(tmp_path / "r")


def test_a_changed_byte_is_seen_before_anything_is_played(tmp_path: Path) -> None:
    ran(40, out=tmp_path / "r")
    octets = bytearray((tmp_path / "r/run.db").read_bytes())
    octets[octets.index(b'"intended"') + 2] ^= 4
    (tmp_path / "r/run.db").write_bytes(octets)
    with pytest.raises(StoreCorruptError):
        Society.verify(tmp_path / "r")


def test_rows_of_which_nobody_can_say_where_they_differ_are_named() -> None:
    error = diverged(3, [Row("rules", {})], [], [])
    assert str(error) == "round 3 goes another way: what was written was rules, is nothing"


def test_a_branch_goes_its_own_way_from_its_round_on(tmp_path: Path) -> None:
    whole = Witness()
    with founded(SHORT, Diary) as society:
        society.run(20, out=tmp_path / "r", progress=whole)
    other = Witness()
    overrides = {"on_missing": "default", "default_action": 2}
    with Society.resume(tmp_path / "r", at=12, overrides=overrides) as branch:
        run = branch.run(25, out=tmp_path / "b", progress=other)
        assert branch.settings.default_action == 2
    assert run.rounds == 25
    assert {i: rows[:20] for i, rows in other.everybody().items()} == whole.everybody()
    assert Society.verify(tmp_path / "b").rounds == 25
    assert resumed(tmp_path / "b", 26).rounds == 26
    with Reader(tmp_path / "b") as reader:
        ((_, charter),) = reader.rows("run")
        ((changed, rules),) = reader.rows("rules")
    assert charter.value["branched"] == {"run": "r", "round": 12}
    assert (changed, rules.value["default_action"]) == (13, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at": 6}, "at must be one of the 5 rounds"),
        ({"at": -1}, "at must be one of the 5 rounds .* or 0 for the beginning, got -1"),
        ({"overrides": {"timeout": 2}}, "say also at which round"),
    ],
)
def test_a_branch_begins_in_a_round_that_was_kept(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    ran(5, out=tmp_path / "r")
    with pytest.raises(ValueError, match=message):
        Society.resume(tmp_path / "r", **options)


def test_a_branch_that_would_end_before_it_begins_is_refused(tmp_path: Path) -> None:
    ran(5, out=tmp_path / "r")
    with (
        Society.resume(tmp_path / "r", at=4) as branch,
        pytest.raises(ValueError, match="the branch begins after 4 steps, got steps=3"),
    ):
        branch.run(3, out=tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_branch_from_the_beginning_is_the_run_once_more(tmp_path: Path) -> None:
    run = ran(9, SHORT, Gossip, out=tmp_path / "r")
    with Society.resume(tmp_path / "r", at=0) as branch:
        assert branch.run(out=tmp_path / "b").trace == run.trace
    with Reader(tmp_path / "b") as reader:
        ((_, charter),) = reader.rows("run")
    assert charter.value["branched"] == {"run": "r", "round": 0}
    assert Society.verify(tmp_path / "b").rounds == 9


def test_from_the_beginning_any_setting_can_be_changed_also_of_agents(tmp_path: Path) -> None:
    with Society(World("grid-world", {"size": 5}), seed=3, tables=False) as society:
        society.add("explorer", n=2, policy_length=1)
        society.run(7, out=tmp_path / "r")
    overrides = {"seed": 4, "max_workers": 2, "gamma": 3, "policy_length": 2, "kernel": "numpy"}
    with Society.resume(tmp_path / "r", at=0, overrides=overrides) as branch:
        run = branch.run(9, out=tmp_path / "b")
        agents: list[Any] = [host.agent for host in branch._ensemble.hosts]
        assert (branch.settings.seed, branch.settings.batch_size) == (4, 2)
    assert {(one.profile.gamma, one.profile.policy_length) for one in agents} == {(3.0, 2)}
    assert run.rounds == 9
    # What was changed is what the new run was made of.
    assert Society.verify(tmp_path / "b").rounds == 9
    assert resumed(tmp_path / "b", 11).rounds == 11


@pytest.mark.parametrize(
    ("at", "key", "message"),
    [
        (3, "gamma", "setting 'gamma' .* is a setting of agents, .* from its beginning on: at=0"),
        (3, "gama", "setting 'gama' .*no such key; did you mean 'gamma'"),
        (0, "gama", "setting 'gama' .*no such key; did you mean 'gamma'"),
    ],
)
def test_what_a_branch_does_not_change_is_refused_before_anything_is_played(
    tmp_path: Path, at: int, key: str, message: str
) -> None:
    with Society(World("grid-world", {"size": 5}), seed=3, tables=False) as society:
        society.add("explorer", n=2)
        society.run(4, out=tmp_path / "r")
    with pytest.raises(SettingsError, match=message):
        Society.resume(tmp_path / "r", at=at, overrides={key: 3})


def test_agents_that_are_added_by_hand_are_changed_there(tmp_path: Path) -> None:
    with Society(World("grid-world", {"size": 5}), seed=3, tables=False) as society:
        society.add("explorer", n=2)
        society.run(2, out=tmp_path / "r")
    with pytest.raises(SettingsError, match="are added by hand here: change it there"):
        Society.resume(
            tmp_path / "r",
            at=0,
            overrides={"gamma": 3},
            agents=lambda society: society.add("explorer", n=2),
        )


def test_what_of_a_run_with_an_object_can_be_verified_is_and_it_is_said(tmp_path: Path) -> None:
    ran(5, Ring(), out=tmp_path / "r")
    said = r"was given as an object; .* holds, and antiphon verify --no-replay .*Society\.verify\("
    with pytest.raises(JournalError, match=said):
        Society.verify(tmp_path / "r")
    assert Society.verify(tmp_path / "r", Ring()).rounds == 5


def test_a_run_that_goes_on_takes_no_other_folder(tmp_path: Path) -> None:
    ran(5, out=tmp_path / "r")
    with (
        Society.resume(tmp_path / "r") as society,
        pytest.raises(ValueError, match="out is for a branch"),
    ):
        society.run(out=tmp_path / "other")


def test_those_who_were_taken_out_are_taken_out_again(tmp_path: Path) -> None:
    def run(steps: int, out: Path) -> Any:
        with founded(partial(GridWorld, size=7, goals=4), "explorer", 4) as society:

            def take_out(step: Any) -> None:
                if step.number == 5:
                    society.remove("explorer-2")

            return society.run(steps, out=out, progress=Witness(take_out))

    whole = run(16, tmp_path / "whole")
    Society.verify(tmp_path / "whole")
    run(9, tmp_path / "r")
    assert resumed(tmp_path / "r", 16).trace == whole.trace


def test_a_store_that_keeps_memories_as_well_adds_up(tmp_path: Path) -> None:
    ran(30, RING, Dice, out=tmp_path / "r", memory_size=10, consolidation_lag=2)
    before = verify(tmp_path / "r")
    assert before.totals.consolidated > 0
    assert Society.verify(tmp_path / "r") == before
    resumed(tmp_path / "r", 50)
    ran(50, RING, Dice, out=tmp_path / "whole", memory_size=10, consolidation_lag=2)
    assert verify(tmp_path / "r").counts == verify(tmp_path / "whole").counts
