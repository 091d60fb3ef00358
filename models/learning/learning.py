"""What an agent learns of its model, and how fast."""

# ruff: noqa: N815  A, B and D are what the literature calls them

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...settings import flag, number
from ..profile import share

_RULES: dict[str, Callable[[Any], Any]] = {
    "learn_A": flag,
    "learn_B": flag,
    "learn_D": flag,
    "use_param_info_gain": flag,
    "lr_A": number(least=0),
    "lr_B": number(least=0),
    "lr_D": number(least=0),
    "fr_A": share,
    "fr_B": share,
    "fr_D": share,
    "keep_zeros": flag,
    "awake": flag,
    "prior_strength": number(above=0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Which parameters are learned from experience, and how.

    Raises:
        ValueError: a value breaks its rule.
    """

    learn_A: bool = False
    """Whether what states look like is learned, in each step that takes an observation in."""
    learn_B: bool = False
    """Whether what actions do is learned, in the same steps."""
    learn_D: bool = False
    """Whether where episodes begin is learned, in the first step of each."""
    use_param_info_gain: bool = False
    """Whether plans are worth more the more they teach."""
    lr_A: float = 1.0
    """Learning rate: what one observation adds to the counts of A."""
    lr_B: float = 1.0
    lr_D: float = 1.0
    fr_A: float = 1.0
    """Forgetting rate: the share of what was learned of a state that outlives one more
    visit to it; 1 for all of it. The initial counts are never forgotten."""
    fr_B: float = 1.0
    fr_D: float = 1.0
    keep_zeros: bool = True
    """Whether what the model holds for impossible stays so. Off, the numbers are exactly
    those of pymdp 1.0.4."""
    awake: bool = True
    """Whether each step teaches; if not, only what is added to the counts from elsewhere does."""
    prior_strength: float = 1.0
    """How many observations the model is worth where no initial counts are given."""

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            try:
                object.__setattr__(self, name, rule(getattr(self, name)))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None

    @property
    def is_on(self) -> bool:
        """Whether anything is learned."""
        return self.learn_A or self.learn_B or self.learn_D
