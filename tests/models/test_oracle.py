"""Our inference against pymdp 1.0.4 in float64, in processes of their own: JAX starts threads."""

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
HERE = Path(__file__).parent


def run(script: str, *arguments: int, **environment: str) -> dict[str, list[float]]:
    """Run a script beside this one; give the JSON object that it writes."""
    # The package may be found through a path of pytest's own making.
    path = os.pathsep.join([str(Path(antiphon.__file__).parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, list[float]] = json.loads(done.stdout)
    return result


def check(errors: dict[str, list[float]]) -> None:
    assert len(errors) == 12  # 3 kinds of models and an explorer, at 3 policy lengths
    for name, (beliefs, *rest) in errors.items():
        assert beliefs <= 1e-10, name
        assert max(rest) <= 1e-8, name


def test_beliefs_scores_and_choices_equal_pymdps() -> None:
    check(run("oracle.py", 12, 30, JAX_ENABLE_X64="1"))


@pytest.mark.soak
def test_they_do_so_for_fifty_steps() -> None:
    check(run("oracle.py", 50, 50, JAX_ENABLE_X64="1"))


def test_the_pymdp_backend_runs_the_same_agents_and_compiles_before_they_act() -> None:
    """It does so without touching JAX's precision for others."""
    result = run("backend.py")
    at_first, in_acts = result["compiled"]
    assert at_first > 0
    assert in_acts == 0
    assert result["differing_actions"] == [0.0, 0.0]
    assert max(result["beliefs"]) <= 1e-10
    assert result["float64_outside"] == [0.0]
