from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
from antiphon.bench import explorer
from antiphon.errors import MissingExtraError
from antiphon.models.profile import InferenceSettings

SETTINGS = InferenceSettings(selective_update_interval=1, action_selection="deterministic")
SIZE = explorer._Size(1, "fast", 10, ours=2, theirs=1, repeats=1)

needs_pymdp = pytest.mark.skipif(
    importlib.util.find_spec("pymdp") is None, reason="pymdp is not installed"
)


def test_ours_is_checked_for_rounds_and_for_inference() -> None:
    for how in ("pooled", "threaded", "cohort", "inline"):
        with explorer._ours(how, 5, 2, SETTINGS) as ours:
            assert ours.check(2, ours.run(2)) == ""
            taken = ours.run(2)
            assert "10 actions in 3 rounds" in ours.check(3, taken)


def test_agents_that_did_not_infer_are_noticed() -> None:
    world = explorer._world(3)
    world.reset(seed=1)
    anywhere = explorer._terrain(world, SETTINGS).model.D
    assert "on average" in explorer._wrong(5, {5}, [anywhere] * 3, world)


def test_agents_that_skipped_a_step_are_noticed() -> None:
    world = explorer._world(2)
    world.reset(seed=1)
    sure = list(np.eye(world.map.n_cells)[world.positions])
    assert explorer._wrong(5, {5}, sure, world) == ""
    assert "4, 5" in explorer._wrong(5, {4, 5}, sure, world)


def test_a_run_of_other_steps_is_noticed() -> None:
    with explorer._ours("pooled", 5, 2, SETTINGS) as ours:
        taken = ours.run(2)
        ours.run(1)  # unseen by the check
        assert "counted [3] steps" in ours.check(2, taken)


@needs_pymdp
@pytest.mark.filterwarnings("ignore")  # JAX and pymdp are not ours
def test_theirs_agrees_with_ours_and_does_its_work() -> None:
    explorer._check_agreement(SETTINGS, steps=3)
    with explorer._theirs("legacy", 2, SIZE, SETTINGS) as theirs:
        assert theirs.check(1, theirs.run(1)) == ""
        assert "50 actions in 2 rounds" in theirs.check(2, theirs.run(1))


@needs_pymdp
@pytest.mark.filterwarnings("ignore")  # JAX and pymdp are not ours
def test_another_formulation_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer.LegacyExplorer, "did", lambda self, action: None)
    monkeypatch.setattr(explorer.LegacyExplorer, "neg_efe", np.arange(5.0))
    with pytest.raises(explorer.WorkError, match="scores by"):
        explorer._check_agreement(SETTINGS, steps=3)


def test_without_pymdp_the_error_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pymdp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pymdp", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[pymdp\]'"):
        explorer.cases(small=True)
