"""A run that is kept on disk round by round, where there is a folder for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...clock import Clock, SystemClock
from ...logs import get_logger
from ..environment import Environment
from ..membership import Membership
from ..records.folder import RunFolder
from ..records.length import Length
from ..rollout import Step
from ..rulebook import Rulebook
from ..stage import Stage
from .charter import charter_of, unrepeatable

if TYPE_CHECKING:
    from ...memory.keeping import Keeping
    from ...memory.store.batch import Row
    from .comeback import Comeback
    from .replay import Replay

log = get_logger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Keeps:
    """What is needed to keep a run, or to play one that was kept again."""

    folder: RunFolder
    stage: Stage
    rulebook: Rulebook
    membership: Membership
    clock: Clock
    length: Length
    environment: Environment
    objects: Mapping[str, Any]
    """By the name of an argument, what it was founded with that cannot be written."""
    comeback: Comeback | None
    """Where the society comes from, if it was founded again."""
    remove: Callable[..., object]
    """Takes agents out of it."""
    charter: Mapping[str, Any] | None = field(init=False, default=None)
    """What the society was founded with, as a value; None where nothing is kept."""
    replay: Replay | None = field(init=False, default=None)
    """What takes it to where it was."""

    def __post_init__(self) -> None:
        if self.comeback is not None:
            by_state = self.objects.get("strategy") is None
            self.replay = self.comeback.replay(
                self.stage, self.rulebook, self.remove, clock=self.clock, by_state=by_state
            )
        if self.folder.out is None:
            return
        charter = charter_of(
            self.rulebook,
            self.membership,
            self.environment,
            self.length,
            begun=self.stage.round,
            objects=self.objects,
        )
        if self.comeback is not None:
            charter = self.comeback.charter(charter)
        elif why := unrepeatable(self.rulebook.settings, self.stage.round):
            # Now, and not when somebody wants to go on with it.
            log.warning("run.cannot_be_resumed", run=str(self.folder.out), why=why)
        self.charter = charter.value()

    @property
    def announcement(self) -> Mapping[str, Any] | None:
        """The charter as JSON, to begin anew by what is killed at once; None if that loses any."""
        try:
            return self.charter if json.loads(json.dumps(self.charter)) == self.charter else None
        except (TypeError, ValueError):
            return None

    @property
    def goes_on(self) -> bool:
        """Whether some of it is on disk already, where the rest is to be."""
        comeback = self.comeback
        return comeback is not None and not comeback.branches and comeback.history.round > 0


@contextmanager
def kept(advance: Callable[[], Step], keeps: Keeps) -> Iterator[Callable[[], Step]]:
    """Give what takes a step and keeps it; of a run that goes on, first those that were kept.

    Raises:
        ValueError: the memories are not empty, so that the store would begin in the middle.
    """
    memories = keeps.stage.memories
    if keeps.charter is None and keeps.replay is None:
        yield advance
        return
    if memories is not None and memories.have_begun:
        raise ValueError(
            "a run that is kept begins with empty memories, and this society has lived "
            "before; found a new one, or run it without a folder"
        )
    # First of all the lock on the run: nobody is to go on with it twice.
    keeping = None if keeps.charter is None else _keeping(keeps)
    in_peace = False
    try:
        yield _Steps(advance, keeps, keeping).take
        in_peace = True
    finally:
        if keeps.replay is not None:
            keeps.replay.close()
        if keeping is not None:
            keeping.close(in_peace=in_peace)


class _Steps:
    """Takes steps, and hands each to the store."""

    def __init__(self, advance: Callable[[], Step], keeps: Keeps, keeping: Keeping | None) -> None:
        from .scribe import Scribe  # with the store's values, where they are wanted

        self._advance = advance
        self._keeps = keeps
        self._keeping = keeping
        self._scribe = Scribe(keeps.stage, keeps.rulebook, keeps.membership.roster)
        self._replay = keeps.replay

    def take(self) -> Step:
        """Take one more."""
        if self._replay is not None:
            if not self._replay.is_over:
                return self._take_again(self._replay)
            self._go_on(self._replay)
        self._scribe.before()
        step = self._advance()
        self._keep(step, self._scribe.rows(step))
        return step

    def _take_again(self, replay: Replay) -> Step:
        """Take one that was kept: it is on disk already, but not where a branch is written."""
        step, entry = replay.advance(_nothing if replay.by_state else self._scribe.before)
        rows = self._scribe.rows(step)
        replay.compare(entry, rows)
        if not self._keeps.goes_on:
            self._keep(step, rows)
        elif (memories := self._keeps.stage.memories) is not None and self._keeping is not None:
            memories.take_news()
        return step

    def _go_on(self, replay: Replay) -> None:
        replay.close()
        replay.rehearsal.end(self._keeps.rulebook.settings.dispatcher)
        self._replay = None
        comeback = self._keeps.comeback
        if comeback is not None and comeback.overrides:
            self._keeps.rulebook.change(**comeback.overrides)

    def _keep(self, step: Step, rows: list[Row]) -> None:
        if self._keeping is not None:
            self._keeping.add(step.outcome.round, rows)


def _nothing() -> None:
    pass


def _keeping(keeps: Keeps) -> Keeping:
    from ...memory.keeping import Keeping  # brings SQLite, where it is wanted

    return Keeping(
        keeps.folder.path,
        keeps.stage.memories,
        # Disks live by the world's time, whatever the society lives by.
        clock=SystemClock(),
        rows=_first_rows(keeps),
        patience=keeps.rulebook.settings.disk_patience,
    )


def _first_rows(keeps: Keeps) -> list[Row]:
    """Give what is to be known before the next round that is kept."""
    from ...memory.keeping import settings_row
    from ...memory.store.batch import Row

    if keeps.goes_on:
        assert keeps.comeback is not None  # else it would not go on
        if keeps.length == keeps.comeback.history.length:
            return []
        value = {"steps": keeps.length.steps, "episodes": keeps.length.episodes}
        return [Row("length", value)]
    rows = [Row("run", keeps.charter)]
    if keeps.stage.memories is not None:
        rows.append(settings_row(keeps.rulebook.memory))
    return rows
