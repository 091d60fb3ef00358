"""How much an agent thinks: named profiles, and the settings that choose and change one."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from ..settings import anything, choice, flag, number, optional, read_all, setting, whole

MAX_POLICY_LENGTH = 4
ACTION_SELECTIONS = ("deterministic", "stochastic")
LEARNING_TIMES = ("awake", "asleep")


def _policy_length(value: Any) -> int:
    length: int = whole(least=1)(value)
    if length > MAX_POLICY_LENGTH:
        raise ValueError(f"must be a whole number in 1..{MAX_POLICY_LENGTH}, got {value!r}")
    return length


def _letters(value: Any) -> str:
    letters = value.upper() if isinstance(value, str) else ""
    if not isinstance(value, str) or not set(letters) <= set("ABD"):
        raise ValueError(f"must be letters of A, B and D, or empty for nothing, got {value!r}")
    return "".join(sorted(set(letters)))


def share(value: Any) -> float:
    """Read a number in [0, 1].

    Raises:
        ValueError: it is none.
    """
    read: float = number(least=0)(value)
    if read > 1:
        raise ValueError(f"must be in [0, 1], got {value!r}")
    return read


_RULES: dict[str, Callable[[Any], Any]] = {
    "name": str,
    "policy_length": _policy_length,
    "gamma": number(least=0),
    "alpha": number(least=0),
    "selective_update_interval": whole(least=1),
    "action_selection": choice(*ACTION_SELECTIONS),
    "target_ms": optional(number(above=0)),
    "learns": _letters,
    "learns_when": choice(*LEARNING_TIMES),
    "param_info_gain": flag,
    "learning_rate": number(least=0),
    "forgetting_rate": share,
    "keep_zeros": flag,
    "prior_strength": number(above=0),
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
    learns: str = ""
    """Which of its matrices an agent learns, letters of A, B and D. For agents with a model of
    their own: explorers are given their map, and share it."""
    learns_when: str = "awake"
    """awake: in each step, from what it sees; asleep: from what it remembers and is consolidated,
    and from nothing else, so that nothing is counted twice."""
    param_info_gain: bool = False
    """Whether plans are worth more the more they teach."""
    learning_rate: float = 1.0
    """What one observation adds to the counts."""
    forgetting_rate: float = 1.0
    """The share of what was learned of a state that outlives one more visit to it."""
    keep_zeros: bool = True
    """Whether what the model holds for impossible stays so."""
    prior_strength: float = 10.0
    """How many observations of each state the model is worth where no counts are given."""

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            try:
                object.__setattr__(self, name, rule(getattr(self, name)))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        if self.learns_when == "asleep" and not self.learns:
            raise ValueError("learns_when must be awake where nothing is learned, got 'asleep'")


@runtime_checkable
class Tunable(Protocol):
    """An agent that can be made to think less or more between two acts."""

    def retune(self, profile: Profile) -> None: ...


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="fast", policy_length=1, gamma=8, alpha=8, selective_update_interval=2),
        Profile(
            name="balanced",
            policy_length=2,
            gamma=12,
            alpha=12,
            learns="AB",
            param_info_gain=True,
        ),
        Profile(
            name="accurate",
            policy_length=3,
            gamma=16,
            alpha=16,
            learns="AB",
            param_info_gain=True,
        ),
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


def _pymdp_or_auto(value: Any) -> str:
    return "pymdp" if flag(value) else "auto"


def _history(value: Any) -> int:
    return 100 if flag(value) else 0


def _cached(value: Any) -> int:
    return 8 if flag(value) else 0


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
    learns: str | None = setting(
        None,
        optional(_letters),
        "which matrices are learned, letters of A, B and D, '' for none; None: the profile's",
    )
    learns_when: str | None = setting(
        None,
        optional(choice(*LEARNING_TIMES)),
        "awake: in each step; asleep: from memories that are consolidated, with "
        "consolidation='learn'; None: the profile's",
    )
    param_info_gain: bool | None = setting(
        None,
        optional(flag),
        "plans are worth more the more they teach; true also learns A and B, and false nothing, "
        "unless learns says otherwise; None: the profile's",
    )
    learning_rate: float | None = setting(
        None, optional(number(least=0)), "what one observation adds to counts; None: the profile's"
    )
    forgetting_rate: float | None = setting(
        None,
        optional(share),
        "the share of what was learned that outlives one more visit; None: the profile's",
    )
    keep_zeros: bool | None = setting(
        None, optional(flag), "what is impossible stays so when learning; None: the profile's"
    )
    prior_strength: float | None = setting(
        None,
        optional(number(above=0)),
        "how many observations the model is worth when learning begins; None: the profile's",
    )
    backend: str = setting(
        "auto",
        choice("auto", "numba", "numpy", "pymdp"),
        "the kernel: numba (compiled, extra fast), numpy, pymdp (the reference, slow), or auto: "
        "numba where it is installed, else numpy",
        aliases={"kernel": anything, "use_pymdp": _pymdp_or_auto},
    )
    matrix_cache_size: int = setting(
        8,
        whole(least=0),
        "compiled models that are kept when no agent uses them any more",
        aliases={"matrix_cache": _cached},
    )

    belief_history: int = setting(
        0,
        whole(least=0),
        "of how many of the last steps an agent keeps its beliefs, for agent.belief_history",
        aliases={"save_belief_hist": _history},
    )

    def __post_init__(self) -> None:
        read_all(self)

    def resolved_profile(self) -> Profile:
        """Give the profile with what these settings change in it."""
        base = find_profile(self.profile)
        changes = {
            name: value
            for name in _RULES
            if name != "name" and (value := getattr(self, name)) is not None
        }
        if self.param_info_gain is not None and self.learns is None:
            changes["learns"] = (base.learns or "AB") if self.param_info_gain else ""
        return Profile(**{**{name: getattr(base, name) for name in _RULES}, **changes})
