"""Hangs points on the roads that lie nearest to them.

Every point has a plane of its own, metres east and north of it; in it the distance to each
segment of each nearby road is measured. A point hangs on every directed edge that is as near as
the nearest, so that it can be reached and left in both directions of a two-way street.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from metro_gis.data.road_table import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from metro_gis.data.road_network import RoadNetwork

M_PER_DEGREE: Final = EARTH_RADIUS_M * math.pi / 180
TIE_M: Final = 0.001
"""Edges this near to the nearest one are as near as it is."""
DECIMALS: Final = 6
_SLACK_M: Final = 0.01
_POINTS_PER_PIECE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class Snaps:
    """Where points hang on the roads.

    Parameters
    ----------
    lon, lat
        The points in degrees, EPSG:4326, shape ``(n_points,)``.
    indptr
        Attachments of point ``i`` are ``indptr[i]:indptr[i + 1]``; none means no road in reach.
    edge
        Index of the directed edge per attachment, rising within a point.
    along_m
        Metres along the edge from its start to the foot of the point, whole micrometres.
    access_m
        Metres from the point to its foot, whole micrometres.
    nearest_m
        Metres to the nearest road per point, beyond the limit too (there to within the flattening
        of a common plane); inf where there is no road at all.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    along_m: NDArray[np.float64]
    access_m: NDArray[np.float64]
    nearest_m: NDArray[np.float64]

    def __len__(self) -> int:
        """Count the points."""
        return len(self.lon)

    @property
    def point(self) -> NDArray[np.int64]:
        """Index of the point per attachment."""
        return np.repeat(np.arange(len(self.lon)), np.diff(self.indptr))

    @property
    def has_road(self) -> NDArray[np.bool_]:
        """Whether each point hangs on any road."""
        attached: NDArray[np.bool_] = np.diff(self.indptr) > 0
        return attached


def snap_points(
    network: RoadNetwork, lon: ArrayLike, lat: ArrayLike, *, snap_limit_m: float
) -> Snaps:
    """Hang points on the nearest roads.

    Parameters
    ----------
    network
        The roads.
    lon, lat
        The points in degrees, EPSG:4326, shape ``(n_points,)``.
    snap_limit_m
        A point farther than this from every road hangs on none.

    Returns
    -------
    Snaps
        In the order of the points.
    """
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    search = _Search(network, snap_limit_m)
    pieces = [
        search.nearest(lon[at : at + _POINTS_PER_PIECE], lat[at : at + _POINTS_PER_PIECE], at)
        for at in range(0, len(lon), _POINTS_PER_PIECE)
    ]
    point, edge, along, access = (
        np.concatenate([piece[part] for piece in pieces] or [np.empty(0)]) for part in range(4)
    )
    point = point.astype(np.int64)
    nearest = np.full(len(lon), np.inf)
    np.minimum.at(nearest, point, access)
    kept = (access <= nearest[point] + TIE_M) & (nearest[point] <= snap_limit_m)
    point, edge, along, access = point[kept], edge[kept], along[kept], access[kept]
    order = np.lexsort((edge, point))
    edges = edge[order].astype(np.int32)
    length = network.length_m[edges]
    # python's round is exact in decimals, numpy's is not
    along_m = np.array([round(value, DECIMALS) for value in (along[order] * length).tolist()])
    access_m = np.array([round(value, DECIMALS) for value in access[order].tolist()])
    counts = np.bincount(point, minlength=len(lon))
    return Snaps(
        lon=lon,
        lat=lat,
        indptr=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        edge=edges,
        along_m=np.clip(along_m.astype(np.float64), 0.0, length),
        access_m=access_m.astype(np.float64),
        nearest_m=nearest,
    )


class _Search:
    """Finds candidates in one common plane, then measures in the plane of each point."""

    def __init__(self, network: RoadNetwork, snap_limit_m: float) -> None:
        self.network = network
        self.snap_limit_m = snap_limit_m
        self.latitude = float(np.mean(network.geom_lat)) if len(network.geom_lat) else 0.0
        self.squeeze = _squeeze(self.latitude)
        x = network.geom_lon * self.squeeze * M_PER_DEGREE
        y = network.geom_lat * M_PER_DEGREE
        edge = np.repeat(np.arange(network.n_edges), np.diff(network.edge_geom_ptr))
        lines = shapely.linestrings(np.column_stack((x, y)), indices=edge)
        self.tree = shapely.STRtree(lines)

    def nearest(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], first: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Measure every edge that may be the nearest of a point."""
        points = shapely.points(lon * self.squeeze * M_PER_DEGREE, lat * M_PER_DEGREE)
        (seed, _), rough = self.tree.query_nearest(points, return_distance=True, all_matches=False)
        # the two planes stretch east-west distances differently: look a little farther
        here = np.array([_squeeze(value) for value in lat.tolist()])
        stretch = np.maximum(here / self.squeeze, self.squeeze / here)[seed]
        # beyond the limit one edge will do, and looking farther could find every edge there is
        in_reach = rough <= self.snap_limit_m * stretch
        reach = np.full(len(points), -1.0)
        reach[seed] = rough * np.where(in_reach, stretch, 1.0) + _SLACK_M
        point, edge = self.tree.query(points, predicate="dwithin", distance=reach)
        share, distance = self._measure(lon[point], lat[point], here[point], edge)
        return point + first, edge, share, distance

    def _measure(
        self,
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        squeeze: NDArray[np.float64],
        edge: NDArray[np.int64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of the way along each edge to its foot, and the distance to it in metres."""
        ptr = self.network.edge_geom_ptr
        segments = ptr[edge + 1] - ptr[edge] - 1
        pair = np.repeat(np.arange(len(edge)), segments)
        start = np.concatenate(([0], np.cumsum(segments)))
        vertex = np.arange(start[-1]) - start[pair] + ptr[edge[pair]]
        ax, ay = self._place(vertex, pair, lon, lat, squeeze)
        bx, by = self._place(vertex + 1, pair, lon, lat, squeeze)
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        with np.errstate(divide="ignore", invalid="ignore"):
            along = np.where(square > 0, -(ax * dx + ay * dy) / square, 0.0)
        along = np.clip(along, 0.0, 1.0)
        distance = np.hypot(ax + along * dx, ay + along * dy)
        length = np.hypot(dx, dy)

        least = np.minimum.reduceat(distance, start[:-1]) if len(edge) else np.empty(0)
        # the first of equally near segments, as a walk along the edge meets it
        hits = np.flatnonzero(distance == least[pair])
        _, at = np.unique(pair[hits], return_index=True)
        best = hits[at]
        before = np.concatenate(([0.0], np.cumsum(length)))
        total = before[start[1:]] - before[start[:-1]]
        walked = before[best] - before[start[:-1]] + along[best] * length[best]
        share = np.divide(walked, total, out=np.zeros(len(edge)), where=total > 0)
        return share, least

    def _place(
        self,
        vertex: NDArray[np.int64],
        pair: NDArray[np.int64],
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        squeeze: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metres east and north of the point that a vertex is measured from."""
        east = (self.network.geom_lon[vertex] - lon[pair]) * squeeze[pair] * M_PER_DEGREE
        north = (self.network.geom_lat[vertex] - lat[pair]) * M_PER_DEGREE
        return east, north


def _squeeze(latitude: float) -> float:
    """Length of a degree of longitude against one of latitude; never quite zero."""
    return max(math.cos(math.radians(latitude)), 1e-6)
