"""Beats by construction: a first plan within a moment, without any promise.

The remotest station that is still free is served first, together with the free stations nearest
to the anchor that loses least by it; so that no straggler is left for the end.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from metro_gis.optimize.pools import pools_of, station_weights
from metro_gis.optimize.program import penalty_tenths
from metro_gis.plan import Beat

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem

NO_POST = -1
"""Post of a beat that has none yet."""


def build_beats(
    problem: Problem,
    stations: NDArray[np.int64],
    rungs: Mapping[str, int],
    seed: int,
    tries: int = 8,
) -> tuple[Beat, ...]:
    """Group stations into beats, without posts.

    Parameters
    ----------
    problem
        The problem.
    stations
        Station indices in reach of some post, rising.
    rungs
        Rung of *low* by border unit.
    seed
        Seed of the order in which remote stations are taken.
    tries
        How many orders to try; the one with the fewest teams, then the least minutes, is kept.

    Returns
    -------
    tuple of Beat
        Every station is in exactly one; ``post`` is ``NO_POST``.
    """
    beats: list[Beat] = []
    for pool in pools_of(problem, stations):
        neighbours = _neighbours(problem, pool)
        weights, full = station_weights(problem, pool, rungs[pool.unit])
        best: tuple[int, int, list[Beat]] | None = None
        for attempt in range(tries):
            rng = random.Random(f"{seed}-{pool.unit}-{attempt}")  # noqa: S311 (no secret)
            built = _build(problem, pool, neighbours, weights, full, rng if attempt else None)
            cost = sum(sum(neighbours[one.anchor][t] for t in one.stations) for one in built)
            if best is None or (len(built), cost) < best[:2]:
                best = (len(built), cost, built)
        beats += best[2] if best else []
    return tuple(sorted(beats, key=lambda beat: beat.anchor))


def _neighbours(problem: Problem, pool: Pool) -> dict[int, dict[int, int]]:
    travel, members = problem.travel, set(pool.stations)
    near: dict[int, dict[int, int]] = {}
    for j in pool.stations:
        start, stop = travel.beat_indptr[j], travel.beat_indptr[j + 1]
        row = zip(
            travel.beat_indices[start:stop].tolist(),
            travel.beat_tenths[start:stop].tolist(),
            strict=True,
        )
        near[j] = {
            t: tenths + penalty_tenths(problem, j, t)
            for t, tenths in row
            if t in members and tenths <= problem.beat_limit_tenths
        }
        near[j][j] = 0
    return near


def _build(
    problem: Problem,
    pool: Pool,
    neighbours: Mapping[int, Mapping[int, int]],
    weights: Mapping[int, int],
    full: int,
    rng: random.Random | None,
) -> list[Beat]:
    free = set(pool.stations)
    # how hard a station is to serve: few neighbours, and far ones
    remoteness = {t: (-len(near), sum(near.values()) / len(near)) for t, near in neighbours.items()}
    order = sorted(pool.stations, key=lambda t: (remoteness[t], t), reverse=True)
    if rng is not None:
        noise = {t: rank * rng.uniform(0.7, 1.3) for rank, t in enumerate(order)}
        order.sort(key=lambda t: (noise[t], t))
    beats = []
    for seed in order:
        if seed not in free:
            continue
        best: tuple[float, int, list[int]] | None = None
        for j in sorted(t for t in neighbours[seed] if t in free):
            members, cost = _fill(problem, j, seed, neighbours[j], weights, full, free)
            load = sum(weights[t] for t in members)
            if not members:
                continue
            score = (cost + problem.rules.team_tenths) / load
            if best is None or (score, j) < best[:2]:
                best = (score, j, members)
        if best is not None:
            free -= set(best[2])
            beats.append(Beat(NO_POST, best[1], tuple(sorted(best[2]))))
    return beats


def _fill(
    problem: Problem,
    anchor: int,
    seed: int,
    near: Mapping[int, int],
    weights: Mapping[int, int],
    full: int,
    free: set[int],
) -> tuple[list[int], int]:
    """Serve the seed and the nearest free stations from an anchor, as far as a team's load goes."""
    members, cost, load = [anchor], 0, weights[anchor]
    posts = problem.in_reach[:, anchor]
    waiting = sorted((t for t in near if t in free and t != anchor), key=lambda t: (near[t], t))
    if seed != anchor:
        waiting.remove(seed)
        waiting.insert(0, seed)
    for t in waiting:
        common = posts & problem.in_reach[:, t]
        if load + weights[t] > full or not common.any():
            if t == seed:
                return [], 0
            continue
        members.append(t)
        posts, load, cost = common, load + weights[t], cost + near[t]
        if load == full:
            break
    return members, cost
