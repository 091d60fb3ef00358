"""Our inference against pymdp 1.0.4 in float64, in processes of their own: JAX starts threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from antiphon.tests.models.scripts import in_float64, needs_pymdp, written_by

pytestmark = needs_pymdp
ORACLE = Path(__file__).parent / "oracle.py"


def check(errors: dict[str, list[float]]) -> None:
    assert len(errors) == 12  # 3 kinds of models and an explorer, at 3 policy lengths
    for name, (beliefs, *rest) in errors.items():
        assert beliefs <= 1e-10, name
        assert max(rest) <= 1e-8, name


def test_beliefs_scores_and_choices_equal_pymdps() -> None:
    check(in_float64(ORACLE, 12, 30))


@pytest.mark.soak
def test_they_do_so_for_fifty_steps() -> None:
    check(in_float64(ORACLE, 50, 50))


def test_the_pymdp_backend_runs_the_same_agents_and_compiles_before_they_act() -> None:
    """It does so without touching JAX's precision for others."""
    result = written_by(ORACLE.with_name("backend.py"))
    at_first, in_acts = result["compiled"]
    assert at_first > 0
    assert in_acts == 0
    assert result["differing_actions"] == [0.0, 0.0]
    assert max(result["beliefs"]) <= 1e-10
    assert result["float64_outside"] == [0.0]
