"""Many runs of one society, each with other deliveries, delays and faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..actors.simulated import SimulatedDispatcher
from ..actors.simulation.faults import Faults
from .regression import Regression
from .shrinking import shrink

Play = Callable[[SimulatedDispatcher], object]
"""Founds a society on this dispatcher, plays with it, and raises if something is wrong."""

_LAST_EVENTS = 20


def simulate(
    play: Play,
    *,
    seeds: Iterable[int] = range(100),
    faults: Faults | None = None,
    keep: str | os.PathLike[str] | None = None,
    patience: int = 500,
) -> None:
    """Play under many seeds, after all that failed before.

    The first failure is shrunk to as few and as plain choices as will fail in the same way.
    What is raised then is what ``play`` raised, with notes that say how to have it again.

    Args:
        faults: what may go wrong; by default nothing, and only the order is chosen.
        keep: a folder for failures; those of this play in it are played first.
        patience: how many runs may be spent on shrinking.

    Raises:
        BaseException: what ``play`` raised.
        ValueError: a file in the folder holds no failure.
    """
    folder = None if keep is None else Path(keep)
    if folder is not None:
        for path, _ in Regression.all_in(folder, _name_of(play)):
            replay(play, path)
    for seed in seeds:
        dispatcher = SimulatedDispatcher(seed, faults=faults)
        error = _error_of(play, dispatcher)
        if error is not None:
            raise _Failure(play, seed, dispatcher, error).explained(folder, patience)


def replay(play: Play, path: str | os.PathLike[str]) -> None:
    """Play a failure that was kept; give nothing if it does not fail any more.

    Raises:
        BaseException: what ``play`` raised.
        ValueError: the file holds no failure.
    """
    dispatcher = Regression.read(Path(path)).dispatcher()
    error = _error_of(play, dispatcher)
    if error is not None:
        error.add_note(f"this is the failure kept in {path}")
        _tell_what_happened(error, dispatcher)
        raise error


class _Failure:
    """One seed that fails, and shorter ways to the same error."""

    def __init__(
        self, play: Play, seed: int, dispatcher: SimulatedDispatcher, error: BaseException
    ) -> None:
        self._play = play
        self._seed = seed
        self._faults = dispatcher.faults
        self._made = tuple(dispatcher.choices.made)
        self._error = error

    def explained(self, folder: Path | None, patience: int) -> BaseException:
        """Give the error at the end of the shortest way, with notes on how to go it."""
        if self._fails(self._made) is None:
            self._error.add_note(f"simulated with seed {self._seed} and {self._faults}")
            self._error.add_note("played again it does not fail: not all of it is up to the seed")
            return self._error
        short = shrink(self._made, self._fails, patience=patience)
        dispatcher, error = self._again(short)
        if error is None:
            return self._error
        error.add_note(f"simulated with seed {self._seed} and {self._faults}")
        error.add_note(f"of {len(self._made)} choices these are enough: {short}")
        _tell_what_happened(error, dispatcher)
        if folder is not None:
            error.add_note(f"kept in {self._regression(short, repr(error)).write(folder)}")
        return error

    def _regression(self, choices: Sequence[int], error: str = "") -> Regression:
        name = _name_of(self._play)
        return Regression(name, self._seed, self._faults, tuple(choices), error)

    def _again(self, choices: Sequence[int]) -> tuple[SimulatedDispatcher, BaseException | None]:
        dispatcher = self._regression(choices).dispatcher()
        return dispatcher, _error_of(self._play, dispatcher)

    def _fails(self, choices: Sequence[int]) -> Sequence[int] | None:
        dispatcher, error = self._again(choices)
        return dispatcher.choices.made if type(error) is type(self._error) else None


def _error_of(play: Play, dispatcher: SimulatedDispatcher) -> BaseException | None:
    try:
        play(dispatcher)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  test frameworks fail with errors of their own
        return error
    return None


def _tell_what_happened(error: BaseException, dispatcher: SimulatedDispatcher) -> None:
    events = list(dispatcher.history)[-_LAST_EVENTS:]
    lines = [f"  {e.time:10.3f} s  {e.who}: {e.what} {e.round or ''}".rstrip() for e in events]
    error.add_note("\n".join(["what happened last:", *lines]))


def _name_of(play: Play) -> str:
    return getattr(play, "__name__", type(play).__name__)
