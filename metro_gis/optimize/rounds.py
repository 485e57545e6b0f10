"""The round of a team: its shortest closed tour from the anchor over its beat."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_STATIONS = 12
"""Beats up to this size get the shortest round; larger ones the best of a local search."""
MOVED_STATIONS = 60
"""Beats above this size get the best round that always goes on to the nearest station."""
STARTS = 5
"""How many tours the local search starts from."""


def shortest_round(tenths: NDArray[np.int64]) -> list[int]:
    """Order the stations of a beat so that the closed tour is short.

    Parameters
    ----------
    tenths
        Directed minutes between the stations in tenths: shape ``(n, n)``; the anchor is first.

    Returns
    -------
    list of int
        Places in the matrix, starting with 0 (the anchor); the way back is implied. The shortest
        tour for up to ``EXACT_STATIONS`` stations (Held and Karp 1962,
        https://doi.org/10.1137/0110015), the best of a local search for up to ``MOVED_STATIONS``,
        beyond that the best of those that always go on to the nearest station.
    """
    pair = 2  # there is nothing to order
    if len(tenths) <= pair:
        return list(range(len(tenths)))
    if len(tenths) <= EXACT_STATIONS:
        return _held_karp(tenths)
    starts = [_nearest_next(tenths, first) for first in range(1, len(tenths))]
    starts.sort(key=lambda tour: (round_tenths(tenths, tour), tour))
    if len(tenths) > MOVED_STATIONS:
        return starts[0]
    tours = [_moved(tenths, tour) for tour in starts[:STARTS]]
    return min(tours, key=lambda tour: (round_tenths(tenths, tour), tour))


def round_tenths(tenths: NDArray[np.int64], tour: list[int]) -> int:
    """Add up a closed tour.

    Parameters
    ----------
    tenths
        Directed minutes in tenths: shape ``(n, n)``.
    tour
        Places in the matrix in order.

    Returns
    -------
    int
        Tenths of a minute, the way back included.
    """
    return int(tenths[tour, np.roll(tour, -1)].sum())


def _held_karp(tenths: NDArray[np.int64]) -> list[int]:
    free = len(tenths) - 1
    between = tenths[1:, 1:].astype(np.int64)
    far = np.int64(2**40)
    # best[mask, k]: least minutes from the anchor through all of mask, ending at k
    best = np.full((1 << free, free), far, dtype=np.int64)
    for k in range(free):
        best[1 << k, k] = tenths[0, k + 1]
    masks = np.arange(1, 1 << free)
    sizes = np.bitwise_count(masks)
    for size in range(1, free):
        mine = masks[sizes == size]
        reached = (best[mine][:, :, None] + between).min(axis=1)
        for k in range(free):
            open_ = mine >> k & 1 == 0
            best[mine[open_] | 1 << k, k] = reached[open_, k]
    mask = (1 << free) - 1
    last = int(np.argmin(best[mask] + tenths[1:, 0]))
    tour = [last]
    while mask != 1 << last:
        earlier = mask ^ 1 << last
        came = best[earlier] + between[:, last]
        mask, last = earlier, int(np.argmin(came))
        tour.append(last)
    return [0, *(k + 1 for k in reversed(tour))]


def _nearest_next(tenths: NDArray[np.int64], first: int) -> list[int]:
    tour, waiting = [0, first], set(range(1, len(tenths))) - {first}
    while waiting:
        tour.append(min(waiting, key=lambda k: (tenths[tour[-1], k], k)))
        waiting.remove(tour[-1])
    return tour


def _moved(tenths: NDArray[np.int64], tour: list[int]) -> list[int]:
    """Move short runs of stations elsewhere, either way round, until nothing gets shorter."""
    best, value = np.array(tour), round_tenths(tenths, tour)
    moves = _moves(len(tour))
    while True:
        tried = best[moves]
        lengths = tenths[tried, np.roll(tried, -1, axis=1)].sum(axis=1)
        k = int(lengths.argmin())
        if lengths[k] >= value:
            return [int(place) for place in best]
        best, value = tried[k], int(lengths[k])


@lru_cache(maxsize=8)
def _moves(n: int) -> NDArray[np.int64]:
    """List what a move makes of the tour 0 to ``n - 1``: shape ``(n_moves, n)``."""
    tour = list(range(n))
    result = []
    for length in (1, 2, 3):
        for start in range(1, n - length + 1):
            run, rest = tour[start : start + length], tour[:start] + tour[start + length :]
            for place in range(1, len(rest) + 1):
                result += [rest[:place] + piece + rest[place:] for piece in (run, run[::-1])]
    # turning a stretch around: worth trying where streets are mostly two-way
    result += [
        tour[:a] + tour[a:b][::-1] + tour[b:] for a in range(1, n - 1) for b in range(a + 2, n + 1)
    ]
    return np.unique(np.array(result, dtype=np.int64), axis=0)
