"""Inference about several factors against pymdp 1.0.4 in float64, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import antiphon
import pytest
from antiphon.tests.models.factored.cases import needs_numba

pytestmark = [
    needs_numba,
    pytest.mark.skipif(importlib.util.find_spec("pymdp") is None, reason="needs the extra 'pymdp'"),
]
EXACT = ("beliefs", "predicted")


def errors(steps: int, extra: int) -> dict[str, dict[str, float]]:
    path = os.pathsep.join([str(Path(antiphon.__file__).parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "oracle.py"), str(steps), str(extra)],
        env={**os.environ, "PYTHONPATH": path, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, dict[str, float]] = json.loads(done.stdout)
    return result


def check(found: dict[str, dict[str, float]]) -> None:
    for model, fields in found.items():
        assert len(fields) == 6
        for field, error in fields.items():
            assert error <= (1e-10 if field in EXACT else 1e-8), (model, field)


def test_several_factors_are_inferred_and_planned_for_as_by_pymdp() -> None:
    found = errors(steps=20, extra=0)
    assert len(found) == 3
    check(found)


@pytest.mark.soak
def test_many_models_are_inferred_and_planned_for_as_by_pymdp() -> None:
    found = errors(steps=50, extra=18)
    assert len(found) == 24
    check(found)
