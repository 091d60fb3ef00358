"""Where one agent's beliefs stand among those of the others with its model."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from ...errors import ModelError
from ..matrices import SUM_TOLERANCE, Array
from ..mind import state_vector
from ..profile import Profile
from .compiled import Compiled
from .rows import Rows

_PAGE = 1024


class Seat:
    """One row and its owner's way to it; not to be touched while it waits to be inferred."""

    __slots__ = ("row", "rows")

    def __init__(self, rows: Rows, row: int) -> None:
        self.rows = rows
        self.row = row

    @property
    def compiled(self) -> Compiled:
        """The model, shared with all others here."""
        return self.rows.compiled

    @property
    def beliefs(self) -> Array:
        """What is held of the state now: float64, shape (n_states,), a copy."""
        own: Array = self.rows.beliefs[self.row].copy()
        return own

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode with the model's D; None is the seed 0."""
        self.rows.reset(self.row, seed)

    def retune(self, profile: Profile) -> None:
        """Think by another profile of the same policy length; see ``Rows.retune``."""
        self.rows.retune(self.row, profile)

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as ``Mind.get_state`` does."""
        step, stream = int(self.rows.step[self.row]), int(self.rows.stream[self.row])
        return {"beliefs": self.beliefs, "step": step, "stream": stream}

    def set_state(self, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on from a state; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        beliefs = state_vector(state, "beliefs", self.compiled.model.n_states, agent_id)
        if abs(beliefs.sum() - 1.0) > SUM_TOLERANCE:
            raise ModelError("state['beliefs']", "must sum to 1", agent_id=agent_id)
        step = _count(state, "step", 2**55, agent_id)  # chance.uniform shifts it by 8 bits
        stream = _count(state, "stream", 2**64, agent_id)
        self.rows.beliefs[self.row] = beliefs
        self.rows.step[self.row] = step
        self.rows.stream[self.row] = np.uint64(stream)


class Seats:
    """The seats of all agents of one compiled model, in pages that are added as they fill."""

    def __init__(self, compiled: Compiled, page: int = _PAGE) -> None:
        """Make the first page.

        Args:
            page: how many rows stand together in memory, and are inferred in one call.
        """
        self.compiled = compiled
        self._page = page
        self._pages = [Rows(compiled, page)]
        self._lock = Lock()  # agents come and go on the threads of their hosts

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._pages)

    def take(self, profile: Profile, seed: int | None = None) -> Seat:
        """Give a seat to a new agent.

        Raises:
            ValueError: the profile plans another number of steps ahead.
        """
        with self._lock:
            rows = next((rows for rows in self._pages if not rows.is_full), None)
            if rows is None:
                rows = Rows(self.compiled, self._page)
                self._pages.append(rows)
            return Seat(rows, rows.take(profile, seed))

    def release(self, seat: Seat) -> None:
        """Take a seat back; its owner uses it no more."""
        with self._lock:
            seat.rows.release(seat.row)


def _count(state: dict[str, Any], name: str, below: int, agent_id: str | None) -> int:
    value = state.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        rule = f"must be a whole number in 0..{below - 1}, got {value!r}"
        raise ModelError(f"state[{name!r}]", rule, agent_id=agent_id)
    return value
