"""Shortest paths in whole nanoseconds, from points that hang on roads.

Points are sources only: no path of others leads through them, or a point between two roads would
join what a bridge parts. Times are whole numbers below 2 ** 53, so that sums in floating point
are exact and the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

UM_PER_M: Final = 1e6
NS_PER_UM_KPH: Final = 3600
"""Nanoseconds that one micrometre takes at one km/h."""
TENTH_NS: Final = 6_000_000_000
"""Nanoseconds in a tenth of a minute."""
LIMIT_DUST: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Times of points that hang on roads, per attachment.

    Parameters
    ----------
    point, edge
        Index of the point and of the directed edge.
    pos_ns
        From the start of the edge to the foot of the point.
    rest_ns
        From the foot to the end of the edge.
    access_ns
        Between the foot and the point.
    """

    point: NDArray[np.int64]
    edge: NDArray[np.int32]
    pos_ns: NDArray[np.int64]
    rest_ns: NDArray[np.int64]
    access_ns: NDArray[np.int64]


def access_times(network: RoadNetwork, snaps: Snaps, access_kph: float) -> Access:
    """Turn attachments into whole nanoseconds.

    Parameters
    ----------
    network
        The roads.
    snaps
        Points on them.
    access_kph
        Speed between a point and its foot on the road, km/h.

    Returns
    -------
    Access
        In the order of the attachments.
    """
    along_um = np.rint(snaps.along_m * UM_PER_M).astype(np.int64).tolist()
    length_um = np.maximum(np.rint(network.length_m[snaps.edge] * UM_PER_M), 1.0)
    edge_ns = network.travel_ns[snaps.edge]
    # python's whole numbers, because the product can pass 64 bits
    pos = [
        ns * along // length
        for ns, along, length in zip(
            edge_ns.tolist(), along_um, length_um.astype(np.int64).tolist(), strict=True
        )
    ]
    pos_ns = np.array(pos, dtype=np.int64)
    access_um = np.rint(snaps.access_m * UM_PER_M)
    access_ns = np.rint(access_um * NS_PER_UM_KPH / access_kph).astype(np.int64)
    return Access(snaps.point, snaps.edge, pos_ns, edge_ns - pos_ns, access_ns)


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Roads as a sparse matrix, with source points as further nodes.

    Parameters
    ----------
    matrix
        Nanoseconds from node to node, shape ``(n_nodes + n_sources, n_nodes + n_sources)``. Steps
        that leave a source are one longer, because a sparse matrix holds no steps of zero.
    edge
        Index of the road edge behind each stored entry; of a source's entry, of its attachment.
    n_nodes
        Nodes of the road network; source ``i`` is node ``n_nodes + i``.
    """

    matrix: csr_array
    edge: NDArray[np.int64]
    n_nodes: int


def build_graph(network: RoadNetwork, access: Access, n_sources: int) -> RoadGraph:
    """Join roads and the points that paths start from.

    Parameters
    ----------
    network
        The roads.
    access
        Times of the source points.
    n_sources
        Number of source points.

    Returns
    -------
    RoadGraph
        Of parallel edges the fastest stays, never their sum.
    """
    n_nodes = network.n_nodes
    size = n_nodes + n_sources
    row = np.concatenate((network.edge_u, access.point + n_nodes)).astype(np.int64)
    col = np.concatenate((network.edge_v, network.edge_v[access.edge])).astype(np.int64)
    leave_ns = access.access_ns + access.rest_ns + 1
    time = np.concatenate((network.travel_ns, leave_ns))
    behind = np.concatenate((np.arange(network.n_edges), np.arange(len(access.edge))))
    order = np.lexsort((behind, time, col, row))
    order = order[row[order] != col[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(col[order]) != 0)
    order = order[first]
    indptr = np.concatenate(([0], np.cumsum(np.bincount(row[order], minlength=size))))
    matrix = csr_array(
        (time[order].astype(np.float64), col[order].astype(np.int32), indptr.astype(np.int32)),
        shape=(size, size),
    )
    return RoadGraph(matrix, behind[order], n_nodes)


def to_tenths(ns: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round times up to tenths of a minute.

    Parameters
    ----------
    ns
        Whole nanoseconds; inf where there is no path.

    Returns
    -------
    ndarray of int32
        ``-1`` where there is no path.
    """
    # exact: below 2 ** 53, no quotient lies so near above a whole number that it rounds to it
    tenths = np.ceil(ns / TENTH_NS)
    tenths[~np.isfinite(tenths)] = -1
    return tenths.astype(np.int32)


def limit_tenths(limit_minutes: float) -> int:
    """Turn a limit into whole tenths of a minute.

    Parameters
    ----------
    limit_minutes
        The limit in minutes.

    Returns
    -------
    int
        Tenths, rounded down; dust of binary fractions does not lower it.
    """
    return int(np.floor(limit_minutes * 10 + LIMIT_DUST))
