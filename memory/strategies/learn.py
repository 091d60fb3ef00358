"""Sleep that teaches: a window is merged, and lived through once more by the agent it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...errors import ObservationError
from ...models.learning.replay import Night, Taught
from ..item import Draft
from ..remembered import Remembered
from ..window import Window
from .merge import merge

_AT_ONCE = 16
"""How many experiences are gone through between two pauses."""


def learn(window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
    """Merge as ``merge`` does; where the agent can be taught, learn from each experience once.

    One that does not fit the agent's model teaches nothing, as if it were missing: the agent's
    own act raised at it, and that was said then.
    """
    yield from merge(window)
    lived = Window.of(window)
    if lived.pupil is None:
        return
    night = lived.pupil.night()
    for start in range(0, len(lived), _AT_ONCE):
        _go_through(night, lived[start : start + _AT_ONCE])
        yield None
    yield night.taught


def _go_through(night: Night, lived: Sequence[Remembered]) -> None:
    for one in lived:
        try:
            night.live(one.experience)
        except ObservationError:
            continue
