"""Roads under everything else: all borders first, so that streets meet without a line between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from metro_gis.maps.compact import merge_directions
from metro_gis.maps.wall.looks import OTHER_ROADS, ROADS, road_width
from metro_gis.maps.wall.svg import add

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree import ElementTree as ET

    from numpy.typing import NDArray

    from metro_gis.maps.page_data import Point
    from metro_gis.maps.wall.city import City
    from metro_gis.maps.wall.looks import Group, Road

STEPS: Final = 100  # to a millimetre
FLAT_MM: Final = 0.04  # bends that nobody sees are left out
CASING_MM: Final = 0.34  # a little more contrast than on a screen
LEAST_POINTS: Final = 2
UNKNOWN: Final = "unknown"

__all__ = ["CASING_MM", "draw_roads", "groups_of"]


def draw_roads(parent: ET.Element, city: City) -> None:
    """Draw the roads within the map's frame.

    Parameters
    ----------
    parent
        Where they are added; it is to be clipped to the frame.
    city
        What is drawn.
    """
    drawn = []
    for place, road in enumerate(ROADS):
        width = road_width(road, city.view.scale, city.unit)
        lines = [line for name in _classes(city, place) for line in city.data.basemap[name]]
        if width is not None and lines:
            drawn.append((road, width, _path(city, lines)))
    # whole steps are short to write
    group = add(
        parent,
        "g",
        class_="roads",
        transform=f"scale({1 / STEPS:g})",
        fill="none",
        stroke_linecap="round",
        stroke_linejoin="round",
    )
    for road, width, path in drawn:
        if road.casing and path:
            casing = (width + CASING_MM * city.unit) * STEPS
            add(group, "path", stroke=road.casing, stroke_width=casing, d=path)
    for road, width, path in drawn:
        if path:
            add(
                group,
                "path",
                stroke=road.fill,
                stroke_width=width * STEPS,
                d=path,
                **_dashed(road, width),
            )


def _dashed(road: Road, width: float) -> dict[str, str]:
    """Break a line into strokes, whose lengths follow its width as on the screen."""
    if road.dash is None:
        return {}
    lengths = (float(part) * width / road.width * STEPS for part in road.dash.split())
    return {"stroke_dasharray": " ".join(f"{length:g}" for length in lengths)}


def groups_of(city: City) -> dict[Group, tuple[Road, bool]]:
    """Say which groups of roads there are, and whether all of each are drawn.

    Parameters
    ----------
    city
        What is drawn.

    Returns
    -------
    dict
        Group to the greatest roads in it and whether the scale has room for all of them.
    """
    found: dict[Group, tuple[Road, bool]] = {}
    for place in reversed(range(len(ROADS))):
        road = ROADS[place]
        if any(city.data.basemap[name] for name in _classes(city, place)):
            has_room = road_width(road, city.view.scale, city.unit) is not None
            greatest, complete = found.get(road.group, (road, True))
            found[road.group] = (greatest, complete and has_room)
    return found


def _classes(city: City, place: int) -> list[str]:
    """Name the classes of roads that are drawn in one way."""
    if set(city.data.basemap) == {UNKNOWN}:
        # a graph that tells no classes at all: as the streets that they mostly are
        return [UNKNOWN] if "residential" in ROADS[place].classes else []
    known = {name for road in ROADS for name in road.classes}
    own = [name for name in ROADS[place].classes if name in city.data.basemap]
    others = sorted(set(city.data.basemap) - known) if place == OTHER_ROADS else []
    return own + others


def _path(city: City, lines: list[Sequence[Point]]) -> str:
    """Write lines that cross the frame as the path of a stroke."""
    merged = merge_directions(lines)
    counts = np.array([len(line) for line in merged])
    merged_points = np.array([point for line in merged for point in line])
    places = city.view.sheet_mm(merged_points)
    owner = np.repeat(np.arange(len(merged)), counts)
    usable = (counts >= LEAST_POINTS)[owner] & np.isfinite(places).all(axis=1)
    whole = np.bincount(owner[usable], minlength=len(merged)) >= LEAST_POINTS
    keep = usable & whole[owner]
    if not keep.any():
        return ""
    _, numbers = np.unique(owner[keep], return_inverse=True)
    drawn = shapely.linestrings(places[keep], indices=numbers)
    frame = city.map
    seen = shapely.intersects(drawn, shapely.box(frame.left, frame.top, frame.right, frame.bottom))
    plain = shapely.simplify(drawn[seen], FLAT_MM)
    steps, owner = shapely.get_coordinates(plain, return_index=True)
    return _written(np.rint(steps * STEPS).astype(np.int64), owner)


def _written(steps: NDArray[np.int64], owner: NDArray[np.int64]) -> str:
    """Write lines as moves: the first point whole, each other by its distance from the last."""
    points: list[list[int]] = steps.tolist()
    owners: list[int] = owner.tolist()
    parts: list[str] = []
    last_owner, last = -1, [0, 0]
    for (x, y), line in zip(points, owners, strict=True):
        if line != last_owner:
            parts.append(f"M{x} {y}")
        elif [x, y] != last:
            parts.append(f"l{x - last[0]} {y - last[1]}")
        last_owner, last = line, [x, y]
    return "".join(parts)
