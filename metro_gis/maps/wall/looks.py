"""Colours, shapes and widths of a wall map: those of the page (``assets/looks.js``), on paper."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from metro_gis.maps.page_data import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.maps.page_data import PageData

INK: Final = "#1b2330"
SOFT: Final = "#4d5868"
NAVY: Final = "#14213d"
GROUND: Final = "#f3f1ea"
GOLD: Final = "#f2c14e"
SECRET: Final = "#9d1420"  # noqa: S105 (a colour)
AMBER: Final = "#fff0c2"
RING: Final = "#c1121f"

Group = Literal["service", "local", "main"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a class of stations is drawn.

    Parameters
    ----------
    shape
        ``"circle"``, or one of `CORNERS`.
    fill
        Its colour.
    size
        Its radius as a share of a circle's.
    """

    shape: str
    fill: str
    size: float


@dataclass(frozen=True, slots=True)
class Road:
    """How classes of roads are drawn.

    Parameters
    ----------
    classes
        Their names in OpenStreetMap.
    width
        Width on the screen at zoom 14, points.
    fill, casing
        Colours of the road and of its border.
    first
        First zoom at which the page draws them.
    group
        The line of the legend that they belong to.
    dash
        Lengths of strokes and gaps on the screen at zoom 14, points; None for a line.
    """

    classes: tuple[str, ...]
    width: float
    fill: str
    casing: str | None
    first: float
    group: Group
    dash: str | None = None


LOOKS: Final = {
    "low": Look("circle", "#0a6aa8", 1.0),
    "elevated": Look("triangle", "#e69f00", 1.35),
    "high": Look("square", "#c8470a", 1.15),
    "special": Look("diamond", "#7a2a86", 1.35),
    "uncovered": Look("cross", "#111111", 1.35),
}
"""Classes in the order in which they are drawn, so that the gravest lies on top."""

CORNERS: Final = {
    "triangle": ((0, -1), (0.95, 0.75), (-0.95, 0.75)),
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "diamond": ((0, -1.05), (0.95, 0), (0, 1.05), (-0.95, 0)),
    "cross": (
        (-0.85, -0.45),
        (-0.45, -0.85),
        (0, -0.4),
        (0.45, -0.85),
        (0.85, -0.45),
        (0.4, 0),
        (0.85, 0.45),
        (0.45, 0.85),
        (0, 0.4),
        (-0.45, 0.85),
        (-0.85, 0.45),
        (-0.4, 0),
    ),
}
"""Corners of a shape around (0, 0), for a sign of radius 1; a circle has none."""

ROADS: Final = (
    Road(("track",), 1.0, "#d8d2c4", None, 14, "service"),
    Road(("service", "unknown"), 1.1, "#ffffff", "#d3d5cf", 13.5, "service"),
    Road(("living_street",), 1.7, "#ffffff", "#cfd1ca", 12.5, "local"),
    Road(("residential", "unclassified", "road"), 2.1, "#ffffff", "#c6c9c1", 11, "local"),
    Road(("tertiary",), 3.0, "#fffdf2", "#b9bbb0", 10, "main"),
    Road(("secondary",), 3.8, "#fbefc4", "#c4ae6c", 9, "main"),
    Road(("primary",), 4.6, "#f7dca2", "#bf9a55", 8, "main"),
    Road(("trunk",), 5.0, "#f2c599", "#b98353", 7, "main"),
    Road(("motorway",), 5.4, "#e9aa98", "#a9655a", 6, "main"),
    Road((CLOSED,), 4.6, "#c1121f", "#ffffff", 6, "main", "3 6"),
)
"""Roads from the least to the greatest, so that the greater ones lie on top."""

OTHER_ROADS: Final = 2  # a class that no row knows is drawn like the smallest street that has one
POINT_MM: Final = 0.2  # a screen's point on paper: print is finer than a screen
MM_OF_A_POINT: Final = 25.4 / 96
METRES_OF_A_POINT: Final = 156_543.0  # at zoom 0, on the equator
FINER: Final = 1.75  # zooms by which paper may draw more than a screen of the same scale

HUES: Final = (212, 148, 282, 32, 332, 178, 84, 250)
TONES: Final = ((46, 46), (58, 34), (36, 60), (72, 42))  # saturation and lightness, percent
NEAR_TEAMS: Final = 5

__all__ = [
    "AMBER",
    "CORNERS",
    "GOLD",
    "GROUND",
    "HUES",
    "INK",
    "LOOKS",
    "NAVY",
    "OTHER_ROADS",
    "RING",
    "ROADS",
    "SECRET",
    "SOFT",
    "TONES",
    "Group",
    "Look",
    "Road",
    "beat_colours",
    "road_width",
    "spread",
    "zoom_of",
]


def zoom_of(scale: int) -> float:
    """Say at which zoom a screen shows a city at a scale.

    Parameters
    ----------
    scale
        How many times smaller than the city the map is.

    Returns
    -------
    float
        Zoom of a map server.
    """
    return math.log2(METRES_OF_A_POINT / (scale * MM_OF_A_POINT / 1000))


def road_width(road: Road, scale: int, unit: float) -> float | None:
    """Say how wide a road is drawn.

    Parameters
    ----------
    road
        Its look.
    scale
        How many times smaller than the city the map is.
    unit
        What a millimetre on A3 is on this sheet.

    Returns
    -------
    float or None
        Millimetres; None where the scale has no room for such roads.
    """
    zoom = zoom_of(scale)
    if zoom + FINER < road.first:
        return None
    return float(max(0.16, road.width * POINT_MM * 2 ** ((zoom - 14) * 0.55)) * unit)


def spread(places: NDArray[np.float64], count: int, neighbours: int) -> list[int]:
    """Give each place, in order, the one of some choices that is least used near it.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        Places in any measure.
    count
        How many choices there are.
    neighbours
        How many of the places before a place count; the nearest ones count most.

    Returns
    -------
    list of int
        The choice of each place.
    """
    chosen: list[int] = []
    for index, place in enumerate(places):
        apart = ((places[:index] - place) ** 2).sum(axis=1)
        used = [0] * count
        for rank, near in enumerate(np.argsort(apart, kind="stable")[:neighbours].tolist()):
            used[chosen[near]] += neighbours - rank
        chosen.append(used.index(min(used)))
    return chosen


def beat_colours(
    data: PageData, middles: NDArray[np.float64]
) -> tuple[list[str], Mapping[str, str]]:
    """Colour beats: a hue for each unit, a tone for each team; near ones get different ones.

    Parameters
    ----------
    data
        What is drawn.
    middles : ndarray of shape (teams, 2)
        Middle of each beat.

    Returns
    -------
    tuple
        Colour of each team, and of each unit a dark one for its names.
    """
    of_unit: dict[str, list[int]] = {unit: [] for unit in data.units}
    for index, team in enumerate(data.teams):
        of_unit[team["unit"]].append(index)
    units = [unit for unit, own in of_unit.items() if own]
    if not units:
        return [], {}
    places = np.array([middles[of_unit[unit]].mean(axis=0) for unit in units])
    hues = spread(places, len(HUES), len(HUES) - 1)
    colours = [""] * len(data.teams)
    dark: dict[str, str] = {}
    for unit, choice in zip(units, hues, strict=True):
        hue = HUES[choice]
        dark[unit] = _hex(hue, (72, 27))
        own = of_unit[unit]
        for index, tone in zip(own, spread(middles[own], len(TONES), NEAR_TEAMS), strict=True):
            colours[index] = _hex(hue, TONES[tone])
    return colours, dark


def _hex(hue: int, tone: Sequence[int]) -> str:
    """Write a colour as every print shop's program reads it."""
    saturation, lightness = tone
    shares = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)
