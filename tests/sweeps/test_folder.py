"""A sweep's folder keeps what is finished, and takes in no other sweep."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from antiphon.sweeps.folder import SweepFolder
from antiphon.sweeps.plan import FIGURES, Plan
from antiphon.sweeps.recipe import Recipe
from antiphon.sweeps.table import Table, row_of


def plan(*values: float, seeds: int = 2) -> Plan:
    return Plan(Recipe(steps=3), {"timeout": values or (1, 2)}, range(seeds))


def result(number: int, **others: Any) -> dict[str, Any]:
    cell = plan().cell(number)
    figures = {"rounds": 3, "reward_mean": number / 2, "outcomes": {"acted": 6}, "trace": "v1:x"}
    kept = {"figures": {**figures, "rounds_per_second": 9.0, "hung": 0}}
    return {"cell": number, "parameters": cell.parameters, "seed": cell.seed, **(others or kept)}


def seeds_in(table: Path) -> list[tuple[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return [(row["timeout"], row["seed"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (plan(1, 3), r"its parameters\.timeout is \[1, 2\], not \[1, 3\]"),
        (plan(seeds=3), r"its seeds is \[0, 1\], not \[0, 1, 2\]"),
        (Plan(Recipe(steps=4), plan().parameters, range(2)), r"its recipe\.steps is 3, not 4"),
    ],
)
def test_another_sweep_is_refused_and_what_differs_is_named(
    other: Plan, what: str, tmp_path: Path
) -> None:
    folder = SweepFolder(tmp_path / "s")
    with folder.open(plan().to_dict()):
        folder.keep(0, result(0))
    with pytest.raises(FileExistsError, match=what):
        folder.open(other.to_dict())
    with folder.open(plan().to_dict()):
        assert folder.has(0)


def test_other_settings_around_it_make_another_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SweepFolder(tmp_path / "s")
    with folder.open(plan().to_dict()):
        pass
    monkeypatch.setenv("ANTIPHON_ON_MISSING", "repeat")
    with pytest.raises(FileExistsError, match=r'environ\.on_missing is null, not "repeat"'):
        folder.open(plan().to_dict())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(FileExistsError, match="holds no sweep"):
        SweepFolder(tmp_path).open(plan().to_dict())
    with pytest.raises(FileExistsError, match="holds no sweep"):
        SweepFolder(tmp_path / "thesis.txt").open(plan().to_dict())
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_sweeps_do_not_write_one_folder_at_once(tmp_path: Path) -> None:
    with (
        SweepFolder(tmp_path / "s").open(plan().to_dict()),
        pytest.raises(FileExistsError, match="in use"),
    ):
        SweepFolder(tmp_path / "s").open(plan().to_dict())
    with SweepFolder(tmp_path / "s").open(plan().to_dict()):
        pass


def test_half_a_file_is_no_result_and_a_failure_has_another_try(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "s")
    with folder.open(plan().to_dict()):
        folder.keep(0, result(0))
        folder.keep_failed(1, result(1, error="so it is"))
        (tmp_path / "s/cells/00000002.json.part").write_text("{")
        (folder.scratch / "left").mkdir()
        assert folder.finished() == 1
        assert [folder.has(number) for number in range(3)] == [True, False, False]
        assert folder.read(1) == result(1, error="so it is")
    with folder.open(plan().to_dict()):
        assert folder.read(1) is None
        assert list(folder.scratch.iterdir()) == []
    assert not folder.scratch.exists()


def test_rows_stand_in_the_order_of_cells_whoever_was_first(tmp_path: Path) -> None:
    with SweepFolder(tmp_path / "s").open(plan().to_dict()) as folder:
        with Table(plan(), folder) as table:
            for number, rows in ((2, 0), (0, 1), (3, 1), (1, 4)):
                folder.keep(number, result(number))
                table.catch_up()
                assert len(seeds_in(folder.table)) == rows
        whole = folder.table.read_bytes()
        assert seeds_in(folder.table) == [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1")]
        # A row that was torn when all was killed is not there after going on.
        folder.table.write_bytes(whole[:-7])
        with Table(plan(), folder) as table:
            table.catch_up()
        assert folder.table.read_bytes() == whole


def test_a_row_has_a_place_for_every_figure() -> None:
    assert set(row_of(result(0))) == {"timeout", *FIGURES}
    assert row_of(result(0))["timed_out"] == 0
    failed = row_of(result(1, error="so it is"))
    assert failed == {"timeout": 1, "seed": 1, "error": "so it is"}
