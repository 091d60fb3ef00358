"""Which configuration suits so many agents of a kind on this machine, and why.

The rules compare figures of ``measured.py``; nothing is guessed, and what is estimated from
them says so.
"""

from __future__ import annotations

import math

from ...settings import SocietySettings
from .machine import Machine
from .measured import (
    ACT_SECONDS,
    CROWD,
    CROWDED_CALL,
    EXPLORER_BYTES,
    POOLED_BYTES,
    POOLED_CALL,
    POOLED_WAIT,
    TAIL,
    THREADED_BYTES,
    THREADED_CALL,
    THREADED_WAIT,
)
from .recommendation import Recommendation, Workers

COMPUTING = ("cpu", "fast", "balanced", "accurate")
WAITING = ("blocking", "llm")
KINDS = (*COMPUTING, *WAITING)
"""cpu: computes; fast, balanced, accurate: explorers of that profile; blocking: waits some
milliseconds for files, databases, services; llm: waits seconds for a language model."""


def recommend(
    n_agents: int,
    kind: str | None = None,
    machine: Machine | None = None,
    *,
    act_seconds: float | None = None,
    at_once: int | None = None,
) -> Recommendation:
    """Recommend how to run so many agents.

    Args:
        kind: one of ``KINDS``; None: nothing is known of them.
        machine: None for this one.
        act_seconds: how long one act takes, if known; explorers' is.
        at_once: how many agents what they wait for can serve at once; None: all.

    Raises:
        ValueError: a count is no whole number >= 1, there is no such kind, or an act takes
            no time.
    """
    _check(n_agents, kind, act_seconds, at_once)
    machine = machine or Machine.here()
    act = ACT_SECONDS.get(kind or "") if act_seconds is None else act_seconds
    dispatcher, why_dispatcher = _dispatcher(n_agents, kind, machine)
    batch_size = at_once if at_once is not None and at_once < n_agents else None
    pool, why_workers = _workers(batch_size or n_agents, kind, machine)
    workers = pool if dispatcher == "pooled" else None
    together = min(batch_size or n_agents, n_agents if workers is None else workers.maximum)
    seconds, why_round = _round(n_agents, kind, act, together, machine, pooled=bool(workers))
    timeout, why_timeout = _timeout(seconds)
    memory = _memory(n_agents, kind, dispatcher)
    fits = memory < machine.memory_bytes
    return Recommendation(
        n_agents=n_agents,
        kind=kind,
        dispatcher=dispatcher,
        workers=workers,
        batch_size=batch_size,
        timeout=timeout,
        round_seconds=seconds,
        memory_bytes=memory,
        fits=fits,
        reasons={
            "dispatcher": why_dispatcher,
            "workers": why_workers if workers else "a thread each; there is no pool",
            "batch_size": _why_batch_size(batch_size, kind),
            "timeout": why_timeout,
            "round": why_round,
            "memory": _why_memory(memory, kind, machine, fits=fits),
        },
    )


def _check(n_agents: int, kind: str | None, act_seconds: float | None, at_once: int | None) -> None:
    for name, count in (("n_agents", n_agents), ("at_once", 1 if at_once is None else at_once)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} must be a whole number >= 1, got {count!r}")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if act_seconds is not None and not 0 < act_seconds < math.inf:
        raise ValueError(f"act_seconds must be a finite number > 0, got {act_seconds!r}")


def _dispatcher(n_agents: int, kind: str | None, machine: Machine) -> tuple[str, str]:
    bearable = min(CROWD, machine.threads)
    if kind in COMPUTING:
        return "pooled", (
            "agents that compute gain nothing by threads of their own, which made rounds of "
            "100 µs acts 45 to 66 % longer, a pool less than 5 %"
        )
    if kind is None:
        return "pooled", (
            f"calling an agent costs {_span(POOLED_CALL)}, against {_span(THREADED_CALL)} with a "
            "thread each, and the pool grows when agents turn out to wait"
        )
    if n_agents <= bearable:
        return "threaded", (
            "each agent waits on its own thread: 1,000 of 5 ms took 36 ms a round, and 40 in a "
            "pool, which has to find out first that they wait"
        )
    limit = f"this machine bears {machine.threads:,} threads ({machine.threads_bound})"
    crowd = (
        f"with a thread each a call cost {_span(THREADED_CALL)} at {CROWD:,} agents, but "
        f"{_span(CROWDED_CALL)} at {10 * CROWD:,}"
    )
    why = limit if bearable < CROWD else crowd
    return "pooled", (
        f"{why}; say blocking = True in the agents' class, with which 1,000 agents of 5 ms took "
        "29 ms a round in place of 40"
    )


def _workers(n_agents: int, kind: str | None, machine: Machine) -> tuple[Workers, str]:
    most = max(1, min(n_agents, machine.threads))
    if kind == "llm":
        return Workers(1, most, most), (
            "as many as agents, as far as the machine bears it: waits of seconds outweigh what "
            "a crowd of threads costs"
        )
    if kind == "blocking":
        most = min(most, CROWD)
        return Workers(1, most, most), (
            f"one for each agent that waits, up to {CROWD:,}: beyond, threads cost more than they "
            "shorten waits of milliseconds"
        )
    most = max(1, min(SocietySettings().pool_maximum, machine.threads))
    first = min(most, 1 if machine.gil else machine.cores)
    return Workers(1, first, most), (
        ("Python runs one thread at a time" if machine.gil else "one for each core")
        + "; the pool grows only while work waits and the process does not compute"
    )


def _round(
    n_agents: int,
    kind: str | None,
    act: float | None,
    together: int,
    machine: Machine,
    *,
    pooled: bool,
) -> tuple[float | None, str]:
    if kind is None or act is None:
        return None, (
            "the time of an act is not known here; the calls alone take about "
            f"{_span(n_agents * POOLED_CALL)} in a pool. Measure with antiphon run, or say it"
        )
    if kind in WAITING:
        turns = math.ceil(n_agents / together)
        each = POOLED_WAIT if pooled else THREADED_WAIT
        seconds = turns * act + n_agents * each
        waits = f"one wait of {_span(act)}" if turns == 1 else f"{turns:,} waits of {_span(act)}"
        return seconds, (
            f"about {_span(seconds)}, an estimate: {waits}, and {_span(each)} for each agent"
        )
    cores = 1 if machine.gil else min(machine.cores, together)
    seconds = n_agents * (act / cores + POOLED_CALL)
    return seconds, (
        f"about {_span(seconds)}, an estimate: {n_agents:,} acts of {_span(act)}, {cores} at a time"
    )


def _timeout(seconds: float | None) -> tuple[float, str]:
    usual = SocietySettings().timeout
    if seconds is None:
        return usual, (
            "the default, a fuse; where rounds must keep a pace, take several times the p99 that "
            "antiphon run shows"
        )
    tail = TAIL * seconds
    if tail <= usual:
        return usual, f"the default, a fuse; one round in a hundred may take about {_span(tail)}"
    timeout = float(math.ceil(tail))
    return timeout, f"{TAIL:g} times the estimated round: one in a hundred may take that long"


def _memory(n_agents: int, kind: str | None, dispatcher: str) -> int:
    actor = POOLED_BYTES if dispatcher == "pooled" else THREADED_BYTES
    return n_agents * (actor + (EXPLORER_BYTES if kind in ACT_SECONDS else 0))


def _why_memory(memory: int, kind: str | None, machine: Machine, *, fits: bool) -> str:
    what = (
        "actors and explorers" if kind in ACT_SECONDS else "actors; what agents keep comes on top"
    )
    there = f"{machine.memory_bytes / 2**30:.1f} GiB"
    verdict = f"of {there}" if fits else f"more than the {there} that there are: use fewer agents"
    return f"about {memory / 2**20:,.2f} MiB for the {what} ({verdict})"


def _why_batch_size(batch_size: int | None, kind: str | None) -> str:
    if batch_size is not None:
        return f"{batch_size:,}: what they wait for serves no more at once"
    if kind in WAITING:
        return "none, all at once; if what they wait for serves only so many, say so"
    return "none, all at once: the dispatcher itself keeps threads from fighting"


def _span(seconds: float) -> str:
    """Give a time in the unit that suits it."""
    if seconds >= 1:
        return f"{seconds:,.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"
