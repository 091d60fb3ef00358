"""How a society is: its agents, mailboxes, threads and memory at one moment, and what is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ...actors.statistics import KernelStatistics
from ...memory.failures import MemoryFailures
from ...settings import number, read_all, setting, whole
from .performance import AgentsStatistics
from .warning import HealthWarning

_NAMED = 5
"""How many names a line for a person holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """From where on a health check warns.

    Raises:
        ValueError: a value breaks its rule.
    """

    section: ClassVar[str] = "health"

    max_load: float = setting(
        0.9, number(above=0), "share of a pool's workers that may be busy", run_time=True
    )
    min_success_rate: float = setting(
        0.95, number(least=0), "share of all calls that should end in an action", run_time=True
    )
    min_agent_success_rate: float = setting(
        0.5, number(least=0), "the same for each single agent", run_time=True
    )
    max_error_rate: float = setting(
        0.05, number(least=0), "share of calls that may crash or be rejected", run_time=True
    )
    max_timeout_rate: float = setting(
        0.05, number(least=0), "share of calls that may get no answer in time", run_time=True
    )
    max_waiting: int = setting(
        1000, whole(least=1), "letters that may wait in one mailbox", run_time=True
    )
    max_mailbox_share: float = setting(
        0.8, number(above=0), "share of a bounded mailbox that may be full", run_time=True
    )
    max_dead_letters: float = setting(
        1.0, number(least=0), "dead letters a round that may be", run_time=True
    )
    max_actor_restarts: int = setting(
        0, whole(least=0), "restarts of one actor that go unmentioned", run_time=True
    )
    max_memory_share: float = setting(
        0.8, number(above=0), "share of the memory that this process may fill", run_time=True
    )

    def __post_init__(self) -> None:
        read_all(self)


@dataclass(frozen=True, slots=True)
class Health:
    """A society at one moment."""

    members: int
    agents: AgentsStatistics = field(default_factory=AgentsStatistics)
    kernel: KernelStatistics = field(default_factory=KernelStatistics)
    busy: tuple[str, ...] = ()
    """Agents still at work on a round that has gone on without them."""
    rss_bytes: int = 0
    memory_bytes: int = 0
    """How much this process may have; 0: unknown."""
    memory_failures: MemoryFailures = field(default_factory=MemoryFailures)
    """What went wrong with what the agents remember."""
    warnings: tuple[HealthWarning, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is nothing to warn of."""
        return not self.warnings

    @property
    def load(self) -> float | None:
        """How busy what runs the agents is, 0 to 1; None where there is nothing to go by.

        Of a pool, busy workers ÷ all it may have; else agents inside ``act`` ÷ members. What
        was the case inside the rounds of late counts, if that is more than now: between two
        rounds nobody is at work.
        """
        pool = self.kernel.pool
        places = self.members if pool is None else pool.maximum
        if not places:
            return None
        now = len(self.busy) if pool is None else pool.busy
        return min(1.0, max(now, self.agents.concurrency or 0.0) / places)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        kernel = self.kernel
        return {
            "ok": self.ok,
            "warnings": [warning.to_dict() for warning in self.warnings],
            "members": self.members,
            "load": self.load,
            "busy": list(self.busy),
            "agents": self.agents.to_dict(),
            "dispatcher": kernel.dispatcher,
            "pool": None if kernel.pool is None else asdict(kernel.pool),
            "waiting": kernel.waiting,
            "mailboxes": [asdict(mailbox) for mailbox in kernel.largest],
            "restarts": dict(kernel.restarts),
            "failures": dict(kernel.failures),
            "last_failures": dict(kernel.last_failures),
            "quarantined": list(kernel.quarantined),
            "hung": list(kernel.hung),
            "dead_letters": dict(kernel.dead_letters),
            "rss_bytes": self.rss_bytes,
            "memory_bytes": self.memory_bytes,
            "memory_failures": asdict(self.memory_failures),
        }

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """Give a few lines for a person."""
        agents, kernel = self.agents, self.kernel
        verdict = "well" if self.ok else f"{len(self.warnings)} to look at"
        lines = [f"health       {verdict}: {self.members:,} agents, {agents.rounds:,} rounds"]
        if agents.success_rate is not None:
            lines.append(
                f"success      {agents.success_rate:.1%}, errors {agents.error_rate:.1%}, "
                f"no answer in time {agents.timeout_rate:.1%}"
            )
        if agents.latency_p50 is not None and agents.latency_p99 is not None:
            p50, p99 = agents.latency_p50 * 1000, agents.latency_p99 * 1000
            lines.append(f"latency      p50 {p50:.3f} ms, p99 {p99:.3f} ms")
        if self.load is not None:
            lines.append(f"load         {self.load:.0%}, {len(self.busy):,} agents busy")
        if kernel.waiting:
            fullest = kernel.largest[0]
            most = f"{fullest.waiting:,} of them for {fullest.actor}"
            lines.append(f"mailboxes    {kernel.waiting:,} letters wait, {most}")
        lines.append(f"memory       {self.rss_bytes / 2**20:,.0f} MiB")
        lines += [f"warning      {warning}" for warning in self.warnings]
        return "\n".join(lines)


def listed(names: tuple[str, ...]) -> str:
    """Name a few of many."""
    head = ", ".join(names[:_NAMED])
    return head if len(names) <= _NAMED else f"{head} and {len(names) - _NAMED:,} more"
