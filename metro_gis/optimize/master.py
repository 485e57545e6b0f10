"""The linear program that chooses among known beats of a pool.

HiGHS solves it over and over, each time from the last basis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from metro_gis.optimize.capacity_rows import Laid
from metro_gis.optimize.pricing import Multipliers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.branches import Branch, Side
    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.pricing import Column

CROWDED = 1e-6
PROBE_ITERATIONS = 60
"""Simplex steps that a question to the master may take."""


class Master:
    """The linear program that chooses among known beats.

    Rows: a beat for every station, enough teams, then as they come the areas whose anchors branches
    speak of and capacity rows. That a station anchors at most one team is asked only where the
    master would break it.

    Parameters
    ----------
    model
        The pool.
    unserved_cost
        What a row costs that no beat fills; a station's no more than it may stay uncovered for.
    """

    def __init__(self, model: PoolModel, unserved_cost: float) -> None:
        self.n = len(model)
        self.most_worth = model.missed_tenths
        self.columns: list[Column] = []
        self.known: set[tuple[int, tuple[int, ...], int]] = set()
        self.splits: list[tuple[int, ...]] = []
        self.masks: list[NDArray[np.bool_]] = []
        self.place: dict[tuple[int, ...], int] = {}
        self.capacity_rows: list[CapacityRow] = []
        # where in the program the areas and the capacity rows stand
        self.at_areas: list[int] = []
        self.at_capacity: list[int] = []
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
        # a costly way out for every row keeps the master feasible; all later rows share the last
        ways_out = np.full(self.n + 1, unserved_cost)
        ways_out[: self.n] = np.minimum(unserved_cost, model.missed_tenths)
        for row, cost in enumerate(ways_out.tolist()):
            at = np.array([row], dtype=np.int32)
            self.highs.addCol(cost, 0.0, infinite, 1, at, np.ones(1))
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
            matrix = self._matrix(fresh)
            self.highs.addCols(
                len(fresh),
                np.array([column.cost_tenths for column in fresh]),
                np.zeros(len(fresh)),
                np.full(len(fresh), highspy.kHighsInf),
                matrix.nnz,
                matrix.indptr[:-1],
                matrix.indices,
                matrix.data,
            )
            self.columns += fresh
        return len(fresh)

    def _matrix(self, columns: Sequence[Column]) -> sparse.csc_array:
        """Say what beats add to every row: shape ``(n_rows, n_columns)``."""
        laid, count = Laid.of(columns), np.arange(len(columns))
        rows = [laid.held, np.full(len(columns), self.n)]
        places = [np.repeat(count, laid.lengths), count]
        values = [np.ones(len(laid.held)), np.ones(len(columns))]
        parts = [
            *((row, mask[laid.anchors].astype(np.float64))
              for row, mask in zip(self.at_areas, self.masks, strict=True)),
            *((row, one.of_beats(laid))
              for row, one in zip(self.at_capacity, self.capacity_rows, strict=True)),
        ]  # fmt: skip
        for row, adds in parts:
            some = np.flatnonzero(adds)
            rows.append(np.full(len(some), row))
            places.append(some)
            values.append(adds[some])
        entries = (np.concatenate(rows).astype(np.int32), np.concatenate(places).astype(np.int32))
        shape = (self.n_rows, len(columns))
        return sparse.coo_array((np.concatenate(values), entries), shape=shape).tocsc()

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.n + 1 + len(self.at_areas) + len(self.at_capacity)

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
            self.at_areas.append(self.n_rows)
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
        gone = np.array(self.at_areas[count:], dtype=np.int32)
        if len(gone):
            if len(self.at_capacity) and self.at_capacity[-1] > gone[0]:
                message = "capacity rows stand behind the rows to be dropped"
                raise ValueError(message)
            self.highs.deleteRows(len(gone), gone)
            for area in self.splits[count:]:
                del self.place[area]
            del self.splits[count:], self.masks[count:], self.at_areas[count:]

    def ask_capacity(self, rows: Sequence[CapacityRow]) -> None:
        """Add capacity rows.

        Parameters
        ----------
        rows
            Rows that are not known yet.
        """
        laid = Laid.of(self.columns)
        for row in rows:
            adds = row.of_beats(laid)
            some = np.flatnonzero(adds)
            index = np.concatenate([[self.first - 1], some + self.first]).astype(np.int32)
            values = np.concatenate([[1.0], adds[some]])
            self.at_capacity.append(self.n_rows)
            self.capacity_rows.append(row)
            self.highs.addRow(float(row.least), highspy.kHighsInf, len(index), index, values)

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
        rows = np.array(self.at_areas, dtype=np.int32)
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
            Worth of stations, teams, shared sides and capacity rows.
        anchors : numpy.ndarray
            Worth of the rows of anchors and areas, spread over the anchors: shape ``(n,)``.
        """
        self.highs.run()
        duals = np.array(self.highs.getSolution().row_dual)
        value = self.highs.getInfo().objective_function_value
        areas = duals[self.at_areas]
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
        # bounds rest on this: a station is worth no more than leaving it uncovered costs
        stations = np.minimum(np.maximum(duals[: self.n], 0.0), self.most_worth)
        rows = {
            row: dual
            for row, dual in zip(self.capacity_rows, duals[self.at_capacity].tolist(), strict=True)
            if dual > 0.0
        }
        team = max(0.0, float(duals[self.n]))
        return value, Multipliers(stations, team, sides, rows), anchors

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
