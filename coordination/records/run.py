"""What a run came to, for reading and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...settings import SocietySettings
from ..vitals.stumbles import Stumbles
from ..vitals.tally import AgentTally
from .folder import RunFolder
from .metrics import Metrics
from .recording import Recording
from .tables import read_table

if TYPE_CHECKING:
    from ...memory.summary import MemorySummary


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run:
    """A finished or interrupted run."""

    agents: int
    seed: int
    dispatcher: str
    trace: str
    events: str
    """A digest of messages, time-outs and restarts, as the trace is one of actions."""
    event_rows: dict[str, int]
    """How many of each kind there were."""
    seconds: float
    """From the first call to the last step; starting and stopping are not counted, nor is what
    was played before."""
    cpu: float
    """Processor seconds of this process by second of the run."""
    metrics: Metrics
    stumbles: Stumbles
    """What agents raised at something else than a call."""
    speedup: float | None
    """Time of the same rounds run inline ÷ ours, measured; None if nobody asked for it."""
    interrupted: bool
    folder: RunFolder
    tables: bool
    memory: MemorySummary | None
    """What became of all that was lived; None where nothing is remembered."""
    rss_growth: int | None
    """Bytes by which the process grew after step 500; None for shorter runs."""

    @classmethod
    def of(
        cls,
        recording: Recording,
        *,
        agents: int,
        settings: SocietySettings,
        folder: RunFolder,
        interrupted: bool,
        stumbles: Stumbles,
        memory: MemorySummary | None = None,
    ) -> Run:
        """Sum up a closed recording."""
        seconds = recording.seconds
        return cls(
            agents=agents,
            seed=settings.seed,
            dispatcher=settings.dispatcher,
            trace=recording.trace.value,
            events=recording.events.value,
            event_rows=recording.events.rows,
            seconds=seconds,
            cpu=recording.cpu_seconds / seconds if seconds else 0.0,
            metrics=recording.metrics,
            stumbles=stumbles,
            speedup=None,
            interrupted=interrupted,
            folder=folder,
            tables=settings.tables,
            memory=memory,
            rss_growth=recording.footprint.growth,
        )

    @property
    def rounds(self) -> int:
        return self.metrics.rounds

    @property
    def outcomes(self) -> dict[str, int]:
        """How many agent-rounds ended in each way, by name; ``acted`` is always there."""
        return {"acted": 0, **self.metrics.outcomes}

    @property
    def agent_steps_per_second(self) -> float:
        """Of the rounds that were measured."""
        return self.metrics.acted / self.seconds if self.seconds else 0.0

    @property
    def reward_mean(self) -> float:
        """What an agent earned in this run, on average."""
        return self.metrics.reward_mean

    @property
    def concurrency(self) -> float | None:
        """How many agents were inside ``act`` at once, on average.

        Time spent waiting for the GIL counts, so this is no speed-up: see ``speedup``.
        """
        return self.metrics.concurrency

    @property
    def has_virtual_times(self) -> bool:
        """Whether the times of rounds and acts are a virtual clock's; the run's own is not."""
        return self.dispatcher == "simulated"

    @property
    def out(self) -> Path | None:
        """The run folder, if it is kept."""
        return self.folder.out

    def agents_df(self) -> Any:
        """Give one row for each step and agent as a pandas frame, indexed by (step, agent).

        Raises:
            MissingExtraError: pandas is not installed.
            ValueError: the run was made with tables off.
        """
        return self._table("agents.csv", ["step", "agent"])

    def model_df(self) -> Any:
        """Give one row for each step as a pandas frame, indexed by step; errors as above."""
        return self._table("model.csv", ["step"])

    def messages_df(self) -> Any:
        """Give one row for each message heard as a pandas frame, indexed by (step, agent).

        Raises:
            MissingExtraError: pandas is not installed.
            ValueError: the run was made without a folder, and so has no journal.
        """
        if self.out is None:
            raise ValueError("this run kept no journal; run it with out=...")
        from ..journal.export import frame_of  # with the store, where it is wanted

        return frame_of(self.out, "messages")

    def _table(self, name: str, index: list[str]) -> Any:
        if not self.tables:
            raise ValueError("this run kept no tables; run it with tables=True")
        return read_table(self.folder.path / name, index)

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        times = self.metrics.round_times
        slowest = self.metrics.slowest()
        measured = self.metrics.measured
        return {
            "agents": self.agents,
            "rounds": self.rounds,
            "outcomes": self.outcomes,
            "reward_mean": self.reward_mean,
            "measured_rounds": measured,
            "agent_steps_per_second": self.agent_steps_per_second if measured else None,
            "round_ms": {"p50": _ms(times.quantile(0.50)), "p99": _ms(times.quantile(0.99))},
            "concurrency": self.concurrency,
            "cpu": self.cpu if measured else None,
            "speedup": self.speedup,
            "slowest": None if slowest is None else slowest[0],
            "failing": {i: _failing(tally) for i, tally in self.metrics.failing().items()},
            "stumbled": self.stumbles.to_dict(),
            "late": self.metrics.late,
            "memory": None if self.memory is None else self.memory.to_dict(),
            "rss_growth_mb": None if self.rss_growth is None else self.rss_growth / 2**20,
            "trace": self.trace,
            "events": self.events,
            "event_rows": self.event_rows,
            "seed": self.seed,
            "dispatcher": self.dispatcher,
            "interrupted": self.interrupted,
            "out": None if self.out is None else str(self.out),
        }

    def __repr__(self) -> str:
        return f"<run: {_headline(self)}, {self.trace[:11]}…>"

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """Give a few lines for a person."""
        lines = [
            _headline(self),
            "outcomes     " + ", ".join(f"{how} {n:,}" for how, n in self.outcomes.items()),
            f"reward       {self.reward_mean:.3f} per agent",
            *_speed(self),
        ]
        if self.metrics.timing and self.metrics.measured:
            lines += _timing(self)
        for agent_id, tally in list(self.metrics.failing().items())[:5]:
            missed = ", ".join(f"{how} {n:,}" for how, n in tally.missed.items())
            lines.append(f"failing      {agent_id}: {missed}" + _last_error(tally.last_error))
        if self.stumbles:
            lines.append(f"failing      {self.stumbles}")
        if self.memory is not None:
            lines.append(f"memory       {self.memory}")
        if self.event_rows:
            lines.append(
                "events       " + ", ".join(f"{n:,} {k}" for k, n in self.event_rows.items())
            )
        lines.append(f"trace        {self.trace}")
        if self.out is not None:
            lines.append(f"run folder   {self.out}")
        return "\n".join(lines)


def _headline(run: Run) -> str:
    how = "interrupted after" if run.interrupted else "finished"
    rounds = f"{run.rounds:,} round" + "s" * (run.rounds != 1)
    agents = f"{run.agents:,} agent" + "s" * (run.agents != 1)
    return f"{how} {rounds} of {agents}, {run.dispatcher}, seed {run.seed}"


def _speed(run: Run) -> Iterator[str]:
    measured, rounds = run.metrics.measured, run.rounds
    if rounds and not measured:
        yield f"speed        not measured: all {rounds:,} rounds were played before"
        return
    if measured < rounds:
        yield f"measured     {measured:,} of {rounds:,} rounds; the others were played before"
    speed = f"speed        {run.agent_steps_per_second:,.0f} agent-steps/s, {run.seconds:.3g} s"
    seconds = f"{run.metrics.round_seconds:.3g}"
    if not run.metrics.timing:
        yield speed
    elif run.has_virtual_times:
        yield f"{speed}; rounds took {seconds} s of virtual time"
    else:
        # What is left goes to the environment, the trace and the tables.
        yield f"{speed}, of which {seconds} s in rounds"


def _timing(run: Run) -> list[str]:
    figures = run.to_dict()
    slowest = run.metrics.slowest()
    virtual = " of virtual time" if run.has_virtual_times else ""
    lines = [
        "round        p50 {p50:.3f} ms, p99 {p99:.3f} ms".format(**figures["round_ms"]) + virtual,
        f"concurrency  {run.concurrency or 0.0:.2f} agents inside act at once, cpu {run.cpu:.2f}",
    ]
    if run.speedup is not None:
        word = "faster" if run.speedup > 1 else "slower"
        lines.append(f"speed-up     {run.speedup:.2f} times the speed of inline ({word})")
    if slowest is not None:
        lines.append(f"slowest      {slowest[0]}: {slowest[1] * 1000:.3f} ms{virtual} per round")
    return lines


def _failing(tally: AgentTally) -> dict[str, Any]:
    figures: dict[str, Any] = {str(how): count for how, count in tally.missed.items()}
    return {**figures, "last_error": tally.last_error} if tally.last_error else figures


def _last_error(error: str) -> str:
    return f"; last error {error}" if error else ""


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
