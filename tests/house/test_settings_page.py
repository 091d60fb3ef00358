"""The page of settings lists each of them as the code has it, and nothing else."""

from __future__ import annotations

import inspect
import re
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.tuner import TunerSettings
from antiphon.coordination.vitals.health import HealthSettings
from antiphon.memory.settings import MemorySettings
from antiphon.models.profile import InferenceSettings
from antiphon.settings import SocietySettings
from antiphon.society import Society

PAGE = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")
KINDS: tuple[Any, ...] = (
    SocietySettings,
    InferenceSettings,
    MemorySettings,
    HealthSettings,
    TunerSettings,
)


def lines(kind: Any) -> list[str]:
    """Give the lines of the table of a section."""
    return [_line(one) for one in fields(kind)]


def _line(one: Field[Any]) -> str:
    also = [f"`{name}`" for name in one.metadata["aliases"]]
    name = f"`{one.name}`{'*' if one.metadata['run_time'] else ''}"
    name += f" ({', '.join(also)})" if also else ""
    return f"| {name} | {_told(one.default)} | {one.metadata['doc']} |"


def _told(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
def test_the_table_of_a_section_is_what_the_code_says(kind: Any) -> None:
    _, _, section = PAGE.partition(f"## [{kind.section}]\n")
    shown = re.findall(r"^\| [^s-].*$", section.partition("\n## ")[0], re.MULTILINE)
    assert shown == lines(kind)


def test_there_is_no_section_more() -> None:
    sections = re.findall(r"^## \[(\w+)\]$", PAGE, re.MULTILINE)
    assert sections == [kind.section for kind in KINDS]


def test_what_is_given_to_a_society_and_is_no_setting_is_there_too() -> None:
    parameters = inspect.signature(Society).parameters.values()
    given = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    _, _, others = PAGE.partition("## What is no setting\n")
    assert set(re.findall(r"^\| `(\w+)` \|", others, re.MULTILINE)) == given


def test_no_setting_is_without_a_line_that_says_what_it_is() -> None:
    found = [one for kind in KINDS for one in fields(kind)]
    assert len(found) > 70
    assert [one.name for one in found if "|" in one.metadata["doc"] or len(_line(one)) < 30] == []
