"""Consolidation in a worker process: packed experiences go there, packed items come back."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..actors.failures import describe
from ..actors.future import Future
from ..actors.processes import WorkerProcess
from ..clock import Clock
from ..errors import StoppedError, WorkerError
from ..models.payload import seal
from .compact import unpack
from .consolidation import PATIENCE, Consolidation, Strategy, drafted
from .drafting import DraftError
from .hand_over import HandOver
from .item import Item
from .packing import pack_value, unpack_value

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
            job = pack_value([self._target, list(self.hand_over.packed)])
            self.calls += 1
            self._answer = self._worker.submit(job)

    def _make(self) -> Iterator[Item | Future[Any] | None]:
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
            yield _read(one, self.hand_over.packed)


def consolidate(job: bytes) -> bytes:
    """Do the strategy's part of a job; what worker processes call."""
    target, packed = unpack_value(job)
    window = [unpack(one) for one in packed]
    places = {one.sequence: place for place, one in enumerate(window)}
    try:
        items = [item for item in drafted(_load(target), window) if item is not None]
    except DraftError as error:
        return pack_value(str(error))
    except Exception as error:  # noqa: BLE001  it is the strategy's, and is said of it
        return pack_value(f"it raised {describe(error)}")
    return pack_value([_written(item, places) for item in items])


def _written(item: Item, places: dict[int, int]) -> bytes:
    ranges = np.array(item.members, np.int64)
    samples = [places[sample.sequence] for sample in item.samples]
    return pack_value([
        item.id, item.kind, item.content, item.text, item.first, item.last, item.count,
        ranges, samples, item.importance, item.round, item.reward,
    ])  # fmt: skip


def _read(written: bytes, packed: Sequence[bytes]) -> Item:
    (
        id, kind, content, text, first, last, count, ranges, samples, importance, round, reward
    ) = unpack_value(written)  # fmt: skip
    return Item(
        id=id,
        kind=kind,
        content=seal(content),
        text=text,
        first=first,
        last=last,
        count=count,
        members=tuple((low, high) for low, high in ranges.tolist()),
        samples=tuple(unpack(packed[place]) for place in samples),
        importance=importance,
        round=round,
        reward=reward,
    )


def _load(target: str) -> Strategy:
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    strategy: Strategy = found
    return strategy


def _elsewhere(window: Sequence[Any]) -> list[Any]:
    raise NotImplementedError("the worker process calls the strategy")
