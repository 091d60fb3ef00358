"""The fast kernel of factored models: loops over agents, compiled by numba and free of the GIL."""

from __future__ import annotations

import numpy as np

from ..kernels.compiler import numba
from ..kernels.kernel import Prefer
from ..kernels.rows import Inferred, Turn
from ..matrices import Array, Indices
from ..policies import Plan
from ..profile import Profile
from . import native
from .compiled import FactoredCompiled
from .model import FactoredModel
from .rows import FactoredRows


class FactoredNumbaKernel:
    """Needs the extra "fast"; equal to the reference within 1e-12.

    One call is serial; whoever has several cores gives each of them some of the rows.
    """

    name = "numba"

    def __init__(self) -> None:
        self.fingerprint = f"numba-{numba().__version__}"

    def prepare(self) -> None:
        """Compile everything for the only types there are; from disk where it was before."""
        one = np.ones((1, 1, 1))
        model = FactoredModel([one], [one, one])
        rows = FactoredRows(FactoredCompiled.of(model, 1), 1)
        who, ends = np.array([rows.take(Profile())]), np.zeros(1, np.int64)
        turn = Turn(who, np.zeros((1, 1), np.int64), np.zeros((0, 1), np.int64), ends)
        self.step(rows, turn)

    def infer(self, rows: FactoredRows, turn: Turn) -> Inferred:
        beliefs = rows.beliefs[turn.who]
        surprise, _, _ = _act(native.LOOK, rows, turn.who, beliefs, turn)
        return Inferred(beliefs, surprise)

    def plan(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Plan:
        beliefs = rows.beliefs[who] if beliefs is None else beliefs
        what = native.PLAN | native.KEEP
        return Plan(*_act(what, rows, who, beliefs, preferences=preferences)[1])

    def choose(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Indices:
        beliefs = rows.beliefs[who] if beliefs is None else beliefs
        return _act(native.PLAN, rows, who, beliefs, preferences=preferences)[2]

    def step(self, rows: FactoredRows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        if prefer is None:
            return _act(native.LOOK | native.PLAN | native.END, rows, turn.who, None, turn)[2]
        inferred = self.infer(rows, turn)
        wanted = prefer(turn.who, inferred.beliefs)
        chosen = self.choose(rows, turn.who, inferred.beliefs, wanted)
        rows.commit(turn.who, inferred)
        return chosen


def _act(
    what: int,
    rows: FactoredRows,
    who: Indices,
    beliefs: Array | None,
    turn: Turn | None = None,
    *,
    preferences: Array | None = None,
) -> tuple[Array, tuple[Array, Array, Array], Indices]:
    """Call compiled code; with beliefs None, those of the rows, in place."""
    known = rows.parameters.arrays
    model = (rows.laid, known, rows.compiled.model.iterations)
    place = (rows.beliefs, who) if beliefs is None else (_plain(beliefs), np.arange(len(who)))
    given = _NOTHING if turn is None else tuple(turn[1:])
    wish = (known[4], False) if preferences is None else (_to_read(preferences), True)
    done: tuple[Array, tuple[Array, Array, Array], Indices] = native.act(
        what, model, rows.arrays, who, place, given, wish
    )
    return done


_NOTHING = (np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), np.zeros(0, np.int64))


def _plain(array: Array) -> Array:
    """Give it in C order and writable: for each other kind everything would compile anew."""
    return np.require(array, np.float64, ("C", "W"))


def _to_read(array: Array) -> Array:
    """Give it in C order and read-only, as parameters are."""
    view = np.require(array, np.float64, ("C",)).view()
    view.setflags(write=False)
    return view
