"""Stations and posts drawn by chance along any road graph, to try the tool on a new city.

Every row says ``location_source = modelled``: nothing here is where it really is.
"""

from __future__ import annotations

import random
from itertools import pairwise
from math import ceil, cos, hypot, radians
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from metro_gis.data.drawn_areas import nearest, split_places, spread_centres
from metro_gis.errors import Fault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx
    from shapely import STRtree

Row = dict[str, str | int | float]
Point = tuple[float, float]

METRES_PER_DEGREE: Final = 111195.08
ELEVATED_SHARE: Final = 0.07
HIGH_SHARE: Final = 0.02
OFF_M: Final = (5.0, 25.0)  # from the street
TRIES: Final = 40
STATIONS_PER_KELURAHAN: Final = 20
FIXED_OFFICERS: Final = 15  # at the kecamatan's tally
NO_STATIONS_ON: Final = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})


class _Road(NamedTuple):
    """One street of the graph in a local plane, metres."""

    line: tuple[Point, ...]
    length: float


class _Roads(NamedTuple):
    """The streets to draw along, and all streets to keep away from."""

    usable: list[_Road]
    tree: STRtree
    in_component: list[bool]
    origin: Point
    scale: Point


def draw_points(
    roads: nx.MultiDiGraph[Any],
    *,
    stations: int,
    posts: int,
    seed: int = 1,
    kelurahan_count: int | None = None,
) -> tuple[list[Row], list[Row]]:
    """Draw stations and posts along the streets of a road graph.

    Stations lie evenly along the streets of the largest strong component, 5 to 25 m beside them,
    motorways and trunk roads left out where there are others. Posts lie beside streets in the
    middle of as many groups of stations (Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489).
    Each station belongs to the area of its nearest post (``kecamatan``, "Area 1"), which is split
    in the same way (``kelurahan``, "Area 1.2"). About 7 % of the stations are *elevated* and 2 %
    *high*, the rest *low*.

    Officers are enough on the first rung of the ladder, whatever the border: a post's teams need
    ``need`` = the sum over its kelurahan of 2 x (ceil(low / 4) + ceil(elevated / 2) + high); it
    gets ``ceil(1.25 x need)`` for stations, 15 fixed officers and ``need // 4`` in reserve.

    Parameters
    ----------
    roads
        OSMnx graph in degrees (EPSG:4326).
    stations
        How many stations.
    posts
        How many posts.
    seed
        Of everything that is left to chance.
    kelurahan_count
        Kelurahan in all; by default one per 20 stations, and at least one per post.

    Returns
    -------
    tuple of list of dict
        Rows of the tables ``stations`` and ``posts``, sorted by id; degrees of EPSG:4326.

    Raises
    ------
    UsageError
        If a number asked for is not positive or there are more posts than stations.
    InputError
        If the graph has no streets to draw along, or is not in degrees.
    """
    kelurahan_count = kelurahan_count or max(posts, round(stations / STATIONS_PER_KELURAHAN))
    _check_counts(stations, posts, kelurahan_count)
    streets = _usable_roads(roads)
    random_ = random.Random(seed)  # noqa: S311 (modelling, not secrecy)
    places = _along(streets, stations, random_)
    post_places = _post_places(streets, places, posts, random_)
    areas = nearest(places, post_places)
    kelurahan = _kelurahan(places, areas, posts, kelurahan_count, random_)
    order = sorted(
        range(stations), key=lambda i: (areas[i], kelurahan[i], -places[i][1], places[i][0])
    )
    classes = _risk_classes(stations, random_)
    station_rows = [
        _station_row(number, streets, places[i], (areas[i], kelurahan[i]), risk, stations, random_)
        for number, (i, risk) in enumerate(zip(order, classes, strict=True), start=1)
    ]
    post_rows = [
        _post_row(area, posts, _degrees(streets, place), _need(area, station_rows))
        for area, place in enumerate(post_places)
    ]
    return station_rows, post_rows


def _check_counts(stations: int, posts: int, kelurahan_count: int) -> None:
    if min(stations, posts, kelurahan_count) < 1 or posts > stations:
        raise UsageError(Fault("drawn-counts", params={"stations": stations, "posts": posts}))


def _usable_roads(roads: nx.MultiDiGraph[Any]) -> _Roads:
    """Bring the graph into a local plane and pick the streets to draw along."""
    import networkx as nx
    from shapely import LineString, STRtree

    if str(roads.graph.get("crs", "epsg:4326")).lower() != "epsg:4326":
        raise InputError(Fault("drawn-crs", value=str(roads.graph.get("crs"))))
    parts = list(nx.strongly_connected_components(roads))
    largest = max(parts, key=len, default=set())
    nodes = [(float(data["x"]), float(data["y"])) for _, data in roads.nodes(data=True)]
    if not nodes or roads.number_of_edges() == 0:
        raise InputError(Fault("drawn-no-roads"))
    middle = sum(lat for _, lat in nodes) / len(nodes)
    origin = (sum(lon for lon, _ in nodes) / len(nodes), middle)
    scale = (METRES_PER_DEGREE * cos(radians(middle)), METRES_PER_DEGREE)
    lines: list[LineString] = []
    inside: list[bool] = []
    wanted: list[_Road] = []
    others: list[_Road] = []
    for u, v, data in roads.edges(data=True):
        ends = [(float(roads.nodes[n]["x"]), float(roads.nodes[n]["y"])) for n in (u, v)]
        course = list(data["geometry"].coords) if "geometry" in data else ends
        line = tuple(
            ((lon - origin[0]) * scale[0], (lat - origin[1]) * scale[1]) for lon, lat in course
        )
        length = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(line))
        within = u in largest and v in largest
        lines.append(LineString(line))
        inside.append(within)
        # of the two edges of a two-way street one is enough
        if within and length > 0 and not data.get("reversed", False):
            classes = data.get("highway", "")
            fast = not NO_STATIONS_ON.isdisjoint([classes] if isinstance(classes, str) else classes)
            (others if fast else wanted).append(_Road(line, length))
    if not wanted and not others:
        raise InputError(Fault("drawn-no-roads"))
    return _Roads(wanted or others, STRtree(lines), inside, origin, scale)


def _along(streets: _Roads, count: int, random_: random.Random) -> list[Point]:
    """Draw places beside streets, one in every equal stretch of their total length."""
    total = sum(road.length for road in streets.usable)
    places: list[Point] = []
    index, passed = 0, 0.0
    for number in range(count):
        target = (number + random_.random()) * total / count
        while index < len(streets.usable) - 1 and passed + streets.usable[index].length < target:
            passed += streets.usable[index].length
            index += 1
        along = min(target - passed, streets.usable[index].length)
        places.append(_beside(streets, streets.usable[index], along, random_))
    return places


def _beside(streets: _Roads, road: _Road, along: float, random_: random.Random) -> Point:
    """Step aside from a street without coming nearer to one that leads nowhere."""
    a, b, rest = road.line[0], road.line[-1], along
    for start, end in zip(road.line, road.line[1:], strict=False):
        span = hypot(end[0] - start[0], end[1] - start[1])
        a, b = start, end
        if rest <= span:
            break
        rest -= span
    span = hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    part = min(rest / span, 1.0)
    place = (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)
    for _ in range(TRIES):
        off = OFF_M[0] + (OFF_M[1] - OFF_M[0]) * random_.random()
        off *= (1 if random_.random() < 0.5 else -1) / span  # noqa: PLR2004 (an even chance)
        aside = (place[0] - (b[1] - a[1]) * off, place[1] + (b[0] - a[0]) * off)
        if _leads_on(streets, aside):
            return aside
    return place


def _leads_on(streets: _Roads, place: Point) -> bool:
    """Ask whether the nearest street belongs to the largest strong component."""
    from shapely import Point as ShapelyPoint

    found = streets.tree.query_nearest(ShapelyPoint(place), all_matches=True)
    return all(streets.in_component[int(i)] for i in found)


def _post_places(
    streets: _Roads, places: Sequence[Point], posts: int, random_: random.Random
) -> list[Point]:
    """Put posts beside the streets nearest to the middles of groups of stations."""
    centres = spread_centres(places, posts, random_)
    middles = [_halfway(road) for road in streets.usable]
    found: list[Point] = []
    free = list(range(len(middles)))
    for centre in centres:
        # a small graph may have fewer streets than there are posts
        free = free or list(range(len(middles)))
        best = min(
            free,
            key=lambda i: (
                hypot(middles[i][0] - centre[0], middles[i][1] - centre[1]),
                i,
            ),
        )
        free.remove(best)
        road = streets.usable[best]
        found.append(_beside(streets, road, road.length / 2, random_))
    return sorted(found, key=lambda place: (-place[1], place[0]))


def _halfway(road: _Road) -> Point:
    k = (len(road.line) - 1) // 2
    a, b = road.line[k], road.line[k + 1]
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _kelurahan(
    places: Sequence[Point], areas: Sequence[int], posts: int, count: int, random_: random.Random
) -> list[int]:
    """Split every area into kelurahan, as many as its share of stations gives it."""
    numbers = [0] * len(places)
    for area in range(posts):
        own = [i for i, one in enumerate(areas) if one == area]
        share = max(1, round(count * len(own) / len(places)))
        for i, number in zip(
            own, split_places([places[i] for i in own], share, random_), strict=True
        ):
            numbers[i] = number
    return numbers


def _risk_classes(count: int, random_: random.Random) -> list[str]:
    elevated, high = round(ELEVATED_SHARE * count), round(HIGH_SHARE * count)
    drawn = sorted(range(count), key=lambda _: random_.random())
    rank = {station: place for place, station in enumerate(drawn)}
    return [
        "high" if rank[i] < high else "elevated" if rank[i] < high + elevated else "low"
        for i in range(count)
    ]


def _degrees(streets: _Roads, place: Point) -> Point:
    lon = streets.origin[0] + place[0] / streets.scale[0]
    lat = streets.origin[1] + place[1] / streets.scale[1]
    return round(lon, 7), round(lat, 7)


def _station_row(
    number: int,
    streets: _Roads,
    place: Point,
    area: tuple[int, int],
    risk_class: str,
    stations: int,
    random_: random.Random,
) -> Row:
    station_id = f"M{number:0{max(4, len(str(stations)))}d}"
    lon, lat = _degrees(streets, place)
    return {
        "station_id": station_id,
        "name": f"TPS {station_id}",
        "lon": lon,
        "lat": lat,
        "risk_class": risk_class,
        "kecamatan": f"Area {area[0] + 1}",
        "kelurahan": f"Area {area[0] + 1}.{area[1] + 1}",
        "voters": 210 + int(random_.random() * 91),
        "location_source": "modelled",
    }


def _need(area: int, rows: list[Row]) -> int:
    """Count the officers that an area's teams need on the first rung, kelurahan by kelurahan."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["kecamatan"] == f"Area {area + 1}":
            own = counts.setdefault(str(row["kelurahan"]), {"low": 0, "elevated": 0, "high": 0})
            own[str(row["risk_class"])] += 1
    return sum(
        2 * (ceil(own["low"] / 4) + ceil(own["elevated"] / 2) + own["high"])
        for own in counts.values()
    )


def _post_row(area: int, posts: int, place: Point, need: int) -> Row:
    reserve = need // 4
    post_id = f"P{area + 1:0{max(2, len(str(posts)))}d}"
    return {
        "post_id": post_id,
        "name": f"Post {post_id}",
        "kind": "polsek",
        "lon": place[0],
        "lat": place[1],
        "kecamatan": f"Area {area + 1}",
        "officers": ceil(1.25 * need) + FIXED_OFFICERS + reserve,
        "fixed_officers": FIXED_OFFICERS,
        "reserve_officers": reserve,
        "serves": "",
        "location_source": "modelled",
    }
