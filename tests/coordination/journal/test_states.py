"""States of agents spare a run that goes on calling them again, where a state is all there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.coordination.journal import charter, prompt, states
from antiphon.coordination.journal.origin import World
from antiphon.errors import JournalError
from antiphon.memory.store.reader import Reader
from antiphon.tests.coordination.journal.cast import RING, Diary, Tells, founded, ran, resumed
from antiphon.tests.society.cast import DISPATCHERS

GRID = World("grid-world", {"size": 7, "goals": 4, "max_steps": 9})


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")


def test_who_has_a_state_is_not_called_again_before_it(tmp_path: Path) -> None:
    ran(13, RING, Diary, out=tmp_path / "r")
    Diary.calls.clear()
    resumed(tmp_path / "r", 20)
    # Its state is of round 10, right after its answer.
    assert Diary.calls == {"a": 10, "b": 10, "c": 10}


def test_what_a_state_does_not_hold_is_lived_again(tmp_path: Path) -> None:
    # What was said in round 10 is heard in round 11.
    with founded(RING, Diary) as society:
        society.run(
            13,
            out=tmp_path / "r",
            progress=Tells(society, 7),
        )
    Diary.calls.clear()
    resumed(tmp_path / "r", 20)
    assert Diary.calls["a"] == 15  # from the state of round 5 on


def test_states_are_values_and_no_code(tmp_path: Path) -> None:
    ran(10, RING, Diary, out=tmp_path / "r")
    with Reader(tmp_path / "r") as reader:
        found = [(round, row.agent, row.value) for round, row in reader.rows("state")]
    assert [(round, agent) for round, agent, _ in found] == [
        (round, agent) for round in (5, 10) for agent in "abc"
    ]
    assert set(found[0][2]) == {"version", "state", "stream"}


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_states_are_taken_also_of_those_who_are_answered_for_together(
    tmp_path: Path, dispatcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(13, GRID, "explorer", 4, out=tmp_path / "r", dispatcher=dispatcher)
    with Reader(tmp_path / "r") as reader:
        found = [(round, row.agent) for round, row in reader.rows("state")]
    assert found == [(r, f"explorer-{n}") for r in (5, 10) for n in (1, 2, 3, 4)]
    put_back = []
    monkeypatch.setattr(prompt, "put_back", lambda host, taken: put_back.append(host.name))
    with pytest.raises(JournalError, match="explorer-1 cannot go on from its state of round 10"):
        resumed(tmp_path / "r")
    assert sorted(put_back) == [f"explorer-{n}" for n in (1, 2, 3, 4)]


def test_a_state_that_its_agent_does_not_take_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(13, RING, Diary, out=tmp_path / "r")
    named = "agent a cannot go on from its state of round 10: "
    take = Diary.set_state
    monkeypatch.setattr(Diary, "set_state", lambda self, state: take(self, {"sum": 1}))
    with pytest.raises(JournalError, match=f"{named}it is not what it was: set_state lacks some"):
        resumed(tmp_path / "r")
    monkeypatch.setattr(Diary, "set_state", lambda self, state: state["total"])
    with pytest.raises(JournalError, match=f"{named}KeyError: 'total'"):
        resumed(tmp_path / "r")
    # On another machine as well: an agent that begins anew there is not the one that was kept.
    monkeypatch.setattr(charter, "fingerprint", lambda: {"machine": "riscv"})
    with pytest.raises(JournalError, match=f"{named}KeyError: 'total'"):
        resumed(tmp_path / "r")


def test_who_has_a_state_of_another_version_is_lived_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ran(20, RING, Diary)
    with monkeypatch.context() as patch:
        patch.setattr(states, "VERSION", 0)
        ran(13, RING, Diary, out=tmp_path / "r")
    Diary.calls.clear()
    assert resumed(tmp_path / "r", 20).trace == whole.trace
    assert Diary.calls == {"a": 20, "b": 20, "c": 20}
