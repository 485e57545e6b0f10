"""Read the roads of a plan and find their shortest ways, for the checker alone.

A file of the second opinion, beside `verify`. Standard library only, importing nothing of the
package.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from xml.etree import ElementTree as ET

__all__ = ["Roads"]

_PER_DEGREE_M, _CELL, _LONG = 6371009 * math.pi / 180, 0.001, 500  # cell in degrees; longest edge
_CLOSED_M, _MM = 50.0, 0.001  # farthest that a closed street lies from the point that names it
_JOINED = 5  # nodes around one that may be taken out
_Feet = list[tuple[float, float]]  # metres to a foot on an edge, and of that foot along the edge


class Roads:
    """The directed road graph of a GraphML file, its edges in a grid, its shortest ways.

    Parameters
    ----------
    root
        The parsed file.
    speeds
        Kilometres per hour of each class of road, and of the ``unknown``.
    factor
        What every speed is multiplied by.

    Raises
    ------
    ValueError
        If a length is no number, or an edge occurs twice or is too long to be one.
    """

    def __init__(self, root: ET.Element, speeds: dict[str, float], factor: float) -> None:
        names = {key.get("id"): key.get("attr.name", "") for key in root.iterfind("{*}key")}
        graph = next(root.iterfind("{*}graph[@edgedefault='directed']"))

        # of the graph's own namespace, as whoever writes GraphML writes it
        tag = graph.tag.removesuffix("graph") + "data"

        def about(element: ET.Element) -> dict[str, str]:
            texts = {names[d.get("key")]: d.text or "" for d in element if d.tag == tag}
            return defaultdict(str, texts)

        self.modelled = about(graph)["modelled"] == "True"
        nodes = {node.get("id", ""): about(node) for node in graph.iterfind("{*}node")}
        places = {name: (float(item["x"]), float(item["y"])) for name, item in nodes.items()}
        # u, v, metres, nanoseconds and line of each edge; its number by u, v, key; cells it meets
        self.edges: list[tuple[str, str, float, int, list[tuple[float, float]]]] = []
        self.index: dict[tuple[str, str, int], int] = {}
        self.grid: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.onward: dict[str, dict[str, int]] = {name: {} for name in nodes}
        paces: dict[tuple[str, str], float] = {}
        for number, edge in enumerate(graph.iterfind("{*}edge")):
            u, v, item = edge.get("source", ""), edge.get("target", ""), about(edge)
            tags = item["highway"].strip(), item["maxspeed"].strip()
            kph = paces.get(tags) or paces.setdefault(tags, self.speed_kph(*tags, speeds))
            length_m = float(item["length"])
            if not math.isfinite(length_m):
                raise ValueError
            ns = max(1, round(length_m * 3.6e9 / (kph * factor)))
            text = item["geometry"].upper().strip().removeprefix("LINESTRING").strip(" Z()")
            line = [(float(p.split()[0]), float(p.split()[1])) for p in text.split(",") if p]
            self.edges.append((u, v, length_m, ns, line or [places[u], places[v]]))
            if number != self.index.setdefault((u, v, int(edge.get("id", ""))), number):
                raise ValueError
            self.onward[u][v] = min(ns, self.onward[u].get(v, ns))  # of parallel edges the quickest
            for (ax, ay), (bx, by) in itertools.pairwise(self.edges[-1][4]):
                for cell in self._window(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)):
                    self.grid[cell].append(number)
        self.numbers: dict[str, int] = {}
        self.steps: list[list[tuple[int, int]]] = []

    def close(self, points: list[tuple[float, float]], told: list[tuple[str, str, int]]) -> bool:
        """Take closed streets out: of every point the nearest, in all directions.

        Parameters
        ----------
        points
            Longitude and latitude in degrees of WGS 84, each on a closed street.
        told
            The edges that are closed, as u, v, key.

        Returns
        -------
        bool
            Whether these are the edges nearest to the points, and no others.
        """
        must, may = set[int](), set[int]()
        for point in points:
            away = {n: min(feet)[0] for n, feet in self.nearest(*point, _CLOSED_M).items()}
            least = min(away.values(), default=math.inf)
            must |= {n for n, metres in away.items() if metres <= least + 0.9 * _MM} or {-1}
            may |= {n for n, metres in away.items() if metres <= least + 1.1 * _MM}
        gone = {self.index.pop(names, -2) for names in told}
        self.grid = {cell: [n for n in some if n not in gone] for cell, some in self.grid.items()}
        pairs = {names[:2] for names in told}
        for u, v in pairs:
            self.onward.get(u, {}).pop(v, None)
        for number, (u, v, _, ns, _) in enumerate(self.edges):
            if (u, v) in pairs and number not in gone:
                self.onward[u][v] = min(ns, self.onward[u].get(v, ns))
        return must <= gone <= may and len(gone) == len(told)

    def speed_kph(self, highway: str, maxspeed: str, speeds: dict[str, float]) -> float:
        """Find the speed of an edge: its tag where plausible, else its class, else the unknown.

        Parameters
        ----------
        highway, maxspeed
            Tags as OSMnx writes them, lists too.
        speeds
            As of the class.

        Returns
        -------
        float
            Kilometres per hour; the slowest where a tag names several.
        """
        marks = "[;,]" if maxspeed.startswith("[") else ";"
        parts = (p.strip(" '\"").lower() for p in re.split(marks, maxspeed.strip("[]")))
        found = [re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(km/h|kmh|kph|mph)?", p) for p in parts]
        tagged = [float(m[1]) * (1.609344 if m[2] == "mph" else 1.0) for m in found if m]
        tagged = [kph for kph in tagged if 5 <= kph <= 130]  # noqa: PLR2004 - what a sign may show
        names = highway.strip("[]").split(",") if highway.startswith("[") else [highway]
        known = [name.strip(" '\"").removesuffix("_link") for name in names]
        slowest = min((speeds[name] for name in known if name in speeds), default=speeds["unknown"])
        return min(tagged, default=slowest)

    def _window(self, *box: float) -> itertools.product[tuple[int, int]]:
        west, south, east, north = (math.floor(side / _CELL) for side in box)
        if max(east - west, north - south) > _LONG:
            raise ValueError
        return itertools.product(range(west, east + 1), range(south, north + 1))

    def nearest(self, lon: float, lat: float, limit_m: float) -> dict[int, _Feet]:
        """Find feet on each edge within 10 mm of the nearest; none where that is past the limit.

        Parameters
        ----------
        lon, lat
            A point, in degrees of WGS 84.
        limit_m
            Metres within which an edge must lie.

        Returns
        -------
        dict of int to list of tuple of float
            For the number of each edge: metres to its segments, and of each foot along the edge.
        """
        near, least = {}, math.inf
        for reach_m in (min(60.0, limit_m), limit_m):
            dy = (reach_m + 0.01) / _PER_DEGREE_M
            dx = dy / math.cos(math.radians(lat))
            cells = self._window(lon - dx, lat - dy, lon + dx, lat + dy)
            numbers = {number for cell in cells for number in self.grid.get(cell, ())}
            near = {number: self._feet(number, lon, lat) for number in sorted(numbers)}
            least = min((min(feet)[0] for feet in near.values()), default=math.inf)
            if least <= reach_m:
                break
        kept = least + 0.01 if least <= limit_m else -1.0
        return {number: feet for number, feet in near.items() if min(feet)[0] <= kept}

    def _feet(self, number: int, lon: float, lat: float) -> _Feet:
        """Metres to each segment of an edge in the point's plane, and of the foot along it."""
        kx, found, walked = math.cos(math.radians(lat)) * _PER_DEGREE_M, [], 0.0
        _, _, length_m, _, line = self.edges[number]
        places = [((x - lon) * kx, (y - lat) * _PER_DEGREE_M) for x, y in line]
        for (ax, ay), (bx, by) in itertools.pairwise(places):
            dx, dy, length = bx - ax, by - ay, math.dist((ax, ay), (bx, by))
            share = min(1.0, max(0.0, -(ax * dx + ay * dy) / length**2)) if length else 0.0
            found.append((math.hypot(ax + share * dx, ay + share * dy), walked + share * length))
            walked += length
        return [(metres, at / (walked or 1.0) * length_m) for metres, at in found]

    def thin(self, kept: AbstractSet[str]) -> None:
        """Search without other nodes that join a few at most; between the kept ways stay as long.

        Every way through such a node becomes an edge of its own.

        Parameters
        ----------
        kept
            Nodes that stay.
        """
        onward = {
            u: {v: ns for v, ns in steps.items() if v != u} for u, steps in self.onward.items()
        }
        back: dict[str, set[str]] = defaultdict(set)
        for u, steps in onward.items():
            for v in steps:
                back[v].add(u)
        waiting = [node for node in onward if node not in kept]
        while waiting:
            node = waiting.pop()
            ends = back[node] | onward.get(node, {}).keys()
            if node not in onward or len(ends) > _JOINED:
                continue
            steps = onward.pop(node)
            for u in back.pop(node, ()):
                before = onward[u].pop(node)
                for v, step in steps.items():
                    if u != v:
                        onward[u][v] = min(before + step, onward[u].get(v, sys.maxsize))
                        back[v].add(u)
            for v in steps:
                back[v].discard(node)
            waiting += ends - kept
        self._number(onward)

    def _number(self, onward: dict[str, dict[str, int]]) -> None:
        """Give nodes numbers, which are compared and looked up faster than names."""
        self.numbers = {name: place for place, name in enumerate(onward)}
        self.steps = [
            [(self.numbers[v], step) for v, step in steps.items()] for steps in onward.values()
        ]

    def search(
        self, starts: list[tuple[int, str]], wanted: AbstractSet[str], limit: float = math.inf
    ) -> dict[str, int]:
        """Find the shortest ways from some nodes to others, by Dijkstra's method.

        Parameters
        ----------
        starts
            Nanoseconds that it costs to be at a node, and the node.
        wanted
            Nodes to find a way to.
        limit
            Nanoseconds, beyond which no way is looked for.

        Returns
        -------
        dict of str to int
            Nanoseconds to each wanted node within the limit.
        """
        if not self.steps:
            self._number(self.onward)
        most = sys.maxsize if math.isinf(limit) else math.floor(limit)
        best, pop, push = [most + 1] * len(self.steps), heapq.heappop, heapq.heappush
        heap = [(cost, self.numbers[name]) for cost, name in starts]
        for cost, node in heap:
            best[node] = min(best[node], cost)
        heapq.heapify(heap)
        left = {self.numbers[name] for name in wanted}
        while heap and left:
            cost, node = pop(heap)
            if cost == best[node]:
                left.discard(node)
                for other, step in self.steps[node]:
                    further = cost + step
                    if further < best[other]:
                        best[other] = further
                        push(heap, (further, other))
        return {name: best[self.numbers[name]] for name in wanted if self.numbers[name] not in left}
