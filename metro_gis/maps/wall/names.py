"""Which names a wall map would bear, the most important first, and where each might stand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from metro_gis.maps.wall.looks import INK, NAVY, SECRET
from metro_gis.maps.wall.place import KINDS, Box, Kind, Placed, Spot, Wish, place_names
from metro_gis.maps.wall.widths import LINE, one_line, width_mm
from metro_gis.maps.wall.words import short_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metro_gis.maps.wall.city import City

POST_SIZE: Final = 2.7  # letters, units
KECAMATAN_SIZE: Final = 4.6
KELURAHAN_SIZE: Final = 2.9
UNCOVERED_SIZE: Final = 2.2
STATION_SIZE: Final = 1.8
LEAST_SIZE_MM: Final = 1.5  # about four points: less cannot be read
TEAM_SHARE: Final = 1.1
SHARE_OF_ROOM: Final = 0.15
SHIELD: Final = (2.7, 3.0)  # half of its width and height, units
GAP: Final = 0.35
FAR_RINGS: Final = 60
NEAR_RINGS: Final = 2
DIRECTIONS: Final = 16
FAR_COST: Final = 1.0
RING_COST: Final = 0.8
STEEP: Final = 0.35
KELURAHAN_COLOUR: Final = "#3d4a63"

__all__ = ["SHIELD", "Count", "count_names", "find_names"]

Count = tuple[int, int]
"""How many of a kind are shown, and how many there are."""


def find_names(city: City) -> tuple[list[Wish], list[Placed]]:
    """Give every name that finds room its place.

    Parameters
    ----------
    city
        Where everything stands.

    Returns
    -------
    tuple
        All names, and those that are shown.
    """
    wishes = sorted(
        (
            *_posts(city),
            *_kecamatan(city),
            *_stations(city),
            *_teams(city),
            *_kelurahan(city),
        ),
        key=lambda wish: KINDS.index(wish.kind),
    )
    half_width, half_height = (side * city.unit for side in SHIELD)
    shields: list[Box] = [
        (x - half_width, y - half_height, x + half_width, y + half_height)
        for x, y in city.posts.tolist()
    ]
    signs: list[Box] = []
    for index, (x, y) in enumerate(city.stations.tolist()):
        reach = city.sign_radius(index)
        # no name hides a station that nobody covers
        kept = shields if city.look(index) == "uncovered" else signs
        kept.append((x - reach, y - reach, x + reach, y + reach))
    return wishes, place_names(wishes, city.map.shrunk(city.unit / 2), shields, signs)


def count_names(wishes: Sequence[Wish], placed: Sequence[Placed]) -> dict[Kind, Count]:
    """Count names by their kinds.

    Parameters
    ----------
    wishes
        All names.
    placed
        Those that are shown.

    Returns
    -------
    dict
        Kind to how many are shown and how many there are.
    """
    return {
        kind: (
            sum(one.wish.kind == kind for one in placed),
            sum(wish.kind == kind for wish in wishes),
        )
        for kind in KINDS
    }


def _posts(city: City) -> Iterator[Wish]:
    unit, size = city.unit, POST_SIZE * city.unit
    rows = list(zip(city.data.posts, city.posts.tolist(), strict=True))
    for row, (x, y) in sorted(rows, key=lambda pair: pair[0]["kind"] != "polres"):
        words = one_line(row["name"] or "") or one_line(row["post_id"])
        across, down = (side * unit + GAP * unit for side in SHIELD)
        yield Wish(
            kind="post",
            words=words,
            at=(x, y),
            size=size,
            bold=True,
            italic=False,
            colour=NAVY,
            spots=_beside(x, y, across, down, LINE * size, rings=FAR_RINGS),
            over_stations=True,
        )


def _kecamatan(city: City) -> Iterator[Wish]:
    size = KECAMATAN_SIZE * city.unit
    for (name,), own in city.by_unit("kecamatan").items():
        words = one_line(name)
        yield Wish(
            kind="kecamatan",
            words=words,
            at=city.middle(own),
            size=size,
            bold=True,
            italic=False,
            colour=city.unit_colours.get(name, NAVY),
            spots=_around(city.middle(own), width_mm(words, size, bold=True), LINE * size, 6),
            over_stations=True,
        )


def _kelurahan(city: City) -> Iterator[Wish]:
    size = KELURAHAN_SIZE * city.unit
    for (_, name), own in city.by_unit("kecamatan", "kelurahan").items():
        words = one_line(name)
        yield Wish(
            kind="kelurahan",
            words=words,
            at=city.middle(own),
            size=size,
            bold=True,
            italic=True,
            colour=KELURAHAN_COLOUR,
            spots=_around(city.middle(own), width_mm(words, size, bold=True), LINE * size, 8),
            over_stations=True,
        )


def _station_size(city: City) -> float:
    """Size the letters of station names by the room that a station has, mm."""
    if not len(city.stations):
        return STATION_SIZE * city.unit
    width, height = np.ptp(city.stations, axis=0).tolist()
    room = math.sqrt(width * height / len(city.stations))
    return min(STATION_SIZE * city.unit, max(LEAST_SIZE_MM, SHARE_OF_ROOM * room))


def _stations(city: City) -> Iterator[Wish]:
    plain = _station_size(city)
    gap = GAP * city.unit
    for index, (row, (x, y)) in enumerate(
        zip(city.data.stations, city.stations.tolist(), strict=True)
    ):
        reach = city.sign_radius(index) + gap
        bare = row["team_id"] is None
        size = max(UNCOVERED_SIZE * city.unit, plain) if bare else plain
        yield Wish(
            kind="uncovered" if bare else "station",
            words=short_name(row),
            at=(x, y),
            size=size,
            bold=bare,
            italic=False,
            colour=SECRET if bare else INK,
            spots=_beside(x, y, reach, reach, LINE * size, rings=FAR_RINGS if bare else NEAR_RINGS),
            over_stations=bare,
        )


def _teams(city: City) -> Iterator[Wish]:
    size = _station_size(city) * TEAM_SHARE
    for team, beat in zip(city.data.teams, city.beats, strict=True):
        anchor = city.stations[beat[0]].tolist()
        yield Wish(
            kind="team",
            words=one_line(team["team_id"]),
            at=(anchor[0], anchor[1]),
            size=size,
            bold=True,
            italic=False,
            colour=city.unit_colours[team["unit"]],
            spots=list(_in_beat(city, beat, LINE * size)),
            over_stations=False,
        )


def _in_beat(city: City, beat: Sequence[int], height: float) -> Iterator[Spot]:
    """Beside the anchor, in the middle of the beat, or beside another of its stations."""
    x, y = city.middle(beat)
    if len(beat) > 1:
        yield Spot(x, y, "middle")
    ways = [(*city.stations[index].tolist(), city.sign_radius(index)) for index in beat]
    gap = GAP * city.unit
    for at_x, at_y, radius in ways:
        yield from _close_by(at_x, at_y, radius + gap, radius + gap, height)
    at_x, at_y, radius = ways[0]
    yield from _rings(at_x, at_y, radius + gap, radius + gap, height, NEAR_RINGS)


def _beside(
    x: float, y: float, across: float, down: float, height: float, *, rings: int
) -> Iterator[Spot]:
    """Beside a sign, or else farther away."""
    yield from _close_by(x, y, across, down, height)
    yield from _rings(x, y, across, down, height, rings)


def _close_by(x: float, y: float, across: float, down: float, height: float) -> Iterator[Spot]:
    """Eight spots around a sign."""
    low, high = y + down + height / 2, y - down - height / 2
    yield Spot(x + across, y, "start")
    yield Spot(x - across, y, "end")
    yield Spot(x, high, "middle")
    yield Spot(x, low, "middle")
    slant, lift = across * 0.75, down * 0.75 + height / 2
    yield Spot(x + slant, y - lift, "start")
    yield Spot(x + slant, y + lift, "start")
    yield Spot(x - slant, y - lift, "end")
    yield Spot(x - slant, y + lift, "end")


def _rings(
    x: float, y: float, across: float, down: float, height: float, rings: int
) -> Iterator[Spot]:
    """Rings around a sign, each wider than the last; a line joins the name with the sign."""
    for ring in range(1, rings + 1):
        for turn in range(DIRECTIONS):
            angle = 2 * math.pi * turn / DIRECTIONS
            aside, below = math.cos(angle), math.sin(angle)
            step, cost = ring * height, FAR_COST + ring * RING_COST
            spot = x + aside * (across + step), y + below * (down + step)
            if abs(aside) < STEEP:
                yield Spot(*spot, "middle", away=True, cost=cost)
            else:
                yield Spot(*spot, "start" if aside > 0 else "end", away=True, cost=cost)


def _around(at: tuple[float, float], width: float, height: float, rings: int) -> Iterator[Spot]:
    """Over a place, then ever farther above, below and beside it."""
    x, y = at
    for ring in range(rings + 1):
        for down in (0.0,) if ring == 0 else (-ring * height, ring * height):
            for aside in (0.0, width * 0.3, -width * 0.3):
                yield Spot(x + aside, y + down, "middle", cost=ring * RING_COST)
