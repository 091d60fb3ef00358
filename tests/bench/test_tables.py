"""What a page says of where and with what its figures were measured."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from antiphon.bench.results import Results
from antiphon.bench.tables import rendered

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs/results/peers.json"
REMARK = "Others used the machine beside it"
MEASURED = re.compile(r"\|\s*[~≈]?\s*[\d.,]+\s*(?:[mµnu]?s|[x\u00d7]|%|times|\S+/s)\s*(?=\|)")
"""A cell that is nothing but a time, a factor, a share or a rate."""


def shown(**environment: Any) -> str:
    """Give the tables of a file that was measured elsewhere."""
    (one,) = copy.deepcopy(Results.read(FILE).benches)
    return rendered(Results(FILE, [{**one, "environment": {**one["environment"], **environment}}]))


@pytest.mark.parametrize(("others", "said"), [(None, False), (0.2, False), (0.6, True)])
def test_a_machine_that_others_used_is_told_in_words(others: float | None, *, said: bool) -> None:
    assert (REMARK in shown(others_cores=others)) is said


def test_versions_are_named_of_what_is_used_and_of_what_it_is_held_against() -> None:
    packages, peers = {"pykka": "4.5.0", "numba": None}, {"mesa": "3.3.1", "autogen-core": None}
    page = shown(antiphon="9.9", packages=packages, peers=peers)
    assert "\nantiphon 9.9 with pykka 4.5.0; beside it mesa 3.3.1.\n" in page
    assert "\nantiphon 9.9 with pykka 4.5.0.\n" in shown(
        antiphon="9.9", packages=packages, peers={}
    )


def test_loads_are_told_to_a_hundredth_or_as_unknown() -> None:
    page = shown(load_before=1.3050000000000002, load_during=None, load_after=12.0)
    assert "load 1.31 before, unknown during, 12.00 after" in page


def typed(page: str) -> list[str]:
    """Give the cells of tables that hold what somebody must have measured."""
    rows = [line for line in page.splitlines() if line.lstrip().startswith("|")]
    return [found.group() for row in rows for found in MEASURED.finditer(row)]


def test_no_other_page_has_a_table_of_what_was_measured() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    others = [page for page in pages if page != ROOT / "docs/benchmarks.md"]
    assert len(others) > 30
    assert {page.name: typed(page.read_text(encoding="utf-8")) for page in others} == {
        page.name: [] for page in others
    }


@pytest.mark.parametrize(
    "cell", ["3.2 ms", "1,200 rounds/s", "19x", "≈ 12 \u00d7", "87 %", "0.5 s"]
)
def test_a_table_of_what_was_measured_is_noticed(cell: str) -> None:
    assert typed(f"| rounds | {cell} | more |")
    assert typed(f"{cell}, said in a sentence, | is no table") == []
