"""The drawing sheet of the modelled city: streets drawn so far, found again by place.

**Modelled: not for operations.** See ``sample`` for how the city is made.
"""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from metro_gis.data.sample_arterials import Street
    from metro_gis.data.sample_city import Point

SEGMENT_SQUARE_M: Final = 50.0
POINT_SQUARE_M: Final = 100.0
POINT_STEP_M: Final = 25.0
PARALLEL_COSINE: Final = 0.77  # streets within 40 degrees of each other count as parallel


class Segment(NamedTuple):
    """A straight piece of a street.

    Parameters
    ----------
    a
        First end, metres.
    b
        Second end, metres.
    street
        Index of its street.
    """

    a: Point
    b: Point
    street: int


class Crossing(NamedTuple):
    """Where a line meets a street.

    Parameters
    ----------
    part
        Place on the line: 0 at its start, 1 at its end.
    street
        Index of the street; -1 for a water.
    point
        Place, metres.
    """

    part: float
    street: int
    point: Point


def cross(a: Point, b: Point, c: Point, d: Point) -> float | None:
    """Find where two straight pieces cross.

    Parameters
    ----------
    a
        Start of the first piece, metres.
    b
        End of the first piece.
    c
        Start of the second piece.
    d
        End of the second piece.

    Returns
    -------
    float or None
        Part of the first piece, 0 to 1; None where they do not meet or are parallel.
    """
    ux, uy = b[0] - a[0], b[1] - a[1]
    vx, vy = d[0] - c[0], d[1] - c[1]
    bottom = ux * vy - uy * vx
    if bottom == 0:
        return None
    wx, wy = c[0] - a[0], c[1] - a[1]
    part = (wx * vy - wy * vx) / bottom
    other = (wx * uy - wy * ux) / bottom
    return part if 0 <= part <= 1 and 0 <= other <= 1 else None


class Sheet:
    """Streets drawn so far, found again by place.

    Parameters
    ----------
    waters
        Courses of rivers and canals, metres.
    """

    def __init__(self, waters: list[list[Point]]) -> None:
        self.streets: list[Street] = []
        self._segments: dict[tuple[int, int], list[Segment]] = {}
        self._points: dict[tuple[int, int], list[tuple[float, float, float, float, int]]] = {}
        for course in waters:
            for a, b in pairwise(course):
                self._file(Segment(a, b, -1))

    def add(self, street: Street) -> int:
        """Draw a street.

        Parameters
        ----------
        street
            The street.

        Returns
        -------
        int
            Its index.
        """
        index = len(self.streets)
        self.streets.append(street)
        for a, b in zip(street.points, street.points[1:], strict=False):
            self._file(Segment(a, b, index))
            span = hypot(b[0] - a[0], b[1] - a[1])
            if span == 0:
                continue
            east, north = (b[0] - a[0]) / span, (b[1] - a[1]) / span
            steps = int(span // POINT_STEP_M) + 1
            for step in range(steps):
                x = a[0] + (b[0] - a[0]) * step / steps
                y = a[1] + (b[1] - a[1]) * step / steps
                key = (int(x // POINT_SQUARE_M), int(y // POINT_SQUARE_M))
                self._points.setdefault(key, []).append((x, y, east, north, index))
        return index

    def crowded(self, place: Point, heading: Point, radius: float, *, parent: int = -1) -> bool:
        """Ask whether a parallel street runs nearby.

        Parameters
        ----------
        place
            Where, metres.
        heading
            Unit vector of the street to be drawn.
        radius
            Metres.
        parent
            Index of a street that does not count.

        Returns
        -------
        bool
            True where one does.
        """
        x, y = place
        limit = radius * radius
        for i in range(
            int((x - radius) // POINT_SQUARE_M), int((x + radius) // POINT_SQUARE_M) + 1
        ):
            for j in range(
                int((y - radius) // POINT_SQUARE_M), int((y + radius) // POINT_SQUARE_M) + 1
            ):
                for u, v, east, north, index in self._points.get((i, j), ()):
                    if (
                        (u - x) ** 2 + (v - y) ** 2 < limit
                        and abs(east * heading[0] + north * heading[1]) > PARALLEL_COSINE
                        and index != parent
                    ):
                        return True
        return False

    def first_crossing(self, a: Point, b: Point, *, parent: int = -2) -> Crossing | None:
        """Find the first street or water that a straight line meets.

        Parameters
        ----------
        a
            Start of the line, metres.
        b
            End of the line.
        parent
            Index of a street that does not count.

        Returns
        -------
        Crossing or None
            The one nearest to the start.
        """
        best: Crossing | None = None
        for key in _squares(a, b):
            for segment in self._segments.get(key, ()):
                if segment.street == parent:
                    continue
                part = cross(a, b, segment.a, segment.b)
                if part is not None and (best is None or part < best.part):
                    point = (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)
                    best = Crossing(part, segment.street, point)
        return best

    def _file(self, segment: Segment) -> None:
        for key in _squares(segment.a, segment.b):
            self._segments.setdefault(key, []).append(segment)


def _squares(a: Point, b: Point) -> list[tuple[int, int]]:
    i_low, i_high = sorted((int(a[0] // SEGMENT_SQUARE_M), int(b[0] // SEGMENT_SQUARE_M)))
    j_low, j_high = sorted((int(a[1] // SEGMENT_SQUARE_M), int(b[1] // SEGMENT_SQUARE_M)))
    return [(i, j) for i in range(i_low, i_high + 1) for j in range(j_low, j_high + 1)]
