"""No number of the page of benchmarks was typed: all its tables come from files of results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import pytest
from antiphon.bench.catalogue import BENCHES
from antiphon.bench.results import Results
from antiphon.bench.tables import fill, outside, rendered, sections
from antiphon.cli import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/benchmarks.md"
RESULTS = sorted((ROOT / "docs/results").glob("*.json"))
SCHEMA = json.loads((ROOT / "docs/bench-results.schema.json").read_text(encoding="utf-8"))


def played(*words: str) -> Results:
    """Give the results of a bench of coordination."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "coordination.json"
        told = ["--env", "grid-world", "--type", "random", "--dispatcher", "inline", *words]
        main(["bench", "coordination", *told, "--seeds", "2", "--rounds", "3", "--json", str(file)])
        return Results.read(file)


def wrong(page: Path) -> list[str]:
    """Say what on a page of benchmarks has no file behind it, or another content."""
    text = page.read_text(encoding="utf-8")
    found = [
        f"a table outside: {line}" for line in re.findall(r"^\s*\|.*", outside(text), re.MULTILINE)
    ]
    for name, tables in sections(text).items():
        file = page.parent / name
        if not file.is_file():
            found.append(f"no file {name}")
        elif rendered(Results.read(file)) != tables:
            found.append(f"{name} says something else")
    return found


def test_every_table_is_what_its_file_of_results_says() -> None:
    assert wrong(PAGE) == []


def test_every_file_of_results_is_shown_and_keeps_to_the_schema() -> None:
    shown = {(PAGE.parent / name).resolve() for name in sections(PAGE.read_text(encoding="utf-8"))}
    assert {file.resolve() for file in RESULTS} == shown
    for file in RESULTS:
        jsonschema.validate(json.loads(file.read_text(encoding="utf-8")), SCHEMA)


def test_every_bench_of_ours_is_on_the_page() -> None:
    shown = {Path(name).stem for name in sections(PAGE.read_text(encoding="utf-8"))}
    assert shown == set(BENCHES)


def test_what_is_read_off_each_variant_stands_side_by_side() -> None:
    results = played("--agents", "2", "--coordinator", "barrier,first:1")
    tables = rendered(results)
    lines = [line for line in tables.splitlines() if line.startswith("| first:1, inline |")]
    assert len(lines) == 1
    assert "| variant | return | p50_ms | p99_ms | messages | acted |" in tables
    spreads = results.benches[0]["spreads"]
    acted = spreads["grid-world, 2, first:1, inline: acted"]["median"]
    assert lines[0].split(" | ")[5] == f"{acted:.3g}"
    assert "grid-world, 2, inline: first:1_vs_barrier" in tables
    assert "first:1, inline: acted" not in tables, "it stands twice"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A copy of the page, with its files beside it."""
    (tmp_path / "results").mkdir()
    for file in RESULTS:
        (tmp_path / "results" / file.name).write_bytes(file.read_bytes())
    copy = tmp_path / "benchmarks.md"
    copy.write_bytes(PAGE.read_bytes())
    return copy


def test_a_number_that_somebody_changed_is_noticed(page: Path) -> None:
    assert wrong(page) == []
    text = page.read_text(encoding="utf-8")
    number = re.search(r"(?<=\| )\d+\.\d+(?= \|)", text)
    assert number is not None
    changed = text[: number.start()] + "99.9" + text[number.end() :]
    page.write_text(changed, encoding="utf-8")
    assert [line for line in wrong(page) if "says something else" in line]


def test_a_table_without_a_file_is_noticed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    page.write_text(f"{text}\n| typed |\n| --- |\n| 7 |\n", encoding="utf-8")
    assert len(wrong(page)) == 3
    (page.parent / "results" / RESULTS[0].name).unlink()
    assert f"no file results/{RESULTS[0].name}" in wrong(page)


def test_the_command_writes_the_tables_anew_and_nothing_else(page: Path) -> None:
    whole = page.read_text(encoding="utf-8")
    emptied = re.sub(r"(<!-- results \S+ -->\n).*?(<!-- end -->)", r"\1\2", whole, flags=re.DOTALL)
    page.write_text(emptied, encoding="utf-8")
    assert len(wrong(page)) == len(RESULTS)
    files = [str(page.parent / "results" / file.name) for file in RESULTS]
    assert main(["bench", "docs", *files, "--into", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == whole


def test_a_file_for_which_the_page_has_no_place_is_refused(page: Path) -> None:
    other = page.parent / "other.json"
    other.write_bytes(RESULTS[0].read_bytes())
    with pytest.raises(ValueError, match=r"has no lines .* for .*other\.json"):
        fill(page.read_text(encoding="utf-8"), page, [other])
