"""What does a run pay for a folder by which it can be resumed?

Fifty fast explorers in the grid world, pooled and with a thread each: the same run with a
folder and without one, in turn, each time by a new society. Agents are started before; the
folder is made, and all of it is on disk, inside the timed part. Every run has to come to the
trace of one that was played inline, and the last that was kept has to verify, replay included.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from ..coordination.journal.origin import World
from ..coordination.records.progress import Silence
from ..coordination.records.run import Run
from ..errors import WorkError
from ..models.profile import InferenceSettings
from ..society import Society
from .harness import Case, Ratio, Variant
from .programs import FUSE, Play
from .turn import in_turn

_AGENTS = 50
_SEED = 7
_KEPT = "kept"
_NOT_KEPT = "not_kept"
_SHARES = {"pooled": "rounds_per_s_kept_share", "threaded": "rounds_per_s_kept_share_threaded"}
"""The figure of each dispatcher: rounds per second with a folder, by those without."""
_TARGET = 0.9


def cases(*, small: bool) -> list[Case]:
    """Give a case for each dispatcher."""
    rounds, repeats = (200, 2) if small else (1_000, 15)
    return [_case(dispatcher, _AGENTS, rounds, repeats=repeats) for dispatcher in _SHARES]


def _case(dispatcher: str, n: int, rounds: int, *, repeats: int) -> Case:
    return Case(
        name=f"{n} explorers, {dispatcher}",
        unit="round",
        repeats=repeats,
        variants=partial(_variants, dispatcher, n, rounds),
        ratios=(Ratio(_SHARES[dispatcher], _KEPT, _NOT_KEPT, _TARGET),),
    )


@contextmanager
def _variants(dispatcher: str, n: int, rounds: int) -> Iterator[list[Variant]]:
    with _played("inline", n, None) as play:
        trace = play(rounds).trace
    check = partial(wrong, n, trace)
    with tempfile.TemporaryDirectory(prefix="antiphon-") as home:
        folders = _Folders(Path(home))
        yield [
            in_turn(_KEPT, rounds, partial(folders.kept, dispatcher, n), check, starts=True),
            in_turn(_NOT_KEPT, rounds, partial(_played, dispatcher, n, None), check, starts=True),
        ]
        folders.verify(rounds)


def wrong(n: int, trace: str, rounds: int, run: Run) -> str:
    """Say what is wrong with a run of n agents over so many rounds."""
    if (run.rounds, run.outcomes) != (rounds, {"acted": n * rounds}):
        return f"{run.rounds} rounds of {n} agents with {run.outcomes}"
    return "" if run.trace == trace else f"its trace is {run.trace}, and should be {trace}"


class _Folders:
    """Where runs are kept, one at a time."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._numbers = count(1)
        self._last: Path | None = None

    @contextmanager
    def kept(self, dispatcher: str, n: int) -> Iterator[Play]:
        """Play a run into a new folder; the one before goes."""
        if self._last is not None:
            shutil.rmtree(self._last)
        self._last = self._home / f"run-{next(self._numbers)}"
        with _played(dispatcher, n, self._last) as play:
            yield play

    def verify(self, rounds: int) -> None:
        """Check the last run as ``antiphon verify`` does, if there was any.

        Raises:
            WorkError: it has another length.
            StoreCorruptError, DivergedError: it is not what was written, or was played.
        """
        if self._last is None:
            return
        verified = Society.verify(self._last, progress=Silence())
        if verified.rounds != rounds:
            raise WorkError(_KEPT, f"{verified.rounds} of {rounds} rounds are on disk")


@contextmanager
def _played(dispatcher: str, n: int, out: Path | None) -> Iterator[Play]:
    """Start explorers in a world of their own; what comes has them play a run, once."""
    settings = InferenceSettings(profile="fast", selective_update_interval=1)
    patience: dict[str, Any] = {"timeout": FUSE, "start_timeout": FUSE, "grace": FUSE}
    with Society(World("grid-world", {}), seed=_SEED, dispatcher=dispatcher, **patience) as society:
        society.add("explorer", n, settings=settings)
        society.start()
        yield lambda rounds: society.run(rounds, out=out, progress=Silence())
