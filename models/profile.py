"""How much an agent thinks: named profiles, and the settings that choose and change one."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

from ..settings import anything, choice, flag, number, optional, setting, whole

MAX_POLICY_LENGTH = 4
ACTION_SELECTIONS = ("deterministic", "stochastic")


def _policy_length(value: Any) -> int:
    length: int = whole(least=1)(value)
    if length > MAX_POLICY_LENGTH:
        raise ValueError(f"must be a whole number in 1..{MAX_POLICY_LENGTH}, got {value!r}")
    return length


_RULES: dict[str, Callable[[Any], Any]] = {
    "name": str,
    "policy_length": _policy_length,
    "gamma": number(least=0),
    "alpha": number(least=0),
    "selective_update_interval": whole(least=1),
    "action_selection": choice(*ACTION_SELECTIONS),
    "target_ms": optional(number(above=0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How an agent infers and chooses; make your own, and pass it as ``profile=``.

    Raises:
        ValueError: a value breaks its rule.
    """

    name: str = "custom"
    policy_length: int = 1
    """How many steps are planned ahead, 1 to 4."""
    gamma: float = 16.0
    """Precision of the choice between policies."""
    alpha: float = 16.0
    """Precision of the choice between actions, where that is stochastic."""
    selective_update_interval: int = 1
    """Beliefs take in every n-th observation; in between they are only predicted."""
    action_selection: str = "stochastic"
    """deterministic: the most probable action; stochastic: drawn with precision alpha.
    Agents that always take the best of nearly equal actions get stuck together: as
    deterministic ones, explorers earn less than at random."""
    target_ms: float | None = None
    """What the tuner, where it is on, holds the time of an act to; None: nothing."""

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            try:
                object.__setattr__(self, name, rule(getattr(self, name)))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None


@runtime_checkable
class Tunable(Protocol):
    """An agent that can be made to think less or more between two acts."""

    def retune(self, profile: Profile) -> None: ...


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="fast", policy_length=1, gamma=8, alpha=8, selective_update_interval=2),
        Profile(name="balanced", policy_length=2, gamma=12, alpha=12),
        Profile(name="accurate", policy_length=3, gamma=16, alpha=16),
        Profile(
            name="realtime",
            policy_length=1,
            gamma=6,
            alpha=6,
            selective_update_interval=3,
            target_ms=5,
        ),
        Profile(name="batch", policy_length=2, gamma=12, alpha=12, target_ms=20),
    )
}


def find_profile(value: Any) -> Profile:
    """Give a profile by name, or the profile itself.

    Raises:
        ValueError: there is none of this name; suggests the nearest.
    """
    if isinstance(value, Profile):
        return value
    if isinstance(value, str) and value in PROFILES:
        return PROFILES[value]
    near = difflib.get_close_matches(str(value), PROFILES, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"must be one of {', '.join(PROFILES)} or a Profile, got {value!r}{hint}")


def _profile_or_name(value: Any) -> str | Profile:
    return value if isinstance(value, Profile) else find_profile(value).name


def _pymdp_or_numpy(value: Any) -> str:
    return "pymdp" if flag(value) else "numpy"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """How agents that infer do it; None where the profile decides.

    Raises:
        ValueError: a value breaks its rule.
    """

    section: ClassVar[str] = "inference"

    profile: str | Profile = setting(
        "fast",
        _profile_or_name,
        "fast, balanced, accurate, realtime, batch, or a Profile of your own",
        aliases={"performance_mode": anything},
    )
    policy_length: int | None = setting(
        None, optional(_policy_length), "steps planned ahead, 1 to 4; None: the profile's"
    )
    gamma: float | None = setting(
        None,
        optional(number(least=0)),
        "precision of the choice between policies; None: the profile's",
    )
    alpha: float | None = setting(
        None,
        optional(number(least=0)),
        "precision of stochastic choices between actions; None: the profile's",
    )
    selective_update_interval: int | None = setting(
        None,
        optional(whole(least=1)),
        "beliefs take in every n-th observation; None: the profile's",
    )
    action_selection: str | None = setting(
        None,
        optional(choice(*ACTION_SELECTIONS)),
        "deterministic: the most probable action; stochastic: drawn; None: the profile's",
    )
    target_ms: float | None = setting(
        None,
        optional(number(above=0)),
        "milliseconds that an act may take, for the tuner; None: the profile's",
        aliases={"target_latency_ms": anything},
    )
    backend: str = setting(
        "numpy",
        choice("numpy", "numba", "pymdp"),
        "numpy: antiphon's own arithmetic; numba: the same, compiled (extra fast); pymdp: the "
        "same agent on pymdp itself, slower",
        aliases={"use_pymdp": _pymdp_or_numpy},
    )

    def __post_init__(self) -> None:
        for field in fields(self):
            try:
                value = field.metadata["parse"](getattr(self, field.name))
            except ValueError as error:
                raise ValueError(f"{field.name} {error}") from None
            object.__setattr__(self, field.name, value)

    def resolved_profile(self) -> Profile:
        """Give the profile with what these settings change in it."""
        base = find_profile(self.profile)
        changes = {
            name: value
            for name in _RULES
            if name != "name" and (value := getattr(self, name)) is not None
        }
        return Profile(**{**{name: getattr(base, name) for name in _RULES}, **changes})
