"""Times from many points to many points that hang on roads, a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from metro_gis.data.contraction import Steps, contract, matches
from metro_gis.data.road_graph import access_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from metro_gis.data.contraction import Contraction
    from metro_gis.data.road_graph import Access
    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.snapping import Snaps

MOST_SOURCES: Final = 320
"""Sources that are searched from at once: few, so that they are near each other."""
_BYTES_PER_PAIR: Final = 64
"""About what a source and a target on the same edge take."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Times from some sources to the targets in their reach.

    Parameters
    ----------
    sources, targets
        Indices of points, targets rising.
    ns
        Whole nanoseconds, shape ``(n_targets, n_sources)``; inf without a path.
    """

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    ns: NDArray[np.float64]


class RoadSearch:
    """Finds times to points; made once, for all sources.

    Parameters
    ----------
    network
        The roads.
    sources
        All points that will be searched from, a few lists of them.
    targets
        Points that are searched for.
    access_kph
        Speed between a point and the road, km/h.
    """

    def __init__(
        self,
        network: RoadNetwork,
        sources: Sequence[Snaps],
        targets: Snaps,
        *,
        access_kph: float,
    ) -> None:
        self.network, self.targets, self.access_kph = network, targets, access_kph
        self.entering = access_times(network, targets, access_kph)
        starts = np.concatenate([network.edge_v[snaps.edge] for snaps in sources])
        ends = network.edge_u[targets.edge]
        roads, self.rank = contract(network, starts, ends)
        enter_ns = (self.entering.pos_ns + self.entering.access_ns).astype(np.float64)
        last_steps = Steps(self.rank[ends], self.entering.point, enter_ns)
        self.roads = roads.lead_to(len(targets), last_steps)
        self.by_edge = np.argsort(targets.edge, kind="stable")

    def pieces(
        self, sources: Snaps, *, piece_bytes: int, limit_ns: float = np.inf
    ) -> Iterator[Piece]:
        """Find the time from every source to every target.

        Parameters
        ----------
        sources
            Points to search from.
        piece_bytes
            About the largest array to hold at once.
        limit_ns
            Targets farther from every source of a piece are left out, and times above it may be
            given as inf. Without a limit, sources come in their order.

        Yields
        ------
        Piece
            Every source once.
        """
        leaving = access_times(self.network, sources, self.access_kph)
        site, target_site = _sites(sources, self.targets)
        most = piece_bytes // (_BYTES_PER_PAIR * max(1, len(self.targets)))
        for group in _groups(sources, max(1, min(MOST_SOURCES, most)), nearby=limit_ns < np.inf):
            seeds = self._seeds(sources, leaving, group)
            seeds.append(_same_site(site[group], target_site, self.roads.n - len(self.targets)))
            column, row, ns = (np.concatenate(part) for part in zip(*seeds, strict=True))
            near, kept = self._near(row, ns, limit_ns)
            place = np.cumsum(kept) - 1
            targets = np.flatnonzero(kept[self.roads.n - len(self.targets) :])
            width = max(1, piece_bytes // (8 * max(1, near.n)))
            for first in range(0, len(group), width):
                own = group[first : first + width]
                times = np.full((near.n, len(own)), np.inf)
                part = (column >= first) & (column < first + width)
                np.minimum.at(times, (place[row[part]], column[part] - first), ns[part])
                near.spread(times, limit_ns)
                yield Piece(own, targets, times[near.n - len(targets) :])

    def _seeds(self, sources: Snaps, leaving: Access, group: NDArray[np.int64]) -> list[_Seeds]:
        """Give the first nodes from each source, and what lies straight ahead on its edge."""
        at = _attachments(sources.indptr, group)
        column = np.repeat(np.arange(len(group)), np.diff(sources.indptr)[group])
        node = self.rank[self.network.edge_v[leaving.edge[at]]]
        leave_ns = leaving.access_ns[at] + leaving.rest_ns[at]
        mine, theirs = matches(leaving.edge[at], self.entering.edge[self.by_edge])
        theirs = self.by_edge[theirs]
        ahead_ns = self.entering.pos_ns[theirs] - leaving.pos_ns[at[mine]]
        ahead = ahead_ns >= 0
        mine, theirs, ahead_ns = mine[ahead], theirs[ahead], ahead_ns[ahead]
        direct_ns = leaving.access_ns[at[mine]] + ahead_ns + self.entering.access_ns[theirs]
        target = self.roads.n - len(self.targets) + self.entering.point[theirs]
        return [
            _Seeds(column, node, leave_ns.astype(np.float64)),
            _Seeds(column[mine], target, direct_ns.astype(np.float64)),
        ]

    def _near(
        self, row: NDArray[np.int64], ns: NDArray[np.float64], limit_ns: float
    ) -> tuple[Contraction, NDArray[np.bool_]]:
        """Cut the roads down to what any source of a group reaches within the limit."""
        least = np.full((self.roads.n, 1), np.inf)
        np.minimum.at(least[:, 0], row, ns)
        self.roads.up.sweep(least)
        climbed = np.isfinite(least[:, 0])
        self.roads.cross(least, limit_ns)
        self.roads.down.sweep(least)
        kept = np.isfinite(least[:, 0]) & (least[:, 0] <= limit_ns)
        kept[row] = True
        return self.roads.cut(kept, climbed), kept


class _Seeds(NamedTuple):
    """Times that are known before a search: source within its group, rank, nanoseconds."""

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    ns: NDArray[np.float64]


def _attachments(indptr: NDArray[np.int64], points: NDArray[np.int64]) -> NDArray[np.int64]:
    """List the attachments of some points."""
    size = np.diff(indptr)[points]
    return np.arange(size.sum()) - np.repeat(np.cumsum(size) - size - indptr[points], size)


def _sites(sources: Snaps, targets: Snaps) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give points a number per place, the same for the same longitude and latitude."""
    lon = np.concatenate((sources.lon, targets.lon))
    lat = np.concatenate((sources.lat, targets.lat))
    _, number = np.unique(lon + 1j * lat, return_inverse=True)
    return number[: len(sources)], number[len(sources) :]


def _same_site(site: NDArray[np.int64], target_site: NDArray[np.int64], first: int) -> _Seeds:
    """Points at one place are 0 apart, with or without a road."""
    by_site = np.argsort(target_site, kind="stable")
    column, found = matches(site, target_site[by_site])
    return _Seeds(column, by_site[found] + first, np.zeros(len(found)))


def _groups(points: Snaps, most: int, *, nearby: bool) -> list[NDArray[np.int64]]:
    """Divide points into groups, of neighbours or in their order."""
    if not nearby:
        everyone = np.arange(len(points))
        return np.split(everyone, range(most, len(points), most)) if len(points) else []
    done, waiting = [], [np.arange(len(points))]
    while waiting:
        group = waiting.pop()
        if len(group) <= most:
            done.append(group)
            continue
        axis = max((points.lon[group], points.lat[group]), key=np.ptp)
        waiting += np.array_split(group[np.argsort(axis, kind="stable")], 2)
    return [group for group in done if len(group)]
