"""Which kernel a run gets."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from antiphon.errors import MissingExtraError, UnknownNameError
from antiphon.models.kernels.choose import choose
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, needs_numba


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_kernel_is_found_by_name_and_tells_its_version(name: str) -> None:
    kernel = choose(name)
    version = importlib.import_module(name).__version__
    assert (kernel.name, kernel.fingerprint) == (name, f"{name}-{version}")


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="auto, numba, numpy"):
        choose("cuda")


@needs_numba
def test_the_faster_one_is_taken_where_it_is_installed() -> None:
    assert choose().name == "numba"


def test_without_the_extra_numpy_is_taken_and_numba_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find, load = importlib.util.find_spec, importlib.import_module

    def find_spec(name: str, *rest: Any) -> Any:
        return None if name == "numba" else find(name, *rest)

    def import_module(name: str, *rest: Any) -> Any:
        if name == "numba":
            raise ModuleNotFoundError("No module named 'numba'")
        return load(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(importlib, "import_module", import_module)
    monkeypatch.delitem(sys.modules, "antiphon.models.kernels.numba_kernel", raising=False)
    monkeypatch.delitem(sys.modules, "antiphon.models.kernels.native", raising=False)
    assert choose().name == "numpy"
    with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[fast\]'"):
        choose("numba")


def test_the_reference_does_not_import_numba() -> None:
    script = "import sys; from antiphon.models.kernels.choose import choose; choose('numpy'); "
    script += "from antiphon.models import batch; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, env=_found_as_here())


@needs_numba
def test_everything_is_compiled_for_one_kind_of_arguments() -> None:
    from antiphon.models.generative import GenerativeModel
    from antiphon.models.kernels import native
    from antiphon.models.kernels.compiled import Compiled
    from antiphon.models.kernels.single import KernelEngine

    kernel = choose("numba")
    kernel.prepare()
    functions = (native.act, native.infer, native.plan, native.choose)
    before = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    dense = GenerativeModel([np.eye(2)] * 2, np.full((2, 2, 3), 0.5))
    sparse = GenerativeModel.deterministic(np.eye(9), np.zeros((2, 9), int))
    for model in (dense, sparse):
        engine = KernelEngine(Compiled.of(model, 2), kernel)
        engine.plan(model.D, 1.0)
        engine.plan(model.D, 1.0, np.zeros(sum(model.n_observations)))
        engine.predict(engine.posterior(model.D, [0] * len(model.A)), 1)
    after = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    assert before == after == [1, 1, 1, 1]


def _found_as_here() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
