"""A name is a setting's own: in all sections, and in a file that says a section by two names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.coordination.rulebook import KINDS
from antiphon.errors import SettingsError
from antiphon.layers import Layers, setting_names


def test_no_two_settings_share_a_name_their_own_or_the_guides() -> None:
    names = Counter(name for kind in {*KINDS, ap.InferenceSettings} for name in setting_names(kind))
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) > 80


def test_what_warns_of_restarts_does_not_allow_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_MAX_ACTOR_RESTARTS", "7")
    with ap.Society() as society:
        assert society.settings.max_restarts == 3
        assert society.source("max_actor_restarts") == "environment"


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("a.toml", "[society]\ntimeout = 1\n[Simulation]\ntimeout = 2\n", "timeout"),
        ("a.ini", "[Simulation]\nTIMEOUT=1\n[society]\ntimeout=2\n", "timeout"),
        ("a.ini", "[Agent]\ngamma=1\n[inference]\nGAMMA=1\n", "gamma"),
        ("a.toml", "[society]\ntimeout = 1\nTimeout = 2\n", "Timeout"),
    ],
)
def test_a_key_that_a_file_says_a_second_time_is_refused(
    tmp_path: Path, name: str, text: str, key: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"'{key}' .*{name}\\): is said a second time in") as no:
        Layers.read(tmp_path / name, {})
    assert no.value.source == str(tmp_path / name)


def test_two_names_of_one_section_with_keys_of_their_own_are_one_section(tmp_path: Path) -> None:
    path = tmp_path / "a.ini"
    path.write_text("[Simulation]\nMAX_WORKERS=3\n[society]\ntimeout=2\n", encoding="utf-8")
    with ap.Society(config=path) as society:
        assert (society.settings.batch_size, society.settings.timeout) == (3, 2.0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"matrix_cache": True}, {"matrix_cache_size": 4}),
        ({"matrix_cache_size": 4}, {"matrix_cache": True}),
    ],
)
def test_two_names_of_one_setting_are_both_named(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    with (
        ap.Society(ap.GridWorld(size=5)) as society,
        pytest.raises(SettingsError) as refused,
    ):
        society.add("explorer", n=1, **first, **second)
    said = str(refused.value)
    assert "'matrix_cache'" in said
    assert "'matrix_cache_size'" in said
    assert "a second time" in said
