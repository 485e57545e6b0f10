"""Why a station is uncovered, with what backs it up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.pools import last_rungs, pools_of, station_weights
from metro_gis.optimize.search import missed, reachable
from metro_gis.plan import Reason, Uncovered, beat_officers
from metro_gis.problem import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

WITNESS_SECONDS = 2.0
"""Time for all witnesses; stations for which there is none left are told as unproven."""


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
        self.reach = problem.in_reach[:, sorted(stations)].sum(axis=1)
        self.officers = np.array([post.station_officers for post in problem.posts])

    @property
    def needed(self) -> int:
        """Officers that any plan needs to cover the stations: counted pool by pool."""
        teams = (-(-load // full) for load, full in zip(self.loads, self.full, strict=True))
        return sum(n * pool.sizes[0] for n, pool in zip(teams, self.pools, strict=True))

    @property
    def available(self) -> int:
        """Officers of all posts that reach any of the stations."""
        return int(self.officers[self.reach > 0].sum())

    def speaks(self) -> bool:
        """Tell whether the stations need more officers than there are."""
        return self.needed > self.available

    def drop(self, stations: Iterable[int], sign: int = 1) -> None:
        """Leave stations out, or take them back."""
        for t in stations:
            self.loads[self.home[t]] -= sign * self.weights[t]
            self.reach = self.reach - sign * self.problem.in_reach[:, t]
            self.stations ^= {t}

    def drop_if_it_still_speaks(self, stations: list[int]) -> bool:
        """Leave stations out where the count speaks without them."""
        self.drop(stations)
        if self.speaks():
            return True
        self.drop(stations, sign=-1)
        return False


class _Witnesses:
    """Finds for a station others that cannot all be covered together with it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.found: list[tuple[frozenset[int], dict[str, Any]]] = []
        self.silent: set[tuple[int, bytes]] = set()
        self.ends = time.monotonic() + WITNESS_SECONDS

    def of(self, t: int) -> dict[str, Any]:
        """Give a station its witness, or say that none was found.

        Only stations of its tier and stricter ones count: milder ones may have been given up.
        """
        for stations, detail in self.found:
            if t in stations:
                return detail
            # a station that is like one of them in pool, load and reach can stand for it
            like = next((s for s in sorted(stations) if self._alike(s, t)), None)
            if like is not None:
                return self._tell((stations - {like}) | {t})
        key = (int(self.problem.tier_index[t]), self.problem.in_reach[:, t].tobytes())
        if key in self.silent or time.monotonic() > self.ends:
            return {"kind": "unproven"}
        count = self._count(t)
        if count is None:
            self.silent.add(key)
            return {"kind": "unproven"}
        self._shrink(count, t)
        detail = self._tell(frozenset(count.stations))
        self.found.append((frozenset(count.stations), detail))
        return detail

    def _alike(self, a: int, b: int) -> bool:
        problem = self.problem
        return bool(
            problem.unit_index[a] == problem.unit_index[b]
            and problem.class_index[a] == problem.class_index[b]
            and (problem.in_reach[:, a] == problem.in_reach[:, b]).all()
        )

    def _count(self, t: int) -> _Count | None:
        problem = self.problem
        eligible = reachable(problem) & (problem.tier_index <= problem.tier_index[t])
        # first everything, then only what no other post reaches
        nearby = ~(problem.in_reach & ~problem.in_reach[:, [t]]).any(axis=0)
        for chosen in (eligible, eligible & nearby):
            count = _Count(problem, np.flatnonzero(chosen).tolist())
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
        while dropped and time.monotonic() < self.ends:
            dropped = False
            for t in sorted(count.stations - {keep}):
                dropped |= count.drop_if_it_still_speaks([t])

    def _tell(self, stations: Iterable[int]) -> dict[str, Any]:
        problem = self.problem
        chosen = sorted(stations)
        count = _Count(problem, chosen)
        return {
            "kind": "count",
            "stations": [problem.stations[t].station_id for t in chosen],
            "posts": [problem.posts[p].post_id for p in np.flatnonzero(count.reach > 0).tolist()],
            "officers_needed": count.needed,
            "officers": count.available,
        }
