"""An error of somebody else's that cannot even be printed."""

from __future__ import annotations


class OddError(Exception):
    """Raises wherever its text is asked for."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    __str__ = __repr__
