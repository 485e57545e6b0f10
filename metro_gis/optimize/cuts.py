"""Stations that few posts reach: they call for teams of these posts, whatever others have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.bottleneck import find_bottleneck
from metro_gis.optimize.pools import station_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.counts import Proposal
    from metro_gis.optimize.greedy import Builder
    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem


@dataclass(frozen=True, slots=True)
class Cut:
    """Stations of a pool that few posts reach, and these posts.

    Parameters
    ----------
    pool
        Place of the pool.
    stations
        Station indices, rising.
    posts
        All posts in reach of any of them, rising.
    needed
        Fewest teams of these posts by rung, proven.
    """

    pool: int
    stations: tuple[int, ...]
    posts: tuple[int, ...]
    needed: tuple[tuple[int, int], ...]


def find_cuts(
    problem: Problem, pools: Sequence[Pool], builder: Builder, proposal: Proposal
) -> list[Cut]:
    """Find stations whose own posts send too few teams for them: a minimum cut in each pool.

    Parameters
    ----------
    problem
        The problem.
    pools
        Pools of the program.
    builder
        What knows how many teams stations need.
    proposal
        What it proposes.

    Returns
    -------
    list of Cut
        What the proposal breaks; empty where stations find teams as far as reach goes.
    """
    cuts = []
    for index, pool in enumerate(pools):
        teams = proposal.teams[index]
        reach = problem.in_reach[:, list(pool.stations)]
        if all(reach[p].all() for p in teams):
            continue
        weights, full = station_weights(problem, pool, proposal.rungs[pool.unit])
        freed = proposal.dropped[index] * max(weights.values())
        stations = _short_of_posts(
            reach, np.array([weights[t] for t in pool.stations]), full, teams, freed
        )
        if stations.any():
            cuts.append(cut_of(problem, pools, builder, index, stations))
            continue
        for rest, sent in left_to_others(problem, pool, teams):
            inside = np.array(pool.stations)[rest].tolist()
            needed = builder.least_of(pool, proposal.rungs[pool.unit], inside)
            if sent + proposal.dropped[index] < needed:
                cuts.append(cut_of(problem, pools, builder, index, rest))
    return cuts


def left_to_others(
    problem: Problem, pool: Pool, teams: Mapping[int, int]
) -> Iterator[tuple[NDArray[np.bool_], int]]:
    """Go through what the posts of one kind do not reach, and so leave to the others.

    Parameters
    ----------
    problem
        The problem.
    pool
        A pool.
    teams
        Teams by post.

    Yields
    ------
    rest : numpy.ndarray
        Which stations of the pool: shape ``(n,)``.
    sent : int
        Teams of the posts that reach any of them.
    """
    reach = problem.in_reach[:, list(pool.stations)]
    for served in np.unique(reach[sorted(teams)], axis=0):
        rest = np.asarray(~served, dtype=np.bool_)
        able = np.asarray(reach[:, rest].any(axis=1), dtype=np.bool_)
        if rest.any() and able.sum() < reach.any(axis=1).sum():
            yield rest, sum(count for p, count in teams.items() if able[p])


def cut_of(
    problem: Problem,
    pools: Sequence[Pool],
    builder: Builder,
    index: int,
    stations: NDArray[np.bool_],
) -> Cut:
    """State a cut with the fewest teams that are known for its stations.

    Parameters
    ----------
    problem
        The problem.
    pools
        Pools of the program.
    builder
        What knows how many teams stations need.
    index
        Place of the pool.
    stations
        Which of the pool's stations: shape ``(n,)``.

    Returns
    -------
    Cut
        With its posts, and its teams at every rung.
    """
    pool = pools[index]
    inside = np.array(pool.stations)[stations].tolist()
    posts = np.flatnonzero(problem.in_reach[:, inside].any(axis=1)).tolist()
    needed = tuple((r, builder.least_of(pool, r, inside)) for r in problem.doctrine.ladder)
    return Cut(index, tuple(inside), tuple(posts), needed)


def _short_of_posts(
    reach: NDArray[np.bool_],
    weight: NDArray[np.int64],
    full: int,
    teams: Mapping[int, int],
    freed: int,
) -> NDArray[np.bool_]:
    """Tell which stations lie on the near side of a minimum cut, if that is short."""
    columns, group = np.unique(reach, axis=1, return_inverse=True)
    group = group.reshape(-1)
    loads = np.bincount(group, weights=weight).astype(np.int64)
    posts = sorted(teams)
    sent = np.array([teams[p] * full for p in posts], dtype=np.int64)
    found = find_bottleneck(loads, columns[posts].T, sent)
    if found.lacking <= freed:
        return np.zeros(len(weight), dtype=np.bool_)
    return np.asarray(found.demands[group], dtype=np.bool_)
