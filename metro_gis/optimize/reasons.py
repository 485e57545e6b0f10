"""Why a station is uncovered, with what backs it up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.pools import last_rungs, pool_load, pools_of
from metro_gis.optimize.search import missed, reachable
from metro_gis.plan import Reason, Uncovered, beat_officers
from metro_gis.problem import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem


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
    witnesses: dict[int, dict[str, Any]] = {}
    result = []
    for t in gone:
        if inside[t]:
            detail = dict(_witness(problem, t, witnesses))
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


def _witness(problem: Problem, t: int, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Find stations, this one among them, that need more officers than all posts in reach have.

    Only stations of this tier and stricter ones count: milder ones may have been given up.
    """
    tier = int(problem.tier_index[t])
    for detail in known.values():
        if problem.stations[t].station_id in detail["stations"]:
            return detail
    eligible = reachable(problem) & (problem.tier_index <= tier)
    chosen = [int(s) for s in np.flatnonzero(eligible)]
    if _needed(problem, chosen) <= _available(problem, chosen):
        chosen = [int(s) for s in np.flatnonzero(eligible & _same_posts(problem, t))]
    if _needed(problem, chosen) <= _available(problem, chosen):
        return {"kind": "unproven"}
    chosen = _shrink(problem, chosen, t)
    posts = np.flatnonzero(problem.in_reach[:, chosen].any(axis=1)).tolist()
    detail = {
        "kind": "count",
        "stations": [problem.stations[s].station_id for s in chosen],
        "posts": [problem.posts[p].post_id for p in posts],
        "officers_needed": _needed(problem, chosen),
        "officers": _available(problem, chosen),
    }
    known[t] = detail
    return detail


def _same_posts(problem: Problem, t: int) -> Any:  # noqa: ANN401 (a boolean array)
    reach = problem.in_reach
    return ~(reach & ~reach[:, [t]]).any(axis=0)


def _needed(problem: Problem, stations: list[int]) -> int:
    """Officers that any plan needs to cover these stations: counted pool by pool."""
    total = 0
    for pool in pools_of(problem, np.array(sorted(stations), dtype=np.int64)):
        teams = math.ceil(pool_load(problem, pool, last_rungs(problem)[pool.unit]))
        total += teams * pool.sizes[0]
    return total


def _available(problem: Problem, stations: list[int]) -> int:
    able = np.flatnonzero(problem.in_reach[:, stations].any(axis=1)).tolist()
    return sum(problem.posts[p].station_officers for p in able)


def _shrink(problem: Problem, stations: list[int], keep: int) -> list[int]:
    """Drop stations while the count still speaks: what is left is minimal by inclusion."""
    kept = list(stations)
    # whole pools first: it saves asking for every station of a unit that does not matter
    for pool in pools_of(problem, np.array(stations, dtype=np.int64)):
        without = [s for s in kept if s not in set(pool.stations)]
        if keep not in pool.stations and _needed(problem, without) > _available(problem, without):
            kept = without
    for s in stations:
        if s == keep or s not in kept:
            continue
        without = [one for one in kept if one != s]
        if _needed(problem, without) > _available(problem, without):
            kept = without
    return kept
