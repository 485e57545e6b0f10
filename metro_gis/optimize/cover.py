"""The first aim: as few uncovered stations as possible, the strictest classes first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.greedy import build_beats
from metro_gis.optimize.pools import last_rungs
from metro_gis.optimize.posting import post_beats
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import missed, reachable, sizes_of, tiers_missed
from metro_gis.plan import Beat, beat_officers
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from metro_gis.optimize.program import Program
    from metro_gis.optimize.search import Search
    from metro_gis.problem import Problem

MIN_POSTING_SECONDS = 1.0
MOST_PAIRS = 60_000
"""The engine is not asked about whole programs with more pairs within the limits."""
COVER_SHARE = 0.4
"""Share of the time that the first aim may take."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The best cover found and what is proven of it.

    Parameters
    ----------
    value
        Cover tuple.
    bound
        No plan has a lexicographically smaller tuple.
    beats
        A plan that reaches the value, at the last rung.
    """

    value: tuple[int, ...]
    bound: tuple[int, ...]
    beats: tuple[Beat, ...]

    @property
    def proven(self) -> bool:
        """Whether no plan covers more."""
        return self.value == self.bound


def tier_members(problem: Problem, tier: int) -> list[int]:
    """List the stations of a tier.

    Parameters
    ----------
    problem
        The problem.
    tier
        Place in the cover tuple.

    Returns
    -------
    list of int
        Station indices, rising.
    """
    return np.flatnonzero(problem.tier_index == tier).tolist()


def full_program(
    problem: Problem, rungs: Mapping[str, int], *, may_miss: bool
) -> tuple[Program, NDArray[np.int64]]:
    """State the program of all stations in reach, with the officers that the posts have.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Rung of *low* by border unit.
    may_miss
        Whether stations may stay uncovered.

    Returns
    -------
    program : Program
        Without an objective.
    stations : numpy.ndarray
        Station indices in it.
    """
    inside = reachable(problem)
    stations = np.flatnonzero(inside).astype(np.int64)
    program = build_program(
        problem,
        stations,
        rungs,
        missable=inside if may_miss else None,
        post_officers=[post.station_officers for post in problem.posts],
    )
    return program, stations


def n_pairs(problem: Problem) -> int:
    """Count pairs inside border units, which is nearly what a whole program will hold.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    int
        Pairs of stations, and of posts and stations.
    """
    rows = np.repeat(np.arange(len(problem.stations)), np.diff(problem.travel.beat_indptr))
    columns = problem.travel.beat_indices
    same = problem.unit_index[rows] == problem.unit_index[columns]
    if not problem.rules.mix:
        same &= problem.class_index[rows] == problem.class_index[columns]
    return int(same.sum() + problem.in_reach.sum())


def construct(search: Search, rungs: Mapping[str, int]) -> tuple[Beat, ...]:
    """Make a plan quickly at given rungs.

    Parameters
    ----------
    search
        The search.
    rungs
        Rung of *low* by border unit.

    Returns
    -------
    tuple of Beat
        A valid plan that may leave stations uncovered.
    """
    problem = search.problem
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    beats = build_beats(problem, stations, rungs, search.settings.seed, search.is_out)
    posted = post_beats(problem, beats, time_limit_s=max(MIN_POSTING_SECONDS, search.seconds_left))
    return (*posted, *_alone(problem, posted))


def _alone(problem: Problem, beats: tuple[Beat, ...]) -> list[Beat]:
    """Give stations that are left a team of their own while a post in reach has officers free."""
    free = [post.station_officers for post in problem.posts]
    for beat in beats:
        free[beat.post] -= beat_officers(problem, beat)
    left = missed(problem, beats).tolist()
    added = []
    for t in sorted(left, key=lambda t: (int(problem.tier_index[t]), t)):
        size = problem.doctrine.patterns[problem.stations[t].risk_class].officers
        able = [p for p in np.flatnonzero(problem.in_reach[:, t]).tolist() if free[p] >= size]
        if able:
            nearest = min(able, key=lambda p: (int(problem.travel.deploy[p, t]), p))
            free[nearest] -= size
            added.append(Beat(nearest, t, (t,)))
    return added


def best_cover(search: Search) -> Cover:
    """Find the fewest uncovered stations of each tier, one tier after another.

    Parameters
    ----------
    search
        The search.

    Returns
    -------
    Cover
        At the last rung of *low*, where covering is easiest.
    """
    problem = search.problem
    floor = [0] * len(COVER_TIERS)
    for t in np.flatnonzero(~reachable(problem)).tolist():
        floor[int(problem.tier_index[t])] += 1
    rungs = last_rungs(problem)
    beats = construct(search, rungs)
    value = tiers_missed(problem, beats)
    search.listener("cover", sum(value), sum(floor))
    if value == tuple(floor) or search.is_over() or n_pairs(problem) > MOST_PAIRS:
        return Cover(value, tuple(floor), beats)
    return _prove(search, rungs, beats, floor)


def _prove(
    search: Search, rungs: Mapping[str, int], beats: tuple[Beat, ...], floor: list[int]
) -> Cover:
    problem = search.problem
    program, _ = full_program(problem, rungs, may_miss=True)
    bound = list(floor)
    for tier in range(len(COVER_TIERS)):
        members = tier_members(problem, tier)
        program.aim_at_cover(members)
        # what no post reaches is uncovered anyway and not part of the program
        outside = floor[tier]
        answer = solve_program(
            program.lp,
            search.limits(COVER_SHARE),
            seed=search.settings.seed,
            start=program.start(beats, sizes_of(problem, beats)),
            stop=search.stop,
        )
        search.note(answer)
        if answer.solved:
            found = program.read(answer.values)
            if tiers_missed(problem, found) < tiers_missed(problem, beats):
                beats = found
        value = tiers_missed(problem, beats)
        if answer.termination is Termination.INFEASIBLE or not math.isfinite(answer.bound):
            return Cover(value, tuple(bound), beats)
        bound[tier] = outside + max(0, math.ceil(answer.bound - 1e-6))
        search.listener("cover", sum(value), sum(bound))
        if value[tier] != bound[tier]:
            return Cover(value, tuple(bound), beats)
        program.limit_uncovered(f"tier_{tier}", members, value[tier] - outside)
    return Cover(tiers_missed(problem, beats), tuple(bound), beats)
