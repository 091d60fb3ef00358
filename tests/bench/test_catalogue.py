from __future__ import annotations

import importlib.metadata
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from antiphon.bench import catalogue, rounds
from antiphon.bench.catalogue import BENCHES, GROUP, bench, benches, called, no_clashes
from antiphon.cli import main
from antiphon.errors import MissingExtraError, PluginError, UnknownNameError

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/bench-results.schema.json").read_text(encoding="utf-8"))
EXAMPLE = ROOT / "examples/own_bench.py"
QUICK = '''\
"""Is this quick?"""

from contextlib import contextmanager

from antiphon.bench.harness import Absent, Better, Case, Quantity, Ratio, Seconds, Variant


@contextmanager
def variants():
    check = lambda units, made: ""
    ours = Variant("ours", 3, lambda units: sum(range(1000)), check, starts=True)
    yield [ours, Variant("theirs", 3, lambda units: sum(range(2000)), check), Absent("x", "away")]


def cases(*, small):
    figures = (
        Ratio("{prefix}ratio", "ours", "theirs", 1e9, guide=2.5),
        Ratio("{prefix}absent", "ours", "x"),
        Quantity("{prefix}total", "ours", "sum", lambda made: made, Better.MORE),
        Seconds("{prefix}seconds", "ours", 10.0, 0.5),
    )
    return [Case("one", "round", 2, variants, figures)]
'''


def validated(file: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(results, SCHEMA, cls=jsonschema.Draft202012Validator)
    return results


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    file = tmp_path / "quick.py"
    file.write_text(QUICK.replace("{prefix}", ""))
    return file


@pytest.fixture
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        importlib.metadata.EntryPoint(name, target, GROUP)
        for name, target in (("theirs", "antiphon.bench:rounds"), ("broken", "nowhere:at_all"))
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)


def test_ours_are_found_by_name() -> None:
    assert all(bench(name) is BENCHES[name] for name in BENCHES)


@pytest.mark.usefixtures("_published")
def test_what_others_publish_is_found_by_name() -> None:
    assert bench("theirs") is rounds
    assert benches()["theirs"] == "antiphon.bench:rounds"
    assert set(BENCHES) < set(benches())


@pytest.mark.usefixtures("_published")
def test_the_list_names_every_bench_and_a_broken_one_harms_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted([*BENCHES, "theirs", "broken"])
    assert "BROKEN" in next(line for line in lines if line.startswith("broken"))
    assert "[antiphon.bench:rounds]" in next(line for line in lines if line.startswith("theirs"))


def test_a_bench_is_found_by_the_place_it_is_imported_from() -> None:
    assert bench("antiphon.bench:rounds") is rounds


class Asked:
    """Is this made?"""

    def cases(self, *, small: bool) -> list[Any]:
        return []


def test_a_class_is_made() -> None:
    assert isinstance(bench(f"{__name__}:Asked"), Asked)


def test_an_unknown_bench_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError) as caught:
        bench("nothing")
    assert set(BENCHES) <= set(caught.value.known)


def test_a_file_reports_under_its_own_name() -> None:
    assert called("some/where/think.py") == "think.py"
    assert called("rounds") == "rounds"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("'''Why?'''", r"a bench has cases"),
        ("def cases(*, small): return []", "asks its question"),
        ("raise KeyError('x')", "cannot be loaded"),
        ("this is no Python", "cannot be loaded"),
        ("raise SystemExit(3)", "cannot be loaded: it ends the program"),
    ],
)
def test_a_file_that_is_no_bench_is_refused(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(text)
    with pytest.raises(PluginError, match=why):
        bench(str(file))
    if "cannot be loaded" in why:
        assert "antiphon_bench_own" not in sys.modules


def test_a_module_that_ends_the_program_is_named_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_bench_that_is_a_script.py").write_text("import sys\nsys.exit('done')")
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "a_bench_that_is_a_script:bench"
    with pytest.raises(PluginError, match=f"'{name}': cannot be loaded: it ends the program"):
        bench(name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="cannot be loaded"):
        bench(str(tmp_path / "nothing.py"))


class Broken:
    """Do these hold?"""

    def __init__(self, *found: Any) -> None:
        self.found = found

    def cases(self, *, small: bool) -> Any:
        return self.found


def test_what_is_no_case_is_refused_before_anything_runs() -> None:
    with pytest.raises(PluginError, match="cases must give Cases, got 3"):
        no_clashes({"own": Broken(3)}, small=True)


def test_a_bench_without_a_case_is_refused() -> None:
    with pytest.raises(PluginError, match="plug-in 'own': a bench has at least one case"):
        no_clashes({"own": Broken()}, small=True)


def test_two_files_of_one_name_are_refused_and_neither_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / folder / "quick.py" for folder in ("a", "b")]
    for file in files:
        file.parent.mkdir()
        file.write_text(QUICK.replace("{prefix}", file.parent.name))
    assert main(["bench", *map(str, files)]) == 2
    told = capsys.readouterr()
    assert f"two files would report as quick.py: the second is {files[1]}" in told.err
    assert told.out == ""


def test_two_cases_or_figures_of_one_name_are_refused_before_anything_runs() -> None:
    case = rounds.cases(small=True)[0]
    with pytest.raises(PluginError, match="two cases are called 'N=10'"):
        no_clashes({"own": Broken(case, case)}, small=True)
    with pytest.raises(PluginError, match=r"'round_10_pooled_vs_stock' is also a figure of 'a'"):
        no_clashes({"a": Broken(case), "b": Broken(case)}, small=True)


def test_a_file_is_run_and_its_results_keep_to_the_schema(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["bench", str(quick), "--json"]) == 0
    (found,) = validated(tmp_path / "benchmark_results.json")["benches"]
    assert found["bench"] == "quick.py"
    assert set(found["ratios"]) == {"ratio", "total", "seconds"}
    assert found["figures"]["total"] == {
        "kind": "quantity", "case": "one", "variants": ["ours"], "better": "more",
        "repeats": [499_500.0, 499_500.0],
    }  # fmt: skip
    assert found["guides"] == {"ratio": 2.5, "seconds": 0.5}
    variants = found["cases"][0]["variants"]
    assert len(variants["ours"]["start_ms"]["repeats"]) == 2
    assert variants["theirs"]["start_ms"] is None
    printed = capsys.readouterr().out
    assert "the guide's" in printed
    assert "start-up" in printed


def test_the_schema_does_not_take_everything(quick: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    assert main(["bench", str(quick), "--json", str(file)]) == 0
    whole = validated(file)
    for broken in ({**whole, "schema": 2}, {**whole, "more": 1}, {**whole, "benches": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_a_picture_is_drawn_of_the_ratios(quick: Path, tmp_path: Path) -> None:
    picture = tmp_path / "ratios.svg"
    assert main(["bench", str(quick), "--plot", str(picture)]) == 0
    svg = ET.parse(picture).getroot()
    words = ["".join(one.itertext()) for one in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert any(word.startswith("ratio ") for word in words)
    assert any(word.endswith(", missed") for word in words)
    assert any("ratio, logarithmic" in word for word in words)
    assert any("of speeds: more is better" in word for word in words)
    assert not any("total" in word for word in words)


def test_long_names_stand_whole_in_a_picture_and_within_it(tmp_path: Path) -> None:
    file, picture = tmp_path / "own.py", tmp_path / "ratios.svg"
    prefix = "mpe2/simple_speaker_listener_v4, its own, threaded: quorum:0.8_vs_"
    file.write_text(QUICK.replace("{prefix}", prefix))
    assert main(["bench", str(file), "--plot", str(picture)]) == 0
    svg = ET.parse(picture).getroot()
    (name,) = [one for one in svg.iter() if one.get("class") == "name"]
    assert "".join(name.itertext()) == f"{prefix}ratio ▸"
    # It ends where it is put, and so many letters are some 7 pixels each.
    assert 7.0 * len(prefix + "ratio ▸") < float(name.attrib["x"])
    scale = [float(one.attrib["x1"]) for one in svg.iter() if one.get("class") == "grid"]
    assert float(name.attrib["x"]) < min(scale) < max(scale) < float(svg.attrib["width"])


@pytest.mark.parametrize("option", [["--json", "rounds"], ["--plot", "ratios.png"]])
def test_a_file_of_another_kind_is_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "rounds", *option])
    assert caught.value.code == 2
    assert "must end in" in capsys.readouterr().err


class LacksAnExtra:
    """Is anybody there?"""

    def cases(self, *, small: bool) -> Any:
        raise MissingExtraError("this", "some")


def test_all_runs_what_can_run_here_and_says_what_cannot(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    ours = {"lacking": LacksAnExtra(), "quick": bench(str(quick))}
    monkeypatch.setattr(catalogue, "BENCHES", ours)
    file = tmp_path / "all.json"
    assert main(["bench", "all", "--json", str(file)]) == 0
    results = validated(file)
    assert [one["bench"] for one in results["benches"]] == ["quick"]
    assert results["absent"] == {"lacking": "this needs an extra: pip install 'antiphon[some]'"}
    assert "lacking was skipped: this needs an extra" in " ".join(capsys.readouterr().out.split())
    assert main(["bench", "lacking"]) == 1


def test_the_example_is_short_and_runs(tmp_path: Path) -> None:
    assert len([line for line in EXAMPLE.read_text().splitlines() if line.strip()]) <= 22
    file = tmp_path / "own.json"
    assert main(["bench", str(EXAMPLE), "--small", "--json", str(file)]) == 0
    (found,) = validated(file)["benches"]
    assert found["bench"] == "own_bench.py"
    assert list(found["ratios"]) == ["think_1_vs_3"]


def test_the_page_on_writing_benches_shows_the_example_as_it_is() -> None:
    page = (ROOT / "docs/writing-benches.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
