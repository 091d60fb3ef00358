"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from antiphon.layers import _names
from antiphon.memory.settings import MemorySettings
from antiphon.models.profile import InferenceSettings
from antiphon.settings import SocietySettings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_runs_and_is_fifteen_lines_long(capsys: pytest.CaptureFixture[str]) -> None:
    example, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) == 15
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    assert "acted 2,500" in capsys.readouterr().out


def test_the_bidder_that_is_shown_talks() -> None:
    import antiphon as ap

    _, shown = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {"ap": ap}
    exec(compile(shown, "README.md", "exec"), names)
    with ap.Society(dispatcher="inline") as society:
        society.add(names["Bidder"], ids=["a", "b"])
        for _ in range(2):
            outcome = society.step(dict.fromkeys(society))
        assert outcome.counts == {"acted": 2}
        assert dict(society.shared) == {"bids/a": 3, "bids/b": 3}


def test_the_page_on_inference_shows_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "inference.md").read_text(encoding="utf-8")
    example, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, "inference.md", "exec"), {"__name__": "page"})
    assert "activeinference-3" in capsys.readouterr().out


def test_the_settings_file_that_is_shown_loads(tmp_path: Path) -> None:
    import antiphon as ap

    (shown,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "shown.toml").write_text(shown)
    with ap.Society(ap.GridWorld(size=5), config=tmp_path / "shown.toml") as society:
        society.add("explorer", n=1)
        society.start()
        assert (society.settings.timeout, society.settings.batch_size) == (0.2, 16)


def test_every_key_that_the_table_says_works_does() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", README, re.MULTILINE)
    working = {
        key.lower()
        for keys, here in rows
        if "work" in here.split(";")[0] or here.startswith("the same")
        for key in re.findall(r"`(\w+)`", keys)
    }
    assert {"performance_mode", "max_workers", "gamma"} <= working
    known = {*_names(SocietySettings), *_names(InferenceSettings), *_names(MemorySettings)}
    assert working <= known
