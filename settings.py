"""Settings: what can be set, by which rule, and its default.

Where the values come from is the business of ``layers``.
"""

from __future__ import annotations

import configparser
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

from .errors import SettingsError

Parse = Callable[[Any], Any]


class SettingsType(Protocol):
    """A frozen dataclass whose fields come from ``setting`` and that names its section."""

    section: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def setting(
    default: Any,
    parse: Parse,
    doc: str,
    *,
    aliases: Mapping[str, Parse] | None = None,
    run_time: bool = False,
) -> Any:
    """Declare one setting of a frozen settings type.

    Args:
        parse: turns text or a value into the value, or raises ValueError with the rule.
        aliases: other names, each with what turns its value into this setting's.
        run_time: whether it may change while the society runs.
    """
    return field(
        default=default,
        metadata={"parse": parse, "doc": doc, "aliases": aliases or {}, "run_time": run_time},
    )


def read_all(settings: Any) -> None:
    """Bring each value into its form, for ``__post_init__`` of a frozen dataclass of settings.

    Raises:
        ValueError: one breaks its rule; names it.
    """
    for entry in fields(settings):
        try:
            value = entry.metadata["parse"](getattr(settings, entry.name))
        except ValueError as error:
            raise ValueError(f"{entry.name} {error}") from None
        object.__setattr__(settings, entry.name, value)


def flag(value: Any) -> bool:
    """Accept true and false in the spellings of INI files."""
    if isinstance(value, bool):
        return value
    known = configparser.ConfigParser.BOOLEAN_STATES
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError(f"must be true or false, got {value!r}")


def number(*, above: float | None = None, least: float | None = None) -> Parse:
    """Accept a finite number within bounds."""

    def parse(value: Any) -> float:
        try:
            result = float("nan" if isinstance(value, bool) else value)
        except (TypeError, ValueError):
            result = float("nan")
        rule = "must be a finite number"
        rule += f" > {above:g}" if above is not None else ""
        rule += f" >= {least:g}" if least is not None else ""
        too_low = (above is not None and result <= above) or (least is not None and result < least)
        if not abs(result) < float("inf") or too_low:
            raise ValueError(f"{rule}, got {value!r}")
        return result

    return parse


def whole(*, least: int | None = None) -> Parse:
    """Accept a whole number with a lower bound."""

    def parse(value: Any) -> int:
        rule = "must be a whole number" + (f" >= {least}" if least is not None else "")
        try:
            result = int(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{rule}, got {value!r}") from None
        exact = isinstance(value, str) or (not isinstance(value, bool) and result == value)
        if not exact or (least is not None and result < least):
            raise ValueError(f"{rule}, got {value!r}")
        return result

    return parse


def choice(*options: str) -> Parse:
    """Accept one of a few words."""

    def parse(value: Any) -> str:
        if value in options:
            return str(value)
        near = difflib.get_close_matches(str(value), options, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"must be one of {', '.join(options)}, got {value!r}{hint}")

    return parse


def optional(parse: Parse) -> Parse:
    """Accept None, also spelt as in an INI file, or what ``parse`` accepts."""

    def parse_optional(value: Any) -> Any:
        absent = value is None or (isinstance(value, str) and value.lower() in ("none", ""))
        return None if absent else parse(value)

    return parse_optional


def anything(value: Any) -> Any:
    """Accept every value as it is."""
    return value


def json_value(value: Any) -> Any:
    """Accept every value; text, as files and the environment give it, is read as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _named_or_protocol(value: Any) -> Any:
    if (isinstance(value, str) and value) or callable(getattr(value, "enough", None)):
        return value
    raise ValueError(f"must be a name such as quorum:0.8, or have enough(), got {value!r:.40}")


def _named_or_callable(value: Any) -> Any:
    if (isinstance(value, str) and value) or callable(value):
        return value
    raise ValueError(f"must be a name such as exponential:0.02, or callable, got {value!r:.40}")


def _threaded_or_inline(value: Any) -> str:
    return "threaded" if flag(value) else "inline"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocietySettings:
    """How a society calls its agents; each field says what it changes."""

    section: ClassVar[str] = "society"

    seed: int = setting(0, whole(least=0), "where all chance comes from")
    dispatcher: str = setting(
        "threaded",
        choice("threaded", "pooled", "inline", "simulated"),
        "threaded: a thread for each actor; pooled: many actors over a few threads; "
        "inline: one after another, no threads; simulated: one at a time and a virtual clock, "
        "where the seed chooses who is next",
        aliases={
            "parallel_agent_actions": _threaded_or_inline,
            "parallelize": _threaded_or_inline,
        },
    )
    timeout: float = setting(
        30.0,
        number(above=0),
        "seconds until a round's one deadline",
        aliases={"parallel_execution_timeout": anything},
        run_time=True,
    )
    protocol: Any = setting(
        "barrier",
        _named_or_protocol,
        "when a round may close before its deadline: barrier, when all have answered; quorum:0.8 "
        "or quorum:7, when that share or number of those called have acted; first:3; or a "
        "plug-in. The others are unneeded",
    )
    protocol_patience: float = setting(
        0.0,
        number(least=0),
        "seconds for which a round goes on once its protocol has enough; who answers within them "
        "has acted too, so that only stragglers are unneeded",
        run_time=True,
    )
    latency: Any = setting(
        None,
        optional(_named_or_callable),
        "simulated: seconds of virtual time that answers take, drawn by seed, agent and round: "
        "constant:0.01, uniform:0.01,0.05, exponential:0.02, lognormal:0.01,0.8 (median and "
        "sigma), or package.module:name of what draws one from a numpy generator",
    )
    on_missing: str | None = setting(
        None,
        optional(choice("noop", "repeat", "default", "drop", "raise")),
        "what stands in for a missing action; None: noop in an environment, else drop",
        run_time=True,
    )
    default_action: Any = setting(
        None, json_value, "the action for on_missing='default'", run_time=True
    )
    batch_size: int | None = setting(
        None,
        optional(whole(least=1)),
        "how many agents may be acting at once; None: all",
        aliases={"max_workers": anything},
        run_time=True,
    )
    metrics: bool = setting(
        True,
        flag,
        "keep latencies, round times and concurrency",
        aliases={"collect_parallel_metrics": anything},
        run_time=True,
    )
    tables: bool = setting(
        True,
        flag,
        "stream per-step agent and model tables to disk",
        aliases={"enable_observability": anything},
    )
    pool_minimum: int = setting(
        1,
        whole(least=1),
        "pooled: threads that stay though there is nothing to do",
        aliases={"min_workers": anything},
    )
    pool_initial: int = setting(
        1,
        whole(least=1),
        "pooled: threads at the start",
        aliases={"initial_workers": anything},
    )
    pool_maximum: int = setting(
        1024, whole(least=1), "pooled: the most threads, those stuck in agents included"
    )
    pool_threshold: float = setting(
        0.85,
        number(above=0),
        "pooled: share of one core below which waiting work brings more threads in",
        aliases={"scaling_threshold": anything},
    )
    pool_interval: float = setting(
        0.002,
        number(above=0),
        "pooled: seconds between two looks at whether the threads get on",
        aliases={"monitoring_interval": anything},
    )
    pool_patience: float = setting(
        10.0, number(above=0), "pooled: seconds after which a thread without work leaves"
    )
    delivery: str = setting(
        "ordered",
        choice("ordered", "immediate"),
        "ordered: what agents say is heard before the next round, the same in every run; "
        "immediate: at once",
    )
    heard_per_sender: int = setting(
        100, whole(least=1), "messages of one sender that one agent hears before one round"
    )
    heard_per_round: int = setting(
        10_000, whole(least=1), "messages that one agent hears before one round"
    )
    mailbox_capacity: int | None = setting(
        10_000,
        optional(whole(least=1)),
        "letters that wait for one agent at most, calls and stops apart; None: any number",
    )
    overflow: str = setting(
        "refuse",
        choice("refuse", "drop_newest", "drop_oldest"),
        "which letter goes when a mailbox is full: the one that comes, or the newest or oldest; "
        "always one of the sender that has the most there",
    )
    on_crash: str = setting(
        "resume",
        choice("resume", "restart", "stop", "escalate"),
        "what becomes of an agent that raised: resume with the state it has, restart from its "
        "last snapshot, stop it, or escalate and stop the society",
    )
    max_restarts: int = setting(
        3, whole(least=0), "restarts of one agent in a window; one failure more is quarantine"
    )
    restart_window: int = setting(100, whole(least=1), "the window of max_restarts, in rounds")
    backoff: int = setting(
        1, whole(least=0), "rounds that a first restart sits out; each next one up to twice as many"
    )
    backoff_limit: int = setting(32, whole(least=0), "the most rounds that a restart sits out")
    snapshot_interval: int = setting(
        10, whole(least=1), "rounds between two snapshots of an agent that defines get_state"
    )
    state_interval: int = setting(
        250,
        whole(least=1),
        "rounds between two states of agents and environment in the journal of a run with a "
        "folder, for those that define get_state and set_state; resume goes on from the last",
    )
    gc_interval: int = setting(
        0,
        whole(least=0),
        "rounds between two collections of garbage, made between rounds; 0: when Python sees fit",
    )
    tuner: bool = setting(
        False,
        flag,
        "hold acts to the target_ms of their profile by thinking less or more; as that depends "
        "on measured times, one seed no longer gives one trace",
    )
    disk_patience: float = setting(
        3600.0,
        number(least=0),
        "seconds for which a run with a folder waits for space when its disk is full",
        run_time=True,
    )
    start_timeout: float = setting(30.0, number(above=0), "seconds that all starts may take")
    grace: float = setting(1.0, number(least=0), "seconds that stop waits for busy agents")

    def __post_init__(self) -> None:
        """Hold the values against each other.

        Raises:
            SettingsError: naming what does not fit.
        """
        for key in ("pool_minimum", "pool_initial"):
            if (threads := getattr(self, key)) > self.pool_maximum:
                rule = f"must be <= pool_maximum, which is {self.pool_maximum}"
                raise SettingsError(key, f"{rule}, got {threads}")
