"""A recommended configuration, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ...settings import SocietySettings
from .measured import EXPLORERS


class Workers(NamedTuple):
    """How many threads a pool should have."""

    minimum: int
    initial: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A configuration, with the reason for each part of it."""

    n_agents: int
    kind: str | None
    dispatcher: str
    workers: Workers
    batch_size: int | None
    timeout: float
    """Seconds."""
    round_seconds: float | None
    """An estimate; None where nobody said how long an act takes."""
    memory_bytes: int
    """An estimate for the actors, and for explorers the agents."""
    fits: bool
    """Whether that is less than the memory there is."""
    reasons: Mapping[str, str]
    """A sentence for each: dispatcher, workers, batch_size, timeout, round, memory."""

    def settings(self) -> dict[str, Any]:
        """Give the keywords for ``Society``; those that are the defaults anyway are left out."""
        wanted: dict[str, Any] = {
            "dispatcher": self.dispatcher,
            "batch_size": self.batch_size,
            "timeout": self.timeout,
        }
        wanted |= {f"pool_{name}": count for name, count in self.workers._asdict().items()}
        usual = SocietySettings()
        return {name: value for name, value in wanted.items() if getattr(usual, name) != value}

    def command(self) -> str:
        """Give the command line that runs so; what the agents are is left to say."""
        settings = self.settings()
        pool = {name: value for name, value in settings.items() if name.startswith("pool_")}
        words = [f"ANTIPHON_{name.upper()}={value}" for name, value in pool.items()]
        words.append(f"antiphon run --agents {self.n_agents}")
        if self.kind in EXPLORERS:
            words.append(f"--profile {self.kind}")
        else:
            words.append("--type package.module:Class")
        words += [
            f"--{name.replace('_', '-')} {value}"
            for name, value in settings.items()
            if name not in pool
        ]
        return " ".join(words)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            **asdict(self),
            "workers": self.workers._asdict(),
            "settings": self.settings(),
            "command": self.command(),
        }

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """Give a few lines for a person."""
        workers, why = self.workers, self.reasons
        span = f"{workers.minimum:,} to {workers.maximum:,}, {workers.initial:,} at first"
        lines = [
            f"dispatcher {self.dispatcher}: {why['dispatcher']}",
            f"workers    {span}: {why['workers']}",
            f"batch size {why['batch_size']}",
            f"timeout    {self.timeout:g} s: {why['timeout']}",
            f"round      {why['round']}",
            f"memory     {why['memory']}",
            f"try        {self.command()}",
        ]
        return "\n".join(lines)
