"""Our learning against pymdp 1.0.4 in float64, in a process of its own: JAX starts threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.tests.models.scripts import in_float64, needs_pymdp

pytestmark = needs_pymdp
ORACLE = Path(__file__).parent / "oracle.py"


def check(errors: dict[str, list[float]]) -> None:
    for name, (beliefs, counts, parameters, scores, marginals) in errors.items():
        assert beliefs <= 1e-10, name
        assert counts <= 1e-10, name
        assert parameters <= 1e-10, name
        assert scores <= 1e-8, name
        assert marginals <= 1e-8, name


def test_what_is_learned_and_planned_with_it_equals_pymdps() -> None:
    errors = in_float64(ORACLE, 20)
    assert len(errors) == 3
    check(errors)


@pytest.mark.soak
def test_fifty_steps_of_every_kind_of_learning_equal_pymdps() -> None:
    errors = in_float64(ORACLE, 50)
    assert len(errors) == 10
    check(errors)
