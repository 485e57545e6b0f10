"""Lists of beats: all that a better plan could hold, given a bound and what proves it.

A beat whose reduced cost is above the gap is in no better plan (Baldacci, Christofides and Mingozzi
2008, https://doi.org/10.1007/s10107-007-0178-5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from metro_gis.optimize.pricing import mate_values
from metro_gis.optimize.reanchor import can_settle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.pricing import Multipliers

MOST_LISTED = 600_000
DUST = 1e-6


@dataclass(frozen=True, eq=False)
class Listed:
    """Beats of a pool, the cheapest anchor for each set of stations.

    Parameters
    ----------
    holds
        Which stations each beat holds: sparse, shape ``(n, n_beats)``.
    anchor
        Place of the anchor: shape ``(n_beats,)``.
    cost_tenths
        Officer-minutes, the posts' prices included: shape ``(n_beats,)``.
    """

    holds: sparse.csc_array
    anchor: Places
    cost_tenths: Floats

    def adds(self, row: CapacityRow) -> sparse.csr_array:
        """Say what the beats add to a capacity row.

        Parameters
        ----------
        row
            The row.

        Returns
        -------
        scipy.sparse.csr_array
            Shape ``(1, n_beats)``.
        """
        loads = self.holds.T @ row.loads
        return sparse.csr_array(np.where(row.at[self.anchor], row.rest - loads, 0.0)[None, :])


def are_alike(model: PoolModel, prices: Floats) -> bool:
    """Tell whether all teams of a pool are alike, wherever they come from.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    bool
        True where all stations take up equal shares and one slot serves all.
    """
    return len(model.live(prices)) == 1 and can_settle(model, prices)


def list_beats(
    model: PoolModel, prices: Floats, worth: Multipliers, most_tenths: float
) -> Listed | None:
    """List every beat of a pool up to a reduced cost.

    Parameters
    ----------
    model
        A pool whose stations take up equal shares, with one live slot that serves all of it.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    worth
        What covering is worth.
    most_tenths
        Largest reduced cost.

    Returns
    -------
    Listed or None
        None where the list would be too long.
    """
    found = _all_beats(model, prices, worth, most_tenths, MOST_LISTED)
    if found is None:
        return None
    slot = model.slots[model.live(prices)[0]]
    teams, _ = model.team_costs(slot, prices)
    return _without_dominated(found.rows, teams[found.rows[:, -1]] + found.away_tenths, model)


def list_from_posts(
    model: PoolModel, prices: Floats, worth: Multipliers, most_tenths: float, limit: int
) -> dict[int, Listed] | None:
    """List every beat of a pool up to a reduced cost, with every post that may send its team.

    Parameters
    ----------
    model, prices, worth, most_tenths
        As for `list_beats`.
    limit
        Most beats to list, a post's beats counting once for each post.

    Returns
    -------
    dict of int to Listed, or None
        By post, for each set of stations the anchor that is cheapest from there, the price left
        aside. None where the list would be too long, or there are no such beats.
    """
    found = _all_beats(model, prices, worth, most_tenths, limit)
    if found is None:
        return None
    slot = model.slots[model.live(prices)[0]]
    least, _ = model.team_costs(slot, prices)
    anchors, listed, total = found.rows[:, -1], dict[int, Listed](), 0
    for p in slot.posts.tolist():
        teams = slot.size * (model.team_tenths + model.deploy_tenths[p])
        dearer = (teams + slot.size * prices[p] - least)[anchors]
        kept = np.flatnonzero(found.reduced + dearer <= most_tenths + DUST)
        total += len(kept)
        if total > limit:
            return None
        if len(kept):
            costs = teams[anchors[kept]] + found.away_tenths[kept]
            listed[p] = _without_dominated(found.rows[kept], costs, model)
    return listed


@dataclass(frozen=True, eq=False)
class _Found:
    """Beats with their stations and last their anchor, what serving costs, and reduced costs."""

    rows: NDArray[np.int32]
    away_tenths: Floats
    reduced: Floats


def _all_beats(
    model: PoolModel, prices: Floats, worth: Multipliers, most_tenths: float, limit: int
) -> _Found | None:
    """List beats from the cheapest posts; None where there are too many, or none."""
    slot = model.slots[model.live(prices)[0]]
    teams, _ = model.team_costs(slot, prices)
    room = int(model.capacity[0] // model.weight[0])
    brings, of_mates = worth.at_anchors, mate_values(model, slot, worth)
    found: list[tuple[NDArray[np.int32], Floats, Floats]] = []
    total = 0
    for j in range(len(model)):
        base = float(teams[j] - brings[j])
        if not math.isfinite(base):
            continue
        values = of_mates[j]
        order = np.argsort(values, kind="stable")
        order = order[np.isfinite(values[order])]
        sets = _sets(values[order], room, most_tenths - base, limit - total)
        if sets is None:
            return None
        places = np.concatenate([model.near[j][order], [j]])[sets]
        minutes = np.concatenate([model.near_tenths[j][order], [0.0]])[sets].sum(axis=1)
        reduced = base + np.concatenate([values[order], [0.0]])[sets].sum(axis=1)
        anchors = np.full((len(sets), 1), j)
        members = np.sort(np.concatenate([places, anchors], axis=1), axis=1).astype(np.int32)
        rows = np.concatenate([members, anchors], axis=1)
        found.append((rows, slot.size * minutes, reduced))
        total += len(sets)
    if not total:
        return None
    rows, away, reduced = (np.concatenate(part) for part in zip(*found, strict=True))
    return _Found(rows, away, reduced)


def _sets(values: Floats, room: int, most: float, limit: int) -> NDArray[np.int64] | None:
    """List all sets of at most ``room`` values (rising) whose sum is at most ``most``.

    Rows are padded with ``len(values)``. None where there would be more than ``limit``.
    """
    n = len(values)
    below = np.concatenate([[0.0], np.cumsum(np.minimum(values, 0.0)), np.zeros(room + 1)])
    below[n + 1 :] = below[n]
    sums, after = np.zeros(1), np.zeros(1, dtype=np.int64)
    sets = np.zeros((1, 0), dtype=np.int64)
    listed: list[NDArray[np.int64]] = []
    count = 0
    for left in range(room, -1, -1):
        kept = sets[sums <= most]
        count += len(kept)
        if count > limit:
            return None
        padding = np.full((len(kept), room - kept.shape[1]), n, dtype=np.int64)
        listed.append(np.concatenate([kept, padding], axis=1))
        if left == 0 or not len(sums):
            break
        at = np.arange(n)
        # the least that a set can come to when the next value is this one
        least = values + below[np.minimum(at + left, n)] - below[at + 1]
        ends = np.searchsorted(least, most - sums, side="right")
        more = np.maximum(0, ends - after)
        if int(more.sum()) > 2 * MOST_LISTED:
            return None
        rows = np.repeat(np.arange(len(sums)), more)
        taken = np.arange(len(rows)) - np.repeat(np.cumsum(more) - more, more) + after[rows]
        sets = np.concatenate([sets[rows], taken[:, None]], axis=1)
        sums, after = sums[rows] + values[taken], taken + 1
    return np.concatenate(listed)


def _without_dominated(rows: NDArray[np.int32], costs: Floats, model: PoolModel) -> Listed:
    """Keep the cheapest anchor of every set of stations."""
    order = np.lexsort((rows[:, -1], costs))
    members, anchors = rows[order, :-1], rows[order, -1]
    _, first = np.unique(_keys(members, len(model)), return_index=True)
    first = np.sort(first)
    members, anchors, costs = members[first], anchors[first], costs[order][first]
    beats = np.repeat(np.arange(len(members)), members.shape[1])
    entries = np.ones(beats.size, dtype=np.int8)
    holds = sparse.coo_array(
        (entries, (members.ravel(), beats)), shape=(len(model), len(members))
    ).tocsc()
    # a set that is not full repeats its anchor
    holds.data[:] = 1
    return Listed(holds, anchors.astype(np.int64), costs)


def _keys(members: NDArray[np.int32], n: int) -> NDArray[np.void] | NDArray[np.int64]:
    """Turn rows of station places into single values that can be compared."""
    width = members.shape[1]
    # a set that is not full repeats its anchor: what stands there again counts as empty
    members = members.copy()
    members[:, 1:][members[:, 1:] == members[:, :-1]] = n
    members.sort(axis=1)
    n += 1
    if n**width < np.iinfo(np.int64).max:
        return members.astype(np.int64) @ (np.int64(n) ** np.arange(width, dtype=np.int64))
    rows = np.ascontiguousarray(members)
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * width))).ravel()
