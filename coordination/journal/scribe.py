"""Makes rows of each round: what it was given, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from ...memory.store.batch import Row
from ...memory.store.values import UnstorableError, encode
from ...memory.unpacking import Foreign
from ...models.experience import ExperienceColumns
from ...settings import SocietySettings
from ..attendance import Note
from ..outcome import Outcome, Status
from ..rollout import Step
from ..roster import Roster
from ..rulebook import Rulebook
from ..stage import Stage
from .lived import told
from .spoken import plain_deliveries
from .states import States
from .timing import plain_notes

PARTS = 16
"""Bits of a row's number that tell the parts of one round from each other."""
_MOST_AGENTS = 1024
_MOST_BYTES = 4 << 20
_WITH_AN_ANSWER = frozenset({Status.ACTED, Status.REJECTED})


class Scribe:
    """Writes down the steps of one run, one after another; for the thread that plays it.

    ``members`` are named when they change, ``rules`` when somebody has changed a setting, and
    ``removed`` those whom somebody took out; ``tuned`` is what a tuner has changed. ``lived``
    holds what each of them saw, did and got, and ``events`` what happened besides: messages,
    decisions, and who gave no answer, in which way.
    """

    def __init__(self, stage: Stage, rulebook: Rulebook, roster: Roster) -> None:
        self._roster = roster
        self._everybody = list(roster.ids)
        self._rulebook = rulebook
        self._rules = rulebook.rules
        self._retunings = len(stage.decisions)
        self._stage = stage
        self._members: list[str] = []
        every = rulebook.settings.state_interval
        self._states = States(stage.ensemble.hosts, stage.rollout, every=every)
        self._attendance = stage.ensemble.attendance
        self._attendance.begin()

    def before(self) -> None:
        """Get ready for the next round."""
        self._states.before(self._stage.round + 1)

    def rows(self, step: Step) -> list[Row]:
        """Give the rows of the round that has just been played."""
        outcome, round = step.outcome, step.outcome.round
        members = list(step.experiences)
        counted = all_acted(outcome)
        rows = []
        # Comparing lists is quicker than it looks: most rounds have the same texts in them.
        if members != self._members:
            self._members = members
            rows.append(Row("members", members, number=round))
        rows += self._changes(round)
        rows += _lived(step, counted=counted)
        if events := events_of(outcome, self._attendance.take(round), counted=counted):
            rows.append(Row("events", events, number=round))
        rows += self._states.rows(round)
        return rows

    def _changes(self, round: int) -> Iterator[Row]:
        if len(self._roster) != len(self._everybody):
            gone = [agent_id for agent_id in self._everybody if agent_id not in self._roster]
            self._everybody = list(self._roster.ids)
            yield Row("removed", gone, number=round)
        if self._rulebook.rules is not self._rules:
            self._rules = self._rulebook.rules
            yield Row("rules", run_time_values(self._rulebook.settings), number=round)
        made = self._stage.decisions
        if len(made) > self._retunings:
            new, self._retunings = made[self._retunings :], len(made)
            yield Row("tuned", [[one.round, *one.facts] for one in new], number=round)


def run_time_values(settings: SocietySettings) -> dict[str, Any]:
    """Give the settings that may change while a society lives."""
    changing = [one.name for one in fields(settings) if one.metadata["run_time"]]
    return {name: getattr(settings, name) for name in changing}


def _lived(step: Step, *, counted: bool) -> Iterator[Row]:
    lived = step.columns
    if not counted:
        lived = lived._replace(intended=list(map(_storable, lived.intended, lived.status)))
    size, most = len(lived.status), _at_once(lived)
    first = step.outcome.round << PARTS
    for part, start in enumerate(range(0, size, most)):
        some = lived if size <= most else lived.part(start, start + most)
        value = told(some, step.episode, over=step.episode_over)
        yield Row("lived", value, number=first + part)


def all_acted(outcome: Outcome) -> bool:
    """Whether there is nothing to say of anybody; one look, since that is how most rounds end."""
    status = list(outcome.status.values())
    return status.count(Status.ACTED) == len(status)


def _at_once(lived: ExperienceColumns) -> int:
    """Say how many like the first go into one row."""
    size = sum([held[0].nbytes for held in lived if isinstance(held[0], np.ndarray)])
    return max(1, min(_MOST_AGENTS, _MOST_BYTES // max(1, size)))


def _storable(intended: Any, status: str) -> Any:
    """Let no answer that was none be the end of a run."""
    if status != Status.REJECTED:
        return intended
    try:
        encode(intended)
    except UnstorableError:
        return Foreign(type(intended).__name__)
    return intended


def events_of(outcome: Outcome, notes: Sequence[Note], *, counted: bool) -> Mapping[str, Any]:
    """Give what happened beside the actions; empty for most rounds, which is seen at a glance.

    Args:
        counted: whether all have acted.
    """
    if counted and not (notes or outcome.heard or outcome.decisions or outcome.late):
        return {}
    return {**_events(outcome), **plain_notes(notes)}


def _events(outcome: Outcome) -> Mapping[str, Any]:
    events: dict[str, Any] = {}
    if heard := [one for one in map(plain_deliveries, outcome.heard) if one is not None]:
        events["heard"] = heard
    if outcome.decisions:
        events["decisions"] = [list(one.row()) for one in outcome.decisions]
    if not all_acted(outcome):
        statuses = outcome.status.items()
        missing = {name: str(how) for name, how in statuses if how not in _WITH_AN_ANSWER}
        if missing:
            events["missing"] = missing
    if outcome.late:
        events["late"] = outcome.late
    return events
