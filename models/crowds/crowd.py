"""All agents of one model that are answered together: what they see goes in, actions come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from ..experience import Experience, OneStepEach
from ..generative import GenerativeModel
from ..kernels.compiled import Compiled
from ..kernels.kernel import Kernel
from ..kernels.rows import START, BaseRows, Rows, Turn
from ..matrices import Array, Indices
from ..observations import read_index, read_indices, stacked
from ..policies import Plan
from ..profile import Profile
from .seat import Seat
from .seating import Seating, put

Lived = Sequence[Experience]
"""What an agent has lived since it was last called, oldest first."""


class BaseCrowd(ABC):
    """The agents of one model; one call answers for any of them.

    What comes out for one has the same bits whoever else is in the call, and an agent that
    is alone is a crowd of one: so it does not matter who is answered together with whom.
    """

    first_page: ClassVar[int] = 16
    """How many rows it begins with; each next page has four times as many."""
    largest_page: ClassVar[int] = 1024

    def __init__(self, model: Any, sizes: Sequence[int]) -> None:
        """Make an empty one.

        Args:
            model: what all of them have.
            sizes: how many values each entry of an observation may have, from 0 on.
        """
        self.model = model
        self._sizes = tuple(sizes)
        self._limits = np.array(self._sizes, np.uint64)
        self._pages: list[BaseRows] = []
        self._keeps = False
        self._lock = Lock()  # agents come and go on the threads of their hosts

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._pages)

    def take(self, profile: Profile, seed: int | None = None, history: int = 0) -> Seat:
        """Give a seat to a new agent.

        Args:
            history: of how many of the last steps its beliefs are kept.

        Raises:
            ValueError: the profile plans another number of steps ahead.
        """
        with self._lock:
            rows = next((rows for rows in self._pages if not rows.is_full), None)
            if rows is None:
                # The arrays of those that are there are never moved; so there are pages.
                capacity = min(self.first_page * 4 ** len(self._pages), self.largest_page)
                rows = self._make_rows(capacity)
                self._pages.append(rows)
            self._keeps = self._keeps or history > 0
            return Seat(rows, rows.take(profile, seed), history)

    def act(
        self,
        seats: Sequence[Seat],
        observations: Sequence[Any],
        lived: Sequence[Lived],
        ids: Sequence[str],
    ) -> list[Any]:
        """Infer, plan and choose for these agents, each of which is here once.

        Returns:
            For each its action, or why there is none: then its beliefs are as before. An
            ObservationError says that what it saw or did does not fit the model.
        """
        seating = seats if isinstance(seats, Seating) else Seating(seats)
        results: list[Any] = [0] * len(seating)
        seen = self._read(observations, ids, results)
        moves, ends = self._moves(lived, ids, results)
        for group in seating.groups(results):
            try:
                chosen = self._given(self._step(group.rows, group.turn(seen, moves, ends)))
            except Exception as error:  # noqa: BLE001  theirs to hear, and nobody else's
                chosen = [error] * len(group.at)
            put(results, group.at, chosen)
        if self._keeps:
            _keep(seating, results)
        return results

    def answer(self, seat: Seat, observation: Any, lived: Lived, agent_id: str) -> Any:
        """Infer, plan and choose for one agent, with the same bits as ``act``.

        Raises:
            ObservationError: what it saw or did does not fit the model; its beliefs are as
                before.
        """
        turn = self._turn_of(seat, observation, lived, agent_id)
        (action,) = self._given(self._step(seat.rows, turn))
        if seat.history is not None:
            seat.history.append(seat.beliefs)
        return action

    def _turn_of(self, seat: Seat, observation: Any, lived: Lived, agent_id: str) -> Turn:
        """Give what one agent saw and did; raises as ``answer``."""
        seen = self._read_one(observation, agent_id)
        moves = self._moves_of(lived, agent_id)
        ends = np.array((len(moves),), np.int64)
        who = np.array((seat.row,), np.int64)
        return Turn(who, seen, self._moves_array(moves), ends)

    def _read_one(self, observation: Any, agent_id: str) -> Indices:
        table = stacked((observation,), len(self._sizes))
        if table is not None and self._fits(table):
            return table
        return np.array((read_indices(observation, self._sizes, agent_id),), np.int64)

    @abstractmethod
    def plan(self, seat: Seat, preferences: Array | None = None) -> Plan:
        """Score all policies from one agent's present beliefs, and change nothing."""

    @abstractmethod
    def _make_rows(self, capacity: int) -> BaseRows: ...

    @abstractmethod
    def _step(self, rows: Any, turn: Turn) -> Indices: ...

    def _moves(
        self, lived: Sequence[Lived], ids: Sequence[str], results: list[int | Exception]
    ) -> tuple[Indices, Indices]:
        """Give what all have done since they were last called, and where each one's moves end."""
        moves: list[Any] = []
        ends: list[int] = []
        for k, own in enumerate(lived):
            try:
                moves.extend(self._moves_of(own, ids[k]))
            except Exception as error:  # noqa: BLE001  as below
                results[k] = error
            ends.append(len(moves))
        return self._moves_array(moves), np.array(ends, np.int64)

    def _given(self, chosen: Indices) -> list[Any]:
        """Give the actions as agents give them."""
        given: list[Any] = chosen.tolist()
        return given

    @abstractmethod
    def _moves_of(self, lived: Lived, agent_id: str) -> list[Any]:
        """List the actions executed since the last call, oldest first, and where episodes began.

        Raises:
            ObservationError: one is none of the model's.
        """

    def _moves_array(self, moves: Sequence[Any]) -> Indices:
        return np.array(moves, np.int64)

    def _read(
        self, observations: Sequence[Any], ids: Sequence[str], results: list[int | Exception]
    ) -> Indices:
        """Give what each sees as an index for each modality; note whose does not fit."""
        table = stacked(observations, len(self._sizes))
        if table is not None and self._fits(table):
            return table
        table = np.zeros((len(observations), len(self._sizes)), np.int64)
        for k, (one, agent_id) in enumerate(zip(observations, ids, strict=True)):
            try:
                table[k] = read_indices(one, self._sizes, agent_id)
            except Exception as error:  # noqa: BLE001  a world may show whatever it likes
                results[k] = error
        return table

    def _fits(self, table: Indices) -> bool:
        # Without a sign: what is below zero is then larger than any limit.
        return bool((table.view(np.uint64) < self._limits).all())


class PlainCrowd(BaseCrowd):
    """A crowd whose actions are whole numbers."""

    def __init__(self, model: GenerativeModel, sizes: Sequence[int] | None = None) -> None:
        """Make an empty one.

        Args:
            sizes: as in ``BaseCrowd``; by default the outcomes of the model's modalities.
        """
        super().__init__(model, model.n_observations if sizes is None else sizes)
        self._n_actions = model.n_actions

    def _moves(
        self, lived: Sequence[Lived], ids: Sequence[str], results: list[int | Exception]
    ) -> tuple[Indices, Indices]:
        if (plain := _single_moves(lived, self._n_actions)) is not None:
            return plain, np.arange(1, len(lived) + 1)
        return super()._moves(lived, ids, results)

    def _turn_of(self, seat: Seat, observation: Any, lived: Lived, agent_id: str) -> Turn:
        sizes = self._sizes
        if type(observation) is int and len(sizes) == 1 and 0 <= observation < sizes[0]:
            moves = self._moves_of(lived, agent_id)
            if len(moves) == 1:  # as nearly always; four new arrays would cost as much as it all
                return seat.turn(observation, moves[0])
        return super()._turn_of(seat, observation, lived, agent_id)

    def _moves_of(self, lived: Lived, agent_id: str) -> list[int]:
        n_actions, moves = self._n_actions, []
        for experience in lived:
            executed = experience.executed
            if experience.terminated or experience.truncated:
                moves.append(START)
            elif executed is None:
                continue  # nothing was done that could have moved it
            elif type(executed) is int and 0 <= executed < n_actions:
                moves.append(executed)
            else:
                moves.append(read_index("previous.executed", executed, n_actions, agent_id))
        return moves


class Crowd(PlainCrowd):
    """Agents that share a compiled model and differ in what they believe."""

    def __init__(
        self, compiled: Compiled, kernel: Kernel, sizes: Sequence[int] | None = None
    ) -> None:
        """Make an empty one; sizes as in ``PlainCrowd``."""
        super().__init__(compiled.model, sizes)
        kernel.prepare_for(compiled)  # here, and not while a round waits
        self.compiled = compiled
        self.kernel = kernel

    def plan(self, seat: Seat, preferences: Array | None = None) -> Plan:
        rows, row = seat.rows, slice(seat.row, seat.row + 1)
        wanted = None if preferences is None else preferences[None]
        plan = self.kernel.plan(self.compiled, rows.beliefs[row], rows.gamma[row], wanted)
        return Plan(*(array[0] for array in plan))

    def _make_rows(self, capacity: int) -> BaseRows:
        return Rows(self.compiled, capacity)

    def _step(self, rows: Any, turn: Turn) -> Indices:
        return self.kernel.step(rows, turn)


def _keep(seats: Sequence[Seat], chosen: Sequence[int | Exception]) -> None:
    """Write down what those believe who wish it so."""
    for seat, action in zip(seats, chosen, strict=True):
        if seat.history is not None and not isinstance(action, Exception):
            seat.history.append(seat.beliefs)


def _single_moves(lived: Sequence[Lived], n_actions: int) -> Indices | None:
    """Give the one move of each, if that is all that has happened; else None."""
    executed = lived.executed if isinstance(lived, OneStepEach) else _executed(lived)
    if executed is None or set(map(type, executed)) != {int}:
        return None
    distinct = set(executed)  # they are few
    if min(distinct) < 0 or max(distinct) >= n_actions:
        return None
    return np.array(executed, np.int64)


def _executed(lived: Sequence[Lived]) -> list[Any] | None:
    if set(map(len, lived)) != {1} or any(own[0].terminated or own[0].truncated for own in lived):
        return None
    return [own[0].executed for own in lived]
