"""What a run was made of, as its manifest says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from antiphon.coordination.vitals.machine import usable_cores
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Diary, ran


def test_a_manifest_says_how_many_cores_could_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 7}, raising=False)
    ran(3, RING, Diary, out=tmp_path / "r")
    written = json.loads((tmp_path / "r/manifest.json").read_text(encoding="utf-8"))
    assert written["usable_cores"] == 3
    assert written["fingerprint"]["cores"] == os.cpu_count()


def test_where_the_system_does_not_tell_all_cores_are_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cores() == os.cpu_count()


def test_a_run_is_the_same_on_fewer_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran(3, RING, Diary, out=tmp_path / "r")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    Society.verify(tmp_path / "r")
    assert "only by approximation" not in caplog.text
