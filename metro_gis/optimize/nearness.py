"""The third aim: fewest officer-minutes at the rungs and the cover that are settled.

Small programs are solved whole, large ones taken apart (`metro_gis.optimize.city`).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.certificate import Certificate, rungs_are_counted
from metro_gis.optimize.city import parts_of, prove_town, solve_city
from metro_gis.optimize.cover import full_program, n_pairs, tier_members
from metro_gis.optimize.neighbourhood import improve_locally
from metro_gis.optimize.pool_model import build_pool_model
from metro_gis.optimize.pools import last_rungs, pool_load, pools_of
from metro_gis.optimize.program import AbandonedError
from metro_gis.optimize.search import (
    reachable,
    sizes_of,
    tiers_missed,
    tiers_missed_outside,
)
from metro_gis.optimize.shortage import solve_shortage
from metro_gis.optimize.team_sizes import is_near
from metro_gis.plan import cost_tenths
from metro_gis.solver import Limits, Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.ladder import Ladder
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

LOAD_DUST = 1e-9
"""Loads are added up in floating point; a team more would have to be called for by more."""
WHOLE_BINARIES = 6_000
"""Programs up to this size are solved whole."""
SHORT_SHARE = 0.8
"""Share of the time left in which a large plan with uncovered stations is priced and taken apart,
before it is improved by areas."""
PROOF_SHARE = 0.5
"""Share of the time left that may go into a bound that needs no engine to be checked."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """The plan found and what is proven of its minutes.

    Parameters
    ----------
    beats
        The plan.
    bound_tenths
        No plan with this cover and these rungs has fewer officer-minutes, in tenths; ``-inf``
        where nothing is proven.
    parts
        How the bound came about: ``(aim, part, value)``.
    certificate
        A bound that can be checked without an engine; None where there is none.
    """

    beats: tuple[Beat, ...]
    bound_tenths: float
    parts: tuple[tuple[str, str, Any], ...] = ()
    certificate: Certificate | None = None


def improve_nearness(search: Search, cover: Cover, ladder: Ladder) -> tuple[Ladder, Nearness]:
    """Bring officers nearer, cover and strength being settled.

    Parameters
    ----------
    search
        The search.
    cover
        The cover that the plan must keep.
    ladder
        Rungs and a plan to start from, and rungs of the same strength that may do better.

    Returns
    -------
    ladder : Ladder
        The rungs that did best.
    nearness : Nearness
        Never worse than the plan it started from; its bound holds for all rungs of this strength.
    """
    share = 1 / (1 + len(ladder.tied))
    with search.slice(share, branches=share):
        best_ladder, best = ladder, _improve(search, cover, ladder)
    bound = best.bound_tenths
    for index, (rungs, beats) in enumerate(ladder.tied):
        rival = replace(ladder, rungs=rungs, beats=beats)
        share = 1 / (len(ladder.tied) - index)
        with search.slice(share, branches=share):
            found = _improve(search, cover, rival)
        bound = min(bound, found.bound_tenths)
        if cost_tenths(search.problem, found.beats) < cost_tenths(search.problem, best.beats):
            best_ladder, best = rival, found
    if ladder.complete:
        return best_ladder, replace(best, bound_tenths=bound)
    # rungs that were not tried may do better: only what holds for all rungs is left
    floor = min(bound, _counted(search.problem, last_rungs(search.problem), cover))
    told = (("nearness", "counted at the last rungs", floor / 10),)
    return best_ladder, Nearness(best.beats, floor, told)


def _improve(search: Search, cover: Cover, ladder: Ladder) -> Nearness:
    problem = search.problem
    beats = _posted(search, cover, ladder.beats)
    everything_covered = cover.value == tiers_missed_outside(problem)
    counted = _counted(problem, ladder.rungs, cover)
    best = Nearness(beats, counted, (("nearness", "counted", counted / 10),))
    search.listener("nearness", cost_tenths(problem, beats) / 10, best.bound_tenths / 10)
    if search.is_over():
        return best
    if not beats and everything_covered:
        return replace(best, certificate=Certificate(0, ()))
    if not beats or search.is_spent():
        return best
    if n_pairs(problem) > WHOLE_BINARIES and everything_covered:
        return _taken_apart(search, ladder, best)
    if n_pairs(problem) > WHOLE_BINARIES:
        return _short(search, cover, ladder, best)
    whole = _whole(search, cover, ladder, beats, may_miss=not everything_covered)
    if whole.bound_tenths <= best.bound_tenths:
        whole = replace(best, beats=whole.beats)
    if everything_covered and not search.is_over() and rungs_are_counted(problem, ladder.rungs):
        with search.slice(PROOF_SHARE):
            town = prove_town(search, ladder.rungs, whole.beats)
        whole = replace(whole, beats=town.beats, certificate=town.certificate(problem))
    return whole


def _posted(search: Search, cover: Cover, beats: tuple[Beat, ...]) -> tuple[Beat, ...]:
    """Give the posts out anew, where that brings officers nearer."""
    problem, posted = search.problem, search.post(beats)
    same = tiers_missed(problem, posted) == cover.value
    return posted if same and cost_tenths(problem, posted) <= cost_tenths(problem, beats) else beats


def _short(search: Search, cover: Cover, ladder: Ladder, start: Nearness) -> Nearness:
    """Bring officers nearer in a large plan that leaves stations uncovered, these or others."""
    problem = search.problem
    with search.slice(SHORT_SHARE, branches=SHORT_SHARE):
        short = solve_shortage(search, ladder.rungs, start.beats, cover.value)
    found = replace(start, beats=short.beats)
    if short.bound is not None and short.bound.total_tenths > start.bound_tenths:
        parts = short.bound.parts(problem, short.models)
        found = Nearness(short.beats, short.bound.total_tenths, parts)

    def is_enough(value: int) -> bool:
        return is_near(problem, value, search.settings.gap, found.bound_tenths)

    if is_enough(cost_tenths(problem, found.beats)):
        return found
    rng = random.Random(search.settings.seed)  # noqa: S311 (no secret)
    return replace(found, beats=improve_locally(search, ladder.rungs, found.beats, is_enough, rng))


def _taken_apart(search: Search, ladder: Ladder, start: Nearness) -> Nearness:
    problem = search.problem
    city = solve_city(search, ladder.rungs, start.beats)
    found = replace(start, beats=city.beats)
    if city.bound is not None and city.bound.total_tenths > start.bound_tenths:
        found = Nearness(city.beats, city.bound.total_tenths, parts_of(problem, city))
    if rungs_are_counted(problem, ladder.rungs):
        found = replace(found, certificate=city.certificate(problem))
    return found


def _whole(
    search: Search, cover: Cover, ladder: Ladder, beats: tuple[Beat, ...], *, may_miss: bool
) -> Nearness:
    problem = search.problem
    try:
        program = full_program(problem, ladder.rungs, may_miss=may_miss, is_out=search.is_out)
    except AbandonedError:
        return Nearness(beats, 0.0)
    outside = tiers_missed_outside(problem)
    for tier in range(len(COVER_TIERS)):
        program.limit_uncovered(
            f"tier_{tier}", tier_members(problem, tier), cover.value[tier] - outside[tier]
        )
    program.aim_at_nearness()

    def hear(value: float | None, bound: float) -> None:
        search.listener("nearness", None if value is None else value / 10, max(bound, 0.0) / 10)

    answer = solve_program(
        program.lp,
        _engine_limits(search),
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(problem, beats)),
        stop=search.stop,
        progress=hear,
    )
    search.note(answer)
    search.spend(answer.nodes)
    if answer.solved:
        found = program.read(answer.values)
        if cost_tenths(problem, found) < cost_tenths(problem, beats):
            beats = found
    # an engine that calls this infeasible contradicts the plan in hand: its bound is worthless
    usable = answer.termination is not Termination.INFEASIBLE and math.isfinite(answer.bound)
    bound = max(answer.bound, 0.0) if usable else 0.0
    return Nearness(beats, bound, (("nearness", "whole", math.floor(bound * 100) / 1000),))


def _engine_limits(search: Search) -> Limits:
    """Grant the engine all that is left; its nodes are branches like any other."""
    limits = search.limits(gap=search.settings.gap)
    return replace(limits, nodes=search.branches_left) if search.is_counted else limits


def _counted(problem: Problem, rungs: Mapping[str, int], cover: Cover) -> float:
    if cover.value == tiers_missed_outside(problem):
        return counted_bound(problem, rungs)
    return short_bound(problem, rungs, cover.value)


def counted_bound(problem: Problem, rungs: Mapping[str, int]) -> float:
    """Bound officer-minutes by counting: each pool's teams, from its nearest post, and no more.

    Parameters
    ----------
    problem
        The problem, every station in reach of which is to be covered.
    rungs
        Rung of *low* by border unit.

    Returns
    -------
    float
        Tenths of officer-minutes that no plan can be below.
    """
    total = 0
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    for pool in pools_of(problem, stations):
        members = list(pool.stations)
        minutes = problem.travel.deploy[:, members][problem.in_reach[:, members]]
        teams = math.ceil(pool_load(problem, pool, rungs[pool.unit]))
        total += teams * pool.sizes[0] * (problem.rules.team_tenths + int(minutes.min()))
    return float(total)


def short_bound(problem: Problem, rungs: Mapping[str, int], uncovered: Sequence[int]) -> float:
    """Bound officer-minutes by counting where stations in reach stay uncovered.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Rung of *low* by border unit.
    uncovered
        How many stations of each tier stay uncovered, those out of reach included.

    Returns
    -------
    float
        Tenths of officer-minutes that no plan can be below: of every tier the stations that are
        served most cheaply, be it from their nearest neighbour, and what as many teams as their
        load calls for cost more at their anchors.
    """
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    cheapest = np.full(len(problem.stations), np.inf)
    at_anchor, load = cheapest.copy(), cheapest.copy()
    for pool in pools_of(problem, stations):
        model = build_pool_model(problem, pool, rungs[pool.unit])
        patterns = problem.doctrine.patterns
        officers = np.array([patterns[problem.stations[t].risk_class].officers
                             for t in pool.stations])  # fmt: skip
        at_anchor[model.members] = officers * (model.team_tenths + model.deploy_tenths.min(axis=0))
        nearest = np.full(len(model), np.inf)
        np.minimum.at(nearest, model.near, model.near_tenths)
        cheapest[model.members] = np.minimum(officers * nearest, at_anchor[model.members])
        load[model.members] = model.weight / model.full
    total, teams = 0.0, 0.0
    for tier in range(len(COVER_TIERS)):
        members = np.array(tier_members(problem, tier), dtype=np.int64)
        covered = len(members) - uncovered[tier]
        total += float(np.sort(cheapest[members])[:covered].sum())
        teams += float(np.sort(load[members])[:covered].sum())
    more = np.sort(at_anchor[stations] - cheapest[stations])[: math.ceil(teams - LOAD_DUST)]
    return total + float(more.sum())
