"""Clusters of points that come one by one, never more than a given number of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

_GROWTH = 4.0
"""By which the squared reach grows when there are too many clusters: the reach doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Some of the points."""

    places: list[int]
    """Of the points, in the order in which they came."""
    mean: Vector
    """float64, shape (n,)."""
    spread: Vector
    """The standard deviation of each coordinate; float64, shape (n,)."""
    nearest: int
    """Which of the places holds the point that was nearest to the mean when it came."""


class Clusters:
    """Puts each point into the nearest cluster in reach, or into one of its own.

    The reach begins at nothing; when there is one cluster too many it doubles, and clusters in
    reach of each other become one, until there is room.

    Source: Charikar, Chekuri, Feder and Motwani (1997), the doubling algorithm. Means and
    squares are joined as in Chan, Golub and LeVeque (1979), eq. (2.1).
    """

    def __init__(self, most: int, size: int) -> None:
        """Make none yet.

        Args:
            most: how many clusters there may be.
            size: of a point.
        """
        if most < 1:
            raise ValueError(f"most must be >= 1, got {most}")
        self._most = most
        self._reach = 0.0
        # A row for each cluster, and one for the point that is one too many.
        self._means = np.zeros((most + 1, size))
        self._squares = np.zeros((most + 1, size))
        self._places: list[list[int]] = []
        self._nearest: list[tuple[float, int]] = []

    def add(self, place: int, point: Vector) -> None:
        """Take a point in.

        Args:
            place: what to call it.
            point: float64, shape (size,), finite.
        """
        row, distance = self._nearest_row(point)
        if row is None or distance > self._reach:
            row, distance = len(self._places), 0.0
            self._means[row] = point
            self._squares[row] = 0.0
            self._places.append([place])
            self._nearest.append((0.0, place))
            if len(self._places) > self._most:
                self._make_room()
            return
        self._join(row, point, 0.0, 1)
        self._places[row].append(place)
        self._nearest[row] = min(self._nearest[row], (distance, place))

    def all(self) -> list[Cluster]:
        """Give the clusters, each where its first point came."""
        made = []
        for row, places in enumerate(self._places):
            spread = np.sqrt(self._squares[row] / len(places))
            ordered = sorted(places)
            nearest = ordered.index(self._nearest[row][1])
            made.append(Cluster(ordered, self._means[row].copy(), spread, nearest))
        return sorted(made, key=lambda cluster: cluster.places[0])

    def _nearest_row(self, point: Vector) -> tuple[int | None, float]:
        count = len(self._places)
        if not count:
            return None, 0.0
        apart = self._means[:count] - point
        # Added up in one order wherever the numbers lie in memory, unlike a dot product.
        distances = (apart * apart).sum(axis=1)
        row = int(np.argmin(distances))
        return row, float(distances[row])

    def _make_room(self) -> None:
        while len(self._places) > self._most:
            self._reach = max(_GROWTH * self._reach, self._smallest_gap())
            self._unite()

    def _smallest_gap(self) -> float:
        """Give the squared distance of the two means that are nearest to each other."""
        count = len(self._places)
        gaps = [
            float((apart * apart).sum(axis=1).min())
            for row in range(count - 1)
            for apart in [self._means[row + 1 : count] - self._means[row]]
        ]
        return min(gaps)

    def _unite(self) -> None:
        """Make one of clusters in reach of each other, the earlier taking the later in."""
        row = 0
        while row < len(self._places):
            other = row + 1
            while other < len(self._places):
                apart = self._means[other] - self._means[row]
                if float((apart * apart).sum()) <= self._reach:
                    self._take_over(row, other)
                else:
                    other += 1
            row += 1

    def _take_over(self, row: int, other: int) -> None:
        self._join(row, self._means[other], self._squares[other], len(self._places[other]))
        self._places[row] += self._places[other]
        self._nearest[row] = min(self._nearest[row], self._nearest[other])
        count = len(self._places)
        self._means[other : count - 1] = self._means[other + 1 : count].copy()
        self._squares[other : count - 1] = self._squares[other + 1 : count].copy()
        del self._places[other], self._nearest[other]

    def _join(self, row: int, mean: Vector, squares: Vector | float, count: int) -> None:
        before = len(self._places[row])
        apart = mean - self._means[row]
        self._means[row] += apart * (count / (before + count))
        self._squares[row] += squares + apart * apart * (before * count / (before + count))
