"""Profiles, and the settings that choose one and change it."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.errors import SettingsError
from antiphon.layers import Layers, resolve
from antiphon.models.profile import PROFILES, InferenceSettings, Profile


def resolved(**keywords: Any) -> InferenceSettings:
    values: InferenceSettings = resolve(InferenceSettings, Layers(), keywords).values
    return values


@pytest.mark.parametrize(
    ("name", "policy_length", "gamma", "alpha", "interval"),
    [
        ("fast", 1, 8, 8, 2),
        ("balanced", 2, 12, 12, 1),
        ("accurate", 3, 16, 16, 1),
        ("realtime", 1, 6, 6, 3),
        ("batch", 2, 12, 12, 1),
    ],
)
def test_each_named_profile_is_what_the_guide_says(
    name: str, policy_length: int, gamma: float, alpha: float, interval: int
) -> None:
    profile = InferenceSettings(profile=name).resolved_profile()
    assert profile == PROFILES[name]
    assert (profile.policy_length, profile.gamma, profile.alpha) == (policy_length, gamma, alpha)
    assert profile.selective_update_interval == interval


def test_a_setting_overrides_its_profile_and_leaves_the_rest() -> None:
    profile = resolved(profile="balanced", gamma="4", policy_length=3).resolved_profile()
    assert (profile.gamma, profile.policy_length, profile.alpha) == (4.0, 3, 12.0)


def test_a_profile_of_ones_own_is_taken_as_it_is() -> None:
    mine = Profile(name="mine", policy_length=4, gamma=2, action_selection="deterministic")
    assert resolved(profile=mine).resolved_profile() == mine
    assert resolved(profile=mine, alpha=1).resolved_profile().alpha == 1


def test_the_guides_keys_work_under_their_own_names() -> None:
    settings = resolved(performance_mode="accurate", selective_update_interval=5, use_pymdp=True)
    assert settings.profile == "accurate"
    assert settings.resolved_profile().selective_update_interval == 5
    assert settings.backend == "pymdp"
    assert resolved(use_pymdp="no").backend == "auto"
    assert resolved(kernel="numpy").backend == "numpy"
    assert resolved(matrix_cache=False).matrix_cache_size == 0
    assert resolved(matrix_cache=True).matrix_cache_size == 8


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("profile", "fats", "did you mean 'fast'"),
        ("profile", None, "or a Profile"),
        ("policy_length", 0, "1"),
        ("policy_length", 5, "1..4"),
        ("gamma", -1, ">= 0"),
        ("gamma", "nan", "finite"),
        ("alpha", "many", "finite"),
        ("selective_update_interval", 0, ">= 1"),
        ("selective_update_interval", 1.5, "whole"),
        ("action_selection", "greedy", "deterministic"),
        ("backend", "torch", "numpy"),
        ("matrix_cache_size", -1, ">= 0"),
        ("matrix_cache", "perhaps", "true or false"),
        ("use_pymdp", "perhaps", "true or false"),
    ],
)
def test_a_value_that_breaks_its_rule_is_refused_with_the_rule(
    key: str, value: Any, hint: str
) -> None:
    with pytest.raises(SettingsError, match=hint):
        resolved(**{key: value})


def test_settings_made_by_hand_keep_the_same_rules() -> None:
    with pytest.raises(ValueError, match=r"^gamma must be a finite number >= 0, got -1$"):
        InferenceSettings(gamma=-1)
    with pytest.raises(ValueError, match="policy_length must be"):
        Profile(policy_length=9)
