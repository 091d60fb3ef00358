"""What the pages show can be typed off and runs, from the top of each page to its end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from antiphon.cli import main
from antiphon.coordination.journal.export import _TIMING
from antiphon.coordination.journal.frames import FRAMES
from antiphon.tests.models.scripts import needs_pymdp, written_by

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# The blocks of pymdp wait for its compiler, and are run by the soak.
PYMDP = "inference.md"
MEMORY = "memory.md"


def blocks(page: Path, language: str = "python") -> list[str]:
    """Give the blocks of code of a page."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def with_code() -> list[str]:
    """Give the pages that show some; the README has tests of its own beside."""
    pages = [ROOT / "README.md", *DOCS.glob("*.md")]
    return sorted(str(page.relative_to(ROOT)) for page in pages if blocks(page))


def run(page: Path) -> dict[str, Any]:
    """Run the blocks of a page in turn, with what is imported there and nothing else."""
    names: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks(page), 1):
        if page.name != PYMDP or "pymdp" not in block:
            exec(compile(block, f"{page.name}, block {number}", "exec"), names)
    return names


# What the page of memories prints is looked at below, so that it is run once.
@pytest.mark.parametrize("page", [page for page in with_code() if not page.endswith(MEMORY)])
def test_every_block_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(ROOT / page)


def test_there_are_pages_with_code() -> None:
    assert {"README.md", "docs/plug-ins.md", "docs/memory.md"} <= set(with_code())


@needs_pymdp
@pytest.mark.soak
def test_the_blocks_that_need_pymdp_run_too(tmp_path: Path) -> None:
    # In a process of their own, as JAX starts threads.
    shown = "\n".join(blocks(DOCS / PYMDP))
    assert shown.count("pymdp_agent") == 4
    script = tmp_path / "page.py"
    script.write_text(shown, encoding="utf-8")
    said = tmp_path / "said.py"
    said.write_text(
        "import contextlib, io, json, runpy\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    names = runpy.run_path({str(script)!r})\n"
        "print(json.dumps(type(names['agent']).__name__))\n"
    )
    assert written_by(said) == "PymdpAgent"


def test_recall_on_the_page_of_memories_gives_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = run(DOCS / MEMORY)
    said = capsys.readouterr().out.splitlines()
    seen = " ".join(map(str, names["lately"][-1].observation))
    assert said[1].split(" ", 1)[1].startswith(f"saw {seen}; ")
    assert said[-3:] == [
        "['saw a fox by the river; did 0']",
        "['saw fog; did 0']",
        "['saw rain on the hill; did 0']",
    ]
    # The command finds the very words, and goes by nothing else.
    assert main(["memory", "search", "runs/first", "reward 1", "-k", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("1.00  ") and line.endswith("; reward 1") for line in lines)


def test_the_columns_of_exported_tables_are_those_on_the_page() -> None:
    page = (DOCS / "runs.md").read_text(encoding="utf-8")
    for name, frame in FRAMES.items():
        (row,) = re.findall(rf"^\| `{name}` \| [^|]+ \| (.*) \|$", page, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row) == list(frame.columns)
    (row,) = re.findall(r"^\| `timing` \| [^|]+ \| (.*) \|$", page, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == list(_TIMING)


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]
    lost = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not leads_somewhere(page, target)
    ]
    assert lost == []


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether a file is there, and a heading in it if one is named."""
    name, _, heading = target.partition("#")
    file = page.parent / name if name else page
    if not heading:
        return file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_page_is_named_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if f"docs/{page.name}" not in readme] == []
