"""What is looked at in a health check: one small function for each thing that may be wrong."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Callable
from typing import Any

from ...actors.mail.dead_letters import Reason
from .health import Health, HealthSettings, listed
from .stumbles import Stumbles
from .warning import HealthWarning

_SHOWN = 10
"""How many names go into the figures of one warning, of perhaps 200,000."""

Check = Callable[[Health, HealthSettings], HealthWarning | None]


def examine(health: Health, settings: HealthSettings | None = None) -> Health:
    """Give the same with the warnings that its figures deserve."""
    settings = settings or HealthSettings()
    found = (check(health, settings) for check in CHECKS)
    return dataclasses.replace(health, warnings=tuple(w for w in found if w is not None))


def _load(health: Health, settings: HealthSettings) -> HealthWarning | None:
    pool, load = health.kernel.pool, health.load
    if pool is None or load is None or load <= settings.max_load:
        return None
    if pool.maximum >= health.members:
        return None  # everyone can be at work at once: a full pool holds nobody up
    message = (
        f"the pool's {pool.maximum:,} workers are nearly always busy: raise pool_maximum, or let "
        "agents wait less inside act"
    )
    return _warning(
        "load.high", message, load=load, max_load=settings.max_load, pool_maximum=pool.maximum
    )


def _hung(health: Health, settings: HealthSettings) -> HealthWarning | None:
    hung = health.kernel.hung
    if not hung:
        return None
    message = (
        f"{_agents(len(hung))} did not come back and hold their threads until the process "
        f"ends: {listed(hung)}; give what they wait for a time limit of its own"
    )
    return _warning("threads.hung", message, count=len(hung), agents=list(hung[:_SHOWN]))


def _timeouts(health: Health, settings: HealthSettings) -> HealthWarning | None:
    rate, most = health.agents.timeout_rate, settings.max_timeout_rate
    if rate <= most:
        return None
    busy = f"; still at work: {listed(health.busy)}" if health.busy else ""
    message = (
        f"{rate:.1%} of the calls got no answer in time: raise the timeout, or make the slow "
        f"agents faster{busy}"
    )
    return _warning(
        "timeouts.many",
        message,
        timeout_rate=rate,
        max_timeout_rate=most,
        busy=len(health.busy),
        agents=list(health.busy[:_SHOWN]),
    )


def _errors(health: Health, settings: HealthSettings) -> HealthWarning | None:
    rate, most = health.agents.error_rate, settings.max_error_rate
    if rate <= most:
        return None
    last = next((a for a in health.agents.failing if a.last_error), None)
    example = "" if last is None else f"; the last error of {last.agent_id}: {last.last_error}"
    message = (
        f"{rate:.1%} of the calls ended in a crash or an action outside its space: mend the "
        f"agents{example}"
    )
    return _warning("errors.many", message, error_rate=rate, max_error_rate=most)


def _success(health: Health, settings: HealthSettings) -> HealthWarning | None:
    rate, least = health.agents.success_rate, settings.min_success_rate
    if rate is None or rate >= least:
        return None
    if _errors(health, settings) or _timeouts(health, settings):
        return None  # told already, and with the reason
    message = (
        f"only {rate:.1%} of the calls ended in an action of the agent's own; "
        "outcome.status tells how the others ended"
    )
    return _warning("success.low", message, success_rate=rate, min_success_rate=least)


def _failing_agents(health: Health, settings: HealthSettings) -> HealthWarning | None:
    least = settings.min_agent_success_rate
    bad = [agent for agent in health.agents.failing if agent.success_rate < least]
    if not bad:
        return None
    worst = bad[0]
    how = ", ".join(str(status) for status in worst.missed)
    error = f", last error {worst.last_error}" if worst.last_error else ""
    message = (
        f"{listed(tuple(agent.agent_id for agent in bad))} seldom act: {worst.agent_id} in "
        f"{worst.success_rate:.1%} of its rounds ({how}{error}); mend, remove or restart them"
    )
    return _warning(
        "agents.failing",
        message,
        agents={agent.agent_id: agent.success_rate for agent in bad},
        min_agent_success_rate=least,
    )


def _stumbles(health: Health, settings: HealthSettings) -> HealthWarning | None:
    stumbles = Stumbles.of(health.kernel)
    if not stumbles:
        return None
    message = f"{stumbles}; mend it, for what it was to hear or do is not repeated"
    worst = stumbles.worst(_SHOWN)
    return _warning("agents.stumbling", message, count=len(stumbles.counts), failures=worst)


def _mailboxes(health: Health, settings: HealthSettings) -> HealthWarning | None:
    full = [
        mailbox
        for mailbox in health.kernel.largest
        if mailbox.waiting > settings.max_waiting
        or mailbox.waiting > settings.max_mailbox_share * (mailbox.capacity or float("inf"))
    ]
    if not full:
        return None
    fullest = full[0]
    message = (
        f"{fullest.waiting:,} letters wait for {fullest.actor}: whoever writes to it should "
        "write less, or it should read faster"
    )
    waiting = {mailbox.actor: mailbox.waiting for mailbox in full}
    return _warning("mailboxes.full", message, waiting=waiting, max_waiting=settings.max_waiting)


def _dead_letters(health: Health, settings: HealthSettings) -> HealthWarning | None:
    # That a newer one took its place is what its sender wanted.
    dead = {r: n for r, n in health.kernel.dead_letters.items() if r != Reason.CONFLATED}
    count = sum(dead.values())
    if count <= settings.max_dead_letters * max(1, health.agents.rounds):
        return None
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(dead.items()) if n)
    message = (
        f"{count:,} letters were never handled ({reasons}): look at who writes to agents "
        "that are down, slow or flooded"
    )
    return _warning("letters.dead", message, dead_letters=dict(dead))


def _restarts(health: Health, settings: HealthSettings) -> HealthWarning | None:
    most = settings.max_actor_restarts
    often = {actor: times for actor, times in health.kernel.restarts.items() if times > most}
    if not often:
        return None
    count = len(often)
    often = dict(heapq.nlargest(_SHOWN, often.items(), key=lambda item: item[1]))
    worst = next(iter(often))
    message = (
        f"{_agents(count)} had to be restarted, {worst} {_times(often[worst])}: mend what "
        "they raise, for each restart takes an agent back to its last snapshot"
    )
    figures = {"count": count, "restarts": often, "max_actor_restarts": most}
    return _warning("actors.restarted", message, **figures)


def _quarantine(health: Health, settings: HealthSettings) -> HealthWarning | None:
    down = health.kernel.quarantined
    if not down:
        return None
    message = (
        f"{_agents(len(down))} failed too often and will not be restarted: {listed(down)}; "
        "mend them and start the society anew"
    )
    return _warning("actors.quarantined", message, count=len(down), agents=list(down[:_SHOWN]))


def _memories(health: Health, settings: HealthSettings) -> HealthWarning | None:
    failures = health.memory_failures
    if not failures:
        return None
    message = (
        f"{failures}: mend what memory_cleanup or consolidation names; the last error: "
        f"{failures.last_error}"
    )
    figures = {"consolidations": failures.consolidations, "cleanups": failures.cleanups}
    return _warning("memories.failing", message, **figures)


def _memory(health: Health, settings: HealthSettings) -> HealthWarning | None:
    if not health.memory_bytes:
        return None
    share = health.rss_bytes / health.memory_bytes
    if share <= settings.max_memory_share:
        return None
    message = (
        f"this process fills {share:.0%} of the memory it may have: use fewer agents or the "
        "pooled dispatcher, or look for what agents keep"
    )
    return _warning(
        "memory.full", message, rss_bytes=health.rss_bytes, memory_bytes=health.memory_bytes
    )


CHECKS: tuple[Check, ...] = (
    _hung,
    _quarantine,
    _failing_agents,
    _errors,
    _stumbles,
    _timeouts,
    _success,
    _restarts,
    _load,
    _mailboxes,
    _dead_letters,
    _memories,
    _memory,
)
"""In the order in which their warnings are told: what harms most first."""


def _warning(key: str, message: str, **figures: Any) -> HealthWarning:
    return HealthWarning(key, message, figures)


def _agents(count: int) -> str:
    return f"{count:,} agent" + "s" * (count != 1)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
