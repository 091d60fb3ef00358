"""Plays the rounds of a journal again, and sees that they go as they went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from ...errors import JournalError
from ...logs import get_logger
from ...memory.store.batch import Row
from ...memory.store.chain import StoredRow
from ...memory.store.revival import decode
from ...memory.store.values import encode
from ..rollout import Step
from ..rulebook import Rulebook
from ..stage import Stage
from .charter import unrepeatable
from .comparison import diverged, done_otherwise
from .history import KINDS, STATES, Entry, History
from .prompt import Prompt, answers_in, goes_by_state, statuses_in
from .recital import Recital, recital_of
from .rehearsal import Rehearsal, shares_an_actor
from .spoken import Posts

log = get_logger(__name__)


class Replay:
    """Takes a society that has just been founded through the rounds that were kept.

    Agents are called; those of whom there is a state that counts are not called before it, but
    prompted. While nobody is called, the environment is not stepped either, if it can go on from
    a state. Whatever comes to be different is an error, unless the machine is another one:
    then what was answered counts, and not what is answered now.
    """

    def __init__(
        self,
        history: History,
        stage: Stage,
        rulebook: Rulebook,
        remove: Callable[..., object],
        rehearsal: Rehearsal,
        *,
        last: int,
        by_state: bool,
        exact: bool,
    ) -> None:
        """Get ready.

        Args:
            remove: takes agents out of the society.
            rehearsal: has each round take the course that it took.
            last: the round after which it is over.
            by_state: whether states may take the place of calling; else they are compared.
            exact: whether a difference is an error.

        Raises:
            JournalError: what happened in this run cannot be made to happen again.
        """
        if stage.round:
            raise JournalError(history.folder, "the society has been played since it was founded")
        check_replayable(history, rulebook, stage, last)
        self.history = history
        self.last = last
        self.rehearsal = rehearsal
        # On a virtual clock the time that an act takes has to be lived as well.
        by_state = by_state and stage.ensemble.simulation is None
        self.by_state = by_state
        self._stage = stage
        self._rulebook = rulebook
        self._remove = remove
        self._exact = exact
        self._kinds = KINDS if by_state else KINDS | STATES
        self._posts = Posts()
        self._members: list[str] = []
        self._differs = False
        states = _states(history, rulebook, last) if by_state else {}
        self._prompts = [
            Prompt(host, states.get(host.name) if goes_by_state(host) else None, insists=not exact)
            for host in stage.ensemble.hosts
            if not exact or (host.name in states and goes_by_state(host))
        ]
        self._recital = self._recited(states)
        self._entries = history.entries()

    def _recited(self, states: Mapping[str, tuple[int, Any]]) -> Recital | None:
        """Give what stands in for the environment for as long as nobody is called."""
        rollout = self._stage.rollout
        if not self.by_state or rollout is None:
            return None
        hosts = self._stage.ensemble.hosts
        since = [states[h.name][0] if h.name in states and goes_by_state(h) else 0 for h in hosts]
        return recital_of(self.history, rollout, since)

    @property
    def is_over(self) -> bool:
        """Whether the next round is a new one."""
        return self._stage.round >= self.last

    def advance(self, before: Callable[[], object] = lambda: None) -> tuple[Step, Entry]:
        """Play the next round again; give it with what is known of it.

        Args:
            before: what to do when all is ready for the round.

        Raises:
            JournalError: agent or environment cannot go on from a state of theirs.
        """
        entry = next(self._entries)
        if self._recital is not None and entry.round > self._recital.last:
            self._recital.end()
            self._recital = None
        self.rehearsal.approach(entry.round)
        self._let_in(entry)
        self._prompt(entry)
        before()
        statuses = {}
        if entry.value("events") is not None:
            statuses = statuses_in(entry.values("lived"), self._members)
        rules = self.rehearsal.rules(self._rulebook.rules, entry.round, statuses)
        # What it takes now says nothing of what it took.
        step = self._stage.advance(replace(rules, metrics=False))
        self._check_states(entry.round)
        return step, entry

    def _let_in(self, entry: Entry) -> None:
        """Have what came from outside come again."""
        if removed := entry.value("removed"):
            self._remove(*removed)
        if rules := entry.value("rules"):
            self._rulebook.change(**rules)
        self._repeat(entry.value("tuned") or ())
        for post in self._posts.of(entry.value("events") or {}):
            self._stage.ensemble.reception.post(post)

    def _repeat(self, decisions: Iterable[Sequence[Any]]) -> None:
        try:
            self._stage.repeat([(group, key, after) for _, group, key, _, after in decisions])
        except ValueError as error:
            rule = f"its tuner had other settings, such as max_update_interval: {error}"
            raise JournalError(self.history.folder, rule) from error

    def _prompt(self, entry: Entry) -> None:
        self._members = entry.value("members") or self._members
        # Once nobody needs it, the rows need not be read for it.
        if self._prompts:
            answers = answers_in(entry.values("lived"), self._members)
            self._prompts = [one for one in self._prompts if one.prepare(entry.round, answers)]

    def _check_states(self, round: int) -> None:
        for prompt in self._prompts:
            if prompt.failed:
                rule = f"agent {prompt.name} cannot go on from its state of round {round}"
                raise JournalError(self.history.folder, f"{rule}: {prompt.failed}")

    def compare(self, entry: Entry, rows: Iterable[Row]) -> None:
        """Hold the rows of the round that was just played against those that were kept.

        Raises:
            DivergedError: they are not the same; on another machine, if others acted.
        """
        then = [row for row in entry.rows if row.kind in self._kinds]
        kinds = self._kinds
        if all(row.kind != "world" for row in then):
            kinds -= {"world"}  # nobody could say then what the environment was
        now = [row for row in rows if row.kind in kinds]
        if len(then) == len(now) and all(map(self._is_same, then, now)):
            return
        was = self._read(then)
        error = diverged(entry.round, was, now, self._members)
        if self._exact:
            raise error
        # Else what follows in the store would follow something that is not in it.
        if otherwise := done_otherwise(entry.round, was, now, self._members):
            raise otherwise
        if not self._differs:
            self._differs = True
            log.warning("replay.differs", round=entry.round, error=str(error))

    def _is_same(self, then: StoredRow, now: Row) -> bool:
        return (
            (then.kind, then.number) == (now.kind, now.number)
            and self.history.agent(then.agent) == now.agent
            and then.body == encode(now.value)
        )

    def _read(self, rows: Sequence[StoredRow]) -> list[Row]:
        agent = self.history.agent
        return [Row(row.kind, decode(row.body), agent(row.agent), row.number) for row in rows]

    def close(self) -> None:
        """Have everybody act for themselves, and let go of the journal."""
        for prompt in self._prompts:
            prompt.stop()
        self._prompts = []
        self.history.close()


def check_replayable(history: History, rulebook: Rulebook, stage: Stage, last: int) -> None:
    """See that all that decided how a run went is in its journal.

    Raises:
        JournalError: something is not.
    """
    if why := unrepeatable(rulebook.settings, history.charter.begun):
        raise JournalError(history.folder, why)
    shared = {host.name for host in stage.ensemble.hosts if shares_an_actor(host)}
    for round, absent in sorted(history.timing(last).absent.items()) if shared else ():
        if late := sorted(shared.intersection(absent)):
            rule = f"in round {round} {late[0]}, whose actor others share, gave no answer in time"
            raise JournalError(history.folder, rule)


def _states(history: History, rulebook: Rulebook, last: int) -> Mapping[str, tuple[int, Any]]:
    """Give the states with which agents go on as if they had lived all before.

    What they have said until then has to be nothing, and nobody may have failed: the kernel
    keeps more of that than their states hold.
    """
    if rulebook.settings.on_crash != "resume":
        return {}
    kinds = ("events", "removed")
    quiet = min((round for kind in kinds for round, _ in history.rows(kind)), default=inf)
    # What is said in a round is heard in the next one, and so is in that one's row.
    return history.states(min(quiet - 1, last))
