"""What the tests of the command line have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.tests.commands.told_to_end import GRACE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where to run from with a short grace."""
    monkeypatch.setenv("ANTIPHON_GRACE", str(GRACE))
    return tmp_path
