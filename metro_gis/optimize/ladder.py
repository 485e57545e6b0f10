"""The second aim: the rung of *low* in every border unit, stretched as little as possible.

A small program over units and posts proposes rungs: it knows only counts (teams of a unit are at
least its load, officers flow from posts to the units in their reach), so its value bounds the aim
from below. Whether a proposal can be carried out is asked of the compact program; if not, a cut
says that some unit must go beyond its rung, and the next proposal is made. This is logic-based
Benders decomposition (Hooker and Ottosson 2003, https://doi.org/10.1007/s10107-003-0375-9).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import (
    MOST_PAIRS,
    construct,
    full_program,
    n_pairs,
    tier_members,
)
from metro_gis.optimize.pools import last_rungs, pools_of, station_weights, strength_of
from metro_gis.optimize.search import reachable, sizes_of, tiers_missed
from metro_gis.solver import Limits, Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

LADDER_SHARE = 0.5
"""Share of the remaining time that one question to the compact program may take."""
PROPOSAL_SECONDS = 20.0
MOST_TIES = 8
"""How many rungs with the same sum are followed up."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs chosen and what is proven of them.

    Parameters
    ----------
    rungs
        Rung of *low* by border unit; for all units.
    bound
        No plan with the best cover has a smaller sum of *low* stations times rung.
    beats
        A plan at these rungs with the best cover.
    tied
        Other rungs with the same sum, each with a plan; the third aim decides among them.
    complete
        Whether ``tied`` holds all of them.
    """

    rungs: Mapping[str, int]
    bound: int
    beats: tuple[Beat, ...]
    tied: tuple[tuple[Mapping[str, int], tuple[Beat, ...]], ...] = ()
    complete: bool = True


@dataclass
class _Asked:
    """What is known of proposals: impossible ones, and ones that were given up."""

    impossible: list[dict[str, int]] = field(default_factory=list)
    given_up: list[dict[str, int]] = field(default_factory=list)
    seen: list[dict[str, int]] = field(default_factory=list)
    value: int | None = None  # the sum that ties must have


def choose_rungs(search: Search, cover: Cover) -> Ladder:
    """Choose the rungs with the least sum of *low* stations times rung.

    Parameters
    ----------
    search
        The search.
    cover
        The best cover, which the rungs must allow.

    Returns
    -------
    Ladder
        Rungs, a bound, and a plan.
    """
    problem = search.problem
    asked = _Asked()
    bound: int | None = None
    while True:
        rungs, _ = _propose(search, cover, asked)
        if rungs is None:
            break
        value = strength_of(problem, rungs)
        if not asked.given_up:
            # every cheaper vector was refused with a proof
            bound = value
        search.listener("strength", None, bound)
        if rungs == last_rungs(problem):
            break
        beats, proven_impossible = _carry_out(search, cover, rungs)
        if beats is not None:
            search.listener("strength", value, bound)
            found = Ladder(rungs, bound if bound is not None else 0, beats)
            if bound != value:
                # what is not proven cannot be tied either
                return replace(found, complete=False)
            return _with_ties(search, cover, asked, found)
        if search.is_over():
            break
        (asked.impossible if proven_impossible else asked.given_up).append(rungs)
    # the last rungs carry the cover, by the plan that came with it
    last = last_rungs(problem)
    if bound == strength_of(problem, last):
        return Ladder(last, bound, cover.beats)
    first = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    least = bound if bound is not None else strength_of(problem, first)
    return Ladder(last, least, cover.beats, complete=False)


def _with_ties(search: Search, cover: Cover, asked: _Asked, found: Ladder) -> Ladder:
    """Collect the other rungs with the same sum that the counts allow."""
    ladder = search.problem.doctrine.ladder
    if all(found.rungs[unit] == ladder[0] for unit in search.problem.low_stations()):
        # any other rung of any unit is higher
        return found
    asked.value = strength_of(search.problem, found.rungs)
    asked.seen.append(dict(found.rungs))
    tied: list[tuple[Mapping[str, int], tuple[Beat, ...]]] = []
    for _ in range(MOST_TIES):
        rungs, termination = _propose(search, cover, asked)
        if rungs is None:
            complete = termination is Termination.INFEASIBLE
            return replace(found, tied=tuple(tied), complete=complete)
        asked.seen.append(rungs)
        beats, proven_impossible = _carry_out(search, cover, rungs)
        if beats is not None:
            tied.append((rungs, beats))
        elif not proven_impossible:
            break
    return replace(found, tied=tuple(tied), complete=False)


def _propose(
    search: Search, cover: Cover, asked: _Asked
) -> tuple[dict[str, int] | None, Termination]:
    """Propose the cheapest rungs that the counts allow; else tell how the question ended."""
    problem = search.problem
    ladder = problem.doctrine.ladder
    low = problem.low_stations()
    lp = pulp.LpProblem("rungs", pulp.LpMinimize)
    pick = {
        (u, r): lp.add_variable(f"rung_{u}_{r}", 0, 1, cat=pulp.LpBinary)
        for u in range(len(problem.units))
        for r in ladder
    }
    for u, unit in enumerate(problem.units):
        lp.addConstraint(pulp.lpSum(pick[u, r] for r in ladder) == 1, f"one_{u}")
        if unit not in low:
            lp.addConstraint(pick[u, ladder[-1]] == 1, f"idle_{u}")
    _add_flows(problem, lp, pick, cover)
    for index, rungs in enumerate([*asked.impossible, *asked.given_up]):
        higher = [
            pick[u, r] for u, unit in enumerate(problem.units) for r in ladder if r > rungs[unit]
        ]
        lp.addConstraint(pulp.lpSum(higher) >= 1, f"cut_{index}")
    for index, rungs in enumerate(asked.seen):
        same = [pick[u, rungs[unit]] for u, unit in enumerate(problem.units)]
        lp.addConstraint(pulp.lpSum(same) <= len(same) - 1, f"seen_{index}")
    strength = pulp.lpSum(
        low.get(unit, 0) * r * pick[u, r] for u, unit in enumerate(problem.units) for r in ladder
    )
    if asked.value is not None:
        lp.addConstraint(strength == asked.value, "tie")
    lp.setObjective(strength)
    limits = Limits(min(PROPOSAL_SECONDS, max(search.seconds_left, 1.0)))
    answer = solve_program(lp, limits, seed=search.settings.seed, stop=search.stop)
    if answer.termination is not Termination.OPTIMAL:
        return None, answer.termination
    rungs = {
        unit: next(r for r in ladder if answer.values[f"rung_{u}_{r}"])
        for u, unit in enumerate(problem.units)
    }
    return rungs, answer.termination


def _add_flows(
    problem: Problem,
    lp: pulp.LpProblem,
    pick: Mapping[tuple[int, int], pulp.LpVariable],
    cover: Cover,
) -> None:
    """Teams of a pool carry its load; officers come from posts that reach the pool."""
    inside = np.flatnonzero(reachable(problem)).astype(np.int64)
    pools = pools_of(problem, inside)
    place = {unit: u for u, unit in enumerate(problem.units)}
    drops: list[list[pulp.LpVariable]] = [[] for _ in COVER_TIERS]
    sent: dict[int, list[pulp.LpAffineExpression]] = {p: [] for p in range(len(problem.posts))}
    for index, pool in enumerate(pools):
        dropped = {}
        for tier in sorted({int(problem.tier_index[t]) for t in pool.stations}):
            most = sum(1 for t in pool.stations if problem.tier_index[t] == tier)
            dropped[tier] = lp.add_variable(f"drop_{index}_{tier}", 0, most, cat=pulp.LpInteger)
            drops[tier].append(dropped[tier])
        teams = []
        for p in np.flatnonzero(problem.in_reach[:, list(pool.stations)].any(axis=1)).tolist():
            for size in pool.sizes:
                most = problem.posts[p].station_officers // size
                flow = lp.add_variable(f"teams_{index}_{p}_{size}", 0, most, cat=pulp.LpInteger)
                teams.append(flow)
                sent[p].append(size * flow)
        _add_loads(problem, lp, pool, index, teams, dropped, pick, place)
    for p, post in enumerate(problem.posts):
        if sent[p]:
            lp.addConstraint(pulp.lpSum(sent[p]) <= post.station_officers, f"post_{p}")
    unreached = tiers_missed_outside(problem)
    for tier, variables in enumerate(drops):
        if variables:
            count = cover.value[tier] - unreached[tier]
            lp.addConstraint(pulp.lpSum(variables) == count, f"tier_{tier}")


def tiers_missed_outside(problem: Problem) -> tuple[int, ...]:
    """Count by tier the stations that no post can reach.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    tuple of int
        As a cover tuple.
    """
    outside = ~reachable(problem)
    return tuple(
        int(np.count_nonzero(outside & (problem.tier_index == tier)))
        for tier in range(len(COVER_TIERS))
    )


def _add_loads(
    problem: Problem,
    lp: pulp.LpProblem,
    pool: Pool,
    index: int,
    teams: list[pulp.LpVariable],
    dropped: Mapping[int, pulp.LpVariable],
    pick: Mapping[tuple[int, int], pulp.LpVariable],
    place: Mapping[str, int],
) -> None:
    rungs = problem.doctrine.ladder if pool.has_low else problem.doctrine.ladder[-1:]
    for r in rungs:
        weights, full = station_weights(problem, pool, r)
        load = sum(weights.values())
        # a dropped station frees at most the largest share that its tier has here
        shares = {
            tier: max(weights[t] for t in pool.stations if problem.tier_index[t] == tier)
            for tier in dropped
        }
        carried = full * pulp.lpSum(teams)
        freed = pulp.lpSum(shares[tier] * one for tier, one in dropped.items())
        slack = load * (1 - pick[place[pool.unit], r]) if pool.has_low else 0
        lp.addConstraint(carried + freed + slack >= load, f"load_{index}_{r}")


def _carry_out(
    search: Search, cover: Cover, rungs: Mapping[str, int]
) -> tuple[tuple[Beat, ...] | None, bool]:
    """Look for a plan at given rungs with the best cover; else tell whether none exists."""
    problem = search.problem
    beats = construct(search, rungs)
    if tiers_missed(problem, beats) == cover.value:
        return beats, False
    if search.is_over() or n_pairs(problem) > MOST_PAIRS:
        return None, False
    inside = tiers_missed_outside(problem)
    needs_missing = tuple(cover.value) != inside
    program, _ = full_program(problem, rungs, may_miss=needs_missing)
    for tier in range(len(COVER_TIERS)):
        program.limit_uncovered(
            f"tier_{tier}", tier_members(problem, tier), cover.value[tier] - inside[tier]
        )
    program.aim_at_nearness()
    answer = solve_program(
        program.lp,
        search.limits(LADDER_SHARE, first=True),
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(problem, beats)) if needs_missing else None,
        stop=search.stop,
    )
    search.note(answer)
    if answer.solved:
        return program.read(answer.values), False
    return None, answer.termination is Termination.INFEASIBLE
