"""A pool as arrays: who may be served from where, at which price.

Neighbours of an anchor stand in rows of equal length, padded at the end, so that memory grows
with the pairs within the limit and not with the square of the stations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.pools import pool_load, station_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Slot:
    """Teams of one size from posts that reach the same stations.

    Parameters
    ----------
    size
        Officers of the team.
    posts
        Indices of the posts.
    anchors
        Which stations may be its anchor: shape ``(n,)``.
    served
        Which stations it may serve: shape ``(n,)``.
    """

    size: int
    posts: Places
    anchors: NDArray[np.bool_]
    served: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PoolModel:
    """A pool at a rung.

    Parameters
    ----------
    pool
        The pool.
    members
        Station indices, rising: shape ``(n,)``. Other arrays count in places of this one.
    weight, full
        Share of a team that each station takes up, and a full team: the smallest whole numbers.
    near
        Neighbours of each anchor, itself left out: shape ``(n, k)``; padding repeats the anchor.
    near_tenths
        Minutes to them with the kelurahan penalty, in tenths: shape ``(n, k)``; padding is inf.
    deploy_tenths
        Minutes from each post, in tenths: shape ``(n_posts, n)``; inf out of reach.
    team_tenths
        What a team costs beside its way.
    slots
        Sizes and groups of posts.
    teams
        No plan covers the pool with fewer teams; 0 where stations may stay uncovered.
    missed_tenths
        What a station costs that stays uncovered, in tenths: shape ``(n,)``, or one number for
        all; inf where none may.
    """

    pool: Pool
    members: Places
    weight: Places
    full: int
    near: Places
    near_tenths: Floats
    deploy_tenths: Floats
    team_tenths: int
    slots: tuple[Slot, ...]
    teams: int
    missed_tenths: Floats | float = math.inf

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def capacity(self) -> Places:
        """Load left in a team once its anchor is in it: shape ``(n,)``."""
        return self.full - self.weight

    def sparing(self, missed_tenths: Floats) -> PoolModel:
        """Let stations stay uncovered at a price.

        Parameters
        ----------
        missed_tenths
            What each of them costs: shape ``(n,)``; inf where it must be covered.

        Returns
        -------
        PoolModel
            The same pool.
        """
        teams = self.teams if np.isinf(missed_tenths).all() else 0
        return replace(self, missed_tenths=missed_tenths, teams=teams)

    @cached_property
    def around(self) -> Places:
        """Stations around each one, itself first, the nearest first: shape ``(n, 1 + k)``.

        Where a station has fewer neighbours than others, ``n`` stands in the places left.
        """
        order = np.argsort(self.near_tenths, axis=1, kind="stable")
        near = np.where(np.isfinite(self.near_tenths), self.near, len(self))
        near = np.take_along_axis(near, order, axis=1)
        return np.concatenate([np.arange(len(self))[:, None], near], axis=1)

    @cached_property
    def _live(self) -> dict[bytes, tuple[int, ...]]:
        """Answers of `live`, by prices."""
        return {}

    def live(self, prices: Floats) -> tuple[int, ...]:
        """Find the slots that may be part of a cheapest plan of the pool.

        Parameters
        ----------
        prices
            Charge per officer of each post, in tenths: shape ``(n_posts,)``.

        Returns
        -------
        tuple of int
            Indices of ``slots``: those for which no other of their size serves at least the same
            stations and is nowhere dearer.
        """
        key = prices.tobytes()
        if key not in self._live:
            costs = [self.team_costs(slot, prices)[0] for slot in self.slots]
            dead = {
                a
                for a, one in enumerate(self.slots)
                for b, other in enumerate(self.slots)
                if a != b
                and one.size == other.size
                and not (one.served & ~other.served).any()
                and (costs[b] <= costs[a]).all()
                and (b < a or (costs[b] < costs[a]).any())
            }
            self._live[key] = tuple(k for k in range(len(self.slots)) if k not in dead)
        return self._live[key]

    def widest(self, prices: Floats) -> Slot | None:
        """Find the live slot that serves the whole pool.

        Parameters
        ----------
        prices
            Charge per officer of each post, in tenths: shape ``(n_posts,)``.

        Returns
        -------
        Slot or None
            None where there is none.
        """
        live = [self.slots[k] for k in self.live(prices)]
        return next((slot for slot in live if slot.served.all()), None)

    def team_costs(self, slot: Slot, prices: Floats) -> tuple[Floats, Places]:
        """Price a team of a slot at each anchor, its post being the cheapest.

        Parameters
        ----------
        slot
            One of ``slots``.
        prices
            Charge per officer of each post, in tenths: shape ``(n_posts,)``.

        Returns
        -------
        costs : numpy.ndarray
            Tenths, shape ``(n,)``; inf where the slot has no team.
        posts : numpy.ndarray
            Index of the post, shape ``(n,)``.
        """
        minutes = self.deploy_tenths[slot.posts] + prices[slot.posts][:, None]
        best = minutes.argmin(axis=0)
        costs = slot.size * (self.team_tenths + minutes.min(axis=0))
        return np.where(slot.anchors, costs, np.inf), slot.posts[best]


def build_pool_model(problem: Problem, pool: Pool, rung: int) -> PoolModel:
    """Lay a pool out as arrays.

    Parameters
    ----------
    problem
        The problem.
    pool
        The pool; every station is in reach of some post.
    rung
        Rung of *low* in its unit.

    Returns
    -------
    PoolModel
        The arrays.
    """
    members = np.array(pool.stations, dtype=np.int64)
    weights, full = station_weights(problem, pool, rung)
    weight = np.array([weights[t] for t in pool.stations], dtype=np.int64)
    # classes that are not in the pool may have called for a finer measure
    common = int(np.gcd.reduce(weight))
    near, tenths = _neighbours(problem, members)
    reach = problem.in_reach[:, members]
    deploy = np.where(reach, problem.travel.deploy[:, members].astype(np.float64), np.inf)
    return PoolModel(
        pool=pool,
        members=members,
        weight=weight // common,
        full=full // common,
        near=near,
        near_tenths=tenths,
        deploy_tenths=deploy,
        team_tenths=problem.rules.team_tenths,
        slots=_slots(problem, pool, members, reach),
        teams=math.ceil(pool_load(problem, pool, rung)),
    )


def _slots(
    problem: Problem, pool: Pool, members: Places, reach: NDArray[np.bool_]
) -> tuple[Slot, ...]:
    patterns = problem.doctrine.patterns
    need = np.array([patterns[problem.stations[t].risk_class].officers for t in members.tolist()])
    groups: dict[bytes, list[int]] = {}
    for p, row in enumerate(reach):
        if row.any():
            groups.setdefault(row.tobytes(), []).append(p)
    slots = []
    for size in pool.sizes:
        for posts in groups.values():
            able = reach[posts[0]] & (need <= size)
            if able.any():
                slots.append(Slot(size, np.array(posts, dtype=np.int64), able, able))
    return tuple(slots)


def _neighbours(problem: Problem, members: Places) -> tuple[Places, Floats]:
    travel = problem.travel
    place = np.full(len(problem.stations), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    rows, columns, tenths = [], [], []
    for j, station in enumerate(members.tolist()):
        start, stop = travel.beat_indptr[station], travel.beat_indptr[station + 1]
        at = place[travel.beat_indices[start:stop]]
        time = travel.beat_tenths[start:stop]
        kept = (at >= 0) & (at != j) & (time <= problem.beat_limit_tenths)
        rows.append(np.full(int(kept.sum()), j))
        columns.append(at[kept])
        tenths.append(time[kept].astype(np.float64))
    row, column, time = (np.concatenate(parts) for parts in (rows, columns, tenths))
    names = {
        name: code
        for code, name in enumerate(
            sorted({(problem.stations[t].kecamatan, problem.stations[t].kelurahan)
                    for t in members.tolist()})
        )
    }  # fmt: skip
    ward = np.array(
        [names[problem.stations[t].kecamatan, problem.stations[t].kelurahan]
         for t in members.tolist()]
    )  # fmt: skip
    time = time + problem.rules.kelurahan_penalty_tenths * (ward[row] != ward[column])
    counts = np.bincount(row, minlength=len(members))
    width = int(counts.max(initial=0))
    near = np.repeat(np.arange(len(members))[:, None], width, axis=1)
    padded = np.full((len(members), width), np.inf)
    at = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    near[row, at] = column
    padded[row, at] = time
    return near, padded
