"""Consolidation in a worker process: packed experiences go there, packed items come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..actors.failures import describe
from ..actors.future import Future
from ..actors.workers.processes import WorkerProcess
from ..clock import Clock
from ..errors import StoppedError, WorkerError
from ..models.crowds.pupil import Pupil, taught_of, taught_values
from ..models.learning.replay import Taught
from ..plugins import attribute
from .compact import unpack
from .consolidation import PATIENCE, Consolidation, drafted
from .drafting import DraftError
from .hand_over import HandOver
from .item import Item
from .packed_item import pack_item, unpack_item
from .packing import pack_value, unpack_value
from .window import Window

JOBS = f"{__name__}:consolidate"
"""What the worker process has to call."""


class RemoteConsolidation(Consolidation):
    """The work on one hand-over, of which the strategy's part is done by a worker process.

    What comes out is the same, bit for bit.
    """

    def __init__(
        self,
        hand_over: HandOver,
        target: str,
        name: str,
        worker: WorkerProcess,
        *,
        clock: Clock | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Make one.

        Args:
            target: the strategy as ``package.module:callable``.
            worker: one that calls ``JOBS``.
        """
        super().__init__(hand_over, _elsewhere, name, clock=clock, patience=patience)
        self._target = target
        self._worker = worker
        self._answer: Future[bytes] | None = None

    def hasten(self) -> None:
        if self._answer is None and not self.done:
            pupil = self.hand_over.pupil
            values = None if pupil is None else pupil.values()
            job = pack_value([self._target, list(self.hand_over.packed), values])
            self.calls += 1
            self._answer = self._worker.submit(job)

    def _make(self) -> Iterator[Item | Taught | Future[Any] | None]:
        self.hasten()
        assert self._answer is not None
        yield self._answer
        try:
            answer = self._answer.get(timeout=0)
        except (WorkerError, StoppedError) as error:
            raise DraftError(str(error)) from error
        made = unpack_value(answer)
        if isinstance(made, str):
            raise DraftError(made)
        for one in made:
            yield unpack_item(one) if isinstance(one, bytes) else taught_of(one)


def consolidate(job: bytes) -> bytes:
    """Do the strategy's part of a job; what worker processes call."""
    target, packed, values = unpack_value(job)
    pupil = None if values is None else Pupil.of(values)
    window = Window.of([unpack(one) for one in packed], pupil)
    try:
        made = [one for one in drafted(attribute(target), window) if one is not None]
    except DraftError as error:
        return pack_value(str(error))
    except BaseException as error:  # noqa: BLE001  it is the strategy's, as in this process
        return pack_value(f"it raised {describe(error)}")
    return pack_value(
        [pack_item(one) if isinstance(one, Item) else taught_values(one) for one in made]
    )


def _elsewhere(window: Sequence[Any]) -> list[Any]:
    raise NotImplementedError("the worker process calls the strategy")
