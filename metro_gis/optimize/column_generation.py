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

from metro_gis.optimize.branches import Branch
from metro_gis.optimize.pricing import (
    Column,
    Multipliers,
    lower_bound,
    price,
    take_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.branches import Side
    from metro_gis.optimize.pool_model import Floats, PoolModel

SMOOTHING = 0.6
ROUNDS = 400
CLOSE = 1e-5
BRANCH_CLOSE = 3e-5
"""Share of the bound at which master and bound count as equal, at the root and below it."""
DUST = 1e-7
CROWDED = 1e-6
PROBE_ITERATIONS = 60
"""Simplex steps that a question to the master may take."""


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
    """

    value_tenths: float
    worth: Multipliers
    columns: tuple[Column, ...]
    rounds: int
    shares: Floats

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


class Master:
    """The linear program that chooses among known beats.

    Rows: a beat for every station, enough teams, and the areas whose anchors branches speak of.
    That a station anchors at most one team is asked only where the master would break it.

    Parameters
    ----------
    model
        The pool.
    unserved_cost
        What a row costs that no beat fills.
    """

    def __init__(self, model: PoolModel, unserved_cost: float) -> None:
        self.n = len(model)
        self.columns: list[Column] = []
        self.known: set[tuple[int, tuple[int, ...], int]] = set()
        self.splits: list[tuple[int, ...]] = []
        self.masks: list[NDArray[np.bool_]] = []
        self.place: dict[tuple[int, ...], int] = {}
        self.highs = highspy.Highs()
        # masters are solved over and over from the last basis: perturbed costs would have to be
        # mended every time, and pull the duals aside
        perturbed = ("dual_simplex_cost_perturbation_multiplier", 0.0)
        for name, value in (("output_flag", False), ("threads", 1), perturbed):
            self.highs.setOptionValue(name, value)
        infinite = highspy.kHighsInf
        empty = np.zeros(0, dtype=np.int32)
        for least in (*([1.0] * self.n), float(model.teams)):
            self.highs.addRow(least, infinite, 0, empty, np.zeros(0))
        # a costly way out for every row keeps the master feasible; all areas share the last one
        for row in range(self.n + 1):
            at = np.array([row], dtype=np.int32)
            self.highs.addCol(unserved_cost, 0.0, infinite, 1, at, np.ones(1))
        self.highs.addCol(unserved_cost, 0.0, infinite, 0, empty, np.zeros(0))
        self.first = self.n + 2

    def add(self, columns: Sequence[Column]) -> int:
        """Add beats that are not known yet.

        Parameters
        ----------
        columns
            Beats of the pool.

        Returns
        -------
        int
            How many are new.
        """
        fresh = []
        for column in columns:
            key = (column.anchor, column.stations, column.size)
            if key not in self.known:
                self.known.add(key)
                fresh.append(column)
        if fresh:
            rows = [self._rows(column) for column in fresh]
            lengths = np.array([len(one) for one in rows])
            starts = (np.cumsum(lengths) - lengths).astype(np.int32)
            total = int(lengths.sum())
            self.highs.addCols(
                len(fresh),
                np.array([column.cost_tenths for column in fresh]),
                np.zeros(len(fresh)),
                np.full(len(fresh), highspy.kHighsInf),
                total,
                starts,
                np.concatenate(rows).astype(np.int32),
                np.ones(total),
            )
            self.columns += fresh
        return len(fresh)

    def _rows(self, column: Column) -> list[int]:
        areas = [self.n + 1 + k for k, one in enumerate(self.masks) if one[column.anchor]]
        return [*column.stations, self.n, *areas]

    def row_of(self, area: tuple[int, ...]) -> int:
        """Find, or add, the row that counts the anchors of an area.

        Parameters
        ----------
        area
            Places of stations.

        Returns
        -------
        int
            Which of ``splits`` it is.
        """
        if area not in self.place:
            inside = set(area)
            at = [k for k, column in enumerate(self.columns) if column.anchor in inside]
            index = np.array([self.first - 1, *(k + self.first for k in at)], dtype=np.int32)
            infinite = highspy.kHighsInf
            self.highs.addRow(-infinite, infinite, len(index), index, np.ones(len(index)))
            self.place[area] = len(self.splits)
            self.splits.append(area)
            mask = np.zeros(self.n, dtype=np.bool_)
            mask[list(area)] = True
            self.masks.append(mask)
        return self.place[area]

    def drop_rows(self, count: int) -> None:
        """Forget the rows of areas that were added last.

        Parameters
        ----------
        count
            How many to keep.
        """
        first = self.n + 1
        gone = np.arange(first + count, first + len(self.splits), dtype=np.int32)
        if len(gone):
            self.highs.deleteRows(len(gone), gone)
            for area in self.splits[count:]:
                del self.place[area]
            del self.splits[count:], self.masks[count:]

    def restrict(self, branch: Branch) -> None:
        """Let the rows of anchors and areas ask for what a branch asks for.

        Parameters
        ----------
        branch
            The branch; its areas have rows after this.
        """
        infinite = highspy.kHighsInf
        for side in branch.sides:
            self.row_of(side.anchors)
        areas = len(self.splits)
        least = np.full(areas, -infinite)
        most = np.array([1.0 if len(area) == 1 else infinite for area in self.splits])
        for side in branch.sides:
            row = self.place[side.anchors]
            if side.above:
                least[row] = max(least[row], side.most + 1)
            else:
                most[row] = min(most[row], side.most)
        rows = np.arange(self.n + 1, self.n + 1 + areas, dtype=np.int32)
        if areas:
            self.highs.changeRowsBounds(areas, rows, least, most)

    def hold_anchors(self) -> bool:
        """Ask for at most one team at the anchors where the last solution has more.

        Returns
        -------
        bool
            Whether there were any.
        """
        shares = self.shares()
        at = np.array([column.anchor for column in self.columns], dtype=np.int64)
        totals = np.bincount(at, weights=shares, minlength=self.n)
        crowded = [(j,) for j in np.flatnonzero(totals > 1 + CROWDED).tolist()]
        fresh = [area for area in crowded if area not in self.place]
        for area in fresh:
            self.row_of(area)
        return bool(fresh)

    def solve(self, branch: Branch) -> tuple[float, Multipliers, Floats]:
        """Choose beats, and say what every row is worth.

        Parameters
        ----------
        branch
            The branch that the master is restricted to.

        Returns
        -------
        value : float
            Of the choice, in tenths.
        worth : Multipliers
            Worth of stations, teams and shared sides.
        anchors : numpy.ndarray
            Worth of the rows of anchors and areas, spread over the anchors: shape ``(n,)``.
        """
        self.highs.run()
        duals = np.array(self.highs.getSolution().row_dual)
        value = self.highs.getInfo().objective_function_value
        areas = duals[self.n + 1 :]
        anchors = np.zeros(self.n)
        for one, mask in zip(areas.tolist(), self.masks, strict=True):
            if one:
                anchors[mask] += one
        sides = tuple(
            max(0.0, dual) if side.above else min(0.0, dual)
            for side, dual in (
                (side, float(areas[self.place[side.anchors]])) for side in branch.shared
            )
        )
        stations = np.maximum(duals[: self.n], 0.0)
        return value, Multipliers(stations, max(0.0, float(duals[self.n])), sides), anchors

    def shares(self) -> Floats:
        """Say how far the last solution uses each beat.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_columns,)``; beats that were added since are not in it.
        """
        values = np.array(self.highs.getSolution().col_value)[self.first :]
        return np.concatenate([values, np.zeros(len(self.columns) - len(values))])

    def probe(self, branch: Branch, sides: Sequence[Side]) -> list[float]:
        """Ask what the known beats would cost on further sides, roughly.

        Parameters
        ----------
        branch
            Where the master stands.
        sides
            Each is tried by itself.

        Returns
        -------
        list of float
            Tenths: what some simplex steps from the branch's own choice come to.
        """
        for side in sides:
            self.row_of(side.anchors)
        self.restrict(branch)
        self.highs.run()
        basis = self.highs.getBasis()
        self.highs.setOptionValue("simplex_iteration_limit", PROBE_ITERATIONS)
        values = []
        for side in sides:
            self.restrict(branch.joined(side))
            self.highs.setBasis(basis)
            self.highs.run()
            values.append(self.highs.getInfo().objective_function_value)
        self.highs.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)
        self.restrict(branch)
        self.highs.setBasis(basis)
        return values


def bound_pool(
    model: PoolModel,
    prices: Floats,
    known: Sequence[Column] = (),
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
    scale = typical_cost(model, prices)
    master = Master(model, 4.0 * scale)
    worth = start or Multipliers(np.full(len(model), scale * model.teams / len(model)), 0.0)
    priced = price(model, prices, worth)
    anchors = np.flatnonzero(np.isfinite(priced.reduced))
    master.add([*known, *take_columns(model, prices, worth, priced, anchors)])
    return bound_branch(model, prices, master, Branch(len(model)), worth, is_over=is_over)


def bound_branch(
    model: PoolModel,
    prices: Floats,
    master: Master,
    branch: Branch,
    start: Multipliers,
    *,
    enough: float = np.inf,
    most_rounds: int = ROUNDS,
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
    enough
        Bound at which to stop.
    most_rounds
        Rounds after which to stop.
    is_over
        Asked after every round whether to stop early; the bound so far holds.

    Returns
    -------
    PoolBound
        The best bound found.
    """
    master.restrict(branch)
    best, proof = lower_bound(model, start, price(model, prices, start), branch), start
    rounds = 0
    close = BRANCH_CLOSE if branch.sides else CLOSE
    while rounds < most_rounds and best < enough and not is_over():
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
        if not added or value - best <= close * max(1.0, abs(best)):
            break
    return PoolBound(best, proof, tuple(master.columns), rounds, master.shares())


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
    return Multipliers(
        keep * proof.station + take * dual.station,
        keep * proof.team + take * dual.team,
        tuple(keep * a + take * b for a, b in zip(proof.sides, dual.sides, strict=True)),
    )


def _improving(columns: Sequence[Column], dual: Multipliers, charges: Floats) -> list[Column]:
    """Keep the beats that improve the master at its own duals."""
    if not columns:
        return []
    lengths = np.array([len(one.stations) for one in columns])
    held = np.concatenate([one.stations for one in columns])
    worth = np.add.reduceat(dual.station[held], np.cumsum(lengths) - lengths)
    costs = np.array([one.cost_tenths for one in columns])
    at = np.array([one.anchor for one in columns], dtype=np.int64)
    reduced = costs - dual.team - worth - charges[at]
    return [columns[k] for k in np.flatnonzero(reduced < -DUST).tolist()]
