"""The ground plan of the modelled city: where it is, its kelurahan as cells, its hamlets.

**Modelled: not for operations.** Codes, names, areas, centroids and TPS counts of the kelurahan
are facts (``kota_metro.csv``); everything drawn from them here is invented.

Each kelurahan is a cell of a power diagram around its real centroid, with weights that give the
cells areas in the proportion of the real ones and the real sum (after Aurenhammer, Hoffmann and
Aronov 1998, https://doi.org/10.1007/PL00009187). A cell also ends where its power distance turns
positive: that makes the city's outer border. Borders are then warped by a smooth wave. Inside a
cell lie hamlets; each has its own street bearing and block size.

Lengths are metres in a plane east (x) and north (y) of ``ORIGIN``; latitude 5 degrees south makes
its scale good to a thousandth, and lengths in the road file are great circles again.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import cos, hypot, pi, sin
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Point = tuple[float, float]

ORIGIN: Final = (105.3105, -5.117)  # longitude, latitude
METRES_NORTH: Final = 111195.08  # of a degree of latitude, for a sphere of 6371009 m
METRES_EAST: Final = 110751.97  # of a degree of longitude at ORIGIN
CITY_KM2: Final = 68.74
WEST, EAST, SOUTH, NORTH = -5371.0, 5371.0, -6894.0, 6894.0  # the city's bounding box
SQUARE_M: Final = 40.0  # side of the squares in which the ground plan is kept
ROUNDS: Final = 60
MARGIN_M2: Final = 6e5  # power distance up to which streets go on beyond the city's border
DENSE: Final = 8.0  # TPS per square kilometre, from which hamlets are small
MOST_OPEN: Final = 1.6
TURNED: Final = 0.4  # share of the hamlets whose rows run north

# how the streets of a kecamatan lie, degrees counterclockwise from east
BEARINGS: Final = {
    "Metro Pusat": 9.0,
    "Metro Utara": -5.0,
    "Metro Barat": 25.0,
    "Metro Timur": 15.0,
    "Metro Selatan": -12.0,
}


@dataclass(frozen=True, slots=True)
class Kelurahan:
    """One kelurahan: facts, and its place in the plane.

    Parameters
    ----------
    code
        Official code without dots.
    name
        Name.
    kecamatan
        Name of its kecamatan.
    stations
        Regular TPS of 2024.
    special
        Special TPS of 2024.
    area_km2
        Area as published.
    centre
        Centroid in the plane, metres.
    """

    code: str
    name: str
    kecamatan: str
    stations: int
    special: int
    area_km2: float
    centre: Point

    @property
    def density(self) -> float:
        """TPS per square kilometre."""
        return (self.stations + self.special) / self.area_km2


@dataclass(frozen=True, slots=True)
class Hamlet:
    """A part of a kelurahan with streets of one bearing and block size.

    Parameters
    ----------
    cell
        Index of its kelurahan.
    centre
        Place in the plane, metres.
    bearing
        Of its rows, radians counterclockwise from east, within a quarter turn.
    size
        Block size as a multiple of the kelurahan's.
    turned
        Whether its rows run north rather than east.
    """

    cell: int
    centre: Point
    bearing: float
    size: float
    turned: bool


@dataclass(frozen=True, slots=True)
class GroundPlan:
    """The city as squares of ``SQUARE_M``.

    Parameters
    ----------
    kelurahan
        In the order of their codes.
    hamlets
        All hamlets.
    cell
        Index of the kelurahan per square, shape (rows, columns); -1 outside the city.
    hamlet
        Index of the nearest hamlet of that kelurahan, same shape; -1 well outside.
    openness
        Multiple of the block size, same shape: 1 where built, more among the fields.
    """

    kelurahan: tuple[Kelurahan, ...]
    hamlets: tuple[Hamlet, ...]
    cell: NDArray[np.int64]
    hamlet: NDArray[np.int64]
    openness: NDArray[np.float64]

    def square(self, x: float, y: float) -> tuple[int, int]:
        """Find the square of a point.

        Parameters
        ----------
        x
            Metres east.
        y
            Metres north.

        Returns
        -------
        tuple of int
            Row and column, clipped to the plan.
        """
        rows, columns = self.cell.shape
        row = int((y - SOUTH) // SQUARE_M)
        column = int((x - WEST) // SQUARE_M)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def cell_at(self, x: float, y: float) -> int:
        """Find the kelurahan of a point.

        Parameters
        ----------
        x
            Metres east.
        y
            Metres north.

        Returns
        -------
        int
            Index into ``kelurahan``; -1 outside the city.
        """
        return int(self.cell[self.square(x, y)])


def dice(seed: int) -> random.Random:
    """Make a random generator whose numbers are the same on every machine.

    Parameters
    ----------
    seed
        Any whole number.

    Returns
    -------
    random.Random
        Only ``random()`` is used of it, which Python keeps the same between versions.
    """
    return random.Random(seed)  # noqa: S311 (modelling, not secrecy)


def to_lonlat(x: float, y: float) -> Point:
    """Turn plane metres into degrees.

    Parameters
    ----------
    x
        Metres east of ``ORIGIN``.
    y
        Metres north of ``ORIGIN``.

    Returns
    -------
    tuple of float
        Longitude and latitude (EPSG:4326), rounded to 7 decimals.
    """
    return round(ORIGIN[0] + x / METRES_EAST, 7), round(ORIGIN[1] + y / METRES_NORTH, 7)


def to_plane(lon: float, lat: float) -> Point:
    """Turn degrees into plane metres.

    Parameters
    ----------
    lon
        Longitude (EPSG:4326).
    lat
        Latitude (EPSG:4326).

    Returns
    -------
    tuple of float
        Metres east and north of ``ORIGIN``.
    """
    return (lon - ORIGIN[0]) * METRES_EAST, (lat - ORIGIN[1]) * METRES_NORTH


def kelurahan_csv() -> bytes:
    """Read the facts about the kelurahan as they are packaged.

    Returns
    -------
    bytes
        CSV; columns of ``kota_metro.csv``.
    """
    return files("metro_gis.data").joinpath("kota_metro.csv").read_bytes()


@cache
def read_kelurahan() -> tuple[Kelurahan, ...]:
    """Read the 22 kelurahan of Kota Metro.

    Returns
    -------
    tuple of Kelurahan
        In the order of their codes.
    """
    rows = csv.DictReader(kelurahan_csv().decode("utf-8").splitlines())
    found = [
        Kelurahan(
            code=row["kelurahan_code"].replace(".", ""),
            name=row["kelurahan"],
            kecamatan=row["kecamatan"],
            stations=int(row["stations_2024"]),
            special=int(row["special_stations_2024"]),
            area_km2=float(row["area_km2"]),
            centre=to_plane(float(row["centroid_lon"]), float(row["centroid_lat"])),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: one.code))


@cache
def make_ground_plan(seed: int = 18) -> GroundPlan:
    """Lay out cells and hamlets.

    Parameters
    ----------
    seed
        Of the hamlets.

    Returns
    -------
    GroundPlan
        The same for the same seed, bit for bit.
    """
    kelurahan = read_kelurahan()
    x, y = _square_centres()
    cell, reach = _cells(kelurahan, x, y)
    hamlets = _hamlets(kelurahan, cell, x, y, dice(seed))
    distance = np.full(cell.shape, np.inf)
    hamlet = np.full(cell.shape, -1)
    nearest = np.where(cell >= 0, cell, reach)
    for index, one in enumerate(hamlets):
        apart = (x - one.centre[0]) ** 2 + (y - one.centre[1]) ** 2
        closer = (nearest == one.cell) & (apart < distance)
        distance = np.where(closer, apart, distance)
        hamlet = np.where(closer, index, hamlet)
    openness = _openness(kelurahan, hamlets, hamlet, distance)
    return GroundPlan(kelurahan, hamlets, cell, hamlet, openness)


def _square_centres() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    columns = int((EAST - WEST) // SQUARE_M) + 1
    rows = int((NORTH - SOUTH) // SQUARE_M) + 1
    x = WEST + SQUARE_M * (np.arange(columns, dtype=np.float64) + 0.5)
    y = SOUTH + SQUARE_M * (np.arange(rows, dtype=np.float64) + 0.5)
    return np.broadcast_to(x, (rows, columns)), np.broadcast_to(y[:, None], (rows, columns))


def _cells(
    kelurahan: tuple[Kelurahan, ...], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give cells (-1 outside) and the cells stretched 250 m beyond the city's border."""
    # the wave is rounded to a millimetre so that every machine sees the same squares
    wave_x = np.array([round(70 * sin(v / 410), 3) for v in y[:, 0].tolist()])[:, None]
    wave_y = np.array([round(70 * sin(v / 530), 3) for v in x[0].tolist()])[None, :]
    squared = np.stack(
        [(x + wave_x - one.centre[0]) ** 2 + (y + wave_y - one.centre[1]) ** 2 for one in kelurahan]
    )
    total = sum(one.area_km2 for one in kelurahan)
    wanted = np.array([one.area_km2 / total * CITY_KM2 * 1e6 for one in kelurahan])
    weight = wanted / pi
    for _ in range(ROUNDS):
        power = squared - weight[:, None, None]
        owner = np.argmin(power, axis=0)
        inside = np.min(power, axis=0) < 0
        have = np.bincount(owner[inside], minlength=len(kelurahan)) * SQUARE_M**2
        weight = np.maximum(weight + 0.12 * (wanted - have), 1e4)
    power = squared - weight[:, None, None]
    owner = np.argmin(power, axis=0)
    margin = np.min(power, axis=0)
    return np.where(margin < 0, owner, -1), np.where(margin < MARGIN_M2, owner, -1)


def _hamlets(
    kelurahan: tuple[Kelurahan, ...],
    cell: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    random_: random.Random,
) -> tuple[Hamlet, ...]:
    """Spread hamlets over every cell, each as far from the others as a few tries allow."""
    hamlets: list[Hamlet] = []
    for index, one in enumerate(kelurahan):
        squares = np.argwhere(cell == index)
        count = max(2, round(one.area_km2 * (1.9 if one.density > DENSE else 1.0) + 0.5))
        own: list[Point] = []
        base = BEARINGS[one.kecamatan] + 14 * random_.random() - 7
        for _ in range(count):
            tries = [squares[int(random_.random() * len(squares))] for _ in range(12)]
            places = [(float(x[r, c]), float(y[r, c])) for r, c in tries]
            best = max(places, key=lambda place: _room(place, own))
            own.append(best)
            bearing = base + 34 * (random_.random() - 0.5)
            size = 0.85 + 0.45 * random_.random()
            turned = random_.random() < TURNED
            hamlets.append(Hamlet(index, best, bearing * pi / 180, size, turned))
    return tuple(hamlets)


def _room(place: Point, others: list[Point]) -> float:
    return min((hypot(place[0] - u, place[1] - v) for u, v in others), default=0.0)


def _openness(
    kelurahan: tuple[Kelurahan, ...],
    hamlets: tuple[Hamlet, ...],
    hamlet: NDArray[np.int64],
    distance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Open the ground between the hamlets of thinly settled kelurahan."""
    # rounded, since powers may differ in the last bit between machines
    radii = [round(90.0 * kelurahan[one.cell].density ** 0.75 + 60.0, 1) for one in hamlets]
    radius = np.array([*radii, 1.0])
    beyond = np.sqrt(np.where(np.isfinite(distance), distance, 1e8)) - radius[hamlet]
    openness: NDArray[np.float64] = np.clip(1.0 + beyond / 400.0, 1.0, MOST_OPEN)
    return openness


def turn(vector: Point, angle: float) -> Point:
    """Rotate a vector counterclockwise.

    Parameters
    ----------
    vector
        East and north parts.
    angle
        Radians.

    Returns
    -------
    tuple of float
        The rotated vector.
    """
    c, s = cos(angle), sin(angle)
    return vector[0] * c - vector[1] * s, vector[0] * s + vector[1] * c
