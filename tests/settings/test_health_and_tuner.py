"""What is warned of, and how a tuner decides, is set as all else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import SettingsError
from antiphon.tests.settings.cast import Probe


def half_fail(**settings: Any) -> Any:
    """Found a society of two in which one always fails."""

    def do(observation: Any, context: ap.Context) -> int:
        if context.agent_id == "probe-2":
            raise RuntimeError
        return 1

    society = ap.Society(dispatcher="inline", **settings)
    society.add(Probe, n=2, do=do)
    return society


def warned(society: Any) -> set[str]:
    society.step(dict.fromkeys(society))
    return {warning.key for warning in society.health().warnings}


ALL = {"errors.many", "agents.failing"}
LENIENT: dict[str, Any] = {
    "max_error_rate": 0.5,
    "min_agent_success_rate": 0.0,
    "min_success_rate": 0.5,
}


def test_thresholds_of_health_are_given_by_keyword() -> None:
    with half_fail() as strict, half_fail(**LENIENT) as lenient:
        assert warned(strict) == ALL
        assert warned(lenient) == set()
        assert lenient.source("max_error_rate") == "keyword"
        assert lenient.source("max_load") == "default"


def test_they_change_while_a_society_lives() -> None:
    with half_fail() as society:
        assert warned(society) == ALL
        society.configure(**LENIENT)
        assert warned(society) == set()
        society.configure(max_error_rate=0.4)
        assert warned(society) == {"errors.many"}


def test_a_change_of_both_is_made_whole_or_not_at_all() -> None:
    with half_fail() as society:
        with pytest.raises(SettingsError, match=r"'timeout' .*must be"):
            society.configure(max_error_rate=0.5, timeout=-1)
        with pytest.raises(SettingsError, match=r"'max_error_rate' .*must be"):
            society.configure(timeout=3, max_error_rate=-1)
        assert society.settings.timeout == 30.0
        assert warned(society) == ALL


def test_a_tuner_decides_by_what_is_given_by_keyword() -> None:
    assert first_decision(cycles=1, patience=1) < first_decision(cycles=5, patience=2)


def first_decision(**settings: Any) -> int:
    """Give the round after which agents that take too long are first made to think less."""
    clock = ap.ManualClock()

    class Slow(ap.Agent):
        settings_type = ap.InferenceSettings

        def __init__(self, settings: ap.InferenceSettings) -> None:
            self.retuned = False

        def act(self, observation: Any, context: ap.Context) -> bool:
            clock.advance(0.01)
            return self.retuned

        def retune(self, profile: ap.Profile) -> None:
            self.retuned = True

    rules = {"tuner": True, "dispatcher": "inline", "clock": clock, **settings}
    with ap.Society(**rules) as society:
        society.add(Slow, ids=["a"], profile="accurate", target_ms=1.0)
        return next(n for n in range(100) if society.step({"a": None}).actions["a"])


def test_how_a_tuner_decides_is_fixed_once_the_society_exists() -> None:
    with ap.Society() as society, pytest.raises(SettingsError, match=r"'slack' .*cannot change"):
        society.configure(slack=0.3)


@pytest.mark.parametrize(("key", "near"), [("max_laod", "max_load"), ("slakc", "slack")])
def test_a_name_that_is_nearly_theirs_is_suggested(key: str, near: str) -> None:
    given: dict[str, Any] = {key: 1}
    why = f"'{key}' .*did you mean '{near}'"
    with pytest.raises(SettingsError, match=why):
        ap.Society(**given)
    with ap.Society() as society, pytest.raises(SettingsError, match=why):
        society.configure(**given)


def run_in(folder: Path, **settings: Any) -> dict[str, Any]:
    with ap.Society("grid-world", **settings) as society:
        society.add("random", n=2)
        society.run(4, out=folder)
    found: dict[str, Any] = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["settings"] == found
    return found


def test_a_run_keeps_them_with_their_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_SLACK", "0.25")
    found = run_in(tmp_path / "run", max_load=0.5)
    assert found["health"]["max_load"] == {"value": 0.5, "source": "keyword"}
    assert found["health"]["max_waiting"]["source"] == "default"
    assert found["tuner"]["slack"] == {"value": 0.25, "source": "environment"}


def test_a_run_that_is_resumed_has_those_it_was_founded_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_in(tmp_path / "run", max_load=0.5, slack=0.25)
    monkeypatch.setenv("ANTIPHON_MAX_LOAD", "0.7")
    with ap.Society.resume(tmp_path / "run") as society:
        society.run(6)
        assert society.source("max_load") == "keyword"
        assert society._rulebook.health.max_load == 0.5
        assert society._rulebook.tuner.slack == 0.25


def test_changing_what_is_warned_of_leaves_the_rules_of_rounds_alone() -> None:
    with half_fail() as society:
        society.start()
        before = society._rulebook.rules
        society.configure(max_load=0.3)
        assert society._rulebook.rules is before
