"""Which configuration suits so many agents of a kind on this machine, and why.

The rules compare figures of ``measured.py``; nothing is guessed, and what is estimated from
them says so.
"""

from __future__ import annotations

import math

from ...settings import SocietySettings
from .machine import Machine
from .measured import (
    CROWD,
    CROWDED_CALL,
    DECLARED_WAIT,
    EXPLORER_BYTES,
    EXPLORERS,
    FIRST_WAIT,
    POOLED_BYTES,
    POOLED_CALL,
    POOLED_OVER_LOOP,
    POOLED_WAIT,
    TAIL,
    THREADED_CALL,
    THREADED_OVER_LOOP,
    THREADED_WAIT,
    act_seconds_of,
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
    act = act_seconds_of(kind) if act_seconds is None else act_seconds
    batch_size = at_once if at_once is not None and at_once < n_agents else None
    workers, why_workers = _workers(batch_size or n_agents, kind, machine)
    together = min(batch_size or n_agents, workers.maximum)
    seconds, why_round = _round(n_agents, kind, act, together, machine)
    timeout, why_timeout = _timeout(seconds)
    memory = _memory(n_agents, kind)
    fits = memory < machine.memory_bytes
    return Recommendation(
        n_agents=n_agents,
        kind=kind,
        dispatcher="pooled",
        workers=workers,
        batch_size=batch_size,
        timeout=timeout,
        round_seconds=seconds,
        memory_bytes=memory,
        fits=fits,
        reasons={
            "dispatcher": _why_pooled(kind),
            "workers": why_workers,
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


def _why_pooled(kind: str | None) -> str:
    if kind in COMPUTING:
        return (
            "agents that compute gain nothing by threads of their own, which made rounds of "
            f"200 µs acts {THREADED_OVER_LOOP:.0%} longer, a pool {POOLED_OVER_LOOP:.0%}"
        )
    if kind is None:
        return (
            f"calling an agent costs {_span(POOLED_CALL)}, against {_span(THREADED_CALL)} with a "
            "thread each, and the pool grows when agents turn out to wait"
        )
    return (
        f"1,000 agents that wait 5 ms took {_of_waits(POOLED_WAIT)} a round, "
        f"{_of_waits(FIRST_WAIT)} when the pool had to find out that they wait, and "
        f"{_of_waits(THREADED_WAIT)} with a thread each; blocking = True in their class makes "
        f"it {_of_waits(DECLARED_WAIT)}"
    )


def _of_waits(each: float) -> str:
    return f"{5 + 1_000 * each * 1e3:.0f} ms"


def _workers(n_agents: int, kind: str | None, machine: Machine) -> tuple[Workers, str]:
    most = max(1, min(n_agents, machine.threads))
    bound = "" if most == n_agents else f"; it bears {most:,} threads ({machine.threads_bound})"
    if kind == "llm":
        return Workers(1, most, most), (
            "as many as agents, as far as the machine bears it: waits of seconds outweigh what "
            f"a crowd of threads costs{bound}"
        )
    if kind == "blocking":
        most = min(most, CROWD)
        return Workers(1, most, most), (
            f"one for each agent that waits, up to {CROWD:,}: there a call to a thread took "
            f"{_span(THREADED_CALL)}, and {_span(CROWDED_CALL)} among {10 * CROWD:,}{bound}"
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
) -> tuple[float | None, str]:
    if kind is None or act is None:
        return None, (
            "the time of an act is not known here; the calls alone take about "
            f"{_span(n_agents * POOLED_CALL)} in a pool. Measure with antiphon run, or say it"
        )
    if kind in WAITING:
        turns = math.ceil(n_agents / together)
        seconds = turns * act + n_agents * POOLED_WAIT
        waits = f"one wait of {_span(act)}" if turns == 1 else f"{turns:,} waits of {_span(act)}"
        return seconds, (
            f"about {_span(seconds)}, an estimate: {waits}, and {_span(POOLED_WAIT)} for each agent"
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


def _memory(n_agents: int, kind: str | None) -> int:
    return n_agents * (POOLED_BYTES + (EXPLORER_BYTES if kind in EXPLORERS else 0))


def _why_memory(memory: int, kind: str | None, machine: Machine, *, fits: bool) -> str:
    what = "actors and explorers" if kind in EXPLORERS else "actors; what agents keep comes on top"
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
