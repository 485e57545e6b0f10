"""Column generation over the beats of a pool.

A master chooses among known beats, and exact pricing finds better ones until there are none (for
capacitated medians: Lorena and Senne 2004, https://doi.org/10.1016/S0305-0548(03)00039-X). Every
round gives a bound that holds whatever the master is worth; multipliers are smoothed towards the
best ones so far (Wentges 1997, https://doi.org/10.1111/j.1475-3995.1997.tb00074.x).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.branches import Branch
from metro_gis.optimize.capacity_rows import CapacityRow, find_rows
from metro_gis.optimize.master import Master
from metro_gis.optimize.pricing import (
    Column,
    Multipliers,
    lower_bound,
    price,
    reduced_costs,
    take_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metro_gis.optimize.pool_model import Floats, PoolModel

SMOOTHING = 0.6
ROUNDS = 400
CLOSE = 1e-5
BRANCH_CLOSE = 3e-5
"""Share of the bound at which master and bound count as equal, at the root and below it."""
DUST = 1e-7
ROW_ROUNDS = 60
"""How often capacity rows are looked for at the root at most."""


@dataclass(frozen=True)
class Effort:
    """What may be spent on a bound.

    Parameters
    ----------
    rounds
        Rounds after which to stop.
    row_rounds
        How often to look for capacity rows when the master knows all beats that it needs.
    close
        Share of the bound at which master and bound count as equal.
    """

    rounds: int = ROUNDS
    row_rounds: int = 0
    close: float = CLOSE


@dataclass(frozen=True, eq=False)
class PoolBound:
    """What column generation proves of a pool, or of a branch of it.

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
    rows
        Capacity rows that were found on the way.
    """

    value_tenths: float
    worth: Multipliers
    columns: tuple[Column, ...]
    rounds: int
    shares: Floats
    rows: tuple[CapacityRow, ...] = ()

    def officers(self, posts: int) -> Floats:
        """Add up the officers that each post gives in the master's last solution.

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

    def anchors(self, n: int) -> Floats:
        """Say how far each station is an anchor in the master's last solution.

        Parameters
        ----------
        n
            Stations of the pool.

        Returns
        -------
        numpy.ndarray
            Shape ``(n,)``.
        """
        at = np.array([column.anchor for column in self.columns], dtype=np.int64)
        return np.bincount(at, weights=self.shares, minlength=n).astype(np.float64)

    def narrowed(self, wider: PoolModel, model: PoolModel) -> PoolBound:
        """Keep what is of use where the pool has lost stations.

        Parameters
        ----------
        wider
            The pool that this speaks of.
        model
            What is left of it.

        Returns
        -------
        PoolBound
            Beats and rows of the stations left, with no bound.
        """
        places = np.searchsorted(wider.members, model.members)
        place = dict(zip(places.tolist(), range(len(model)), strict=True))

        def left(old: Sequence[int]) -> tuple[int, ...]:
            return tuple(place[t] for t in old if t in place)

        columns = tuple(
            replace(column, anchor=place[column.anchor], stations=left(column.stations))
            for column in self.columns
            if all(t in place for t in column.stations)
        )
        rows = {
            CapacityRow(model, left(row.anchors), left(row.stations)): one
            for row, one in self.worth.rows.items()
            if left(row.anchors) and left(row.stations)
        }
        worth = Multipliers(self.worth.station[places], self.worth.team, rows=rows)
        return PoolBound(-np.inf, worth, columns, 0, np.zeros(len(columns)), tuple(rows))

    def lean(self, most: int) -> PoolBound:
        """Forget the beats that the multipliers speak against most.

        Parameters
        ----------
        most
            How many beats to keep.

        Returns
        -------
        PoolBound
            The same bound.
        """
        if len(self.columns) <= most:
            return self
        reduced = reduced_costs(self.columns, self.worth, np.zeros(len(self.worth.station)))
        kept = np.sort(np.argsort(reduced, kind="stable")[:most])
        columns = tuple(self.columns[k] for k in kept.tolist())
        return replace(self, columns=columns, shares=self.shares[kept])


def bound_pool(
    model: PoolModel,
    prices: Floats,
    known: Sequence[Column] = (),
    start: Multipliers | None = None,
    effort: Effort | None = None,
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
    effort
        What may be spent on it; as much as there is use for by default.
    is_over
        Asked after every round whether to stop early; the bound so far holds.

    Returns
    -------
    PoolBound
        The best bound found.
    """
    scale = typical_cost(model, prices)
    master = Master(model, 4.0 * scale)
    worth = start or Multipliers(np.full(len(model), scale * model.teams / len(model)), 0.0)
    # no station is worth more than leaving it uncovered costs
    worth = replace(worth, station=np.minimum(worth.station, model.missed_tenths))
    master.ask_capacity(list(worth.rows))
    priced = price(model, prices, worth)
    anchors = np.flatnonzero(np.isfinite(priced.reduced))
    master.add([*known, *take_columns(model, prices, worth, priced, anchors)])
    effort = effort or Effort(row_rounds=ROW_ROUNDS)
    branch = Branch(len(model))
    return bound_branch(model, prices, master, branch, worth, effort=effort, is_over=is_over)


def bound_branch(
    model: PoolModel,
    prices: Floats,
    master: Master,
    branch: Branch,
    start: Multipliers,
    *,
    effort: Effort | None = None,
    enough: float = np.inf,
    is_over: Callable[[], bool] = lambda: False,
) -> PoolBound:
    """Bound a branch of a pool, going on with a master that knows beats already.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    master
        Knows beats, and learns more.
    branch
        What is asked of the anchors.
    start
        Multipliers to start from.
    effort
        What may be spent on it; that of a branch, without capacity rows, by default.
    enough
        Bound at which to stop.
    is_over
        Asked after every round whether to stop early; the bound so far holds.

    Returns
    -------
    PoolBound
        The best bound found.
    """
    master.restrict(branch)
    best, proof = lower_bound(model, start, price(model, prices, start), branch), start
    effort = effort or Effort(close=BRANCH_CLOSE)
    rounds, row_rounds = 0, effort.row_rounds
    while rounds < effort.rounds and best < enough and not is_over():
        rounds += 1
        value, dual, charges = master.solve(branch)
        if master.hold_anchors():
            master.restrict(branch)
            value, dual, charges = master.solve(branch)
        added = 0
        for smoothing in (SMOOTHING, 0.0):
            asked = _between(proof, dual, smoothing)
            priced = price(model, prices, asked)
            found = lower_bound(model, asked, priced, branch)
            if found > best:
                best, proof = found, asked
            columns = take_columns(
                model, prices, asked, priced, np.flatnonzero(priced.reduced < np.inf)
            )
            added = master.add(_improving(columns, dual, charges))
            if added:
                break
        if not added or value - best <= effort.close * max(1.0, abs(best)):
            if not row_rounds or best >= enough:
                break
            row_rounds -= 1
            broken = find_rows(model, master.columns, master.shares(), master.capacity_rows)
            if not broken:
                break
            master.ask_capacity(broken)
    shares, rows = master.shares(), tuple(master.capacity_rows)
    return PoolBound(best, proof, tuple(master.columns), rounds, shares, rows)


def typical_cost(model: PoolModel, prices: Floats) -> float:
    """Give the cost of the dearest team of a pool, its stations left aside.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    float
        A little more than that, in tenths.
    """
    costs = [model.team_costs(slot, prices)[0] for slot in model.slots]
    finite = np.concatenate([cost[np.isfinite(cost)] for cost in costs])
    return float(finite.max()) + 1.0


def _between(proof: Multipliers, dual: Multipliers, smoothing: float) -> Multipliers:
    keep, take = smoothing, 1 - smoothing
    rows = {row: take * one for row, one in dual.rows.items() if take}
    for row, one in proof.rows.items():
        if keep:
            rows[row] = rows.get(row, 0.0) + keep * one
    return Multipliers(
        keep * proof.station + take * dual.station,
        keep * proof.team + take * dual.team,
        tuple(keep * a + take * b for a, b in zip(proof.sides, dual.sides, strict=True)),
        rows,
    )


def _improving(columns: Sequence[Column], dual: Multipliers, charges: Floats) -> list[Column]:
    """Keep the beats that improve the master at its own duals."""
    reduced = reduced_costs(columns, dual, charges)
    return [columns[k] for k in np.flatnonzero(reduced < -DUST).tolist()]
