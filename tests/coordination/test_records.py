"""What is written down about a run: trace, tables, metrics, manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import antiphon as ap
import numpy as np
import pytest
from antiphon.coordination.records.histogram import Histogram
from antiphon.coordination.records.trace import encode
from antiphon.errors import WorldError


class Wrong(ap.Agent):
    """Answers outside its space in odd rounds."""

    def act(self, observation: Any, context: ap.Context) -> int:
        return 99 if context.round % 2 else 4


def small_run(out: Path | None = None, **settings: Any) -> ap.Run:
    with ap.Society(ap.GridWorld(size=5, max_steps=4), seed=3, **settings) as society:
        society.add("random", n=2)
        society.add(Wrong, n=1)
        return society.run(10, out=out)


def test_the_trace_is_a_digest_of_rows_in_round_and_id_order(tmp_path: Path) -> None:
    run = small_run()
    frame = run.agents_df().reset_index()
    assert run.trace.startswith("v1:")
    assert len(run.trace) == 3 + len(hashlib.sha256().hexdigest())
    assert list(frame["step"].unique()) == list(range(1, 11))


@pytest.mark.parametrize(
    ("value", "same", "other"),
    [
        (3, np.int64(3), 4),
        (0.5, np.float64(0.5), 0.25),
        ({"b": 1, "a": None}, {"a": None, "b": 1}, {"a": 1, "b": None}),
        (np.arange(3, dtype="<i4"), np.arange(3, dtype=">i4"), np.arange(3, dtype="<i8")),
        (np.zeros((2, 3)), np.zeros((2, 3), order="F"), np.zeros((3, 2))),
        ({"x": np.ones(2)}, {"x": np.ones(2)}, {"x": np.zeros(2)}),
        (True, np.bool_(True), 1),
    ],
)
def test_equal_values_have_equal_bytes_in_the_trace(value: Any, same: Any, other: Any) -> None:
    assert encode(value) == encode(same)
    assert encode(value) != encode(other)


def test_a_value_that_is_neither_json_nor_array_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        encode(object())


def test_tables_are_tidy_and_hold_every_step_of_every_agent() -> None:
    run = small_run()
    agents, model = run.agents_df(), run.model_df()
    assert agents.index.names == ["step", "agent"]
    assert len(agents) == 30
    assert model.index.name == "step"
    assert model["members"].tolist() == [3] * 10
    assert model["rejected"].tolist() == [1, 0] * 5
    assert model["episode"].tolist() == [0] * 4 + [1] * 4 + [2] * 2
    assert agents.loc[(1, "wrong-1"), "status"] == "rejected"
    assert agents.loc[(1, "wrong-1"), "action"] == 4  # the world's no-op stands in
    assert np.isclose(model["reward"].sum(), agents["reward"].sum())
    assert run.reward_mean == pytest.approx(agents["reward"].sum() / 3)


def test_a_run_folder_holds_what_the_run_was_made_of(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", timeout=7)
    folder = tmp_path / "run"
    assert {p.name for p in folder.iterdir()} == {
        "agents.csv",
        "manifest.json",
        "model.csv",
        "result.json",
        "run.ballast",
        "run.db",
        "run.head",
        "settings.json",
    }
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["society"]["timeout"] == {"value": 7.0, "source": "keyword"}
    assert settings["society"]["grace"]["source"] == "default"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["agents"]["antiphon.models.random_agent:RandomAgent"] == 2
    assert manifest["fingerprint"]["packages"]["numpy"] == np.__version__
    assert json.loads((folder / "result.json").read_text()) == json.loads(json.dumps(run.to_dict()))


def test_a_run_folder_with_something_in_it_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        small_run(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_tables_without_a_folder_go_with_the_run() -> None:
    run = small_run()
    folder = run.folder.path
    assert folder.exists()
    del run
    assert not folder.exists()


def test_the_summary_names_the_failing_and_the_slowest() -> None:
    run = small_run()
    text = run.summary()
    assert "acted 25" in text
    assert "wrong-1: rejected 5" in text
    assert "99 is not in" in text
    assert "slowest" in text
    figures = run.to_dict()
    why = figures["failing"]["wrong-1"].pop("last_error")
    assert why.startswith("ValueError: action of wrong-1: 99 is not in")
    assert figures["failing"] == {"wrong-1": {"rejected": 5}}
    assert figures["stumbled"] == {}
    assert figures["speedup"] is None


def test_without_metrics_there_are_no_times_and_the_summary_says_nothing_of_them() -> None:
    run = small_run(metrics=False)
    assert run.concurrency is None
    assert run.to_dict()["round_ms"] == {"p50": None, "p99": None}
    assert "slowest" not in run.summary()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99, 1.0])
def test_quantiles_are_exact_to_a_per_cent(share: float) -> None:
    values = np.random.default_rng(1).lognormal(-6, 2, 5000)
    histogram = Histogram()
    for value in values:
        histogram.add(float(value))
    exact = np.quantile(values, share, method="inverted_cdf")
    assert histogram.quantile(share) == pytest.approx(exact, rel=0.011)


def test_the_one_slow_round_in_twenty_is_the_p99() -> None:
    histogram = Histogram()
    for seconds in [0.001] * 19 + [0.2]:
        histogram.add(seconds)
    assert histogram.quantile(0.99) == pytest.approx(0.2, rel=0.01)


def test_an_empty_histogram_has_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


class Breaks(ap.GridWorld):
    """A world that breaks in its third step."""

    turn = 0

    def step(self, actions: Any) -> Any:
        self.turn += 1
        if self.turn == 3:
            raise ZeroDivisionError("no floor")
        return super().step(actions)


def test_a_world_that_breaks_is_named_and_what_was_done_is_kept(tmp_path: Path) -> None:
    with ap.Society(Breaks(size=5)) as society:
        society.add("random", n=2)
        with pytest.raises(WorldError, match="failed in step: ZeroDivisionError: no floor"):
            society.run(9, out=tmp_path / "run")
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert (result["rounds"], result["interrupted"]) == (2, True)


def test_runs_and_societies_say_what_they_are() -> None:
    with ap.Society(ap.GridWorld(size=5)) as society:
        assert "not started" in repr(society)
        society.add("random", n=1)
        run = society.run(1)
        assert repr(society).endswith("running>")
    assert "finished 1 round of 1 agent," in repr(run)
    assert str(run) == run.summary()


@pytest.mark.parametrize("speedup", [0.5, 2.0])
def test_a_slow_down_is_called_one(speedup: float) -> None:
    run = dataclasses.replace(small_run(), speedup=speedup)
    word = "faster" if speedup > 1 else "slower"
    assert f"{speedup:.2f} times the speed of inline ({word})" in run.summary()
