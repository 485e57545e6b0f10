"""Capacity rows: some stations' load, served from some anchors, needs a whole number of teams.

A linear program serves 13 stations from an area with 13/12 teams of twelve. In a plan they have
two teams, or one of them is served from elsewhere; the row that says so is the residual capacity
inequality (Magnanti, Mirchandani and Vachani 1993, https://doi.org/10.1007/BF01580612; for
facilities: Aardal, Pochet and Wolsey 1995, https://doi.org/10.1287/moor.20.3.562). Its multiplier
changes only what a station is worth at some anchors, so that pricing stays as easy as without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.pricing import Column

ROWS_PER_ROUND = 25
STARTS = 40
"""Areas that are grown and shrunk in search of a violated row."""
LEAST_VIOLATION = 0.02
"""A row is added where a solution breaks it by so much of a station of average weight."""
LOW, HIGH = 0.03, 0.97
"""Areas are tried whose number of teams is farther from whole than this."""
MOST_TEAMS = 4.0
"""Areas with more teams are tried only if they are less than half of the pool."""
DUST = 1e-6


@dataclass(frozen=True, eq=False)
class CapacityRow:
    """Asks for enough teams in an area to serve some stations, or to leave some to others.

    Summed up over the beats anchored in the area, ``rest`` less the load of the stations that a
    beat holds is at least ``least``.

    Parameters
    ----------
    model
        The pool.
    anchors
        Places of the stations of the area, rising.
    stations
        Places of the stations to serve, rising.
    """

    model: PoolModel
    anchors: tuple[int, ...]
    stations: tuple[int, ...]

    @cached_property
    def load(self) -> int:
        """Load of the stations."""
        return int(self.model.weight[list(self.stations)].sum())

    @cached_property
    def rest(self) -> int:
        """What all teams but one leave of the load."""
        return self.load - self.model.full * (math.ceil(self.load / self.model.full) - 1)

    @cached_property
    def least(self) -> int:
        """What the beats' sum is at least."""
        return self.rest * math.ceil(self.load / self.model.full) - self.load

    @cached_property
    def at(self) -> NDArray[np.bool_]:
        """Which stations are anchors of the area: shape ``(n,)``."""
        return _mask(len(self.model), self.anchors)

    @cached_property
    def loads(self) -> Floats:
        """Load of each station, 0 where it is not to be served: shape ``(n,)``."""
        return np.where(_mask(len(self.model), self.stations), self.model.weight, 0).astype(float)

    @cached_property
    def of_anchors(self) -> Floats:
        """What an anchor alone adds to the sum: shape ``(n,)``."""
        return np.where(self.at, self.rest - self.loads, 0.0)

    @cached_property
    def pairs(self) -> tuple[Places, Floats]:
        """Where ``near`` holds a station to serve from the area, as flat places, and its load."""
        rows = np.array(self.anchors, dtype=np.int64)
        loads = self.loads[self.model.near[rows]]
        at, columns = np.nonzero(loads)
        return rows[at] * self.model.near.shape[1] + columns, loads[at, columns]

    def of_beats(self, laid: Laid) -> Floats:
        """Say what beats add to the sum.

        Parameters
        ----------
        laid
            Beats of the pool.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_beats,)``.
        """
        return np.where(self.at[laid.anchors], self.rest - laid.sums(self.loads), 0.0)


@dataclass(frozen=True, eq=False)
class Laid:
    """Beats laid end to end, so that all are looked at in one go.

    Parameters
    ----------
    anchors
        Places of their anchors: shape ``(n_beats,)``.
    held
        Places of their stations, beat by beat.
    lengths
        How many stations each has: shape ``(n_beats,)``.
    """

    anchors: Places
    held: Places
    lengths: Places

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Laid:
        """Lay beats out.

        Parameters
        ----------
        columns
            Beats.

        Returns
        -------
        Laid
            The same, in their order.
        """
        held = [np.array(one.stations, dtype=np.int64) for one in columns]
        return cls(
            np.array([one.anchor for one in columns], dtype=np.int64),
            np.concatenate(held) if held else np.zeros(0, dtype=np.int64),
            np.array([len(one) for one in held], dtype=np.int64),
        )

    def sums(self, values: Floats) -> Floats:
        """Sum up what the stations of each beat are worth.

        Parameters
        ----------
        values
            Of every station of the pool: shape ``(n,)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_beats,)``.
        """
        if not len(self.lengths):
            return np.zeros(0)
        return np.add.reduceat(values[self.held], np.cumsum(self.lengths) - self.lengths)


def find_rows(
    model: PoolModel, columns: Sequence[Column], shares: Floats, known: Iterable[CapacityRow]
) -> list[CapacityRow]:
    """Find rows that a master's solution breaks.

    Parameters
    ----------
    model
        The pool.
    columns
        Beats.
    shares
        How far the solution uses each of them: shape ``(n_columns,)``.
    known
        Rows that need not be found again.

    Returns
    -------
    list of CapacityRow
        The most violated, no more than `ROWS_PER_ROUND`.
    """
    used = np.flatnonzero(shares > DUST)
    if not len(used):
        return []
    solution = _Solution(model, [columns[k] for k in used.tolist()], shares[used])
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    for inside in solution.areas():
        grown, violation = solution.grown(inside)
        if violation > LEAST_VIOLATION * float(model.weight.mean()):
            found.setdefault(solution.sets(grown), violation)
    for row in known:
        found.pop((row.anchors, row.stations), None)
    best = sorted(found, key=lambda sets: (-round(found[sets], 9), sets))[:ROWS_PER_ROUND]
    return [CapacityRow(model, *sets) for sets in best]


class _Solution:
    """A solution as who is served from where; areas are sets of its anchors."""

    def __init__(self, model: PoolModel, columns: list[Column], shares: Floats) -> None:
        self.model = model
        laid = Laid.of(columns)
        self.teams = np.bincount(laid.anchors, weights=shares, minlength=len(model))
        self.used = np.flatnonzero(self.teams > DUST)
        place = np.full(len(model), -1)
        place[self.used] = np.arange(len(self.used))
        served = np.zeros((len(model), len(self.used)))
        at = (laid.held, np.repeat(place[laid.anchors], laid.lengths))
        np.add.at(served, at, np.repeat(shares, laid.lengths))
        self.served = np.minimum(served, 1.0)
        self.of_used = self.teams[self.used]
        self.most = max(MOST_TEAMS, 0.5 * float(self.of_used.sum()))
        self.place = np.append(place, -1)

    def areas(self) -> list[NDArray[np.bool_]]:
        """Give the most promising areas of nearest anchors around a station."""
        offered: dict[bytes, tuple[float, NDArray[np.bool_]]] = {}
        for row in self.model.around:
            near = self.place[row]
            near = near[near >= 0]
            totals = np.cumsum(self.of_used[near])
            near = near[: int(np.searchsorted(totals, self.most, side="right"))]
            if not len(near):
                continue
            served = self.served[:, near]
            # stations that are not served from there at all never add to a violation
            some = np.flatnonzero(served.any(axis=1))
            violations, _ = self._violations(
                np.cumsum(served[some], axis=1), totals[: len(near)], some
            )
            for k in np.argsort(-violations, kind="stable")[:2].tolist():
                inside = _mask(len(self.used), near[: k + 1].tolist())
                offered.setdefault(inside.tobytes(), (float(violations[k]), inside))
        best = sorted(offered.values(), key=lambda one: (-round(one[0], 9), one[1].tobytes()))
        return [inside for violation, inside in best[:STARTS] if violation > -np.inf]

    def grown(self, inside: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float]:
        """Put anchors in and out of an area for as long as that violates its row more."""
        inside = inside.copy()
        best, _ = self._broken(inside)
        while True:
            # anchors that serve no station of the area would only make its row longer
            own = self.served[:, inside].any(axis=1)
            near = np.flatnonzero(inside | self.served[own].any(axis=0))
            some = np.flatnonzero(self.served[:, near].any(axis=1))
            sign = np.where(inside[near], -1.0, 1.0)
            served = self.served[np.ix_(some, np.flatnonzero(inside))].sum(axis=1)
            teams = np.asarray(
                self.of_used[inside].sum() + sign * self.of_used[near], dtype=np.float64
            )
            violations, _ = self._violations(
                served[:, None] + sign * self.served[np.ix_(some, near)], teams, some
            )
            k = int(violations.argmax())
            if violations[k] <= best + DUST:
                return inside, best
            best = float(violations[k])
            inside[near[k]] = not inside[near[k]]

    def sets(self, inside: NDArray[np.bool_]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Give the anchors and stations of the row that an area breaks most."""
        _, stations = self._broken(inside)
        anchors = _mask(len(self.model), self.used[inside].tolist())
        # stations that anchor nothing yet, but would offer a way around the row
        anchors[stations[self.teams[stations] <= DUST]] = True
        return tuple(np.flatnonzero(anchors).tolist()), tuple(sorted(stations.tolist()))

    def _broken(self, inside: NDArray[np.bool_]) -> tuple[float, Places]:
        """Say how much an area's most violated row is broken, and by which stations."""
        served: Floats = self.served[:, inside].sum(axis=1)
        some = np.flatnonzero(served)
        teams = np.array([float(self.of_used[inside].sum())])
        violations, counts = self._violations(served[some][:, None], teams, some)
        order = np.argsort(-served[some], kind="stable")
        return float(violations[0]), some[order[: int(counts[0])]]

    def _violations(self, served: Floats, teams: Floats, some: Places) -> tuple[Floats, Places]:
        """Find for areas how much the most violated row is broken, and by how many stations.

        Areas are columns of ``served``, shape ``(len(some), m)``, with ``teams`` of shape
        ``(m,)``; only the stations ``some`` are looked at. Those that are served from the area
        most make the row.
        """
        full = self.model.full
        order = np.argsort(-served, axis=0, kind="stable")
        weight = self.model.weight[some][order]
        part_served = np.minimum(np.take_along_axis(served, order, axis=0), 1.0)
        missing = np.cumsum(weight * (1.0 - part_served), axis=0)
        whole = np.floor(teams)
        rest = np.cumsum(weight, axis=0) - whole * full
        broken = np.where(
            (rest > 0) & (rest <= full), rest * (whole + 1.0 - teams) - missing, -np.inf
        )
        part = teams - whole
        broken[:, (part < LOW) | (part > HIGH)] = -np.inf
        best = broken.argmax(axis=0)
        return broken[best, np.arange(len(teams))], best + 1


def _mask(n: int, places: Sequence[int]) -> NDArray[np.bool_]:
    mask = np.zeros(n, dtype=np.bool_)
    mask[list(places)] = True
    return mask
