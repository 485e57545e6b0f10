"""Why a station is uncovered, with what backs it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.bottleneck import find_bottleneck
from metro_gis.optimize.pools import last_rungs, pools_of, station_weights
from metro_gis.optimize.search import missed, reachable
from metro_gis.plan import Reason, Uncovered, beat_officers
from metro_gis.problem import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

    Places = NDArray[np.int64]

SCALE = 1000
"""Officers are divided in thousandths to look for a shortage; what is told is counted anew."""
WITNESS_STEPS = 500_000
"""Stations tried for all witnesses, some seconds of work that can be repeated, unlike seconds.

Stations for which nothing is left are told as unproven.
"""
COUNT_STEPS = 200
"""What looking for a shortage around a station counts as."""


def explain_uncovered(problem: Problem, beats: Sequence[Beat]) -> tuple[Uncovered, ...]:
    """Give every uncovered station its reason.

    Parameters
    ----------
    problem
        The problem.
    beats
        The plan's beats.

    Returns
    -------
    tuple of Uncovered
        In station order.
    """
    inside = reachable(problem)
    gone = missed(problem, beats).tolist()
    free = _free_officers(problem, beats)
    witnesses = _Witnesses(problem)
    result = []
    for t in gone:
        if inside[t]:
            detail = dict(witnesses.of(t))
            detail["enough"] = _extra_officers(problem, t, free)
            result.append(Uncovered(t, Reason.NO_OFFICERS, detail))
        else:
            result.append(_beyond_reach(problem, t))
    return tuple(result)


def _beyond_reach(problem: Problem, t: int) -> Uncovered:
    minutes = problem.travel.deploy[:, t]
    candidates = np.flatnonzero((minutes != NO_PATH) & problem.may_serve[:, t])
    if not len(candidates):
        return Uncovered(t, Reason.NO_ROAD)
    nearest = int(candidates[np.argmin(minutes[candidates])])
    detail = {"post_id": problem.posts[nearest].post_id, "minutes": int(minutes[nearest]) / 10}
    return Uncovered(t, Reason.TOO_FAR, detail)


def _free_officers(problem: Problem, beats: Sequence[Beat]) -> list[int]:
    free = [post.station_officers for post in problem.posts]
    for beat in beats:
        free[beat.post] -= beat_officers(problem, beat)
    return free


def _extra_officers(problem: Problem, t: int, free: list[int]) -> dict[str, Any]:
    """Find the post that lacks the fewest officers to give this station a team of its own."""
    size = problem.doctrine.patterns[problem.stations[t].risk_class].officers
    able = np.flatnonzero(problem.in_reach[:, t]).tolist()
    best = min(
        able,
        key=lambda p: (max(0, size - free[p]), int(problem.travel.deploy[p, t]), p),
    )
    return {"post_id": problem.posts[best].post_id, "officers": max(0, size - free[best])}


class _Count:
    """Counts what some stations need and what the posts in their reach have, as stations leave."""

    def __init__(self, problem: Problem, stations: list[int]) -> None:
        self.problem = problem
        self.stations = set(stations)
        self.pools = pools_of(problem, np.array(sorted(stations), dtype=np.int64))
        self.home = {t: k for k, pool in enumerate(self.pools) for t in pool.stations}
        self.weights: dict[int, int] = {}
        self.full: list[int] = []
        rungs = last_rungs(problem)
        for pool in self.pools:
            weights, full = station_weights(problem, pool, rungs[pool.unit])
            self.weights |= weights
            self.full.append(full)
        self.loads = [sum(self.weights[t] for t in pool.stations) for pool in self.pools]
        self.needed = sum(self._need(k) for k in range(len(self.pools)))
        """Officers that any plan needs to cover the stations: counted pool by pool."""
        self.reach = problem.in_reach[:, sorted(stations)].sum(axis=1)
        self.officers = np.array([post.station_officers for post in problem.posts])

    def _need(self, k: int) -> int:
        return -(-self.loads[k] // self.full[k]) * self.pools[k].sizes[0]

    @property
    def available(self) -> int:
        """Officers of all posts that reach any of the stations."""
        return int(self.officers[self.reach > 0].sum())

    def speaks(self) -> bool:
        """Tell whether the stations need more officers than there are."""
        return self.needed > self.available

    def drop(self, stations: list[int], sign: int = 1) -> None:
        """Leave stations of one pool out, or take them back."""
        k = self.home[stations[0]]
        self.needed -= self._need(k)
        self.loads[k] -= sign * sum(self.weights[t] for t in stations)
        self.needed += self._need(k)
        self.reach = self.reach - sign * self.problem.in_reach[:, stations].sum(axis=1)
        self.stations ^= set(stations)

    def drop_if_it_still_speaks(self, stations: list[int]) -> bool:
        """Leave stations of one pool out where the count speaks without them."""
        self.drop(stations)
        if self.speaks():
            return True
        self.drop(stations, sign=-1)
        return False


class _Found:
    """A witness, and the stations that others like them can stand for."""

    def __init__(self, count: _Count, kinds: Places) -> None:
        problem = count.problem
        self.stations = frozenset(count.stations)
        self.of_kind = {int(kinds[t]): t for t in sorted(self.stations, reverse=True)}
        self.posts = [problem.posts[p].post_id for p in np.flatnonzero(count.reach > 0).tolist()]
        self.problem = problem
        self.needed, self.available = count.needed, count.available

    def tell(self, t: int, kind: int) -> dict[str, Any]:
        """Tell the witness of a station that is in it, or like one that is."""
        chosen = self.stations
        if t not in chosen:
            chosen = (chosen - {self.of_kind[kind]}) | {t}
        return {
            "kind": "count",
            "stations": [self.problem.stations[one].station_id for one in sorted(chosen)],
            "posts": list(self.posts),
            "officers_needed": self.needed,
            "officers": self.available,
        }


class _Witnesses:
    """Finds for a station others that cannot all be covered together with it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.found: list[_Found] = []
        self.silent: set[tuple[int, bytes]] = set()
        self.steps = WITNESS_STEPS
        # stations of a kind are alike in pool, load and reach
        rows = np.vstack([problem.unit_index, problem.class_index, problem.in_reach])
        self.kinds = np.unique(rows, axis=1, return_inverse=True)[1].reshape(-1)
        self.shortage = _Shortage(problem, self.kinds)

    def of(self, t: int) -> dict[str, Any]:
        """Give a station its witness, or say that none was found.

        Only stations of its tier and stricter ones count: milder ones may have been given up.
        """
        kind = int(self.kinds[t])
        for one in self.found:
            if kind in one.of_kind:
                return one.tell(t, kind)
        key = (int(self.problem.tier_index[t]), self.problem.in_reach[:, t].tobytes())
        if key in self.silent or self.steps <= 0:
            return {"kind": "unproven"}
        self.steps -= COUNT_STEPS
        count = self._count(t)
        if count is None:
            self.silent.add(key)
            return {"kind": "unproven"}
        self._shrink(count, t)
        self.found.append(_Found(count, self.kinds))
        return self.found[-1].tell(t, kind)

    def _count(self, t: int) -> _Count | None:
        """Look for a shortage around a station: among its posts first, then wherever it lies."""
        problem = self.problem
        eligible = reachable(problem) & (problem.tier_index <= problem.tier_index[t])
        nearby = ~(problem.in_reach & ~problem.in_reach[:, [t]]).any(axis=0)
        for chosen in (
            lambda: eligible & nearby,
            lambda: self.shortage.around(t, force=False),
            lambda: eligible,
            lambda: self.shortage.around(t, force=True),
        ):
            stations = chosen()
            if stations[t]:
                count = _Count(problem, np.flatnonzero(stations).tolist())
                if count.speaks():
                    return count
        return None

    def _shrink(self, count: _Count, keep: int) -> None:
        """Drop what can be spared until nothing can; whole pools first, which saves asking."""
        for pool in count.pools:
            if keep not in pool.stations:
                count.drop_if_it_still_speaks(list(pool.stations))
        # a post that drops out with a station may let another one go
        dropped = True
        while dropped and self.steps > 0:
            dropped = False
            self.steps -= len(count.stations)
            for t in sorted(count.stations - {keep}):
                dropped |= count.drop_if_it_still_speaks([t])


class _Shortage:
    """Finds stations whose posts have the most officers too few: a minimum cut.

    Kinds of stations send what they need to the posts in reach, these send it on as far as they
    have officers. What lies on the near side of a minimum cut lacks most.
    """

    def __init__(self, problem: Problem, kinds: Places) -> None:
        self.problem = problem
        self.kinds = kinds
        self.known: dict[int, NDArray[np.bool_]] = {}

    def around(self, t: int, *, force: bool) -> NDArray[np.bool_]:
        """Choose stations of a station's tier and stricter ones; with force it is among them."""
        tier = int(self.problem.tier_index[t])
        if force:
            return self._cut(tier, int(self.kinds[t]))
        if tier not in self.known:
            self.known[tier] = self._cut(tier, None)
        return self.known[tier]

    def _cut(self, tier: int, forced: int | None) -> NDArray[np.bool_]:
        problem, kinds = self.problem, self.kinds
        eligible = reachable(problem) & (problem.tier_index <= tier)
        need = np.bincount(kinds, weights=self._needs(eligible)).round().astype(np.int64)
        if forced is not None:
            need[forced] = need.sum() + 1
        first = np.unique(kinds, return_index=True)[1]
        able = (problem.in_reach[:, first] & (need > 0)).T
        officers = np.array([post.station_officers for post in problem.posts], dtype=np.int64)
        near = find_bottleneck(need, able, officers * SCALE, widest=True).posts
        # whoever is in reach of no other posts belongs to it as well
        outside = problem.in_reach[~near].any(axis=0)
        return np.asarray(eligible & ~outside, dtype=np.bool_)

    def _needs(self, eligible: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Divide the officers that whole pools need among their stations."""
        problem = self.problem
        needs = np.zeros(len(problem.stations))
        rungs = last_rungs(problem)
        for pool in pools_of(problem, np.flatnonzero(eligible).astype(np.int64)):
            weights, full = station_weights(problem, pool, rungs[pool.unit])
            load = sum(weights.values())
            officers = -(-load // full) * pool.sizes[0] * SCALE
            for t, weight in weights.items():
                needs[t] = officers * weight / load
        return needs
