"""Travel minutes between posts and stations, in whole tenths.

Post to station is one way; between two stations the larger of both directions counts, so that
limit and cost are the same seen from either. How paths are found: `contraction`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array

from metro_gis.data.road_graph import TENTH_NS, limit_tenths, to_tenths
from metro_gis.data.road_search import RoadSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from metro_gis.data.road_network import RoadNetwork
    from metro_gis.data.road_search import Piece
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

    search = RoadSearch(network, (post_snaps, station_snaps), station_snaps, access_kph=access_kph)
    deploy = np.full((len(post_snaps), len(station_snaps)), -1, dtype=np.int32)
    for piece in search.pieces(post_snaps, piece_bytes=PIECE_BYTES):
        deploy[np.ix_(piece.sources, piece.targets)] = to_tenths(piece.ns.T)
        tell(int(piece.sources[-1]) + 1)

    most = limit_tenths(beat_limit_minutes)
    limit_ns = float(most * TENTH_NS)
    beat = _Beat(len(station_snaps), most)
    done = len(post_snaps)
    for piece in search.pieces(station_snaps, piece_bytes=PIECE_BYTES, limit_ns=limit_ns):
        beat.add(piece)
        done += len(piece.sources)
        tell(done)
    return RoadMinutes(deploy, *beat.larger_of_both())


def directed_ns(
    network: RoadNetwork,
    sources: Snaps,
    targets: Snaps,
    *,
    access_kph: float,
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

    Yields
    ------
    tuple
        Index of the first source of the piece, and whole nanoseconds, shape
        ``(n_sources_of_piece, n_targets)``; inf without a path.
    """
    search = RoadSearch(network, (sources,), targets, access_kph=access_kph)
    for piece in search.pieces(sources, piece_bytes=PIECE_BYTES):
        ns = np.full((len(piece.sources), len(targets)), np.inf)
        ns[:, piece.targets] = piece.ns.T
        yield int(piece.sources[0]), ns


class _Beat:
    """Pairs of stations within the limit, gathered from pieces."""

    def __init__(self, n: int, most: int) -> None:
        self.n, self.most = n, most
        self.sources: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        self.counts: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self.targets: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
        self.spare: list[NDArray[np.int32]] = [np.empty(0, np.int32)]

    def add(self, piece: Piece) -> None:
        """Keep the pairs of a piece that are within the limit, one way."""
        ns = np.ascontiguousarray(piece.ns.T)
        inside = ns <= self.most * TENTH_NS
        self.sources.append(piece.sources)
        self.counts.append(inside.sum(axis=1))
        self.targets.append(np.broadcast_to(piece.targets.astype(np.int32), ns.shape)[inside])
        # what is left of the limit, and one: never 0, which a sparse matrix does not hold
        self.spare.append(self.most + 1 - to_tenths(ns[inside]))

    def larger_of_both(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """Keep pairs within the limit in both directions, with the larger time, in CSR form."""
        order = np.argsort(np.concatenate(self.sources))
        there = self._by_piece()[order]
        # the smaller of what is left is the larger time; a pair that is absent has 0 left
        both = there.minimum(there.T.tocsr())
        return (
            both.indptr.astype(np.int64),
            both.indices.astype(np.int32, copy=False),
            (self.most + 1 - both.data).astype(np.int32, copy=False),
        )

    def _by_piece(self) -> csr_array:
        """Join the pieces, and let go of them."""
        spare = np.concatenate(self.spare)
        # both kinds of indices as small as can be, or they are copied time and again
        kind = np.int32 if len(spare) < np.iinfo(np.int32).max // 2 else np.int64
        indptr = np.cumsum(np.concatenate(self.counts)).astype(kind)
        targets = np.concatenate(self.targets).astype(kind, copy=False)
        self.spare, self.targets = [], []
        return csr_array((spare, targets, indptr), shape=(self.n, self.n))
