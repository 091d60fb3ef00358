"""An error in a setting says where the value came from, also where values do not go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import SettingsError
from antiphon.layers import Layers, resolve
from antiphon.settings import SocietySettings


@pytest.mark.parametrize(
    ("text", "keywords", "key", "rule"),
    [
        (
            "[Memory]\nAUTO_CONSOLIDATION_THRESHOLD=500\n",
            {"memory_size": 200},
            "consolidation_threshold",
            "must be <= memory_size, which is 200, got 500",
        ),
        (
            "[society]\npool_minimum = 3\n",
            {"pool_maximum": 2},
            "pool_minimum",
            "must be <= pool_maximum, which is 2, got 3",
        ),
        (
            "[society]\npool_maximum = 2\npool_initial = 3\n",
            {},
            "pool_initial",
            "must be <= pool_maximum, which is 2, got 3",
        ),
        ("[tuner]\nslack = 2\n", {}, "slack", "must be < 1, .*, got '?2'?"),
        ("[health]\nmax_load = 0\n", {}, "max_load", "must be .* > 0, got '?0'?"),
        (
            "[society]\nlatency = constant\n",
            {"dispatcher": "inline"},
            "latency",
            "needs a virtual clock: .*",
        ),
    ],
)
def test_values_of_a_file_that_do_not_go_together_name_the_file(
    tmp_path: Path, text: str, keywords: dict[str, Any], key: str, rule: str
) -> None:
    path = tmp_path / "a.ini"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"^setting '{key}' \(from .*a\.ini\): {rule}$") as no:
        ap.Society(config=path, **keywords)
    assert (no.value.key, no.value.source) == (key, str(path))


def test_a_toml_file_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[society]\npool_minimum = 3\npool_maximum = 2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"'pool_minimum' \(from .*a\.toml\): must be <="):
        ap.Society(config=path)


@pytest.mark.parametrize(
    ("variable", "value", "keywords", "key"),
    [
        ("MEMORY_AGE", "5", {"memory_size": 9}, "memory_age"),
        ("MEMORY_WARNING", "2", {"memory_size": 9}, "memory_warning"),
        ("CONSOLIDATION_WINDOW", "8", {"memory_size": 9}, "consolidation_window"),
        ("POOL_INITIAL", "2000", {}, "pool_initial"),
        ("SLACK", "1", {}, "slack"),
    ],
)
def test_a_variable_that_does_not_go_with_the_rest_is_known_as_one(
    variable: str,
    value: str,
    keywords: dict[str, Any],
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"ANTIPHON_{variable}", value)
    with pytest.raises(SettingsError, match=rf"'{key}' \(from environment\)"):
        ap.Society(**keywords)


def test_a_change_that_does_not_go_with_the_rest_names_whose_value_does_not() -> None:
    resolved = resolve(SocietySettings, Layers(environ={"pool_minimum": "4"}), {})
    with pytest.raises(SettingsError, match=r"'pool_minimum' \(from environment\)"):
        resolved.with_changes(at_rest=True, pool_maximum=3)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_memory_may_be_as_small_as_it_likes(size: int) -> None:
    with ap.Society(ap.GridWorld(size=5), memory_size=size, consolidation_lag=0) as society:
        society.add("random", n=1)
        society.run(30)
        statistics = society["random-1"].memory.statistics()
    assert statistics.current_size <= size
