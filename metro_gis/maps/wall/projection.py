"""From degrees to millimetres on the sheet: a transverse Mercator of the city's own.

Its origin lies in the middle of the plan. Ten kilometres from there its scale is off by a
millionth, a hundred kilometres from there by an eighth of a thousandth, alike in all directions;
near the equator grid north is true north within a few hundredths of a degree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pyproj import Proj

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from metro_gis.maps.folium_map import Corners
    from metro_gis.maps.wall.paper import Rect

MM_PER_M: Final = 1000.0
STEPS: Final = (1, 1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10)
LARGEST: Final = 2_500
"""A plan of one street is not blown up beyond 1:2,500."""
SHORTEST: Final = 1e-9

__all__ = ["View", "Zone", "choose_scale"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A transverse Mercator (WGS 84) around a place.

    Parameters
    ----------
    lon, lat
        Its origin, degrees.
    """

    lon: float
    lat: float

    @classmethod
    def around(cls, corners: Corners) -> Zone:
        """Put the origin into the middle of an area.

        Parameters
        ----------
        corners
            South-west and north-east corner as (lat, lon), degrees.

        Returns
        -------
        Zone
            The projection.
        """
        (south, west), (north, east) = corners
        return cls(round((west + east) / 2, 6), round((south + north) / 2, 6))

    def metres(
        self, points: Sequence[Sequence[float]] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Project points.

        Parameters
        ----------
        points
            (lon, lat) in WGS 84 degrees.

        Returns
        -------
        ndarray of shape (n, 2)
            Metres east and north of the origin.
        """
        degrees = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        project = Proj(proj="tmerc", lat_0=self.lat, lon_0=self.lon, k_0=1, ellps="WGS84")
        east, north = project(degrees[:, 0], degrees[:, 1])
        return np.column_stack((east, north))


@dataclass(frozen=True, slots=True)
class View:
    """What part of a city a frame shows, and at which scale.

    Parameters
    ----------
    zone
        The projection.
    frame
        The map's place on the sheet, mm.
    scale
        How many times smaller than the city the map is.
    centre
        What stands in the middle of the frame, metres east and north.
    """

    zone: Zone
    frame: Rect
    scale: int
    centre: tuple[float, float]

    def sheet_mm(
        self, points: Sequence[Sequence[float]] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Say where points stand on the sheet.

        Parameters
        ----------
        points
            (lon, lat) in WGS 84 degrees.

        Returns
        -------
        ndarray of shape (n, 2)
            Millimetres from the upper left corner of the sheet, across and down.
        """
        away = self.zone.metres(points) - self.centre
        return np.asarray(
            self.frame.middle + away * (MM_PER_M / self.scale, -MM_PER_M / self.scale)
        )


def choose_scale(size_m: tuple[float, float], room: Rect) -> int:
    """Choose the largest round scale at which an area fits.

    Parameters
    ----------
    size_m
        Width and height of the area, metres.
    room
        Where it has to fit, mm.

    Returns
    -------
    int
        How many times smaller than the city the map is.

    Examples
    --------
    >>> from metro_gis.maps.wall.paper import Rect
    >>> choose_scale((9_000.0, 12_000.0), Rect(0, 0, 300, 240))
    50000
    """
    width_m, height_m = size_m
    need = max(width_m / room.width, height_m / room.height) * MM_PER_M
    need = max(need, float(LARGEST))
    power = 10.0 ** math.floor(math.log10(need))
    step = next(step for step in STEPS if step * power >= need * (1 - SHORTEST))
    return round(step * power)
