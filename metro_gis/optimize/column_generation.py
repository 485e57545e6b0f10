"""Column generation over the beats of a pool.

A master chooses among known beats, and exact pricing finds better ones until there are none (for
capacitated medians: Lorena and Senne 2004, https://doi.org/10.1016/S0305-0548(03)00039-X). Every
round gives a bound that holds whatever the master is worth; multipliers are smoothed towards the
best ones so far (Wentges 1997, https://doi.org/10.1111/j.1475-3995.1997.tb00074.x).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

from metro_gis.optimize.pricing import (
    Column,
    Multipliers,
    Priced,
    lower_bound,
    price,
    take_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from metro_gis.optimize.pool_model import Floats, PoolModel

SMOOTHING = 0.6
ROUNDS = 400
CLOSE = 1e-5
"""Share of the bound at which master and bound count as equal."""
DUST = 1e-7


@dataclass(frozen=True, eq=False)
class PoolBound:
    """What column generation proves of a pool.

    Parameters
    ----------
    value_tenths
        No plan covers the pool more cheaply, the posts' prices included.
    worth
        Multipliers that prove it.
    columns
        Beats that were found on the way.
    rounds
        How many rounds it took.
    shares
        How far the master's last solution uses each of them: shape ``(n_columns,)``.
    """

    value_tenths: float
    worth: Multipliers
    columns: tuple[Column, ...]
    rounds: int
    shares: Floats

    def officers(self, posts: int) -> Floats:
        """Add up the officers of each post in the master's last solution.

        Parameters
        ----------
        posts
            Number of posts.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_posts,)``.
        """
        used = np.zeros(posts)
        for column, share in zip(self.columns, self.shares.tolist(), strict=True):
            used[column.post] += column.size * share
        return used


class _Master:
    """The linear program that chooses among known beats."""

    def __init__(self, model: PoolModel, unserved_cost: float) -> None:
        self.n = len(model)
        self.columns: list[Column] = []
        self.known: set[tuple[int, tuple[int, ...], int]] = set()
        self.highs = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1)):
            self.highs.setOptionValue(name, value)
        infinite = highspy.kHighsInf
        empty = np.zeros(0, dtype=np.int32)
        for least in (*([1.0] * self.n), float(model.teams)):
            self.highs.addRow(least, infinite, 0, empty, np.zeros(0))
        # a costly way out for every row keeps the first rounds feasible
        for row in range(self.n + 1):
            at = np.array([row], dtype=np.int32)
            self.highs.addCol(unserved_cost, 0.0, infinite, 1, at, np.ones(1))

    def add(self, columns: list[Column]) -> int:
        """Add beats that are not known yet, and say how many these are."""
        fresh = []
        for column in columns:
            key = (column.anchor, column.stations, column.size)
            if key not in self.known:
                self.known.add(key)
                fresh.append(column)
        if fresh:
            lengths = np.array([len(column.stations) + 1 for column in fresh])
            starts = (np.cumsum(lengths) - lengths).astype(np.int32)
            rows = np.concatenate([(*column.stations, self.n) for column in fresh])
            self.highs.addCols(
                len(fresh),
                np.array([column.cost_tenths for column in fresh]),
                np.zeros(len(fresh)),
                np.full(len(fresh), highspy.kHighsInf),
                len(rows),
                starts,
                rows.astype(np.int32),
                np.ones(len(rows)),
            )
            self.columns += fresh
        return len(fresh)

    def solve(self) -> tuple[float, Multipliers]:
        """Choose beats, and say what every row is worth."""
        self.highs.run()
        duals = np.maximum(np.array(self.highs.getSolution().row_dual), 0.0)
        value = self.highs.getInfo().objective_function_value
        return value, Multipliers(duals[: self.n], float(duals[self.n]))

    def shares(self) -> Floats:
        """Say how far the last solution uses each beat."""
        values = np.array(self.highs.getSolution().col_value)[self.n + 1 :]
        # beats that were added since are not in it
        return np.concatenate([values, np.zeros(len(self.columns) - len(values))])


def bound_pool(
    model: PoolModel,
    prices: Floats,
    known: tuple[Column, ...] = (),
    start: Multipliers | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> PoolBound:
    """Bound a pool by column generation.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    known
        Beats to start from, priced with the same charges.
    start
        Multipliers to start from, say of other prices.
    is_over
        Asked after every round whether to stop early; the bound so far holds.

    Returns
    -------
    PoolBound
        The best bound found.
    """
    scale = _typical_cost(model, prices)
    master = _Master(model, 4.0 * scale)
    worth = start or Multipliers(np.full(len(model), scale * model.teams / len(model)), 0.0)
    priced = price(model, prices, worth)
    best, proof = lower_bound(model, worth, priced), worth
    anchors = np.flatnonzero(np.isfinite(priced.reduced))
    master.add([*known, *take_columns(model, prices, worth, priced, anchors)])
    rounds = 0
    while rounds < ROUNDS and not is_over():
        rounds += 1
        value, dual = master.solve()
        added = 0
        for smoothing in (SMOOTHING, 0.0):
            asked = _between(proof, dual, smoothing)
            priced = price(model, prices, asked)
            found = lower_bound(model, asked, priced)
            if found > best:
                best, proof = found, asked
            added = _add_improving(master, model, prices, asked, dual, priced)
            if added:
                break
        if not added or value - best <= CLOSE * max(1.0, abs(best)):
            break
    return PoolBound(best, proof, tuple(master.columns), rounds, master.shares())


def _typical_cost(model: PoolModel, prices: Floats) -> float:
    costs = [model.team_costs(slot, prices)[0] for slot in model.slots]
    finite = np.concatenate([cost[np.isfinite(cost)] for cost in costs])
    return float(finite.max()) + 1.0


def _between(proof: Multipliers, dual: Multipliers, smoothing: float) -> Multipliers:
    return Multipliers(
        smoothing * proof.station + (1 - smoothing) * dual.station,
        smoothing * proof.team + (1 - smoothing) * dual.team,
    )


def _add_improving(
    master: _Master,
    model: PoolModel,
    prices: Floats,
    asked: Multipliers,
    dual: Multipliers,
    priced: Priced,
) -> int:
    """Add the beats found that improve the master at its own duals."""
    anchors = np.flatnonzero(priced.reduced < np.inf)
    columns = take_columns(model, prices, asked, priced, anchors)
    improving = [
        column
        for column in columns
        if column.cost_tenths - dual.team - float(dual.station[list(column.stations)].sum()) < -DUST
    ]
    return master.add(improving)
