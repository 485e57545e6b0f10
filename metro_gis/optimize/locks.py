"""Locks: teams that go on as they were in a re-plan, with their post and exactly their stations.

A locked station stands for its team, a locked post for all its teams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.pools import pools_of, station_weights
from metro_gis.optimize.search import reachable
from metro_gis.plan import Beat, beat_officers, cost_tenths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.changes import Former, FormerTeam, Lock
    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem


def held_by(locks: Iterable[Lock]) -> frozenset[int]:
    """Put locks together.

    Parameters
    ----------
    locks
        Some locks.

    Returns
    -------
    frozenset of int
        Places of former teams that go on as they were.
    """
    return frozenset(k for lock in locks for k in lock.teams)


def beats_before(
    problem: Problem, former: Former, rungs: Mapping[str, int]
) -> tuple[Beat | None, ...]:
    """Give the beats of the plan before that keep every rule now.

    Parameters
    ----------
    problem
        The new problem.
    former
        The plan before.
    rungs
        Rung of *low* by border unit.

    Returns
    -------
    tuple of Beat or None
        One for each former team, with its anchor if that is still one; None where it cannot go on
        as it was. Whether posts have officers for them is not asked.
    """
    inside = np.flatnonzero(reachable(problem)).astype(np.int64)
    pool_of = {t: pool for pool in pools_of(problem, inside) for t in pool.stations}
    return tuple(_beat_before(problem, team, pool_of, rungs) for team in former.teams)


def _beat_before(
    problem: Problem, team: FormerTeam, pool_of: Mapping[int, Pool], rungs: Mapping[str, int]
) -> Beat | None:
    members = list(team.stations)
    pools = {pool_of.get(t) for t in members}
    if team.post is None or len(pools) != 1 or None in pools:
        return None
    (pool,) = (pool for pool in pools if pool is not None)
    weights, full = station_weights(problem, pool, rungs[pool.unit])
    within_reach = problem.in_reach[team.post][members].all()
    if not within_reach or sum(weights[t] for t in members) > full:
        return None
    anchors = [j for j in members if _is_near(problem, j, members)]
    kept = [j for j in anchors if j == team.anchor] or anchors
    rivals = [Beat(team.post, j, team.stations) for j in kept]
    return min(rivals, key=lambda beat: (cost_tenths(problem, [beat]), beat.anchor), default=None)


def _is_near(problem: Problem, j: int, stations: Sequence[int]) -> bool:
    """Tell whether a station could be the anchor of some others."""
    travel = problem.travel
    start, stop = int(travel.beat_indptr[j]), int(travel.beat_indptr[j + 1])
    within: NDArray[np.bool_] = travel.beat_tenths[start:stop] <= problem.beat_limit_tenths
    return {*stations} - {j} <= {*travel.beat_indices[start:stop][within].tolist()}


def find_conflict(
    problem: Problem, before: Sequence[Beat | None], locks: Sequence[Lock]
) -> tuple[Lock, ...]:
    """Find a smallest set of locks that cannot all hold.

    Parameters
    ----------
    problem
        The new problem.
    before
        From `beats_before`.
    locks
        All locks.

    Returns
    -------
    tuple of Lock
        Of no smaller set it is known that it cannot hold; empty where all locks can.
    """
    for lock in locks:
        if not lock.teams or any(before[k] is None for k in lock.teams):
            return (lock,)
    found = []
    held = {k: beat for k in held_by(locks) if (beat := before[k]) is not None}
    for p, post in enumerate(problem.posts):
        size = {k: beat_officers(problem, beat) for k, beat in held.items() if beat.post == p}
        if sum(size.values()) > post.station_officers:
            found.append(_too_many(size, post.station_officers, locks))
    return min(found, key=len, default=())


def _too_many(size: Mapping[int, int], have: int, locks: Sequence[Lock]) -> tuple[Lock, ...]:
    """Take locks that ask for the most officers beside those taken, until they are too many."""
    chosen: list[Lock] = []
    known: set[int] = set()
    while sum(size[k] for k in known) <= have:
        left = [lock for lock in locks if lock not in chosen]
        best = max(left, key=lambda lock: sum(size[k] for k in (lock.teams & size.keys()) - known))
        chosen.append(best)
        known |= best.teams & size.keys()
    return tuple(chosen)


def what_is_left(
    problem: Problem, before: Sequence[Beat | None], held: frozenset[int]
) -> tuple[Beat, ...]:
    """Keep the teams of the plan before that can go on as they were, those that are held first.

    Parameters
    ----------
    problem
        The new problem.
    before
        From `beats_before`.
    held
        Places of teams that are held; they can all go on.

    Returns
    -------
    tuple of Beat
        A plan without changes; what it leaves uncovered may be a lot.
    """
    free = [post.station_officers for post in problem.posts]
    beats = []
    for k in sorted(range(len(before)), key=lambda k: (k not in held, k)):
        beat = before[k]
        if beat is not None and beat_officers(problem, beat) <= free[beat.post]:
            free[beat.post] -= beat_officers(problem, beat)
            beats.append(beat)
    return tuple(beats)
