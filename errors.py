"""What can go wrong, by name; each error says whose turn it is to act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


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
            words.append(f"there are {', '.join(known)}")
        if hint:
            words.append(hint)
        super().__init__("; ".join(words))
        self.kind = kind
        self.name = name
        self.tried = tuple(tried)
        self.known = tuple(known)


class PluginError(AntiphonError):
    """A plug-in could not be loaded or does not keep its contract; its author mends it."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"plug-in {name!r}: {why}")
        self.name = name


class SettingsError(AntiphonError, ValueError):
    """A setting is unknown or breaks its rule; the message names key, rule and source."""

    def __init__(self, key: str, why: str, *, source: str = "keyword") -> None:
        super().__init__(f"setting {key!r} (from {source}): {why}")
        self.key = key
        self.why = why
        self.source = source


class MissingExtraError(AntiphonError, ImportError):
    """An optional dependency is not installed; the message holds the install line."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'antiphon[{extra}]'")
        self.extra = extra


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


class ObservationError(FieldError):
    """An observation does not fit the agent's model; beliefs are as before."""


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
            f"about {limit:,} more ({reason}); use fewer agents, dispatcher='inline', "
            "or raise that limit"
        )
        self.wanted = wanted
        self.limit = limit
        self.reason = reason


class StoppedError(AntiphonError, RuntimeError):
    """The society or the actor has been stopped; start a new one."""


class WorldError(AntiphonError, RuntimeError):
    """The environment raised in reset or step; what it raised is chained, and is its to mend.

    Attributes:
        environment: its name.
    """

    def __init__(self, environment: str, where: str, why: str) -> None:
        super().__init__(f"environment {environment} failed in {where}: {why}")
        self.environment = environment


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


class AskError(AntiphonError, RuntimeError):
    """The agent raised while it answered, or answers no questions; its cause is chained."""


class AskTimeoutError(AntiphonError, TimeoutError):
    """No answer came in time; the agent may still be busy."""


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a run; ``run`` holds what was done until then."""

    def __init__(self, run: Any) -> None:
        super().__init__("interrupted")
        self.run = run


class WorkError(AntiphonError):
    """A variant did not do the work that it was timed for, so there is no result.

    Attributes:
        variant: which one.
    """

    def __init__(self, variant: str, why: str) -> None:
        super().__init__(f"bench variant {variant!r} did not do its work: {why}")
        self.variant = variant
