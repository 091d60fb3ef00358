"""Inference about several factors against pymdp 1.0.4 in float64, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.tests.models.factored.cases import needs_numba
from antiphon.tests.models.scripts import in_float64, needs_pymdp

pytestmark = [needs_numba, needs_pymdp]
EXACT = ("beliefs", "predicted")


def errors(steps: int, extra: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = in_float64(
        Path(__file__).parent / "oracle.py", steps, extra
    )
    return found


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
