"""How long work on memories may take between two rounds."""

from __future__ import annotations

_SMOOTHING = 0.25
_DEEPEST = 8.0
"""How many slices' worth of overrun is remembered; one hiccup is not to stop all work."""


class SliceLength:
    """Gives the length of the next slice: a share of what rounds take, less what overran.

    The last round counts in full if it was quicker than rounds of late, and a little if it was
    slower: one that waited for a straggler is no reason for a long slice.
    """

    def __init__(self, share: float = 0.25, *, least: float = 1e-4, most: float = 0.02) -> None:
        """Set the bounds.

        Args:
            share: of the time of a round.
            least: seconds of a slice, however quick rounds are, unless the last ones overran.
            most: seconds of a slice, however slow rounds are.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got {share}")
        if not 0 < least <= most:
            raise ValueError(f"least must be in (0, most = {most}], got {least}")
        self._share = share
        self._least = least
        self._most = most
        self._usual: float | None = None
        self._debt = 0.0
        self._given = 0.0

    def next(self, last_round: float) -> float:
        """Give the seconds of the next slice; 0 while earlier ones are being paid off.

        Args:
            last_round: seconds that the last round took, without slices.
        """
        usual = last_round if self._usual is None else self._usual
        self._usual = min(last_round, usual + _SMOOTHING * (last_round - usual))
        length = min(self._most, max(self._least, self._share * self._usual))
        paid = min(self._debt, length)
        self._debt = min(self._debt, _DEEPEST * length) - paid
        self._given = length - paid
        return self._given

    def spent(self, seconds: float) -> None:
        """Say how long the slice that was given took."""
        self._debt += max(0.0, seconds - self._given)
        self._given = 0.0
