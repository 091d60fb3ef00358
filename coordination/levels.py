"""How much agents may think: the steps between a profile and the cheapest that it allows."""

from __future__ import annotations

from typing import NamedTuple

from ..models.profile import Profile


class Level(NamedTuple):
    """How much is thought; each field goes by the name it has in a profile."""

    policy_length: int
    selective_update_interval: int

    @classmethod
    def of(cls, profile: Profile) -> Level:
        """Give the level at which a profile stands."""
        return cls(profile.policy_length, profile.selective_update_interval)


def levels_of(profile: Profile, most_interval: int) -> list[Level]:
    """Give what a profile allows, from the most thoughtful to the cheapest.

    Upwards only beliefs may be updated more often than the profile says. Downwards plans get
    shorter first, for each action more multiplies the work by the number of actions; then
    updates are skipped, which saves far less.
    """
    length, interval = profile.policy_length, profile.selective_update_interval
    above = [Level(length, i) for i in range(1, interval)]
    shorter = [Level(n, interval) for n in range(length, 0, -1)]
    skipping = [Level(1, i) for i in range(interval + 1, most_interval + 1)]
    return [*above, *shorter, *skipping]
