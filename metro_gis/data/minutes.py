"""Travel minutes between posts and stations, in whole tenths.

Post to station is one way; between two stations the larger of both directions counts, so that
limit and cost are the same seen from either. Method: Dijkstra 1959,
https://doi.org/10.1007/BF01386390, from every point, bounded by the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse.csgraph import dijkstra

from metro_gis.data.road_graph import (
    TENTH_NS,
    Access,
    RoadGraph,
    access_times,
    build_graph,
    limit_tenths,
    to_tenths,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

    Progress = Callable[[int, int], None]

PIECE_BYTES: Final = 64 * 1024**2
"""Largest array of times that is held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadMinutes:
    """Travel minutes in whole tenths.

    Parameters
    ----------
    deploy
        Post to station, one way, int32, shape ``(n_posts, n_stations)``; ``-1`` without a path.
    beat_indptr, beat_indices, beat_tenths
        Station to station in CSR form: the larger of both directions, pairs within the limit
        only, symmetric, diagonal included as 0, indices rising within a row.
    """

    deploy: NDArray[np.int32]
    beat_indptr: NDArray[np.int64]
    beat_indices: NDArray[np.int32]
    beat_tenths: NDArray[np.int32]


def travel_times(
    network: RoadNetwork,
    post_snaps: Snaps,
    station_snaps: Snaps,
    *,
    access_kph: float,
    beat_limit_minutes: float,
    progress: Progress | None = None,
) -> RoadMinutes:
    """Find the minutes from posts to stations and between stations.

    Parameters
    ----------
    network
        The roads.
    post_snaps, station_snaps
        Posts and stations on them.
    access_kph
        Speed between a point and the road, km/h.
    beat_limit_minutes
        Pairs of stations farther apart are left out.
    progress
        Called with sources done and sources in all.

    Returns
    -------
    RoadMinutes
        Points with the same longitude and latitude are 0 apart, with or without a road.
    """
    total = len(post_snaps) + len(station_snaps)

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, total)

    deploy = np.full((len(post_snaps), len(station_snaps)), -1, dtype=np.int32)
    for first, ns in directed_ns(network, post_snaps, station_snaps, access_kph=access_kph):
        deploy[first : first + len(ns)] = to_tenths(ns)
        tell(first + len(ns))

    most = limit_tenths(beat_limit_minutes)
    rows: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    cols, times = list(rows), list(rows)
    for first, ns in directed_ns(
        network,
        station_snaps,
        station_snaps,
        access_kph=access_kph,
        limit_ns=float(most * TENTH_NS),
    ):
        row, col = np.nonzero(ns <= most * TENTH_NS)
        rows.append((row + first).astype(np.int32))
        cols.append(col.astype(np.int32))
        times.append(to_tenths(ns[row, col]))
        tell(len(post_snaps) + first + len(ns))
    beat = _larger_of_both(
        len(station_snaps), np.concatenate(rows), np.concatenate(cols), np.concatenate(times)
    )
    return RoadMinutes(deploy, *beat)


def directed_ns(
    network: RoadNetwork,
    sources: Snaps,
    targets: Snaps,
    *,
    access_kph: float,
    limit_ns: float = np.inf,
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Find the time from every source to every target, a piece at a time.

    Parameters
    ----------
    network
        The roads.
    sources, targets
        Points on them.
    access_kph
        Speed between a point and the road, km/h.
    limit_ns
        Times above it may be given as inf.

    Yields
    ------
    tuple
        Index of the first source of the piece, and whole nanoseconds, shape
        ``(n_sources_of_piece, n_targets)``; inf without a path.
    """
    leaving = access_times(network, sources, access_kph)
    entering = access_times(network, targets, access_kph)
    graph = build_graph(network, leaving, len(sources))
    ends = _Ends(network, targets, entering)
    widest = max(graph.matrix.shape[0], len(entering.edge), len(targets), 1)
    per_piece = max(1, PIECE_BYTES // (8 * widest))
    for first in range(0, len(sources), per_piece):
        last = min(first + per_piece, len(sources))
        # a source's first step is one nanosecond longer than it takes, see RoadGraph
        node_ns = node_times(graph, np.arange(first, last), limit_ns + 1) - 1
        ns = ends.times(node_ns)
        ends.shorten_on_same_edge(ns, leaving, first, last)
        same = same_sites(sources, targets, first, last)
        ns[same] = 0.0
        yield first, ns


def node_times(
    graph: RoadGraph, sources: NDArray[np.int64], limit_ns: float
) -> NDArray[np.float64]:
    """Find the time from source points to every node.

    Parameters
    ----------
    graph
        Roads and sources.
    sources
        Indices of the source points.
    limit_ns
        Nodes farther away are given as inf.

    Returns
    -------
    ndarray
        Nanoseconds with the one added to a source's first step, shape
        ``(n_sources, graph size)``.
    """
    times: NDArray[np.float64] = dijkstra(
        graph.matrix, directed=True, indices=graph.n_nodes + sources, limit=limit_ns
    )
    return times.reshape(len(sources), -1)


class _Ends:
    """The last steps of paths: from the start of an edge to a point that hangs on it."""

    def __init__(self, network: RoadNetwork, targets: Snaps, access: Access) -> None:
        self.access = access
        self.n_targets = len(targets)
        self.column = network.edge_u[access.edge]
        self.enter_ns = (access.pos_ns + access.access_ns).astype(np.float64)
        # reduceat cannot tell an empty range, so only targets with a road take part
        self.attached = np.flatnonzero(targets.has_road)
        self.starts = targets.indptr[self.attached]
        self.by_edge = np.argsort(access.edge, kind="stable")
        self.sorted_edge = access.edge[self.by_edge]

    def times(self, node_ns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the best of all attachments of each target."""
        ns = np.full((len(node_ns), self.n_targets), np.inf)
        if len(self.starts):
            whole = node_ns[:, self.column] + self.enter_ns
            ns[:, self.attached] = np.minimum.reduceat(whole, self.starts, axis=1)
        return ns

    def shorten_on_same_edge(
        self, ns: NDArray[np.float64], leaving: Access, first: int, last: int
    ) -> None:
        """Go straight ahead where the target lies farther along the edge of the source."""
        for at, to in self.same_edge_pairs(leaving, first, last):
            ahead = self.access.pos_ns[to] - leaving.pos_ns[at]
            direct = leaving.access_ns[at] + ahead + self.access.access_ns[to]
            places = (leaving.point[at] - first, self.access.point[to])
            np.minimum.at(ns, places, direct.astype(np.float64))

    def same_edge_pairs(
        self, leaving: Access, first: int, last: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Pair attachments of sources and targets on one edge, the target not behind."""
        begin, end = np.searchsorted(leaving.point, (first, last))
        edges = leaving.edge[begin:end]
        low = np.searchsorted(self.sorted_edge, edges, side="left")
        counts = np.searchsorted(self.sorted_edge, edges, side="right") - low
        # crowds on one edge pair with each other: keep the pieces small
        cuts = np.flatnonzero(np.diff(np.cumsum(counts) // (PIECE_BYTES // 64))) + 1
        for part in np.split(np.arange(end - begin), cuts):
            size = counts[part]
            at = np.repeat(part, size)
            step = np.arange(len(at)) - np.repeat(np.cumsum(size) - size, size)
            to = self.by_edge[low[at] + step]
            at = at + begin
            ahead = leaving.pos_ns[at] <= self.access.pos_ns[to]
            yield at[ahead], to[ahead]


def same_sites(
    sources: Snaps, targets: Snaps, first: int, last: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find pairs with the same longitude and latitude.

    Parameters
    ----------
    sources, targets
        Points.
    first, last
        Range of the sources.

    Returns
    -------
    tuple of ndarray
        Source, counted from ``first``, and target of each pair.
    """
    places: dict[tuple[float, float], list[int]] = {}
    for at, place in enumerate(zip(targets.lon.tolist(), targets.lat.tolist(), strict=True)):
        places.setdefault(place, []).append(at)
    own = zip(sources.lon[first:last].tolist(), sources.lat[first:last].tolist(), strict=True)
    pairs = [(row, col) for row, place in enumerate(own) for col in places.get(place, ())]
    found = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _larger_of_both(
    n: int, row: NDArray[np.int32], col: NDArray[np.int32], tenths: NDArray[np.int32]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Keep pairs within the limit in both directions, with the larger time, in CSR form."""
    off = row != col
    there = row[off].astype(np.int64) * n + col[off]
    back = col[off].astype(np.int64) * n + row[off]
    order = np.argsort(back, kind="stable")
    # pieces come by rising source, so that ``there`` is sorted already
    at = np.searchsorted(back[order], there)
    found = np.zeros(len(there), dtype=bool)
    inside = at < len(back)
    found[inside] = back[order][at[inside]] == there[inside]
    one_way = tenths[off]
    value = np.maximum(one_way[found], one_way[order[at[found]]])
    key = np.concatenate((there[found], np.arange(n, dtype=np.int64) * (n + 1)))
    value = np.concatenate((value, np.zeros(n, dtype=np.int32)))
    by_key = np.argsort(key, kind="stable")
    counts = np.bincount(key // max(n, 1), minlength=n) if n else np.zeros(0, dtype=np.int64)
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    indices = (key[by_key] % max(n, 1)).astype(np.int32)
    return indptr, indices, value[by_key].astype(np.int32)
