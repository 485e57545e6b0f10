"""Beats by construction: a first plan within a moment, without any promise.

The remotest station that is still free is served first, together with the free stations nearest
to the anchor that loses least by it; so that no straggler is left for the end.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.pools import pools_of, station_weights
from metro_gis.optimize.program import penalty_tenths
from metro_gis.plan import Beat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem

TRIES = 8
"""Orders in which remote stations are taken; the fewest teams, then the least minutes, count."""
NO_POST = -1
"""Post of a beat that has none yet."""


def build_beats(
    problem: Problem,
    stations: NDArray[np.int64],
    rungs: Mapping[str, int],
    seed: int,
    is_over: Callable[[], bool] = lambda: False,
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
    is_over
        Asked before each further try whether to make do with what there is.

    Returns
    -------
    tuple of Beat
        Every station is in exactly one; ``post`` is ``NO_POST``.
    """
    beats: list[Beat] = []
    for pool in pools_of(problem, stations):
        neighbours = _neighbours(problem, pool)
        weights, full = station_weights(problem, pool, rungs[pool.unit])
        reach = _reach_bits(problem, pool)
        best: tuple[int, int, list[Beat]] | None = None
        for attempt in range(TRIES):
            if attempt and is_over():
                break
            rng = random.Random(f"{seed}-{pool.unit}-{attempt}")  # noqa: S311 (no secret)
            built, cost = _build(
                problem, pool, neighbours, (weights, full), reach, rng if attempt else None
            )
            if best is None or (len(built), cost) < best[:2]:
                best = (len(built), cost, built)
        beats += best[2] if best else []
    return tuple(sorted(beats, key=lambda beat: beat.anchor))


def _reach_bits(problem: Problem, pool: Pool) -> dict[int, int]:
    """Note the posts that reach each station as bits of a whole number."""
    return {
        t: sum(1 << p for p in np.flatnonzero(problem.in_reach[:, t]).tolist())
        for t in pool.stations
    }


def _neighbours(problem: Problem, pool: Pool) -> dict[int, dict[int, int]]:
    """Give every anchor its neighbours with their minutes, the nearest first."""
    travel, members = problem.travel, set(pool.stations)
    near: dict[int, dict[int, int]] = {}
    for j in pool.stations:
        start, stop = travel.beat_indptr[j], travel.beat_indptr[j + 1]
        row = zip(
            travel.beat_indices[start:stop].tolist(),
            travel.beat_tenths[start:stop].tolist(),
            strict=True,
        )
        found = [
            (0 if t == j else tenths + penalty_tenths(problem, j, t), t)
            for t, tenths in row
            if t in members and tenths <= problem.beat_limit_tenths
        ]
        near[j] = {t: tenths for tenths, t in sorted(found)}
    return near


def _build(
    problem: Problem,
    pool: Pool,
    neighbours: Mapping[int, Mapping[int, int]],
    load: tuple[Mapping[int, int], int],
    reach: Mapping[int, int],
    rng: random.Random | None,
) -> tuple[list[Beat], int]:
    weights, _ = load
    total = 0
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
        best: tuple[float, int, list[int], int] | None = None
        for j in sorted(t for t in neighbours[seed] if t in free):
            members, cost = _fill(j, seed, neighbours[j], load, reach, free)
            if not members:
                continue
            score = (cost + problem.rules.team_tenths) / sum(weights[t] for t in members)
            if best is None or (score, j) < best[:2]:
                best = (score, j, members, cost)
        if best is not None:
            free -= set(best[2])
            beats.append(Beat(NO_POST, best[1], tuple(sorted(best[2]))))
            total += best[3]
    return beats, total


def _fill(
    anchor: int,
    seed: int,
    near: Mapping[int, int],
    load: tuple[Mapping[int, int], int],
    reach: Mapping[int, int],
    free: set[int],
) -> tuple[list[int], int]:
    """Serve the seed and the nearest free stations from an anchor, as far as a team's load goes."""
    weights, full = load
    members, cost, carried, posts = [anchor], 0, weights[anchor], reach[anchor]
    if seed != anchor:
        carried, posts = carried + weights[seed], posts & reach[seed]
        if carried > full or not posts:
            return [], 0
        members.append(seed)
        cost = near[seed]
    for t, tenths in near.items():
        if carried == full:
            break
        if t not in free or t in (anchor, seed):
            continue
        if carried + weights[t] <= full and posts & reach[t]:
            members.append(t)
            posts, carried, cost = posts & reach[t], carried + weights[t], cost + tenths
    return members, cost
