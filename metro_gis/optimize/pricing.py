"""Exact pricing: the cheapest beat of every anchor, the value of its stations being given.

For one anchor and slot this is a small knapsack. Stations of equal weight differ only in price,
so for each weight the cheapest come first, and only the counts per weight are tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from metro_gis.optimize.pool_model import Floats, Places, PoolModel, Slot


MOST_COUNTS = 2_000


@dataclass(frozen=True, eq=False)
class Multipliers:
    """What covering is worth, in tenths of an officer-minute.

    Parameters
    ----------
    station
        Of each station of a pool: shape ``(n,)``, not negative.
    team
        Of the row that asks for enough teams, not negative.
    """

    station: Floats
    team: float


@dataclass(frozen=True, slots=True)
class Column:
    """A beat with its cost.

    Parameters
    ----------
    post
        Index of the post.
    anchor
        Place of the anchor in the pool.
    stations
        Places of all stations of the beat, rising.
    slot
        Index of the slot that its team comes from.
    size
        Officers of the team.
    away_tenths
        Officer-minutes from the anchor to the other stations, in tenths.
    cost_tenths
        All its officer-minutes in tenths, the posts' prices included.
    """

    post: int
    anchor: int
    stations: tuple[int, ...]
    slot: int
    size: int
    away_tenths: float
    cost_tenths: float


@dataclass(frozen=True, eq=False)
class Priced:
    """The cheapest beat of every anchor.

    Parameters
    ----------
    reduced
        Cost less the worth of what it covers, in tenths: shape ``(n,)``; inf where an anchor
        has no beat.
    slot
        Index of the slot it comes from: shape ``(n,)``.
    """

    reduced: Floats
    slot: Places


def is_priceable(model: PoolModel) -> bool:
    """Tell whether trying all counts per weight is quick for a pool.

    Parameters
    ----------
    model
        The pool.

    Returns
    -------
    bool
        False where many different weights make the knapsacks hard.
    """
    _, *heavier = np.unique(model.weight).tolist()
    counts = math.prod(model.full // int(weight) + 1 for weight in heavier)
    return counts <= MOST_COUNTS


def price(model: PoolModel, prices: Floats, worth: Multipliers) -> Priced:
    """Find the cheapest beat of every anchor.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    worth
        What covering is worth.

    Returns
    -------
    Priced
        Least reduced costs.
    """
    best = np.full(len(model), np.inf)
    chosen = np.zeros(len(model), dtype=np.int64)
    for index, slot in enumerate(model.slots):
        costs, _ = model.team_costs(slot, prices)
        values = _values(model, slot, worth)
        total = costs - worth.team - worth.station + _least(model, slot, values)
        better = total < best
        best[better], chosen[better] = total[better], index
    return Priced(best, chosen)


def lower_bound(model: PoolModel, worth: Multipliers, priced: Priced) -> float:
    """Bound the pool's officer-minutes from below by weak duality.

    Parameters
    ----------
    model
        The pool.
    worth
        Any multipliers that are not negative.
    priced
        What `price` gives for them.

    Returns
    -------
    float
        Tenths, the posts' prices included: an anchor has at most one team, so at best every
        anchor with a negative reduced cost has its cheapest one.
    """
    rows = float(worth.station.sum()) + worth.team * model.teams
    return rows + float(np.minimum(priced.reduced, 0.0).sum())


def take_columns(
    model: PoolModel, prices: Floats, worth: Multipliers, priced: Priced, anchors: Places
) -> list[Column]:
    """Build the cheapest beats of some anchors.

    Parameters
    ----------
    model
        The pool.
    prices, worth, priced
        As given to and by `price`.
    anchors
        Places of anchors.

    Returns
    -------
    list of Column
        One for each anchor.
    """
    columns = []
    for index, slot in enumerate(model.slots):
        mine = anchors[priced.slot[anchors] == index]
        if not len(mine):
            continue
        costs, posts = model.team_costs(slot, prices)
        values = _values(model, slot, worth)
        for j in mine.tolist():
            members = _best_set(model, values[j], j)
            near = model.near_tenths[j][members]
            stations = tuple(sorted([j, *model.near[j][members].tolist()]))
            away = float(slot.size * near.sum())
            cost = float(costs[j]) + away
            columns.append(Column(int(posts[j]), j, stations, index, slot.size, away, cost))
    return columns


def charge_anew(
    model: PoolModel, prices: Floats, columns: tuple[Column, ...]
) -> tuple[Column, ...]:
    """Give known beats the cheapest post at other prices.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    columns
        Beats of this pool.

    Returns
    -------
    tuple of Column
        The same beats, in their order.
    """
    teams = [model.team_costs(slot, prices) for slot in model.slots]
    return tuple(
        replace(
            column,
            post=int(teams[column.slot][1][column.anchor]),
            cost_tenths=float(teams[column.slot][0][column.anchor]) + column.away_tenths,
        )
        for column in columns
    )


def _values(model: PoolModel, slot: Slot, worth: Multipliers) -> Floats:
    """Price serving each neighbour of each anchor; inf where it may not be served."""
    values = slot.size * model.near_tenths - worth.station[model.near]
    if not slot.served.all():
        values[~slot.served[model.near]] = np.inf
    return values


def _least(model: PoolModel, slot: Slot, values: Floats) -> Floats:
    """Sum up the best set of neighbours of every anchor."""
    result = np.zeros(len(model))
    for capacity in np.unique(model.capacity[slot.anchors]).tolist():
        rows = np.flatnonzero(slot.anchors & (model.capacity == capacity))
        sums = {
            weight: _prefix_sums(
                np.where(model.weight[model.near[rows]] == weight, values[rows], np.inf),
                capacity // weight,
            )
            for weight in np.unique(model.weight).tolist()
            if weight <= capacity
        }
        best = np.zeros(len(rows))
        for counts in _counts(list(sums), capacity):
            total = np.zeros(len(rows))
            for (_, prefix), count in zip(sums.items(), counts, strict=True):
                total += prefix[:, min(count, prefix.shape[1] - 1)]
            np.minimum(best, total, out=best)
        result[rows] = best
    return result


def _prefix_sums(values: Floats, most: int) -> Floats:
    """Add up the cheapest neighbours of one weight: column ``k`` holds the sum of ``k`` of them."""
    width = min(most, values.shape[1])
    if width == 0:
        return np.zeros((len(values), 1))
    cheapest = values
    if width < values.shape[1]:
        cheapest = np.partition(values, width - 1, axis=1)[:, :width]
    cheapest = np.minimum(np.sort(cheapest, axis=1), 0.0)
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(cheapest, axis=1)], axis=1)


def _counts(weights: list[int], capacity: int) -> Iterator[tuple[int, ...]]:
    """Try how many stations of each weight fit; the lightest take what the others leave."""
    if not weights:
        return
    lightest, *heavier = weights
    for rest in product(*(range(capacity // weight + 1) for weight in heavier)):
        left = capacity - sum(w * k for w, k in zip(heavier, rest, strict=True))
        if left >= 0:
            yield (left // lightest, *rest)


def _best_set(model: PoolModel, values: NDArray[np.float64], anchor: int) -> Places:
    """Pick the neighbours (as columns of the anchor's row) of the best set."""
    capacity = int(model.capacity[anchor])
    order = np.argsort(values, kind="stable")
    order = order[values[order] < 0]
    weight = model.weight[model.near[anchor][order]]
    by_weight = {w: order[weight == w] for w in np.unique(model.weight).tolist() if w <= capacity}
    best, chosen = 0.0, np.zeros(0, dtype=np.int64)
    for counts in _counts(list(by_weight), capacity):
        parts = [picks[:count] for picks, count in zip(by_weight.values(), counts, strict=True)]
        picked = np.concatenate(parts) if parts else chosen
        total = float(values[picked].sum())
        if total < best:
            best, chosen = total, picked
    return chosen
