"""Every command, setting, check and figure that the page on production names is there."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from antiphon import cli
from antiphon.bench.catalogue import BENCHES
from antiphon.coordination.outcome import Status
from antiphon.coordination.tuner import TunerSettings
from antiphon.coordination.vitals.health import HealthSettings
from antiphon.layers import Layers, resolve, setting_names
from antiphon.memory.alerts import Severity
from antiphon.memory.settings import MemorySettings
from antiphon.models.profile import InferenceSettings
from antiphon.settings import SocietySettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/production.md").read_text(encoding="utf-8")
CHECKS = (ROOT / "coordination/vitals/checks.py").read_text(encoding="utf-8")
KINDS: tuple[Any, ...] = (
    SocietySettings,
    MemorySettings,
    InferenceSettings,
    HealthSettings,
    TunerSettings,
)
# Names of sections and of fields, which the block of code and docs/runs.md hold.
OTHER = {"[health]", "key", "round_ms", "outcomes", "rss_growth_mb", "realtime", "timed_out"}


def spans(page: str) -> list[str]:
    """Give what stands in backticks, blocks of code apart."""
    text = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return re.findall(r"`([^`]+)`", text)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser:
    """What reads the words of a command."""
    made: list[argparse.ArgumentParser] = []
    real = cli._parser

    def keep(commands: Any) -> argparse.ArgumentParser:
        made.append(real(commands))
        return made[-1]

    monkeypatch.setattr(cli, "_parser", keep)
    assert cli.main([]) == 0
    return made[-1]


def unknown(span: str, parser: argparse.ArgumentParser) -> str:
    """Say what is wrong with something in backticks; empty if it is there."""
    if span.startswith("antiphon"):
        return _wrong_command(span, parser)
    if "." in span and "=" not in span:
        return "" if f'"{span}"' in CHECKS else "no check of health"
    name, equals, value = span.partition("=")
    kinds = [kind for kind in KINDS if name in setting_names(kind)]
    if kinds and equals:
        resolve(kinds[0], Layers(), {name: value})
    known = {*OTHER, *figures(), *map(str, Status), *map(str, Severity)}
    return "" if kinds or span in known else "nothing here is called so"


def _wrong_command(span: str, parser: argparse.ArgumentParser) -> str:
    try:
        words = shlex.split(span)[1:]
        arguments = parser.parse_args(words)
    except SystemExit:
        return "no such command"
    benches = set(getattr(arguments, "names", ()))
    return "" if benches <= {*BENCHES, "coordination"} else "no such bench"


def figures() -> set[str]:
    """Give the names of what the benches on the page measure."""
    return {
        figure.name
        for name in ("general", "inference", "memory", "scale")
        for case in BENCHES[name].cases(small=True)
        for figure in case.ratios
    }


def test_all_that_the_page_names_is_there(parser: argparse.ArgumentParser) -> None:
    found = spans(PAGE)
    assert len(found) > 80
    assert {span: why for span in found if (why := unknown(span, parser))} == {}


@pytest.mark.parametrize(
    "span",
    [
        "antiphon dance",
        "antiphon run --speed 9",
        "antiphon bench nothing",
        "errors.few",
        "max_eror_rate",
        "fast_enough",
    ],
)
def test_what_is_not_there_is_noticed(span: str, parser: argparse.ArgumentParser) -> None:
    assert unknown(span, parser)


def test_a_value_that_a_setting_does_not_take_is_noticed(parser: argparse.ArgumentParser) -> None:
    with pytest.raises(ValueError, match="on_crash"):
        unknown("on_crash=forget", parser)


def test_every_check_of_health_is_on_the_page() -> None:
    keys = set(re.findall(r'"([a-z]+\.[a-z]+)"', CHECKS))
    assert len(keys) > 8
    assert keys <= set(spans(PAGE))


def test_the_alerts_that_are_shown_are_told() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(shown, "production.md", "exec"), names)
    assert names["told"].count("warning") == 5
    assert "critical" in names["told"]
