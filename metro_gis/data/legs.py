"""Legs of a round: directed minutes and the way along the roads, from point to point."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse.csgraph import dijkstra

from metro_gis.data.minutes import directed_ns
from metro_gis.data.road_graph import (
    Access,
    RoadGraph,
    access_times,
    build_graph,
    to_tenths,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

NO_PATH: Final = -1
NEAR_NS: Final = (4 * 60 * 10**9, 20 * 60 * 10**9)
"""Ways are looked for within four minutes, then within twenty, then everywhere."""
_SOURCES_PER_PIECE: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """The way from one point to another.

    Parameters
    ----------
    tenths
        Tenths of a minute with both access legs, rounded up; ``-1`` without a path.
    ns
        The same in whole nanoseconds; ``-1`` without a path.
    lon, lat
        Vertices of the way in degrees, EPSG:4326, from foot to foot; empty without a path, a
        single vertex where both points hang on the same place.
    """

    tenths: int
    ns: int
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def directed_tenths(
    network: RoadNetwork, snaps: Snaps, groups: Sequence[Sequence[int]], *, access_kph: float
) -> list[NDArray[np.int32]]:
    """Find the directed minutes within groups of points, such as the stations of a beat.

    Parameters
    ----------
    network
        The roads.
    snaps
        Points on them.
    groups
        Indices of points, a row per group.
    access_kph
        Speed between a point and the road, km/h.

    Returns
    -------
    list of ndarray
        Per group its tenths of a minute, int32, shape ``(n, n)``, row to column; ``-1`` without a
        path.
    """
    members = np.array(sorted({point for group in groups for point in group}), dtype=np.int64)
    chosen = take(snaps, members)
    where = {int(point): at for at, point in enumerate(members)}
    wanted: list[list[tuple[int, int]]] = [[] for _ in members]
    for number, group in enumerate(groups):
        for place, point in enumerate(group):
            wanted[where[point]].append((number, place))
    columns = [np.array([where[point] for point in group], dtype=np.int64) for group in groups]
    found = [np.zeros((len(group), len(group)), dtype=np.int32) for group in groups]
    for first, ns in directed_ns(network, chosen, chosen, access_kph=access_kph):
        for row, times in enumerate(ns):
            for number, place in wanted[first + row]:
                found[number][place] = to_tenths(times[columns[number]])
    return found


def directed_legs(
    network: RoadNetwork, snaps: Snaps, rounds: Sequence[Sequence[int]], *, access_kph: float
) -> list[list[Leg]]:
    """Find the legs of rounds, in the order they are driven.

    Parameters
    ----------
    network
        The roads.
    snaps
        Points on them.
    rounds
        Indices of points per round; repeat the first at the end to close a round.
    access_kph
        Speed between a point and the road, km/h.

    Returns
    -------
    list of list of Leg
        Per round one leg fewer than it has points.
    """
    pairs = sorted({pair for stops in rounds for pair in pairwise(stops)})
    found = find_legs(network, snaps, snaps, pairs, access_kph=access_kph)
    legs = dict(zip(pairs, found, strict=True))
    return [[legs[pair] for pair in pairwise(stops)] for stops in rounds]


def find_legs(
    network: RoadNetwork,
    sources: Snaps,
    targets: Snaps,
    pairs: Sequence[tuple[int, int]],
    *,
    access_kph: float,
) -> list[Leg]:
    """Find the ways of single pairs, such as from a post to an anchor.

    Parameters
    ----------
    network
        The roads.
    sources, targets
        Points on them; they may be the same.
    pairs
        Index of the source and of the target per leg.
    access_kph
        Speed between a point and the road, km/h.

    Returns
    -------
    list of Leg
        In the order of the pairs.
    """
    starts = sorted({source for source, _ in pairs})
    row_of = {source: row for row, source in enumerate(starts)}
    finder = _Finder(network, take(sources, np.array(starts, dtype=np.int64)), targets, access_kph)
    legs: dict[int, Leg] = {}
    # most legs are short
    for limit_ns in (*NEAR_NS, np.inf):
        by_row: dict[int, list[int]] = {}
        for number, (source, _) in enumerate(pairs):
            if number not in legs:
                by_row.setdefault(row_of[source], []).append(number)
        rows = np.array(list(by_row), dtype=np.int64)
        for piece in np.array_split(rows, range(_SOURCES_PER_PIECE, len(rows), _SOURCES_PER_PIECE)):
            for row, node_ns, before in finder.search(piece, limit_ns):
                for number in by_row[row]:
                    leg = finder.leg(row, pairs[number][1], node_ns, before)
                    if 0 <= leg.ns <= limit_ns or np.isinf(limit_ns):
                        legs[number] = leg
    return [legs[number] for number in range(len(pairs))]


def take(snaps: Snaps, points: NDArray[np.int64]) -> Snaps:
    """Keep some points, in the order named.

    Parameters
    ----------
    snaps
        Points on roads.
    points
        Indices of points.

    Returns
    -------
    Snaps
        As many points as indices.
    """
    counts = np.diff(snaps.indptr)[points]
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    at = np.arange(indptr[-1]) - np.repeat(indptr[:-1], counts)
    at = at + np.repeat(snaps.indptr[points], counts)
    return type(snaps)(
        lon=snaps.lon[points],
        lat=snaps.lat[points],
        indptr=indptr,
        edge=snaps.edge[at],
        along_m=snaps.along_m[at],
        access_m=snaps.access_m[at],
        nearest_m=snaps.nearest_m[points],
    )


class _Finder:
    """Walks predecessors back and lays the lines of edges end to end."""

    def __init__(
        self, network: RoadNetwork, sources: Snaps, targets: Snaps, access_kph: float
    ) -> None:
        self.network = network
        self.sources, self.targets = sources, targets
        self.leaving: Access = access_times(network, sources, access_kph)
        self.entering: Access = access_times(network, targets, access_kph)
        self.graph: RoadGraph = build_graph(network, self.leaving, len(sources))

    def search(
        self, rows: NDArray[np.int64], limit_ns: float
    ) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.int32]]]:
        """Find times and predecessors of all nodes from some sources."""
        if not len(rows):
            return
        times, before = dijkstra(
            self.graph.matrix,
            directed=True,
            indices=self.graph.n_nodes + rows,
            limit=limit_ns,
            return_predecessors=True,
        )
        yield from zip(rows.tolist(), times, before, strict=True)

    def leg(
        self, source: int, target: int, node_ns: NDArray[np.float64], before: NDArray[np.int32]
    ) -> Leg:
        """Choose the better of the way round and the way straight ahead on one edge."""
        ends = np.arange(self.targets.indptr[target], self.targets.indptr[target + 1])
        enter_ns = self.entering.pos_ns[ends] + self.entering.access_ns[ends]
        whole = node_ns[self.network.edge_u[self.entering.edge[ends]]] - 1 + enter_ns
        ns = float(whole.min(initial=np.inf))
        direct_ns, at, to = self._direct(source, ends)
        if (self.sources.lon[source], self.sources.lat[source]) == (
            self.targets.lon[target],
            self.targets.lat[target],
        ):
            lon, lat = self._start(source)
            return Leg(0, 0, lon, lat)
        if direct_ns <= ns and np.isfinite(direct_ns):
            part = (self.sources.along_m[at], self.targets.along_m[to])
            lon, lat = self._along(int(self.leaving.edge[at]), *part)
            return _leg(direct_ns, lon, lat)
        if not np.isfinite(ns):
            return Leg(NO_PATH, NO_PATH, np.empty(0), np.empty(0))
        lon, lat = self._way(int(ends[np.argmin(whole)]), before)
        return _leg(ns, lon, lat)

    def _start(self, source: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Foot of a source, or nothing where it has no road."""
        first, last = self.sources.indptr[source : source + 2]
        if first == last:
            return np.empty(0), np.empty(0)
        along = self.sources.along_m[first]
        lon, lat = self._along(int(self.leaving.edge[first]), along, along)
        return lon[:1], lat[:1]

    def _direct(self, source: int, ends: NDArray[np.int64]) -> tuple[float, int, int]:
        best = (float("inf"), -1, -1)
        for at in range(self.sources.indptr[source], self.sources.indptr[source + 1]):
            ahead = self.entering.pos_ns[ends] - self.leaving.pos_ns[at]
            fits = (self.entering.edge[ends] == self.leaving.edge[at]) & (ahead >= 0)
            cost = self.leaving.access_ns[at] + ahead + self.entering.access_ns[ends]
            for to, ns in zip(ends[fits].tolist(), cost[fits].tolist(), strict=True):
                best = min(best, (float(ns), at, to))
        return best

    def _way(
        self, end: int, before: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lay the way from a source to an attachment of its target end to end."""
        last = int(self.entering.edge[end])
        parts = [self._along(last, 0.0, self.targets.along_m[end])]
        node = int(self.network.edge_u[last])
        while node < self.graph.n_nodes:
            came_from = int(before[node])
            behind = self._behind(came_from, node)
            if came_from >= self.graph.n_nodes:
                edge, start = int(self.leaving.edge[behind]), self.sources.along_m[behind]
            else:
                edge, start = behind, 0.0
            parts.append(self._along(edge, start, self.network.length_m[edge]))
            node = came_from
        lon = np.concatenate([part[0] for part in reversed(parts)])
        lat = np.concatenate([part[1] for part in reversed(parts)])
        return lon, lat

    def _behind(self, row: int, column: int) -> int:
        """Edge, or attachment of a source, behind an entry of the matrix."""
        matrix = self.graph.matrix
        low, high = int(matrix.indptr[row]), int(matrix.indptr[row + 1])
        at = low + int(np.searchsorted(matrix.indices[low:high], column))
        return int(self.graph.edge[at])

    def _along(
        self, edge: int, from_m: float, to_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cut a part out of the line of an edge."""
        network = self.network
        part = slice(network.edge_geom_ptr[edge], network.edge_geom_ptr[edge + 1])
        lon, lat = network.geom_lon[part], network.geom_lat[part]
        # the plane of the line's own middle, where shares of its length are what they are there
        squeeze = np.cos(np.radians((lat.min() + lat.max()) / 2))
        steps = np.hypot(np.diff(lon) * squeeze, np.diff(lat))
        at = np.concatenate(([0.0], np.cumsum(steps)))
        scale = at[-1] / max(float(network.length_m[edge]), 1e-9)
        low, high = float(from_m) * scale, float(to_m) * scale
        inner = at[(at > low) & (at < high)]
        cut = np.concatenate(([low], inner, [high]))
        return np.interp(cut, at, lon), np.interp(cut, at, lat)


def _leg(ns: float, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Leg:
    """Drop vertices that repeat the one before."""
    fresh = np.ones(len(lon), dtype=bool)
    fresh[1:] = (np.diff(lon) != 0) | (np.diff(lat) != 0)
    tenths = int(to_tenths(np.array([ns]))[0])
    return Leg(tenths, int(ns), lon[fresh], lat[fresh])
