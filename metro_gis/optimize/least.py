"""The fewest teams that a pool can do with: proven by counting.

Beats stay within a pool's connected parts, and two stations without a common anchor are never in
the same beat. The beat of a remote station carries no more than what lies around its anchors, so
it leaves load to the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.ground import Ground

    Places = NDArray[np.int64]


def fewest_teams(
    ground: Ground, weight: Places, full: int, stations: NDArray[np.bool_] | None = None
) -> int:
    """Bound the teams of a pool from below.

    Parameters
    ----------
    ground
        The pool.
    weight, full
        Share of a team that each station takes up, and a full team: whole numbers.
    stations
        Which stations are to be covered: shape ``(n,)``; all by default.

    Returns
    -------
    int
        No plan covers the pool with fewer teams; never less than the load calls for.
    """
    adjacent = ground.adjacent
    anchored = np.zeros_like(weight)
    if stations is not None:
        # another station is in a beat with them at least where it is the anchor
        anchored = np.where(stations, 0, weight)
        weight = weight - anchored
    most = _most_beside(ground, weight, full - anchored)
    total = 0
    for number in range(int(ground.parts.max()) + 1):
        inside = ground.parts == number
        load = int(weight[inside].sum())
        slim = np.flatnonzero(inside & (most < full) & (weight > 0))
        slim = slim[np.argsort(most[slim], kind="stable")]
        chosen = _apart(adjacent, slim)
        carried = most[chosen]
        # every further slim beat may also be none of its own: the best number of them counts
        counts = np.arange(len(chosen) + 1)
        rest = load - np.concatenate(([0], np.cumsum(carried)))
        total += int((counts + np.maximum(0, -(-rest // full))).max())
    return total


def _most_beside(ground: Ground, weight: Places, room: Places) -> Places:
    """Give the most that a beat with each station can carry: shape ``(n,)``.

    An anchor has ``room`` for the load that counts.
    """
    adjacent = ground.adjacent
    most, limit = np.zeros(len(ground), dtype=np.int64), int(room.max())
    for served in ground.served:
        # most stations have an anchor nearby with more around it than a team can carry
        slim = np.flatnonzero(served & (most < limit))
        if not len(slim):
            continue
        around = np.where(served, np.minimum(adjacent @ np.where(served, weight, 0), room), 0)
        rich = adjacent[np.ix_(slim, np.flatnonzero(around >= limit))].any(axis=1)
        most[slim[rich]] = limit
        poor = slim[~rich]
        most[poor] = np.maximum(most[poor], np.where(adjacent[poor], around, 0).max(axis=1))
    return most


def _apart(adjacent: NDArray[np.bool_], stations: Places) -> Places:
    """Choose stations one after another that share no anchor with those chosen before."""
    taken = np.zeros(len(adjacent), dtype=np.bool_)
    chosen = []
    for t in stations.tolist():
        if not (adjacent[t] & taken).any():
            chosen.append(t)
            taken |= adjacent[t]
    return np.array(chosen, dtype=np.int64)
