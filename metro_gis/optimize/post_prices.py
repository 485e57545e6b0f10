"""Prices of what pools share: what an officer more of a post would save the whole city.

A linear program chooses among the beats that are known of all pools, from posts with so many
officers; the duals of the posts are the next prices, at which the pools find new beats (Dantzig and
Wolfe 1960, https://doi.org/10.1287/opre.8.1.101). Prices stay not far from the best ones so far: at
a little more than these, officers could be had in any number, and at a little less be given away
(boxstep: Marsten, Hogan and Blankenship 1975, https://doi.org/10.1287/opre.23.3.389).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from metro_gis.optimize.capacity_rows import Laid
from metro_gis.solver import run_linear

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Sequence

    from metro_gis.optimize.allowance import Allowance
    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.column_generation import PoolBound
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.pricing import Column
    from metro_gis.solver import Limits

FIRST_RADIUS_TENTHS = 4.0
SHORT_RADIUS_TENTHS = 32.0
"""How far prices may move at first, and where stations stay uncovered: officers are dear there."""
ENOUGH_GAIN = 0.1
"""Share of the gain hoped for that makes a step worth going on from."""
NEARLY_ALL = 0.9
"""Share of it that speaks for a far longer step."""
OFFICERS_PER_STATION = 100.0
"""The price of a station that stays uncovered may move by as much as that of so many officers."""
WAYS = 8
"""Posts that a team at an anchor may come from: those that are cheapest at the first prices."""


def shared_by_pools(officers: Floats, allowance: Allowance | None) -> Floats:
    """Say how much there is of what pools share.

    Parameters
    ----------
    officers
        Officers that each post can send to stations: shape ``(n_posts,)``.
    allowance
        Stations that may stay uncovered; None where none may.

    Returns
    -------
    numpy.ndarray
        Officers of each post, then stations of each tier that may stay uncovered: shape
        ``(n_posts + k,)``.
    """
    return officers if allowance is None else np.concatenate([officers, allowance.allowed])


@dataclass(eq=False)
class PriceProgram:
    """What is known of a city's bound as a function of prices.

    Parameters
    ----------
    models
        All pools.
    officers
        Officers that each post can send to stations: shape ``(n_posts,)``.
    allowance
        Stations that may stay uncovered, which have prices behind those of the posts.
    """

    models: Sequence[PoolModel]
    officers: Floats
    allowance: Allowance | None = None
    shared: Floats = field(init=False)
    centre: Floats = field(init=False)
    value_tenths: float = field(default=-np.inf, init=False)
    hoped_tenths: float = field(default=np.inf, init=False)
    radius_tenths: float = field(default=FIRST_RADIUS_TENTHS, init=False)
    _program: _Program | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.shared = shared_by_pools(self.officers, self.allowance)
        if self.allowance is not None:
            self.radius_tenths = SHORT_RADIUS_TENTHS

    def learn(self, prices: Floats, found: Sequence[PoolBound]) -> bool:
        """Take note of what column generation says at some prices.

        Parameters
        ----------
        prices
            In tenths: shape ``(n_posts + k,)``.
        found
            Bound of each pool, the prices included, with the beats and rows it rests on.

        Returns
        -------
        bool
            Whether these are the best prices so far.
        """
        total = sum(bound.value_tenths for bound in found) - float(prices @ self.shared)
        if self._program is None:
            self._program = _Program(self.models, self.shared, self.allowance, prices)
        else:
            gain, hoped = (one - self.value_tenths for one in (total, self.hoped_tenths))
            if gain < ENOUGH_GAIN * hoped:
                self.radius_tenths /= 2.0
            else:
                self.radius_tenths *= 2.0 if gain < NEARLY_ALL * hoped else 4.0
        self._program.add(found)
        better = total > self.value_tenths
        if better:
            self.centre, self.value_tenths = prices, total
        return better

    def next_prices(self, limits: Limits, stop: threading.Event) -> Floats:
        """Say which prices to try.

        Parameters
        ----------
        limits
            When to stop.
        stop
            Set from outside to end early.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_posts + k,)``; ``hoped_tenths`` is what they would come to at best. The best
            so far where time is up.
        """
        if self._program is not None:
            solved = self._program.solve(self.centre, self.radius_tenths, limits, stop)
            if solved is not None:
                prices, value = solved
                self.hoped_tenths = max(self.value_tenths, value)
                return prices
        self.hoped_tenths = self.value_tenths
        return self.centre

    def uncovered(self) -> tuple[Floats, ...]:
        """Say how far stations stay uncovered in the last solution.

        Returns
        -------
        tuple of numpy.ndarray
            Of each pool, shape ``(n,)``; empty where none may, or there is no solution.
        """
        return () if self._program is None else self._program.uncovered()


class _Program:
    """Rows: what is shared; of each pool its stations, teams, and the teams at each anchor.

    Shared are the officers of each post, then the stations of each tier that may stay uncovered.
    Capacity rows follow as they come. Columns: what is shared, had and given away at the edges of
    the box; teams from posts to anchors; uncovered stations; beats, which take such teams.
    """

    def __init__(
        self,
        models: Sequence[PoolModel],
        shared: Floats,
        allowance: Allowance | None,
        prices: Floats,
    ) -> None:
        self.models, self.shared, self.scale = models, shared, np.ones(len(shared))
        of_tiers = 0 if allowance is None else len(allowance.allowed)
        self.posts = len(shared) - of_tiers
        self.scale[self.posts :] = OFFICERS_PER_STATION
        # of each pool: stations, one row of teams, and the anchors of each slot
        rows = [len(model) * (1 + len(model.slots)) + 1 for model in models]
        self.first = list(accumulate(rows, initial=len(self.shared)))
        self.solved: Floats | None = None
        self.misses: list[tuple[int, Places]] = []
        self.columns: list[list[Column]] = [[] for _ in models]
        self.at: list[list[int]] = [[] for _ in models]
        self.known: list[set[tuple[int, tuple[int, ...], int]]] = [set() for _ in models]
        self.rows: list[dict[CapacityRow, int]] = [{} for _ in models]
        self.named: set[tuple[int, tuple[int, ...], tuple[int, ...]]] = set()
        self.highs = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1)):
            self.highs.setOptionValue(name, value)
        least = np.full(self.first[-1], -highspy.kHighsInf)
        most = np.full(self.first[-1], highspy.kHighsInf)
        most[: len(shared)] = shared
        for k, (model, start) in enumerate(zip(models, self.first, strict=False)):
            n = len(model)
            least[start : start + n] = 1.0
            # teams are counted where everything is to be covered
            if allowance is None or (allowance.tiers[k] < 0).all():
                least[start + n] = float(model.teams)
            most[start + n + 1 : start + n + 1 + n * len(model.slots)] = 0.0
        for low, high in zip(least.tolist(), most.tolist(), strict=True):
            self.highs.addRow(low, high, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
        of_shared = sparse.eye_array(len(shared), format="csc")
        edges = sparse.hstack([-of_shared, of_shared], format="csc")
        self._add_columns(np.zeros(2 * len(shared)), edges)
        for k in range(len(models)):
            self._add_teams(k, prices)
            if allowance is not None:
                self._add_uncovered(k, allowance.tiers[k])

    def _add_columns(self, costs: Floats, entries: sparse.csc_array) -> None:
        self.highs.addCols(
            len(costs),
            costs,
            np.zeros(len(costs)),
            np.full(len(costs), highspy.kHighsInf),
            entries.nnz,
            entries.indptr[:-1].astype(np.int32),
            entries.indices.astype(np.int32),
            entries.data.astype(np.float64),
        )

    def _links(self, k: int) -> int:
        """Say where the rows of the anchors of a pool begin, one slot after another."""
        return self.first[k] + len(self.models[k]) + 1

    def _add_teams(self, k: int, prices: Floats) -> None:
        model = self.models[k]
        for index, slot in enumerate(model.slots):
            minutes = model.deploy_tenths[slot.posts]
            rank = np.argsort(minutes + prices[slot.posts][:, None], axis=0, kind="stable")
            near = np.zeros(minutes.shape, dtype=np.bool_)
            np.put_along_axis(near, rank[:WAYS], values=True, axis=0)
            post, anchor = np.nonzero(near & np.isfinite(minutes) & slot.anchors)
            costs = slot.size * (model.team_tenths + minutes[post, anchor])
            link = self._links(k) + index * len(model) + anchor
            each, size = np.arange(len(post)), np.full(len(post), float(slot.size))
            values = np.concatenate([size, -np.ones(len(post))])
            at = (np.concatenate([slot.posts[post], link]), np.concatenate([each, each]))
            shape = (self.first[-1], len(post))
            self._add_columns(costs, sparse.coo_array((values, at), shape=shape).tocsc())

    def _add_uncovered(self, k: int, tiers: Places) -> None:
        may = np.flatnonzero(tiers >= 0)
        each, ones = np.arange(len(may)), np.ones(2 * len(may))
        rows = np.concatenate([self.posts + tiers[may], self.first[k] + may])
        self.misses.append((self.highs.getNumCol(), may))
        entries = sparse.coo_array(
            (ones, (rows, np.concatenate([each, each]))), shape=(self.first[-1], len(may))
        )
        self._add_columns(np.zeros(len(may)), entries.tocsc())

    def add(self, found: Sequence[PoolBound]) -> None:
        """Add beats and capacity rows that are not known yet."""
        for k, bound in enumerate(found):
            for row in bound.rows:
                name = (k, row.anchors, row.stations)
                if name not in self.named:
                    self.named.add(name)
                    self._add_row(k, row)
            self._add_beats(k, bound.columns)

    def _add_row(self, k: int, row: CapacityRow) -> None:
        adds = row.of_beats(Laid.of(self.columns[k]))
        some = np.flatnonzero(adds)
        index = np.array(self.at[k], dtype=np.int32)[some]
        self.rows[k][row] = self.highs.getNumRow()
        self.highs.addRow(float(row.least), highspy.kHighsInf, len(some), index, adds[some])

    def _add_beats(self, k: int, columns: Iterable[Column]) -> None:
        fresh = []
        for column in columns:
            name = (column.anchor, column.stations, column.slot)
            if name not in self.known[k]:
                self.known[k].add(name)
                fresh.append(column)
        if not fresh:
            return
        start = self.highs.getNumCol()
        costs = np.array([column.away_tenths for column in fresh])
        self._add_columns(costs, self._entries(k, fresh))
        self.columns[k] += fresh
        self.at[k] += range(start, start + len(fresh))

    def _entries(self, k: int, columns: Sequence[Column]) -> sparse.csc_array:
        model, laid, each = self.models[k], Laid.of(columns), np.arange(len(columns))
        slots = np.array([column.slot for column in columns], dtype=np.int64)
        parts: list[tuple[Places, Places, Floats]] = [
            (self.first[k] + laid.held, np.repeat(each, laid.lengths), np.ones(len(laid.held))),
            (np.full(len(each), self.first[k] + len(model)), each, np.ones(len(each))),
            (self._links(k) + slots * len(model) + laid.anchors, each, np.ones(len(each))),
        ]
        for row, at in self.rows[k].items():
            adds = row.of_beats(laid)
            some = np.flatnonzero(adds)
            parts.append((np.full(len(some), at), some, adds[some]))
        rows, places, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        shape = (self.highs.getNumRow(), len(columns))
        return sparse.coo_array((values, (rows, places)), shape=shape).tocsc()

    def solve(
        self, centre: Floats, radius: float, limits: Limits, stop: threading.Event
    ) -> tuple[Floats, float] | None:
        """Solve within a box: prices and value; None where time is up."""
        radii = radius * self.scale
        edges = np.concatenate([centre + radii, -np.maximum(0.0, centre - radii)])
        places = np.arange(len(edges), dtype=np.int32)
        self.highs.changeColsCost(len(places), places, edges)
        if not run_linear(self.highs, limits, stop):
            return None
        solution = self.highs.getSolution()
        self.solved = np.array(solution.col_value)
        duals = np.array(solution.row_dual)[: len(self.shared)]
        return np.maximum(0.0, -duals), self.highs.getInfo().objective_function_value

    def uncovered(self) -> tuple[Floats, ...]:
        """Spread what the last solution leaves uncovered over the stations of each pool."""
        if self.solved is None:
            return ()
        shares = []
        for model, (first, may) in zip(self.models, self.misses, strict=False):
            of_pool = np.zeros(len(model))
            of_pool[may] = self.solved[first : first + len(may)]
            shares.append(of_pool)
        return tuple(shares)
