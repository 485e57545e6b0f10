"""Minutes over the plain roads: every path by a library that is handed in, nothing contracted."""

from collections import defaultdict

import numpy as np

from metro_gis.data.minutes import RoadMinutes, _Beat
from metro_gis.data.road_graph import (
    TENTH_NS,
    access_times,
    build_graph,
    limit_tenths,
    to_tenths,
)
from metro_gis.data.road_search import Piece

SOURCES_AT_ONCE = 64


def plain_table(library, network, posts, stations, *, access_kph, beat_limit_minutes):
    """Make the whole table; see `plain_pieces` for the library."""
    how = {"access_kph": access_kph}
    deploy = np.full((len(posts), len(stations)), -1, dtype=np.int32)
    for piece in plain_pieces(library, network, posts, stations, **how):
        deploy[piece.sources] = to_tenths(piece.ns.T)
    most = limit_tenths(beat_limit_minutes)
    beat = _Beat(len(stations), most)
    for piece in plain_pieces(
        library, network, stations, stations, limit_ns=float(most * TENTH_NS), **how
    ):
        beat.add(piece)
    return RoadMinutes(deploy, *beat.larger_of_both())


def plain_pieces(library, network, sources, targets, *, access_kph, limit_ns=np.inf):
    """Find the time from every source to every target.

    ``library(graph)`` is made once; called with sources, a limit and nodes, it gives the
    nanoseconds of `road_graph.RoadGraph` between them.
    """
    leaving = access_times(network, sources, access_kph)
    entering = access_times(network, targets, access_kph)
    between = library(build_graph(network, leaving, len(sources)))
    nodes, column = np.unique(network.edge_u[entering.edge], return_inverse=True)
    enter_ns = (entering.pos_ns + entering.access_ns).astype(np.float64)
    attached = np.flatnonzero(targets.has_road)
    straight = _straight(leaving, entering)
    for first in range(0, len(sources), SOURCES_AT_ONCE):
        rows = np.arange(first, min(first + SOURCES_AT_ONCE, len(sources)))
        ns = np.full((len(rows), len(targets)), np.inf)
        if len(attached):
            # a source's first step is one nanosecond longer than it takes
            whole = between(rows, limit_ns + 1, nodes)[:, column] - 1 + enter_ns
            ns[:, attached] = np.minimum.reduceat(whole, targets.indptr[attached], axis=1)
        here = straight[:, (straight[0] >= first) & (straight[0] <= rows[-1])]
        np.minimum.at(ns, (here[0] - first, here[1]), here[2].astype(np.float64))
        for row in rows:
            ns[row - first, _at_place(targets, sources.lon[row], sources.lat[row])] = 0.0
        yield Piece(rows, np.arange(len(targets)), ns.T)


def _straight(leaving, entering):
    """Source, target and nanoseconds where the target lies ahead on the source's edge."""
    on_edge = defaultdict(list)
    for at, edge in enumerate(entering.edge.tolist()):
        on_edge[edge].append(at)
    found = [
        (leaving.point[at], entering.point[to], leaving.access_ns[at] + ahead + enter)
        for at, edge in enumerate(leaving.edge.tolist())
        for to in on_edge.get(edge, ())
        for ahead, enter in [(entering.pos_ns[to] - leaving.pos_ns[at], entering.access_ns[to])]
        if ahead >= 0
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 3).T


def _at_place(points, lon, lat):
    return (points.lon == lon) & (points.lat == lat)
