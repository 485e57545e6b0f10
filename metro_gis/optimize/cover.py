"""The first aim: as few uncovered stations as possible, the strictest classes first."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.counts import CountProgram
from metro_gis.optimize.cuts import find_cuts
from metro_gis.optimize.pools import last_rungs, pools_of
from metro_gis.optimize.program import AbandonedError, build_program
from metro_gis.optimize.search import (
    missed,
    reachable,
    sizes_of,
    tiers_missed,
    tiers_missed_outside,
)
from metro_gis.plan import Beat, beat_officers
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metro_gis.optimize.counts import Proposal
    from metro_gis.optimize.cuts import Cut
    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.program import Program
    from metro_gis.optimize.search import Search
    from metro_gis.problem import Problem

MIN_POSTING_SECONDS = 1.0
MOST_PAIRS = 60_000
"""The engine is not asked about whole programs with more pairs within the limits."""
COUNT_ROUNDS = 20
"""How often groups of stations that few posts reach are added to the counts."""
GUESS_GAP = 0.002
"""Gap at which the guess of the minutes is near enough."""
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
    problem: Problem,
    rungs: Mapping[str, int],
    *,
    may_miss: bool,
    is_out: Callable[[], bool] | None = None,
) -> Program:
    """State the program of all stations in reach, with the officers that the posts have.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Rung of *low* by border unit.
    may_miss
        Whether stations may stay uncovered.
    is_out
        Asked while it is stated; once it says yes, this ends.

    Returns
    -------
    Program
        Without an objective.

    Raises
    ------
    AbandonedError
        If `is_out` said so.
    """
    inside = reachable(problem)
    return build_program(
        problem,
        np.flatnonzero(inside).astype(np.int64),
        rungs,
        missable=inside if may_miss else None,
        post_officers=[post.station_officers for post in problem.posts],
        is_out=is_out,
    )


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
    pools = pools_of(search.problem, np.flatnonzero(reachable(search.problem)).astype(np.int64))
    beats = [beat for pool in pools for beat in search.builder.build(pool, rungs[pool.unit])]
    return _posted(search, beats)


def construct_as(
    search: Search, pools: Sequence[Pool], proposal: Proposal
) -> tuple[tuple[Beat, ...], list[tuple[Beat, ...]]]:
    """Make a plan with the rungs, the teams and the posts that the counts propose.

    Parameters
    ----------
    search
        The search.
    pools
        Pools of the stations in reach.
    proposal
        What the counts propose.

    Returns
    -------
    beats : tuple of Beat
        A valid plan that may leave more stations uncovered.
    pieces : list of tuple of Beat
        The beats of each pool, before they were given posts.
    """
    built = []
    for pool, teams, dropped in zip(pools, proposal.teams, proposal.dropped, strict=True):
        limit = sum(teams.values()) if dropped else None
        few = few_posts(search.problem, pool, teams)
        built.append(search.builder.build(pool, proposal.rungs[pool.unit], teams=limit, few=few))
    beats = _posted(search, [beat for piece in built for beat in piece])
    return beats, built


def few_posts(problem: Problem, pool: Pool, teams: Mapping[int, int]) -> tuple[int, ...]:
    """List the posts that reach only a part of a pool, once for each of their teams.

    Parameters
    ----------
    problem
        The problem.
    pool
        A pool.
    teams
        Teams by post.

    Returns
    -------
    tuple of int
        Posts, rising; those that reach everything are all alike to a beat.
    """
    members = list(pool.stations)
    return tuple(
        p for p, count in sorted(teams.items()) if not problem.in_reach[p, members].all()
        for _ in range(count)
    )  # fmt: skip


def _posted(search: Search, beats: Sequence[Beat]) -> tuple[Beat, ...]:
    posted = search.post(beats, least=MIN_POSTING_SECONDS)
    return (*posted, *_alone(search.problem, posted))


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
    floor = tiers_missed_outside(problem)
    beats = construct(search, last_rungs(problem))
    value = tiers_missed(problem, beats)
    search.listener("cover", sum(value), sum(floor))
    if value == floor or search.is_over():
        return Cover(value, floor, beats)
    bound, found = _by_counts(search, floor)
    if tiers_missed(problem, found) < value:
        value, beats = tiers_missed(problem, found), found
    search.listener("cover", sum(value), sum(bound))
    if value == bound or search.is_over() or n_pairs(problem) > MOST_PAIRS:
        return Cover(value, bound, beats)
    proven = _prove(search, last_rungs(problem), beats, list(floor))
    return replace(proven, bound=max(bound, proven.bound))


def _by_counts(search: Search, floor: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[Beat, ...]]:
    """Bound the cover by counting teams and officers, and try to do what the counts allow."""
    problem = search.problem
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    pools = pools_of(problem, stations)
    cuts: list[Cut] = []
    bound, most = floor, problem.doctrine.ladder[-1:]
    best: tuple[Beat, ...] = ()
    for _ in range(COUNT_ROUNDS):
        program = CountProgram(
            problem, pools, search.builder.least, most, (True,) * len(COVER_TIERS), cuts
        )
        counted, proposal = _fewest_missed(search, program, floor)
        bound = max(bound, counted)
        if proposal is None:
            break
        more = [
            cut for cut in find_cuts(problem, pools, search.builder, proposal) if cut not in cuts
        ]
        cuts += more
        if more:
            continue
        beats, _ = construct_as(search, pools, proposal)
        if not best or tiers_missed(problem, beats) < tiers_missed(problem, best):
            best = beats
        break
    return bound, best


def _fewest_missed(
    search: Search, program: CountProgram, floor: tuple[int, ...]
) -> tuple[tuple[int, ...], Proposal | None]:
    """Minimise what the counts miss, tier by tier, then the minutes they guess."""
    bound, proposal = list(floor), None
    for tier in range(len(COVER_TIERS)):
        program.lp.setObjective(program.missed(tier))
        said = program.ask(search, search.limits(COVER_SHARE))
        proposal = said.proposal or proposal
        bound[tier] = floor[tier] + said.bound
        if said.value != said.bound:
            return tuple(bound), proposal
        program.lp.addConstraint(program.missed(tier) <= said.value, f"tier_{tier}")
    program.lp.setObjective(program.minutes({}))
    said = program.ask(search, search.limits(COVER_SHARE, gap=GUESS_GAP))
    return tuple(bound), said.proposal or proposal


def _prove(
    search: Search, rungs: Mapping[str, int], beats: tuple[Beat, ...], floor: list[int]
) -> Cover:
    problem = search.problem
    bound = list(floor)
    try:
        program = full_program(problem, rungs, may_miss=True, is_out=search.is_out)
    except AbandonedError:
        return Cover(tiers_missed(problem, beats), tuple(bound), beats)
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
