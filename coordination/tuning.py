"""A society's tuners: which agents each looks after, and what they are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..models.profile import InferenceSettings, Profile, Tunable
from .outcome import Outcome, Status
from .roster import Resident
from .tuner import Tuner, TunerDecision, TunerSettings

_WITHOUT_ANSWER = (Status.TIMED_OUT, Status.BUSY)


class Group(NamedTuple):
    """Agents of one type that think by one profile, and are tuned together."""

    name: str
    agent_ids: tuple[str, ...]
    profile: Profile
    target_ms: float


class Candidate(NamedTuple):
    """An agent that could be tuned."""

    agent_id: str
    kind: str
    """What its type is called."""
    profile: Profile
    target_ms: float | None
    """None: it need not keep to anything."""


def candidates_of(residents: Iterable[Resident]) -> list[Candidate]:
    """Give those who can be tuned, by the settings that they were added with."""
    return [
        Candidate(r.agent_id, r.kind.__name__, profile, profile.target_ms)
        for r in residents
        if issubclass(r.kind, Tunable)
        and isinstance(settings := r.options.get("settings"), InferenceSettings)
        and (profile := settings.resolved_profile())
    ]


def groups_of(candidates: Iterable[Candidate]) -> list[Group]:
    """Put agents of one type, profile and target together; those without a target are left out."""
    members: dict[tuple[str, Profile, float], list[str]] = {}
    for agent_id, kind, profile, target_ms in candidates:
        if target_ms is not None:
            members.setdefault((kind, profile, target_ms), []).append(agent_id)
    groups: dict[str, Group] = {}
    for (kind, profile, target_ms), ids in members.items():
        name = f"{kind}/{profile.name}"
        if name in groups:  # profiles of one name may still differ
            name = f"{name}-{len(groups) + 1}"
        groups[name] = Group(name, tuple(ids), profile, target_ms)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class Retuning:
    """Agents that are to think by another profile from the next round on, and why."""

    agent_ids: tuple[str, ...]
    profile: Profile
    decisions: tuple[TunerDecision, ...]


class Tuning:
    """Shows each round to the tuners of those who played in it."""

    def __init__(self, groups: Iterable[Group], settings: TunerSettings | None = None) -> None:
        self._tuners = [
            (group.agent_ids, Tuner(group.name, group.profile, group.target_ms, settings))
            for group in groups
        ]
        self._known: list[Retuning] | None = None

    def repeat(self, round: int, changes: Iterable[tuple[str, str, int]]) -> None:
        """Have the next round followed by what followed it once, whatever its acts take.

        Args:
            round: its number.
            changes: groups, each with a setting and what that was from then on.

        Raises:
            ValueError: nobody here would decide so.
        """
        by_group: dict[str, dict[str, int]] = {}
        for group, key, after in changes:
            by_group.setdefault(group, {})[key] = after
        known = []
        for agent_ids, tuner in self._tuners:
            if found := by_group.pop(tuner.group, None):
                decisions = tuner.follow(round, found)
                known.append(Retuning(agent_ids, tuner.profile, decisions))
        if by_group:
            raise ValueError(f"there is no group {', '.join(sorted(by_group))}")
        self._known = known

    def add(self, outcome: Outcome) -> list[Retuning]:
        """Take in a closed round; give what has to be applied before the next."""
        if self._known is not None:
            known, self._known = self._known, None
            return known
        found = []
        for agent_ids, tuner in self._tuners:
            seconds = _mean_act(outcome, agent_ids)
            if seconds is None:
                continue
            if decisions := tuner.add(outcome.round, seconds):
                found.append(Retuning(agent_ids, tuner.profile, decisions))
        return found


def _mean_act(outcome: Outcome, agent_ids: Iterable[str]) -> float | None:
    """Give the mean time in ``act``; None if no times are kept, or none of them was called.

    A member without an answer counts with the whole round, or the slowest would be left out.
    """
    spent = []
    for agent_id in agent_ids:
        seconds = outcome.act_seconds.get(agent_id)
        if seconds is None and outcome.status.get(agent_id) in _WITHOUT_ANSWER:
            seconds = outcome.elapsed
        if seconds is not None:
            spent.append(seconds)
    return sum(spent) / len(spent) if spent else None
