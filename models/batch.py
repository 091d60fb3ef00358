"""Agents of one model that wait for an action, inferred together in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from ..errors import ModelError, ObservationError
from .kernels.kernel import Kernel
from .kernels.rows import START, Rows, Turn
from .kernels.seat import Seat
from .matrices import Array, Indices

Wish = Callable[[Array], Array]
"""Takes an agent's beliefs, gives what it would like to observe: float64, shape
(n_outcomes,)."""


class Submitter(Protocol):
    """Who is told what came of a row; one of the two is called, once."""

    def answer(self, action: int) -> None: ...

    def fail(self, error: Exception) -> None:
        """Hear that there is no action; beliefs and step are as before."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class _Entry:
    seat: Seat
    observation: tuple[int, ...]
    moves: tuple[int, ...]
    submitter: Submitter
    wish: Wish | None


class Batch:
    """What has been submitted and not been flushed yet; starts no thread and waits for none.

    Rows may be submitted on many threads, and flushed on any of them. What comes out for a
    row does not depend on the others, so it does not matter in which flush it is.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._waiting: dict[tuple[int, int], _Entry] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(
        self,
        seat: Seat,
        observation: Sequence[int],
        moves: Sequence[int],
        submitter: Submitter,
        wish: Wish | None = None,
    ) -> None:
        """Leave what an agent was given; it hears of its action in a flush.

        Args:
            seat: a seat of any model; one that waits is not touched.
            observation: an index for each modality.
            moves: the actions executed since the last step, or START, oldest first.
            wish: what the agent would like to observe, in place of the model's C.

        Raises:
            ObservationError: an index or action is none of the model's.
            ValueError: the seat waits already.
        """
        _check(seat, observation, moves)
        entry = _Entry(seat, tuple(observation), tuple(moves), submitter, wish)
        with self._lock:
            if self._waiting.setdefault(_place(seat), entry) is not entry:
                raise ValueError("the seat waits already: one submission for each flush")

    def withdraw(self, seat: Seat) -> bool:
        """Forget what was submitted for a seat, whose submitter hears nothing.

        Returns:
            Whether it was waiting; if not, it is being flushed, or was never submitted.
        """
        with self._lock:
            return self._waiting.pop(_place(seat), None) is not None

    def flush(self) -> int:
        """Infer all that waits, and tell each submitter; give how many there were.

        Raises:
            ExceptionGroup: submitters raised; all others have been told nevertheless.
        """
        with self._lock:
            entries, self._waiting = list(self._waiting.values()), {}
        raised: list[Exception] = []
        for together in _grouped(entries):
            plain = [entry for entry in together if entry.wish is None]
            _tell(plain, self._step(plain), raised)
            wishing = [entry for entry in together if entry.wish is not None]
            _tell(wishing, self._step_with_wishes(wishing), raised)
        if raised:
            raise ExceptionGroup("submitters raised when they were told", raised)
        return len(entries)

    def _step(self, entries: list[_Entry]) -> Sequence[int | Exception]:
        if not entries:
            return []
        try:
            chosen = self.kernel.step(entries[0].seat.rows, _turn(entries))
        except Exception as error:  # noqa: BLE001  it is theirs to hear, and nobody else's
            return [error] * len(entries)
        actions: list[int] = chosen.tolist()
        return actions

    def _step_with_wishes(self, entries: list[_Entry]) -> Sequence[int | Exception]:
        """Infer; ask each what it wishes; choose for those that could say."""
        if not entries:
            return []
        rows, turn = entries[0].seat.rows, _turn(entries)
        try:
            beliefs = self.kernel.infer(rows, turn)
            wished = [_wished(entry, own) for entry, own in zip(entries, beliefs, strict=True)]
            sound = [k for k, wish in enumerate(wished) if not isinstance(wish, Exception)]
            chosen = self._choose(rows, turn.who[sound], beliefs[sound], [wished[k] for k in sound])
        except Exception as error:  # noqa: BLE001  as above
            return [error] * len(entries)
        results: list[int | Exception] = [w if isinstance(w, Exception) else 0 for w in wished]
        for k, action in zip(sound, chosen, strict=True):
            results[k] = action
        return results

    def _choose(
        self, rows: Rows, who: Indices, beliefs: Array, wished: list[Array | Exception]
    ) -> list[int]:
        if not len(who):
            return []
        chosen = self.kernel.choose(rows, who, beliefs, np.array(wished, np.float64))
        rows.commit(who, beliefs)
        actions: list[int] = chosen.tolist()
        return actions


def _place(seat: Seat) -> tuple[int, int]:
    return id(seat.rows), seat.row


def _check(seat: Seat, observation: Sequence[int], moves: Sequence[int]) -> None:
    """Refuse what would lead out of the arrays; whether it is a number, the agent has checked."""
    model = seat.compiled.model
    if len(observation) != len(model.n_observations):
        rule = f"must be {len(model.n_observations)} indices, got {len(observation)}"
        raise ObservationError("observation", rule)
    for m, (outcome, size) in enumerate(zip(observation, model.n_observations, strict=True)):
        if not 0 <= outcome < size:
            raise ObservationError(f"observation[{m}]", f"must be in 0..{size - 1}, got {outcome}")
    for action in moves:
        if not START <= action < model.n_actions:
            rule = f"must be START or in 0..{model.n_actions - 1}, got {action}"
            raise ObservationError("moves", rule)


def _grouped(entries: list[_Entry]) -> list[list[_Entry]]:
    """Put those together that stand in the same rows, in the order of submission."""
    groups: dict[int, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(id(entry.seat.rows), []).append(entry)
    return list(groups.values())


def _turn(entries: list[_Entry]) -> Turn:
    return Turn(
        who=np.array([entry.seat.row for entry in entries], np.int64),
        observations=np.array([entry.observation for entry in entries], np.int64),
        moves=np.array([action for entry in entries for action in entry.moves], np.int64),
        ends=np.cumsum([len(entry.moves) for entry in entries], dtype=np.int64),
    )


def _wished(entry: _Entry, beliefs: Array) -> Array | Exception:
    assert entry.wish is not None
    shape = entry.seat.compiled.preferences.shape
    try:
        wished = np.asarray(entry.wish(beliefs.copy()), np.float64)
        if wished.shape != shape or not np.isfinite(wished).all():
            return ModelError("preferences", f"must be finite, of shape {shape}, got {wished}")
    except Exception as error:  # noqa: BLE001  an agent's own code; the others go on
        return error
    return wished


def _tell(
    entries: list[_Entry], results: Sequence[int | Exception], raised: list[Exception]
) -> None:
    for entry, result in zip(entries, results, strict=True):
        try:
            if isinstance(result, Exception):
                entry.submitter.fail(result)
            else:
                entry.submitter.answer(result)
        except Exception as error:  # noqa: BLE001  one must not keep the others from hearing
            raised.append(error)
