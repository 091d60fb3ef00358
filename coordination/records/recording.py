"""What is written down while a run goes on."""

from __future__ import annotations

import time
from pathlib import Path

from ..rollout import Step
from ..tuner import RETUNED
from .events import Events
from .footprint import Footprint
from .metrics import Metrics
from .progress import Progress
from .tables import Tables
from .trace import Trace


class Recording:
    """Shows every step to the digests, the metrics, the tables and the progress display."""

    def __init__(
        self, *, timing: bool, tables: Path | None, progress: Progress, played: int = 0
    ) -> None:
        """Start the clocks.

        Args:
            timing: whether to keep times.
            tables: the folder that they go to; None for none.
            played: the last round that was played before. What these take now is not what
                they took, so they are in no time.
        """
        self.trace = Trace()
        self.events = Events()
        self.metrics = Metrics(timing=timing)
        self._tables = None if tables is None else Tables(tables, played=played)
        self._progress = progress
        self.footprint = Footprint()
        self._played = played
        self._steps = 0
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self._start_clocks()

    def _start_clocks(self) -> None:
        self._started = time.monotonic()
        self._started_cpu = time.process_time()

    def add(self, step: Step, done: int) -> None:
        """Take in one step.

        Args:
            done: how many steps, or episodes, the run counts until now.
        """
        measured = step.outcome.round > self._played
        self.trace.add(step)
        self.events.add(step.outcome)
        for decision in step.retuned:
            self.events.record(RETUNED, decision.round, *decision.facts)
        self.metrics.add(step, measured=measured)
        if self._tables is not None:
            self._tables.add(step)
        self._steps += 1
        self.footprint.step(self._steps)
        self._progress.advance(done, step)
        if not measured:
            self._start_clocks()

    def close(self) -> None:
        """Stop the clocks and let go of files and terminal.

        Raises:
            StoreError: not all of the tables could be written.
        """
        self.seconds = time.monotonic() - self._started
        self.cpu_seconds = time.process_time() - self._started_cpu
        self.footprint.end()
        try:
            if self._tables is not None:
                self._tables.close()
        finally:
            self._progress.end()
