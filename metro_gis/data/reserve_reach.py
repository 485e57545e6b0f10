"""How far reserves come: from the post that is nearest by road, to every station and street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse.csgraph import dijkstra

from metro_gis.data.road_graph import (
    TENTH_NS,
    access_times,
    build_graph,
    limit_tenths,
    to_tenths,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.data.road_graph import Access
    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

REACH_MINUTES: Final = 10.0
"""A reserve that needs no longer than this is near."""

__all__ = ["REACH_MINUTES", "Reach", "find_reach"]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What posts come to by road.

    Parameters
    ----------
    post
        Index of the post with the fewest minutes per station, int32, shape ``(n_stations,)``; the
        first of several, ``-1`` where no road leads from any.
    tenths
        Its tenths of a minute, both access legs included, rounded up; ``-1`` without a path.
    edges
        Whether both ends of each directed edge are reached within the limit, shape ``(n_edges,)``.
    """

    post: NDArray[np.int32]
    tenths: NDArray[np.int32]
    edges: NDArray[np.bool_]


def find_reach(
    network: RoadNetwork,
    posts: Snaps,
    stations: Snaps,
    *,
    access_kph: float,
    limit_minutes: float = REACH_MINUTES,
) -> Reach:
    """Find the nearest of some posts for every station, and the streets that are near to any.

    Parameters
    ----------
    network
        The roads.
    posts, stations
        Points on them.
    access_kph
        Speed between a point and the road, km/h.
    limit_minutes
        Streets up to here count as reached; stations are told beyond it too.

    Returns
    -------
    Reach
        The minutes of a post and a station are those of `metro_gis.data.minutes.travel_times`.
    """
    leaving = access_times(network, posts, access_kph)
    entering = access_times(network, stations, access_kph)
    graph = build_graph(network, leaving, len(posts))
    limit_ns = limit_tenths(limit_minutes) * TENTH_NS
    nearest = np.full(len(stations), -1, dtype=np.int32)
    tenths = np.full(len(stations), -1, dtype=np.int32)
    reached = np.zeros(network.n_nodes, dtype=bool)
    for post in range(len(posts)):
        times = dijkstra(graph.matrix, directed=True, indices=[graph.n_nodes + post])
        # the first step from a source is one nanosecond longer than it takes
        node_ns = times[0, : graph.n_nodes] - 1
        reached |= node_ns <= limit_ns
        ns = _to_stations(network, leaving, entering, post, node_ns, len(stations))
        ns[(stations.lon == posts.lon[post]) & (stations.lat == posts.lat[post])] = 0.0
        own = to_tenths(ns)
        closer = (own >= 0) & ((nearest < 0) | (own < tenths))
        nearest[closer], tenths[closer] = post, own[closer]
    return Reach(nearest, tenths, reached[network.edge_u] & reached[network.edge_v])


def _to_stations(
    network: RoadNetwork,
    leaving: Access,
    entering: Access,
    post: int,
    node_ns: NDArray[np.float64],
    n_stations: int,
) -> NDArray[np.float64]:
    """Take the better of the way over a node and the way straight ahead on one edge."""
    ns = np.full(n_stations, np.inf)
    enter_ns = entering.pos_ns + entering.access_ns
    np.minimum.at(ns, entering.point, node_ns[network.edge_u[entering.edge]] + enter_ns)
    for at in np.flatnonzero(leaving.point == post):
        ahead_ns = entering.pos_ns - leaving.pos_ns[at]
        fits = (entering.edge == leaving.edge[at]) & (ahead_ns >= 0)
        whole = leaving.access_ns[at] + ahead_ns[fits] + entering.access_ns[fits]
        np.minimum.at(ns, entering.point[fits], whole.astype(np.float64))
    return ns
