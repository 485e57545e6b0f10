"""Stations, posts, beats and squares, as they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from metro_gis.maps.wall.looks import CORNERS, GOLD, LOOKS, NAVY, RING, SOFT
from metro_gis.maps.wall.names import SHIELD
from metro_gis.maps.wall.svg import Style, add, letters, mm, polygon

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree import ElementTree as ET

    from metro_gis.maps.wall.city import City

SHIELD_PATH: Final = "M12 1 L22 4.5 V12 C22 18.5 17.5 22.8 12 25 C6.5 22.8 2 18.5 2 12 V4.5 Z"
STAR_PATH: Final = (
    "M12 6.2 L13.8 10.2 L18.1 10.6 L14.8 13.5 L15.8 17.7 L12 15.5 L8.2 17.7 L9.2 13.5 "
    "L5.9 10.6 L10.2 10.2 Z"
)
SHIELD_MIDDLE: Final = (12, 13)
SHIELD_BOX: Final = 24
BEAT_MARGIN: Final = 1.9  # of the radius of a sign
ROUNDNESS: Final = 4  # sides of a quarter of a circle

__all__ = ["draw_beats", "draw_posts", "draw_shield", "draw_sign", "draw_squares", "draw_stations"]


def draw_sign(
    parent: ET.Element, look: str, x: float, y: float, radius: float, *, anchor: bool = False
) -> None:
    """Draw the sign of a station.

    Parameters
    ----------
    parent
        Where it is added.
    look
        Its class, or ``"uncovered"``.
    x, y
        Its place, mm.
    radius
        Radius of a circle, mm.
    anchor
        Whether it is the anchor of a beat.
    """
    own = LOOKS[look]
    reach = radius * own.size
    rim: Style = {
        "fill": own.fill,
        "stroke": "#ffffff",
        "stroke_width": radius * 0.28,
    }
    if look == "uncovered":
        add(parent, "circle", cx=x, cy=y, r=reach * 1.25, fill="#ffffff", fill_opacity="0.85")
    if own.shape == "circle":
        add(parent, "circle", cx=x, cy=y, r=reach * 0.9, **rim)
    else:
        corners = [(reach * across, reach * down) for across, down in CORNERS[own.shape]]
        add(parent, "polygon", points=polygon(corners, x, y), stroke_linejoin="round", **rim)
    if look == "uncovered":
        ring: Style = {
            "fill": "none",
            "stroke": RING,
            "stroke_width": reach * 0.24,
        }
        add(parent, "circle", cx=x, cy=y, r=reach * 1.3, **ring)
    elif anchor:
        add(parent, "circle", cx=x, cy=y, r=reach * 0.36, fill="#ffffff")


def draw_stations(parent: ET.Element, city: City) -> None:
    """Draw every station, those that nobody covers on top.

    Parameters
    ----------
    parent
        Where they are added.
    city
        What is drawn.
    """
    anchors = {beat[0] for beat in city.beats}
    places = city.stations.tolist()
    for look in LOOKS:
        group = add(parent, "g", class_=f"stations {look}")
        for index, (x, y) in enumerate(places):
            if city.look(index) == look:
                draw_sign(group, look, x, y, city.radius, anchor=index in anchors)


def draw_shield(parent: ET.Element, x: float, y: float, width: float) -> None:
    """Draw the sign of a post.

    Parameters
    ----------
    parent
        Where it is added.
    x, y
        Its middle, mm.
    width
        Its width, mm.
    """
    size = width / SHIELD_BOX
    across, down = SHIELD_MIDDLE
    place = f"translate({mm(x - across * size)} {mm(y - down * size)}) scale({size:.4f})"
    drawn = add(parent, "g", transform=place)
    add(drawn, "path", d=SHIELD_PATH, fill=NAVY, stroke="#ffffff", stroke_width=1.8)
    add(drawn, "path", d=STAR_PATH, fill=GOLD)


def draw_posts(parent: ET.Element, city: City) -> None:
    """Draw every post.

    Parameters
    ----------
    parent
        Where they are added.
    city
        What is drawn.
    """
    group = add(parent, "g", class_="posts")
    for x, y in city.posts.tolist():
        draw_shield(group, x, y, 2 * SHIELD[0] * city.unit)


def draw_beats(parent: ET.Element, city: City) -> None:
    """Tint the area of every beat and join its stations with its anchor.

    Parameters
    ----------
    parent
        Where they are added.
    city
        What is drawn.
    """
    areas = _areas(city)
    of_colour: dict[str, list[int]] = {}
    for index, colour in enumerate(city.beat_colours):
        of_colour.setdefault(colour, []).append(index)
    group = add(parent, "g", class_="beats", stroke_linejoin="round", stroke_linecap="round")
    for colour, teams in of_colour.items():
        own = add(group, "g", fill=colour, stroke=colour)
        add(
            own,
            "path",
            d="".join(_outline(areas[team]) for team in teams),
            fill_opacity="0.2",
            stroke_opacity="0.75",
            stroke_width=0.28 * city.unit,
        )
        spokes = "".join(_spokes(city, city.beats[team]) for team in teams)
        if spokes:
            add(own, "path", d=spokes, stroke_opacity="0.8", stroke_width=0.3 * city.unit)


def _areas(city: City) -> Sequence[shapely.Polygon]:
    """Lay a rounded outline around each beat, so that even one station makes an area."""
    if not city.beats:
        return []
    numbers = np.repeat(np.arange(len(city.beats)), [len(beat) for beat in city.beats])
    points = shapely.points(city.stations[np.concatenate([np.array(beat) for beat in city.beats])])
    hulls = shapely.convex_hull(shapely.multipoints(points, indices=numbers))
    rounded = shapely.buffer(hulls, BEAT_MARGIN * city.radius, quad_segs=ROUNDNESS)
    areas: list[shapely.Polygon] = rounded.tolist()
    return areas


def _outline(area: shapely.Polygon) -> str:
    corners = shapely.get_coordinates(area).tolist()[:-1]
    return "M" + "L".join(f"{mm(x)} {mm(y)}" for x, y in corners) + "Z"


def _spokes(city: City, beat: Sequence[int]) -> str:
    places = city.stations[list(beat)].tolist()
    start = f"M{mm(places[0][0])} {mm(places[0][1])}"
    return "".join(f"{start}L{mm(x)} {mm(y)}" for x, y in places[1:])


def draw_squares(parent: ET.Element, city: City, strip: float) -> None:
    """Draw the lettered squares: lines over the map, letters in a strip around it.

    Parameters
    ----------
    parent
        Where they are added.
    city
        What is drawn.
    strip
        Width of the strip, mm.
    """
    room, squares = city.map, city.squares
    width, height = squares.size
    group = add(parent, "g", class_="squares")
    lines = [
        f"M{mm(room.left + column * width)} {mm(room.top)}V{mm(room.bottom)}"
        for column in range(1, squares.columns)
    ] + [
        f"M{mm(room.left)} {mm(room.top + row * height)}H{mm(room.right)}"
        for row in range(1, squares.rows)
    ]
    add(
        group,
        "path",
        d="".join(lines),
        fill="none",
        stroke=SOFT,
        stroke_opacity="0.45",
        stroke_width=0.15 * city.unit,
        stroke_dasharray=f"{mm(1.6 * city.unit)} {mm(1.2 * city.unit)}",
    )
    marks = add(group, "g", fill=NAVY, font_weight="bold", text_anchor="middle")
    size = strip * 0.72
    for column in range(squares.columns):
        x = room.left + (column + 0.5) * width
        for y in (room.top - strip / 2, room.bottom + strip / 2):
            letters(marks, squares.letter(column), x, y, size)
    for row in range(squares.rows):
        y = room.top + (row + 0.5) * height
        for x in (room.left - strip / 2, room.right + strip / 2):
            letters(marks, str(row + 1), x, y, size)
