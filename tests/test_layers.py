"""Settings come from defaults, a file, the environment and keywords, in this order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import antiphon as ap
import pytest
from antiphon.errors import SettingsError
from antiphon.layers import Layers, resolve
from antiphon.models.profile import InferenceSettings
from antiphon.settings import SocietySettings, setting, whole

TINYTROUPE_SIMULATION = """\
[Simulation]
PARALLEL_AGENT_ACTIONS=True
MAX_WORKERS=None  # Auto-detect optimal thread count
PARALLEL_EXECUTION_TIMEOUT=300  # 5 minutes
COLLECT_PARALLEL_METRICS=True
"""
TINYTROUPE_MEMORY = """\
[Memory]
MAX_EPISODIC_MEMORY_SIZE=1000
MEMORY_CLEANUP_STRATEGY=fifo
MEMORY_WARNING_THRESHOLD=0.8
AUTO_CONSOLIDATE_ON_THRESHOLD=True
AUTO_CONSOLIDATION_THRESHOLD=500
"""
FREEAGENTICS_AGENT = """\
[Agent]
performance_mode = balanced
selective_update_interval = 2
use_pymdp = False
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderSettings:
    section: ClassVar[str] = "trader"
    patience: int = setting(1, whole(least=1), "rounds to wait")


class Trader(ap.Agent):
    settings_type = TraderSettings

    def __init__(self, settings: TraderSettings) -> None:
        self.settings = settings

    def act(self, observation: Any, context: ap.Context) -> Any:
        return self.settings.patience


def written(folder: Path, text: str, name: str = "settings.ini") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_later_layer_overrides_an_earlier_one_and_every_value_knows_its_source(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "[society]\nseed = 1\ntimeout = 2.5\nbatch_size = 4\n", "a.toml")
    layers = Layers.read(path, {"ANTIPHON_TIMEOUT": "3", "ANTIPHON_BATCH_SIZE": "5", "HOME": "x"})
    resolved = resolve(SocietySettings, layers, {"batch_size": 6})
    settings = resolved.values
    assert (settings.grace, settings.seed, settings.timeout, settings.batch_size) == (1.0, 1, 3, 6)
    assert [resolved.sources[k] for k in ("grace", "seed", "timeout", "batch_size")] == [
        "default",
        str(path),
        "environment",
        "keyword",
    ]


def test_the_guides_simulation_block_loads_as_it_stands(tmp_path: Path) -> None:
    layers = Layers.read(written(tmp_path, TINYTROUPE_SIMULATION), {})
    settings = resolve(SocietySettings, layers, {}).values
    assert settings == SocietySettings(timeout=300.0)


def test_the_guides_simulation_keys_do_what_they_say(tmp_path: Path) -> None:
    text = "[Simulation]\nPARALLEL_AGENT_ACTIONS=False ; why\nMAX_WORKERS=3\n"
    text += "PARALLEL_EXECUTION_TIMEOUT=2\nCOLLECT_PARALLEL_METRICS=no\n"
    settings = resolve(SocietySettings, Layers.read(written(tmp_path, text), {}), {}).values
    assert settings == SocietySettings(
        dispatcher="inline", batch_size=3, timeout=2.0, metrics=False
    )


def test_the_guides_agent_keys_load_as_they_stand(tmp_path: Path) -> None:
    layers = Layers.read(written(tmp_path, FREEAGENTICS_AGENT), {})
    settings = resolve(InferenceSettings, layers, {}).values
    assert (settings.profile, settings.selective_update_interval) == ("balanced", 2)
    assert settings.backend == "auto"


def test_the_guides_memory_block_works(tmp_path: Path) -> None:
    path = written(tmp_path, TINYTROUPE_SIMULATION + TINYTROUPE_MEMORY)
    with ap.Society(config=path) as society:
        society.add(Trader)
        society.start()
        assert society.settings.timeout == 300.0
        assert society["trader-1"].memory.statistics().max_size == 1000


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("[society]\ntimout = 3\n", "a.ini", "'timout' .*did you mean 'timeout'"),
        ("[sociaty]\nseed = 3\n", "a.ini", "'sociaty' .*did you mean 'society'"),
        ("[Memory]\nMAX_EPISODIC=3\n", "a.ini", "no such key"),
        ("seed = 3\n", "a.toml", "must stand in a section"),
        ("seed: 3\n", "a.yaml", r"must end in \.toml"),
    ],
)
def test_an_unknown_key_is_an_error_that_suggests_the_nearest(
    tmp_path: Path, text: str, name: str, why: str
) -> None:
    path = written(tmp_path, text, name)
    with pytest.raises(SettingsError, match=why):
        start_with(path)


@pytest.mark.parametrize(
    ("text", "name"),
    [("[society\n", "a.toml"), ("no section", "a.ini"), ("seed = {", "a.toml")],
)
def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(SettingsError, match=r"a\.(toml|ini).*cannot be read"):
        Layers.read(written(tmp_path, text, name), {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.toml"
    why = f"^settings file {re.escape(str(file))} cannot be read: No such file or directory$"
    with pytest.raises(SettingsError, match=why):
        ap.Society(config=file)


def test_a_value_that_breaks_its_rule_names_key_and_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTIPHON_TIMEOUT", "soon")
    with pytest.raises(SettingsError, match=r"'timeout' \(from environment\).*got 'soon'"):
        ap.Society()


@pytest.mark.parametrize(
    ("text", "options", "executed"), [("3", {}, 3), ("[0.5, 0, 0, 1, 0]", {"c": True}, None)]
)
def test_a_default_action_can_be_given_as_text(
    text: str, options: dict[str, bool], executed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mpe2 import simple_v3

    monkeypatch.setenv("ANTIPHON_ON_MISSING", "default")
    monkeypatch.setenv("ANTIPHON_DEFAULT_ACTION", text)
    env = simple_v3.parallel_env(continuous_actions="c" in options)
    with ap.Society(env) as society:
        society.add(Trader, patience=99)
        action = society.step({"agent_0": None}).actions["agent_0"]
    assert (action == executed) if executed else (action.tolist() == [0.5, 0, 0, 1, 0])


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_TIMOUT", "3")
    with pytest.raises(SettingsError, match=r"ANTIPHON_TIMOUT.*did you mean 'ANTIPHON_TIMEOUT'"):
        start_with(None)


def test_what_the_environment_does_not_bear_names_the_source_of_the_setting(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "[society]\non_missing = 'default'\ndefault_action = 77\n", "a.toml")
    with ap.Society(ap.GridWorld(size=5), config=path) as society:
        society.add("random", n=1)
        with pytest.raises(SettingsError, match=r"from .*a\.toml\): 77 of random-1 is not in"):
            society.start()


def test_a_default_action_that_nothing_would_use_is_refused() -> None:
    with ap.Society(ap.GridWorld(size=5), default_action=2) as society:
        society.add("random", n=1)
        with pytest.raises(SettingsError, match="on_missing='default' alone"):
            society.start()


def test_an_agent_type_may_bring_settings_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "[trader]\npatience = 4\n", "a.toml")
    with ap.Society(config=path) as society:
        society.add(Trader)
        assert society.step({"trader-1": None}).actions == {"trader-1": 4}
        assert society.source("patience") == str(path)


def start_with(path: Path | None) -> None:
    with ap.Society(config=path) as society:
        society.add(Trader)
        society.start()
