"""What can go wrong, by name; each error says whose turn it is to act.

First what was given, then start and stop, rounds and runs, what agents say and ask, agents that
fail, memories, what is on disk, benches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_MOST_SHOWN = 10
"""Names that an error lists; of more than these the nearest."""


class AntiphonError(Exception):
    """Everything that antiphon raises on purpose is one of these."""


class AgentIdError(AntiphonError, ValueError):
    """An agent id clashes or breaks the id pattern; the caller picks another."""

    def __init__(self, agent_id: object, rule: str) -> None:
        super().__init__(f"agent id {agent_id!r}: {rule}")
        self.agent_id = agent_id


class UnknownNameError(AntiphonError, LookupError):
    """No environment, agent type, profile or agent has this name; the caller mends it.

    Attributes:
        name: what was asked for.
        tried: where it was looked for, in order.
        known: the names that would have been found.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        tried: Sequence[str] = (),
        known: Sequence[str] = (),
        hint: str = "",
    ) -> None:
        words = [f"no {kind} is called {name!r}"]
        if tried:
            words.append(f"tried {', '.join(tried)}")
        if known:
            words.append(f"there are {', '.join(_shown(name, known))}")
        if hint:
            words.append(hint)
        super().__init__("; ".join(words))
        self.kind = kind
        self.name = name
        self.tried = tuple(tried)
        self.known = tuple(known)


def _shown(name: str, known: Sequence[str]) -> Sequence[str]:
    if len(known) <= _MOST_SHOWN:
        return known
    # Imported when used: most programs never mistype.
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=_MOST_SHOWN, cutoff=0.0)
    return [*near, f"{len(known) - len(near):,} more"]


class PluginError(AntiphonError):
    """A plug-in could not be loaded or does not keep its contract; its author mends it."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"plug-in {name!r}: {why}")
        self.name = name


class CleanupError(PluginError):
    """A clean-up broke or chose what it may not; the oldest went in place of its choice."""


class MissingExtraError(AntiphonError, ImportError):
    """An optional dependency is not installed; the message holds the install line."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'antiphon[{extra}]'")
        self.extra = extra


class SettingsError(AntiphonError, ValueError):
    """A setting is unknown or breaks its rule; the message names key, rule and source."""

    def __init__(self, key: str, why: str, *, source: str = "keyword") -> None:
        super().__init__(f"setting {key!r} (from {source}): {why}")
        self.key = key
        self.why = why
        self.source = source


class SettingsFileError(SettingsError):
    """A file of settings cannot be read; the caller mends it, or its path."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why, source="file")

    def __str__(self) -> str:
        return f"settings file {self.key} {self.why}"


class FieldError(AntiphonError, ValueError):
    """A part of what an agent was given breaks a rule; the caller mends it.

    Attributes:
        field: which part, for example "A[1]".
        rule: what it breaks, and what came.
        agent_id: whose, or None while it belongs to nobody.
    """

    def __init__(self, field: str, rule: str, *, agent_id: str | None = None) -> None:
        whose = f"agent {agent_id!r}: " if agent_id else ""
        super().__init__(f"{whose}{field} {rule}")
        self.field = field
        self.rule = rule
        self.agent_id = agent_id


class ModelError(FieldError):
    """A generative model breaks a rule; nothing was made from it."""


class UnsupportedModelError(ModelError):
    """An agent of pymdp does what only pymdp itself does, which can step it in a society too."""

    def __init__(self, field: str, rule: str, *, agent_id: str | None = None) -> None:
        remedy = 'from_pymdp(agent, backend="pymdp") steps pymdp\'s own'
        super().__init__(field, f"{rule}; {remedy}", agent_id=agent_id)


class ObservationError(FieldError):
    """An observation does not fit the agent's model; beliefs are as before."""


class StateError(FieldError):
    """A state is no tree of JSON values and arrays; its author mends ``get_state``."""


class PayloadError(FieldError):
    """What was to be sent breaks a rule, and nothing was sent; the sender mends it.

    ``field`` is where in the payload, for example ``payload["offer"][2]``.
    """


class TopicError(AntiphonError, ValueError):
    """A topic, pattern or key is not named by the rule; the caller picks another name.

    Attributes:
        name: what came.
    """

    def __init__(self, kind: str, name: object, rule: str) -> None:
        shown = repr(name) if isinstance(name, str) else f"of type {type(name).__name__}"
        super().__init__(f"{kind} {shown if len(shown) <= 80 else shown[:77] + '...'}: {rule}")
        self.name = name


class TooLargeError(AntiphonError, ValueError):
    """A value is larger, or nests deeper, than what is to hold it bears; nothing came of it."""


class StartError(AntiphonError, RuntimeError):
    """Nothing was started, because one actor could not be; its cause is chained.

    Attributes:
        actor: the actor that failed.
    """

    def __init__(self, actor: str, why: str) -> None:
        super().__init__(f"{actor} did not start, so nothing did: {why}")
        self.actor = actor


class TooManyActorsError(AntiphonError, RuntimeError):
    """The machine does not bear so many threads; nothing was started."""

    def __init__(self, wanted: int, limit: int, reason: str) -> None:
        super().__init__(
            f"{wanted:,} threaded actors need {wanted:,} threads, and this machine bears "
            f"about {limit:,} more ({reason}); use dispatcher='pooled' or dispatcher='inline', "
            "fewer agents, or raise that limit"
        )
        self.wanted = wanted
        self.limit = limit
        self.reason = reason


class StoppedError(AntiphonError, RuntimeError):
    """The society or the actor has been stopped; start a new one."""


class ForkedError(AntiphonError, RuntimeError):
    """What lives by a process's threads was used in its child by fork; make a new one there."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} lives in the parent process, and a child by fork has none of its threads; "
            "make a new one in the child"
        )
        self.what = what


class MembershipError(AntiphonError, RuntimeError):
    """An agent cannot leave its society, or not now; it stays, and all others with it.

    Attributes:
        agent_id: who.
    """

    def __init__(self, agent_id: str, why: str) -> None:
        super().__init__(f"agent {agent_id!r} cannot be removed: {why}")
        self.agent_id = agent_id


class RoundIncompleteError(AntiphonError, RuntimeError):
    """A round closed without every action, and on_missing is "raise".

    Attributes:
        round: its number.
        missing: ids without an action, sorted.
        outcome: everything that did arrive.
    """

    def __init__(self, round: int, missing: Sequence[str], outcome: object) -> None:
        super().__init__(f"round {round} did not close: no action from {', '.join(missing)}")
        self.round = round
        self.missing = tuple(missing)
        self.outcome = outcome


class RoundOpenError(AntiphonError, RuntimeError):
    """Somebody calls for a round or a run while one is open; call again when it has closed.

    One thread drives a society. An agent in its ``act`` tells and asks others by its context.

    Attributes:
        round: the one that is open.
    """

    def __init__(self, round: int) -> None:
        super().__init__(
            f"round {round} is open; call for the next one when it has closed, "
            "and not from within an act, whose context tells and asks others"
        )
        self.round = round


class WorldError(AntiphonError, RuntimeError):
    """The environment raised in reset or step; what it raised is chained, and is its to mend.

    Attributes:
        environment: its name.
    """

    def __init__(self, environment: str, where: str, why: str) -> None:
        super().__init__(f"environment {environment} failed in {where}: {why}")
        self.environment = environment


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a run; ``run`` holds what was done until then."""

    def __init__(self, run: Any) -> None:
        super().__init__("interrupted")
        self.run = run


class OutboxFullError(AntiphonError, RuntimeError):
    """An agent says more than one answer carries; it sends less, or to several at once.

    Attributes:
        agent_id: who.
        limit: how many messages go with one answer.
    """

    def __init__(self, agent_id: str, limit: int) -> None:
        super().__init__(
            f"agent {agent_id!r}: at most {limit:,} messages go with one answer, got one more"
        )
        self.agent_id = agent_id
        self.limit = limit


class OutboxClosedError(AntiphonError, RuntimeError):
    """The call that this context was made for is over; use the one of the call in hand.

    Attributes:
        agent_id: whose context.
        round: what it was made for.
    """

    def __init__(self, agent_id: str, round: int) -> None:
        super().__init__(
            f"agent {agent_id!r}: a context speaks during its own call alone, "
            f"and that of round {round} is over"
        )
        self.agent_id = agent_id
        self.round = round


class TimersFullError(AntiphonError, RuntimeError):
    """So many timers wait already that no other is taken; cancel some, or send fewer.

    Attributes:
        limit: how many may wait.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit:,} timers may wait, got one more")
        self.limit = limit


class AskError(AntiphonError, RuntimeError):
    """The agent raised while it answered, or answers no questions; its cause is chained."""


class AskTimeoutError(AntiphonError, TimeoutError):
    """No answer came in time; the agent may still be busy."""


class AskDeadlockError(AskError):
    """Waiting for this answer would never end, so nobody was asked; the asker goes on without.

    Attributes:
        path: who waits for whom, from the asker back to the asker.
    """

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(f"nobody in this ring of asks could answer: {' -> '.join(path)}")
        self.path = tuple(path)


class MailboxFullError(AskError):
    """There is no room for the question; ask less, or give the receiver a larger mailbox.

    Attributes:
        receiver: whose mailbox.
        capacity: how many letters it holds.
    """

    def __init__(self, receiver: str, capacity: int | None) -> None:
        super().__init__(f"the mailbox of {receiver or 'an actor'} is full: it holds {capacity:,}")
        self.receiver = receiver
        self.capacity = capacity


class OutdatedError(AskError):
    """The sender sent a newer one before this was read; it waits for that one's answer.

    Attributes:
        receiver: who did not read it.
    """

    def __init__(self, receiver: str) -> None:
        super().__init__(f"a newer one came before {receiver or 'the actor'} read this")
        self.receiver = receiver


class LostLetterError(AntiphonError, RuntimeError):
    """Letters have got lost or doubled, which is a fault of the kernel: please report it."""


class DownError(AskError):
    """The agent is out after a failure; ask again when it is back, if it comes back.

    Attributes:
        agent_id: who.
        until: the first round in which it is called again; None if it never is.
    """

    def __init__(self, agent_id: str, until: int | None, why: str) -> None:
        how_long = "for good" if until is None else f"until round {until}"
        super().__init__(f"agent {agent_id} is down {how_long}: {why}")
        self.agent_id = agent_id
        self.until = until


class RestartError(AntiphonError, RuntimeError):
    """An agent could not be built anew, and supervision decides again; the cause is chained.

    Attributes:
        agent_id: who.
        step: what raised: "create", "reset" or "set_state".
    """

    def __init__(self, agent_id: str, step: str, why: str) -> None:
        super().__init__(f"agent {agent_id} could not be restarted: {step} raised {why}")
        self.agent_id = agent_id
        self.step = step


class EscalatedError(AntiphonError, RuntimeError):
    """An agent failed, and supervision leaves it to whoever runs the society, which stops.

    Attributes:
        agent_id: who; what it raised is chained.
        round: in which.
    """

    def __init__(self, agent_id: str, round: int, why: str) -> None:
        super().__init__(f"agent {agent_id} failed in round {round}, and that is escalated: {why}")
        self.agent_id = agent_id
        self.round = round


class WorkerError(AntiphonError, RuntimeError):
    """A worker process did not do a job: it died, took too long, or the job raised there.

    Attributes:
        worker: its name.
        why: what happened, in words.
    """

    def __init__(self, worker: str, why: str) -> None:
        super().__init__(f"worker process {worker}: {why}")
        self.worker = worker
        self.why = why


class MemoryOffError(AntiphonError, RuntimeError):
    """A memory was read in a society that keeps none."""

    def __init__(self) -> None:
        super().__init__(
            "this society keeps no memories; found it with memory_size=500, say, or on the "
            "command line --memory 500"
        )


class MemoryLawError(AntiphonError, RuntimeError):
    """A memory lost an experience or counted one twice: please report it.

    Attributes:
        agent_id: whose memory.
    """

    def __init__(self, agent_id: str, why: str) -> None:
        super().__init__(f"memory of {agent_id or 'an agent'}: {why}")
        self.agent_id = agent_id


class FrozenRangeError(AntiphonError, RuntimeError):
    """A range of a memory is frozen, replaced or thawed out of turn, and nothing changed.

    Attributes:
        agent_id: whose memory.
    """

    def __init__(self, agent_id: str, rule: str) -> None:
        super().__init__(f"memory of {agent_id or 'an agent'}: {rule}")
        self.agent_id = agent_id


class ConsolidationError(AntiphonError):
    """A strategy made nothing of what it was given, which stays in memory; its author mends it.

    Attributes:
        agent_id: whose memories they are.
        strategy: its name.
        rule: what it broke, and what came.
    """

    def __init__(self, agent_id: str, strategy: str, rule: str) -> None:
        super().__init__(f"memories of agent {agent_id!r}, strategy {strategy!r}: {rule}")
        self.agent_id = agent_id
        self.strategy = strategy
        self.rule = rule


class StoreError(AntiphonError, OSError):
    """The store of a run could not be read or written; whoever runs it looks at the file.

    What was committed before is as it was, and what was not can be committed again.

    Attributes:
        path: the file.
        rule: what it breaks, or what the machine said.
    """

    def __init__(self, path: object, rule: str) -> None:
        super().__init__(f"{path}: {rule}")
        self.path = str(path)
        self.rule = rule


class StoreFullError(StoreError):
    """There is no space for more rounds; make some, and have them committed again."""


class StoreCorruptError(StoreError):
    """A file is not what was written; take it from a copy, or go back to a round before.

    Attributes:
        round: the first round that cannot be trusted; None where nobody can tell.
    """

    def __init__(self, path: object, rule: str, *, round: int | None = None) -> None:
        super().__init__(path, rule if round is None else f"round {round}: {rule}")
        self.round = round


class JournalError(AntiphonError, RuntimeError):
    """A run cannot be played again; the message says what is missing, and who can give it.

    Attributes:
        path: the run's folder.
    """

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"run {path} cannot be played again: {why}")
        self.path = str(path)


class DivergedError(AntiphonError, RuntimeError):
    """A run that was played again went another way: something in it is left to chance.

    Attributes:
        round: the first that is not as it was.
        agent_id: the first, by id, for whom it is not; empty where it is nobody's.
        what: which part of it.
    """

    def __init__(self, round: int, agent_id: str, what: str, then: str, now: str) -> None:
        whose = f" of agent {agent_id}" if agent_id else ""
        super().__init__(f"round {round} goes another way: {what}{whose} was {then}, is {now}")
        self.round = round
        self.agent_id = agent_id
        self.what = what


class ArchiveError(AntiphonError, ValueError):
    """A file is no archive of a run, or would do harm; nothing was made of it.

    Attributes:
        path: the file.
    """

    def __init__(self, path: object, rule: str) -> None:
        super().__init__(f"archive {path}: {rule}")
        self.path = str(path)


class WorkError(AntiphonError):
    """A variant did not do the work that it was timed for, so there is no result.

    Attributes:
        variant: which one.
    """

    def __init__(self, variant: str, why: str) -> None:
        super().__init__(f"bench variant {variant!r} did not do its work: {why}")
        self.variant = variant
