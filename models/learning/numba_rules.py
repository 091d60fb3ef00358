"""How counts grow, compiled: for many learners, or few with little time."""

from __future__ import annotations

from . import native
from .lesson import Lesson
from .parameters import Parameters


class NumbaRules:
    """Needs the extra "fast"; equal to the reference within 1e-12."""

    name = "numba"

    def derive(self, own: Parameters, row: int) -> None:
        native.derive(own.shared.laid, own.arrays, row)

    def learn(self, own: Parameters, lesson: Lesson) -> None:
        native.learn(own.shared.laid, own.arrays, tuple(lesson))
