"""The function of counts that novelty is made of, against known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from antiphon.models.learning.excess import excess
from antiphon.tests.models.kernels.cases import needs_numba

EULER = 0.57721566490153286061
KNOWN = [
    # h(n) = psi(n + 1) - ln n, with psi(n + 1) = 1 + 1/2 + … + 1/n - gamma
    (1.0, 1.0 - EULER),
    (2.0, 1.5 - EULER - math.log(2.0)),
    (10.0, sum(1 / k for k in range(1, 11)) - EULER - math.log(10.0)),
    (1000.0, sum(1 / k for k in range(1, 1001)) - EULER - math.log(1000.0)),
    # psi(3/2) = 2 - gamma - 2 ln 2
    (0.5, 2.0 - EULER - 2.0 * math.log(2.0) - math.log(0.5)),
    # for small x: psi(1 + x) = -gamma + x pi² / 6 - …
    (1e-12, -EULER + 1e-12 * math.pi**2 / 6 - math.log(1e-12)),
    (1e9, 0.5e-9),
]


@pytest.mark.parametrize(("count", "expected"), KNOWN)
def test_known_values_come_out(count: float, expected: float) -> None:
    assert abs(float(excess(np.array(count))) - expected) <= 1e-12


def test_it_falls_steadily_across_the_seam_of_its_two_formulas() -> None:
    values = excess(np.linspace(9.9, 10.1, 401))
    assert (np.diff(values) < 0).all()
    # psi(x + 2) = psi(x + 1) + 1 / (x + 1) links both sides of the seam
    x = np.linspace(9.01, 9.99, 50)
    linked = excess(x) + np.log(x) + 1 / (x + 1) - np.log(x + 1)
    assert np.abs(excess(x + 1) - linked).max() <= 1e-14


def test_it_equals_scipys_where_that_is_installed() -> None:
    special = pytest.importorskip("scipy.special")
    counts = np.concatenate([np.logspace(-16, 8, 500), np.arange(1.0, 40.0)])
    expected = special.psi(counts + 1) - np.log(counts)
    assert np.abs(excess(counts) - expected).max() <= 1e-12


@needs_numba
def test_compiled_code_gives_the_same() -> None:
    from antiphon.models.learning import native

    counts = np.concatenate([np.logspace(-16, 8, 300), np.arange(1.0, 40.0)])
    compiled = np.array([native.excess(float(count)) for count in counts])
    assert np.abs(compiled - excess(counts)).max() <= 1e-13
