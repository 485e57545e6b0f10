"""The road graph of the modelled city, as OSMnx would have made it.

**Modelled: not for operations.** See ``sample`` for how the city is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from metro_gis.data.sample_arterials import waters
from metro_gis.data.sample_city import Point, dice, make_ground_plan, to_lonlat
from metro_gis.data.sample_names import name_streets
from metro_gis.data.sample_net import RANK, Link, Net, Place, make_net
from metro_gis.data.sample_sheet import Sheet
from metro_gis.data.sample_streets import draw_streets

if TYPE_CHECKING:
    import networkx as nx

EARTH_RADIUS_M: Final = 6371009.0
GRAPH: Final = {
    "created_date": "2025-11-01 00:00:00",
    "created_with": "metro_gis.data.sample",
    "crs": "epsg:4326",
    "modelled": "True",
    "names": "modelled",
    "simplified": "True",
    "source": "metro_gis sample of Kota Metro: modelled streets, not for operations",
}
NODE_KEYS: Final = ("x", "y", "street_count")
EDGE_KEYS: Final = (
    "osmid",
    "highway",
    "name",
    "oneway",
    "reversed",
    "length",
    "lanes",
    "maxspeed",
    "bridge",
    "geometry",
)
CENTRE: Final = (-430.0, 365.0)
CENTRE_M: Final = 1700.0  # small one-way streets lie this near to the centre
ONE_WAY_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class RoadRows:
    """Nodes and edges as they are written.

    Parameters
    ----------
    nodes
        Per node: id, and the values of ``NODE_KEYS``.
    edges
        Per directed edge: start, end, key, and the values of ``EDGE_KEYS`` as text where it has
        them.
    """

    nodes: tuple[tuple[int, float, float, int], ...]
    edges: tuple[tuple[int, int, int, dict[str, str]], ...]


@cache
def city_net() -> Net:
    """Draw, cut, clean and name the streets.

    Returns
    -------
    Net
        Links and nodes, whole centimetres in the plane of ``sample_city``.
    """
    streets = draw_streets()
    name_streets(streets, make_ground_plan())
    return make_net(streets)


@cache
def road_rows() -> RoadRows:
    """List the nodes and directed edges of the road graph.

    Returns
    -------
    RoadRows
        Sorted by id; strongly connected.
    """
    net = city_net()
    places = sorted(net.at)
    ids = {place: number for number, place in enumerate(places, start=1)}
    lonlat = {place: to_lonlat(place[0] / 100, place[1] / 100) for place in places}
    nodes = tuple((ids[place], *lonlat[place], len(net.at[place])) for place in places)
    one_way = _one_way_links(net)
    wet = Sheet(waters())
    raw: list[tuple[int, int, tuple[Point, ...], dict[str, str]]] = []
    for index, link in sorted(net.links.items()):
        forward = one_way.get(index, 0)
        course = link.course if forward >= 0 else link.course[::-1]
        line = tuple(
            lonlat.get(place) or to_lonlat(place[0] / 100, place[1] / 100) for place in course
        )
        values = _values(net, link, line, wet, oneway=forward != 0)
        raw.append((ids[course[0]], ids[course[-1]], line, {**values, "reversed": "False"}))
        if forward == 0:
            raw.append(
                (ids[course[-1]], ids[course[0]], line[::-1], {**values, "reversed": "True"})
            )
    raw.sort(key=lambda row: (row[0], row[1], float(row[3]["length"]), row[2]))
    edges: list[tuple[int, int, int, dict[str, str]]] = []
    for u, v, line, values in raw:
        key = edges[-1][2] + 1 if edges and edges[-1][:2] == (u, v) else 0
        bends = {"geometry": _wkt(line)} if len(line) > 2 else {}  # noqa: PLR2004 (two ends)
        edges.append((u, v, key, values | bends))
    return RoadRows(nodes, tuple(edges))


def make_roads() -> nx.MultiDiGraph[int]:
    """Make the road graph of the modelled city.

    Returns
    -------
    networkx.MultiDiGraph
        As ``osmnx.load_graphml`` reads it: ``x, y`` in degrees (EPSG:4326), ``length`` in metres
        along great circles, ``geometry`` where a street bends.
    """
    import networkx as nx
    from shapely import from_wkt

    rows = road_rows()
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.graph.update({**GRAPH, "simplified": True})
    for node, x, y, count in rows.nodes:
        graph.add_node(node, x=x, y=y, street_count=count)
    for u, v, key, values in rows.edges:
        typed: dict[str, object] = dict(values)
        typed |= {
            "osmid": int(values["osmid"]),
            "oneway": values["oneway"] == "True",
            "reversed": values["reversed"] == "True",
            "length": float(values["length"]),
        }
        if "geometry" in values:
            typed["geometry"] = from_wkt(values["geometry"])
        graph.add_edge(u, v, key=key, **typed)
    return graph


def roads_graphml() -> bytes:
    """Write the road graph as GraphML that OSMnx reads.

    Returns
    -------
    bytes
        UTF-8 without blanks between elements; the same on every machine.
    """
    rows = road_rows()
    short: dict[tuple[str, str], str] = {}
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ]
    for owner, names in (("graph", GRAPH), ("node", NODE_KEYS), ("edge", EDGE_KEYS)):
        for name in names:
            short[owner, name] = f"d{len(short)}"
            lines.append(
                f'<key id="{short[owner, name]}" for="{owner}" attr.name="{name}" '
                'attr.type="string"/>'
            )
    lines.append('<graph edgedefault="directed">')
    lines += [f'<data key="{short["graph", k]}">{escape(v)}</data>' for k, v in GRAPH.items()]
    for node, *values in rows.nodes:
        data = "".join(
            f'<data key="{short["node", name]}">{value}</data>'
            for name, value in zip(NODE_KEYS, values, strict=True)
        )
        lines.append(f'<node id="{node}">{data}</node>')
    for u, v, key, texts in rows.edges:
        data = "".join(
            f'<data key="{short["edge", name]}">{escape(texts[name])}</data>'
            for name in EDGE_KEYS
            if name in texts
        )
        lines.append(f'<edge source="{u}" target="{v}" id="{key}">{data}</edge>')
    lines += ["</graph>", "</graphml>", ""]
    return "\n".join(lines).encode("utf-8")


def great_circle(line: tuple[Point, ...]) -> float:
    """Measure a line on a sphere of ``EARTH_RADIUS_M``.

    Parameters
    ----------
    line
        Longitudes and latitudes, degrees.

    Returns
    -------
    float
        Metres.
    """
    total = 0.0
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(line):
        a, b = radians(lat_a), radians(lat_b)
        h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon_b - lon_a) / 2) ** 2
        total += 2 * EARTH_RADIUS_M * asin(sqrt(h))
    return total


def _values(
    net: Net,
    link: Link,
    line: tuple[Point, ...],
    wet: Sheet,
    *,
    oneway: bool,
) -> dict[str, str]:
    street = net.streets[link.street]
    values = {
        "osmid": str(link.street + 1),
        "highway": street.highway,
        "name": street.name,
        "oneway": str(oneway),
        "length": str(round(great_circle(line), 3)),
        "lanes": street.lanes,
        "maxspeed": street.maxspeed,
        "bridge": "yes" if _crosses(link.course, wet) else "",
    }
    return {name: value for name, value in values.items() if value}


def _crosses(course: tuple[Place, ...], wet: Sheet) -> bool:
    points = [(x / 100, y / 100) for x, y in course]
    pieces = pairwise(points)
    return any(wet.first_crossing(a, b) is not None for a, b in pieces)


def _wkt(line: tuple[Point, ...]) -> str:
    return "LINESTRING (" + ", ".join(f"{lon} {lat}" for lon, lat in line) + ")"


def _one_way_links(net: Net) -> dict[int, int]:
    """Choose one-way links: 1 along the course, -1 against it.

    The trunk pair and the ring are one-way by design. Some small streets of the middle follow,
    each only if every place can still be reached from every other.
    """
    chosen = {i: 1 for i, link in sorted(net.links.items()) if net.streets[link.street].oneway}
    by_street: dict[int, list[int]] = {}
    for index, link in sorted(net.links.items()):
        by_street.setdefault(link.street, []).append(index)
    random_ = dice(5)
    trials: list[dict[int, int]] = []
    for street, links in sorted(by_street.items()):
        if not _may_be_one_way(net, street, links) or random_.random() > ONE_WAY_SHARE:
            continue
        start, end = net.streets[street].points[0], net.streets[street].points[-1]
        facing = (end[0] - start[0], end[1] - start[1])
        sign = 1 if random_.random() < 0.5 else -1  # noqa: PLR2004 (an even chance)
        trial = {}
        for index in links:
            a, b = net.links[index].course[0], net.links[index].course[-1]
            along = (b[0] - a[0]) * facing[0] + (b[1] - a[1]) * facing[1] >= 0
            trial[index] = sign if along else -sign
        trials.append(trial)
    return _admit(net, chosen, trials)


def _admit(net: Net, chosen: dict[int, int], trials: list[dict[int, int]]) -> dict[int, int]:
    """Add the one-way streets that leave the network strong; halves save most of the checks."""
    together = {index: sign for trial in [chosen, *trials] for index, sign in trial.items()}
    if not trials or _strong(net, together):
        return together
    if len(trials) == 1:
        return chosen
    half = len(trials) // 2
    return _admit(net, _admit(net, chosen, trials[:half]), trials[half:])


def _may_be_one_way(net: Net, street: int, links: list[int]) -> bool:
    if RANK[net.streets[street].highway] < RANK["tertiary"] or len(links) < 3:  # noqa: PLR2004
        return False
    ends = [place for i in links for place in (net.links[i].course[0], net.links[i].course[-1])]
    return all(
        len(net.at[place]) > 1
        and hypot(place[0] / 100 - CENTRE[0], place[1] / 100 - CENTRE[1]) < CENTRE_M
        for place in ends
    )


def _strong(net: Net, one_way: dict[int, int]) -> bool:
    """Ask whether every node can be reached from every other."""
    ahead: dict[Place, list[Place]] = {place: [] for place in net.at}
    back: dict[Place, list[Place]] = {place: [] for place in net.at}
    for index, link in net.links.items():
        a, b = link.course[0], link.course[-1]
        sign = one_way.get(index, 0)
        if sign >= 0:
            ahead[a].append(b)
            back[b].append(a)
        if sign <= 0:
            ahead[b].append(a)
            back[a].append(b)
    return all(_reaches_all(graph) for graph in (ahead, back))


def _reaches_all(graph: dict[Place, list[Place]]) -> bool:
    start = next(iter(graph))
    seen = {start}
    waiting = [start]
    while waiting:
        for place in graph[waiting.pop()]:
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return len(seen) == len(graph)
