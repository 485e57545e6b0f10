"""The cheapest stations that a team can serve beside its anchor: small knapsacks, many at once.

Every row is an anchor with its neighbours' values (negative where serving them pays). Where all
stations take up equal shares of a team the cheapest are taken; where there are few different
shares, stations of equal share differ only in value, so only their counts are tried; else the
load is walked through (dynamic programming; Kellerer, Pferschy and Pisinger 2004,
https://doi.org/10.1007/978-3-540-24777-7).
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from metro_gis.optimize.pool_model import Floats, Places

MOST_COUNTS = 200
"""Beyond so many ways to mix shares, the load is walked through."""


def least_sums(values: Floats, weight: Places, capacity: Places) -> Floats:
    """Sum up the best set of neighbours of every anchor.

    Parameters
    ----------
    values
        Value of each neighbour: shape ``(n, k)``; inf where it may not be served.
    weight
        Share of a team that each neighbour takes up, whole numbers: shape ``(n, k)``.
    capacity
        Load that each anchor's team has left: shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n,)``, never above 0.
    """
    if not values.size:
        return np.zeros(len(values))
    distinct = np.unique(weight)
    if len(distinct) > 1 and _n_counts(distinct, int(capacity.max())) > MOST_COUNTS:
        return _table(values, weight, capacity)[:, -1]
    result = np.zeros(len(values))
    for room in np.unique(capacity).tolist():
        rows = np.flatnonzero(capacity == room)
        sums = {
            one: _prefix_sums(
                values[rows]
                if len(distinct) == 1
                else np.where(weight[rows] == one, values[rows], np.inf),
                room // one,
            )
            for one in distinct.tolist()
            if one <= room
        }
        best = np.zeros(len(rows))
        for counts in _counts(list(sums), room):
            total = np.zeros(len(rows))
            for prefix, count in zip(sums.values(), counts, strict=True):
                total += prefix[:, min(count, prefix.shape[1] - 1)]
            np.minimum(best, total, out=best)
        result[rows] = best
    return result


def best_sets(values: Floats, weight: Places, capacity: Places) -> list[Places]:
    """Pick the best set of neighbours of every anchor.

    Parameters
    ----------
    values, weight, capacity
        As for `least_sums`.

    Returns
    -------
    list of numpy.ndarray
        For each anchor columns of its row.
    """
    if not values.size:
        return [np.zeros(0, dtype=np.int64) for _ in values]
    distinct = np.unique(weight)
    if len(distinct) == 1 and len(np.unique(capacity)) == 1:
        return _cheapest(values, int(capacity[0] // distinct[0]))
    walk = _n_counts(distinct, int(capacity.max())) > MOST_COUNTS
    pick = _walked if walk else _counted
    return [
        pick(row, share, room)
        for row, share, room in zip(values, weight, capacity.tolist(), strict=True)
    ]


def _n_counts(distinct: NDArray[np.int64], capacity: int) -> int:
    """Count the ways to mix shares, the lightest taking what the others leave."""
    return math.prod(capacity // int(one) + 1 for one in distinct[1:])


def _cheapest(values: Floats, room: int) -> list[Places]:
    """Take the cheapest neighbours of every anchor, as many as fit."""
    width = min(room, values.shape[1])
    if width == 0:
        return [np.zeros(0, dtype=np.int64) for _ in values]
    order = np.argpartition(values, width - 1, axis=1)[:, :width]
    # of equal values the nearer column comes first, wherever the partition left it
    order.sort(axis=1)
    rising = np.argsort(np.take_along_axis(values, order, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(order, rising, axis=1)
    pays = np.take_along_axis(values, order, axis=1) < 0
    return [row[: int(count)] for row, count in zip(order, pays.sum(axis=1), strict=True)]


def _prefix_sums(values: Floats, most: int) -> Floats:
    """Add up the cheapest neighbours of one share: column ``k`` holds the sum of ``k`` of them."""
    width = min(most, values.shape[1])
    if width == 0:
        return np.zeros((len(values), 1))
    cheapest = values
    if width < values.shape[1]:
        cheapest = np.partition(values, width - 1, axis=1)[:, :width]
    cheapest = np.minimum(np.sort(cheapest, axis=1), 0.0)
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(cheapest, axis=1)], axis=1)


def _counts(weights: list[int], capacity: int) -> Iterator[tuple[int, ...]]:
    """Try how many stations of each share fit; the lightest take what the others leave."""
    if not weights:
        return
    lightest, *heavier = weights
    for rest in product(*(range(capacity // weight + 1) for weight in heavier)):
        left = capacity - sum(w * k for w, k in zip(heavier, rest, strict=True))
        if left >= 0:
            yield (left // lightest, *rest)


def _counted(values: Floats, weight: Places, capacity: int) -> Places:
    order = np.argsort(values, kind="stable")
    order = order[values[order] < 0]
    by_weight = {w: order[weight[order] == w] for w in np.unique(weight).tolist() if w <= capacity}
    best, chosen = 0.0, np.zeros(0, dtype=np.int64)
    for counts in _counts(list(by_weight), capacity):
        parts = [picks[:count] for picks, count in zip(by_weight.values(), counts, strict=True)]
        picked = np.concatenate(parts) if parts else chosen
        total = float(values[picked].sum())
        if total < best:
            best, chosen = total, picked
    return chosen


def _walked(values: Floats, weight: Places, capacity: int) -> Places:
    columns = np.flatnonzero((values < 0) & (weight <= capacity))
    shares = weight[columns].tolist()
    layers = [np.zeros(capacity + 1)]
    for share, value in zip(shares, values[columns].tolist(), strict=True):
        before = layers[-1]
        after = before.copy()
        np.minimum(after[share:], before[: capacity + 1 - share] + value, out=after[share:])
        layers.append(after)
    chosen, room = [], capacity
    for k in range(len(columns) - 1, -1, -1):
        if layers[k + 1][room] < layers[k][room]:
            chosen.append(int(columns[k]))
            room -= shares[k]
    return np.array(sorted(chosen), dtype=np.int64)


def _table(values: Floats, weight: Places, capacity: Places) -> Floats:
    """Least sum of every anchor: column ``c`` stands for a load of ``widest - c`` kept free.

    Rows of smaller capacity start farther right, so that the last column is everybody's answer.
    """
    widest = int(capacity.max(initial=0))
    table = np.where(np.arange(widest + 1) >= (widest - capacity)[:, None], 0.0, np.inf)
    # the most promising first: neighbours that pay nowhere are passed over at once
    for column in np.flatnonzero((values < 0).any(axis=0)).tolist():
        _offer(table, weight[:, column], values[:, column])
    return table


def _offer(table: Floats, weights: Places, values: Floats) -> None:
    """Offer one more station to every row, in place."""
    rows = np.flatnonzero((values < 0) & (weights < table.shape[1]))
    if not len(rows):
        return
    before = np.arange(table.shape[1]) - weights[rows][:, None]
    with_it = np.where(
        before >= 0, np.take_along_axis(table[rows], np.maximum(before, 0), axis=1), np.inf
    )
    table[rows] = np.minimum(table[rows], with_it + values[rows][:, None])
