"""On another machine, or with other packages, a run goes on from what was answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal import charter
from antiphon.coordination.records import manifest
from antiphon.errors import DivergedError
from antiphon.memory.store.verify import verify
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Diary, Moody, ran, resumed
from antiphon.tests.society.cast import Dice


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")


def test_on_another_machine_it_says_so_and_what_was_answered_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = ran(13, RING, Moody, out=tmp_path / "r")
    monkeypatch.setattr(Moody, "mood", 1)
    with pytest.raises(DivergedError):
        resumed(tmp_path / "r")
    there = {**manifest.fingerprint(), "machine": "riscv"}
    monkeypatch.setattr(charter, "fingerprint", lambda: there)
    again = resumed(tmp_path / "r")
    assert again.trace == run.trace
    assert "only by approximation" in caplog.text
    assert "machine was" in caplog.text


def elsewhere(
    folder: Path, kind: Any, monkeypatch: pytest.MonkeyPatch, act: Callable[..., Any]
) -> None:
    """Keep a run, and be on another machine, on which its agents act in another way."""
    ran(13, RING, kind, out=folder)
    monkeypatch.setattr(charter, "fingerprint", lambda: {"machine": "riscv"})
    monkeypatch.setattr(kind, "act", act)


def test_what_was_answered_counts_also_after_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = Diary.act

    def otherwise(self: Diary, observation: Any, context: Context) -> Any:
        return (act(self, observation, context) + (context.round > 11)) % self._n

    elsewhere(tmp_path / "r", Diary, monkeypatch, otherwise)
    again = resumed(tmp_path / "r")
    monkeypatch.undo()
    assert again.trace == ran(13, RING, Diary).trace
    # What has been written stays what can be played where it was written.
    Society.verify(tmp_path / "r")


@pytest.mark.parametrize("kind", [Dice, Diary])
def test_who_fails_where_it_answered_on_another_machine_ends_the_replay_by_name(
    tmp_path: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, observation: Any, context: Context) -> Any:
        if context.round == 12 and context.agent_id == "b":
            raise ValueError
        return 0

    elsewhere(tmp_path / "r", kind, monkeypatch, fail)
    before = verify(tmp_path / "r")
    with pytest.raises(DivergedError, match=r"round 12 .*: status of agent b was .*acted"):
        resumed(tmp_path / "r", 20)
    assert verify(tmp_path / "r") == before
