"""One run from its first step to its last, written down as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ...actors.statistics import KernelStatistics
from ...errors import RunInterrupted, StoreError
from ...logs import get_logger
from ...settings import SocietySettings
from ..rollout import Step
from ..vitals.stumbles import Stumbles
from .folder import RunFolder
from .length import Length
from .progress import Progress
from .recording import Recording
from .run import Run

if TYPE_CHECKING:
    from ...memory.summary import MemorySummary

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Course:
    """How far to go, and where to write down how it went."""

    length: Length
    settings: SocietySettings
    folder: RunFolder
    progress: Progress
    agents: int
    kernel: Callable[[], KernelStatistics]
    """Says how often agents have failed at something else than a call, among others."""
    memory: Callable[[], MemorySummary] | None = None
    """Sums up what the agents remember; None where they remember nothing."""

    def take(self, advance: Callable[[], Step]) -> Run:
        """Go step by step; what is done until somebody cuts it short is kept.

        Raises:
            RunInterrupted: Ctrl-C; it carries the run until then.
        """
        before = Stumbles.of(self.kernel())
        recording = Recording(
            timing=self.settings.metrics,
            tables=self.folder.path if self.settings.tables else None,
            progress=self.progress,
            played=self.folder.played,
        )
        self.progress.begin(self.length.total, self.length.unit)
        cut_short: BaseException | None = None
        try:
            self._advance(advance, recording)
        except BaseException as error:  # noqa: BLE001  raised again below, once all is written
            cut_short = error
        if cut_short is None:
            recording.close()
            return self._sum_up(recording, before, interrupted=False)
        _written(recording.close)
        run = self._sum_up(recording, before, interrupted=True)
        _written(partial(self.folder.write_result, run.to_dict()))
        if isinstance(cut_short, KeyboardInterrupt):
            raise RunInterrupted(run) from cut_short
        raise cut_short

    def _advance(self, advance: Callable[[], Step], recording: Recording) -> None:
        steps = episodes = 0
        while not self.length.is_reached(steps, episodes):
            step = advance()
            steps += 1
            episodes += step.episode_over
            recording.add(step, self.length.count(steps, episodes))

    def _sum_up(self, recording: Recording, before: Stumbles, *, interrupted: bool) -> Run:
        return Run.of(
            recording,
            agents=self.agents,
            settings=self.settings,
            folder=self.folder,
            interrupted=interrupted,
            stumbles=Stumbles.of(self.kernel()).since(before),
            memory=None if self.memory is None else self.memory(),
        )


def _written(write: Callable[[], None]) -> None:
    """Write what can be written of a run that is over, whatever its disk has to say.

    Who ended it hears that it has ended, and not that its disk is full.
    """
    try:
        write()
    except (StoreError, OSError) as error:
        log.warning("run.left_unwritten", error=str(error))
