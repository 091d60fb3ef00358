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
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context, Place
from antiphon.models.crowds.explorer_crowd import prepare
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_world import GridWorld
from antiphon.models.kernels import choose as choose_module
from antiphon.models.kernels import pymdp_kernel
from antiphon.models.kernels.choose import choose
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.profile import InferenceSettings
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, needs_numba

NUMBA = InferenceSettings(backend="numba")


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_kernel_is_found_by_name_and_tells_its_version(name: str) -> None:
    kernel = choose(name)
    version = importlib.import_module(name).__version__
    assert (kernel.name, kernel.fingerprint) == (name, f"{name}-{version}")


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="auto, numba, numpy, pymdp"):
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
        if name.partition(".")[0] == "numba":
            raise ModuleNotFoundError("No module named 'numba'")
        return load(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(importlib, "import_module", import_module)
    monkeypatch.delitem(sys.modules, "antiphon.models.kernels.numba_kernel", raising=False)
    monkeypatch.delitem(sys.modules, "antiphon.models.kernels.native", raising=False)
    monkeypatch.delattr(sys.modules["antiphon.models.kernels"], "native", raising=False)
    fresh = choose.__wrapped__  # what it has found once, it remembers
    monkeypatch.setattr(choose_module, "choose", fresh)
    assert fresh().name == "numpy"
    with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[fast\]'"):
        fresh("numba")


def test_a_kernel_is_made_once_and_what_is_missing_is_missed_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose("numpy") is choose("numpy")
    assert choose() is choose(choose().name)

    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    choose.cache_clear()
    with monkeypatch.context() as broken:
        broken.setattr(pymdp_kernel.importlib, "import_module", absent)
        for _ in range(2):
            with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[pymdp\]'"):
                choose("pymdp")


def test_the_reference_does_not_import_numba() -> None:
    script = "import sys; from antiphon.models.kernels.choose import choose; choose('numpy'); "
    script += "from antiphon.models.crowds import explorer_crowd; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, env=_found_as_here())


@needs_numba
def test_everything_is_compiled_for_one_kind_of_arguments() -> None:
    from antiphon.models.kernels import native

    prepare("numba")
    functions = [native.act, native.infer, native.plan, native.choose]
    functions += [native.explore, native.preferences]
    before = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    dense = GenerativeModel([np.eye(2)] * 2, np.full((2, 2, 3), 0.5))
    sparse = GenerativeModel.deterministic(np.eye(9), np.zeros((2, 9), int))
    for model in (dense, sparse):
        kernel, compiled, n = choose("numba"), Compiled.of(model, 2), 2
        beliefs, gamma = np.tile(model.D, (n, 1)), np.ones(n)
        kernel.plan(compiled, beliefs, gamma)
        kernel.plan(compiled, beliefs, gamma, np.zeros((n, sum(model.n_observations))))
        kernel.posterior(compiled, beliefs, np.zeros((n, len(model.A)), np.int64))
        kernel.predict(compiled, beliefs, np.ones(n, np.int64))
        agent = ActiveInference(model, InferenceSettings(backend="numba", policy_length=2))
        agent.act([0] * len(model.A), Context())
        agent.plan()
    scout = Explorer.create(Place("a", GridWorld(5, agents=1)), settings=NUMBA)
    scout.act(GridWorld(5, agents=1).reset(1)[0]["agent-1"], Context())
    scout.plan()
    after = [len(function.signatures) for function in functions]  # type: ignore[attr-defined]
    assert before == after == [1] * 6


def _found_as_here() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
