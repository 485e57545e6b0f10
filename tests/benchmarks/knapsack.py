"""Pricing for stations of any weights: a knapsack by dynamic programming.

`metro_gis.optimize.pricing` tries the counts of stations per weight, which suits the few weights
of risk classes. Where weights are arbitrary (demands of a capacitated p-median) counts explode;
here the load is walked through instead (Kellerer, Pferschy and Pisinger 2004,
https://doi.org/10.1007/978-3-540-24777-7). Both functions have the signature of those they stand
in for, and give the same results.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np

from metro_gis.optimize import pricing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metro_gis.optimize.pool_model import Floats, Places, PoolModel, Slot


@contextmanager
def knapsack_pricing() -> Iterator[None]:
    """Let the package's column generation price by dynamic programming."""
    with (
        mock.patch.object(pricing, "_least", least),
        mock.patch.object(pricing, "_best_set", best_set),
    ):
        yield


def least(model: PoolModel, slot: Slot, values: Floats) -> Floats:
    """Sum up the best set of neighbours of every anchor: shape ``(n,)``."""
    return np.where(slot.anchors, _table(model, values)[:, -1], 0.0)


def best_set(model: PoolModel, values: Floats, anchor: int) -> Places:
    """Pick the neighbours, as columns of the anchor's row, of the best set."""
    columns = np.flatnonzero(values < 0)
    weights = model.weight[model.near[anchor][columns]]
    capacity = int(model.capacity[anchor])
    layers = [np.zeros(capacity + 1)]
    for weight, value in zip(weights.tolist(), values[columns].tolist(), strict=True):
        before = layers[-1]
        after = before.copy()
        if weight <= capacity:
            np.minimum(after[weight:], before[: capacity + 1 - weight] + value, out=after[weight:])
        layers.append(after)
    chosen, room = [], capacity
    for k in range(len(columns) - 1, -1, -1):
        if layers[k + 1][room] < layers[k][room]:
            chosen.append(int(columns[k]))
            room -= int(weights[k])
    return np.array(sorted(chosen), dtype=np.int64)


def _table(model: PoolModel, values: Floats) -> Floats:
    """Least sum of every anchor: column ``c`` stands for a load of ``widest - c`` kept free.

    Rows of smaller capacity start farther right, so that the last column is everybody's answer.
    """
    widest = int(model.capacity.max(initial=0))
    table = np.where(np.arange(widest + 1) >= (widest - model.capacity)[:, None], 0.0, np.inf)
    for column in range(values.shape[1]):
        take(table, model.weight[model.near[:, column]], values[:, column])
    return table


def take(table: Floats, weights: Places, values: Floats) -> None:
    """Offer one more station to every row, in place."""
    rows = np.flatnonzero((values < 0) & (weights < table.shape[1]))
    if not len(rows):
        return
    before = np.arange(table.shape[1]) - weights[rows][:, None]
    with_it = np.where(
        before >= 0, np.take_along_axis(table[rows], np.maximum(before, 0), axis=1), np.inf
    )
    table[rows] = np.minimum(table[rows], with_it + values[rows][:, None])
