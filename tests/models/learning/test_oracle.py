"""Our learning against pymdp 1.0.4 in float64, in a process of its own: JAX starts threads."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import antiphon
import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pymdp") is None, reason="needs the extra 'pymdp'"
)


def compare(steps: int) -> dict[str, list[float]]:
    """Run the comparison beside this file; give what it writes."""
    # The package may be found through a path of pytest's own making.
    path = os.pathsep.join([str(Path(antiphon.__file__).parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "oracle.py"), str(steps)],
        env={**os.environ, "PYTHONPATH": path, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    errors: dict[str, list[float]] = json.loads(done.stdout)
    return errors


def check(errors: dict[str, list[float]]) -> None:
    for name, (beliefs, counts, parameters, scores, marginals) in errors.items():
        assert beliefs <= 1e-10, name
        assert counts <= 1e-10, name
        assert parameters <= 1e-10, name
        assert scores <= 1e-8, name
        assert marginals <= 1e-8, name


def test_what_is_learned_and_planned_with_it_equals_pymdps() -> None:
    errors = compare(20)
    assert len(errors) == 3
    check(errors)


@pytest.mark.soak
def test_fifty_steps_of_every_kind_of_learning_equal_pymdps() -> None:
    errors = compare(50)
    assert len(errors) == 10
    check(errors)
