"""The third aim: fewest officer-minutes at the rungs and the cover that are settled.

Small programs are solved whole. In large ones pools meet only in the posts' officers: anchors are
moved pool by pool, column generation bounds each pool at prices for officers, areas of a few
beats are solved exactly, and the engine is asked about the pools whose bounds are weakest.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import MOST_PAIRS, full_program, n_pairs, tier_members
from metro_gis.optimize.ladder import tiers_missed_outside
from metro_gis.optimize.neighbourhood import improve_locally
from metro_gis.optimize.pool_bounds import bound_city, raise_by_engine
from metro_gis.optimize.pool_model import build_pool_model
from metro_gis.optimize.pools import last_rungs, pool_load, pools_of
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.pricing import is_priceable
from metro_gis.optimize.reanchor import can_settle, settle_pool
from metro_gis.optimize.search import reachable, sizes_of, tiers_missed
from metro_gis.plan import beat_cost_tenths
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.ladder import Ladder
    from metro_gis.optimize.pool_bounds import CityBound
    from metro_gis.optimize.pool_model import PoolModel
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

WHOLE_BINARIES = 6_000
"""Programs up to this size are solved whole."""
BOUND_SHARE = 0.2
"""Share of the time left that column generation may take."""
ROUNDS = ((0.45, 0.5), (0.5, 1.0))
"""Per round the share of the time left for areas, and of what is left then for the engine."""
SETTLING_ROUNDS = 4
SETTLING_PASSES = 2


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
    """

    beats: tuple[Beat, ...]
    bound_tenths: float
    parts: tuple[tuple[str, str, Any], ...] = ()


def cost_tenths(problem: Problem, beats: Sequence[Beat]) -> int:
    """Value the third aim.

    Parameters
    ----------
    problem
        The problem.
    beats
        A plan's beats.

    Returns
    -------
    int
        Officer-minutes in tenths.
    """
    return sum(beat_cost_tenths(problem, beat) for beat in beats)


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
    with search.slice(1 / (1 + len(ladder.tied))):
        best_ladder, best = ladder, _improve(search, cover, ladder)
    bound = best.bound_tenths
    for index, (rungs, beats) in enumerate(ladder.tied):
        rival = replace(ladder, rungs=rungs, beats=beats)
        with search.slice(1 / (len(ladder.tied) - index)):
            found = _improve(search, cover, rival)
        bound = min(bound, found.bound_tenths)
        if cost_tenths(search.problem, found.beats) < cost_tenths(search.problem, best.beats):
            best_ladder, best = rival, found
    if ladder.complete:
        return best_ladder, replace(best, bound_tenths=bound)
    # rungs that were not tried may do better: only what holds for all rungs is left
    problem, floor = search.problem, 0.0
    if cover.value == tiers_missed_outside(problem):
        floor = min(bound, counted_bound(problem, last_rungs(problem)))
    told = (("nearness", "counted at the last rungs", floor / 10),)
    return best_ladder, Nearness(best.beats, floor, told)


def _improve(search: Search, cover: Cover, ladder: Ladder) -> Nearness:
    problem = search.problem
    beats = post_beats(problem, ladder.beats)
    if tiers_missed(problem, beats) != cover.value or cost_tenths(problem, beats) > cost_tenths(
        problem, ladder.beats
    ):
        beats = ladder.beats
    everything_covered = cover.value == tiers_missed_outside(problem)
    best = Nearness(beats, 0.0)
    if everything_covered:
        counted = counted_bound(problem, ladder.rungs)
        best = Nearness(beats, counted, (("nearness", "counted", counted / 10),))
    search.listener("nearness", cost_tenths(problem, beats) / 10, best.bound_tenths / 10)
    if search.is_over():
        return best
    pairs = n_pairs(problem)
    if everything_covered and pairs > WHOLE_BINARIES:
        return _city(search, ladder, best)
    if pairs > MOST_PAIRS:
        return best
    whole = _whole(search, cover, ladder, beats, may_miss=not everything_covered)
    return whole if whole.bound_tenths > best.bound_tenths else replace(best, beats=whole.beats)


def _city(search: Search, ladder: Ladder, start: Nearness) -> Nearness:
    """Take a large program apart: pools settled and bounded one by one, areas solved exactly."""
    problem, rungs = search.problem, ladder.rungs
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    models = [
        build_pool_model(problem, pool, rungs[pool.unit]) for pool in pools_of(problem, stations)
    ]
    if not all(is_priceable(model) for model in models):
        return replace(start, beats=improve_locally(search, rungs, start.beats, lambda _: False))
    best = replace(start, beats=_settled(search, models, start.beats))
    prices = np.array(posting_prices(problem, best.beats))
    with search.slice(BOUND_SHARE):
        city = bound_city(search, models, prices)
    best = _bounded(problem, models, city, best)
    for area_share, engine_share in ROUNDS:
        if _within(search, best) or search.is_over():
            break
        floor, gap = best.bound_tenths, search.settings.gap

        def is_enough(value: int, floor: float = floor, gap: float = gap) -> bool:
            return value - floor <= gap * value

        with search.slice(area_share):
            nearer = improve_locally(search, rungs, best.beats, is_enough)
        best = replace(best, beats=nearer)
        if _within(search, best) or search.is_over():
            break
        with search.slice(engine_share):
            city, pieces = raise_by_engine(search, rungs, models, city, best.beats)
        best = _bounded(problem, models, city, best)
        best = replace(best, beats=_cheaper(problem, best.beats, post_beats(problem, pieces)))
        search.listener("nearness", cost_tenths(problem, best.beats) / 10, best.bound_tenths / 10)
    return best


def _settled(
    search: Search, models: Sequence[PoolModel], beats: tuple[Beat, ...]
) -> tuple[Beat, ...]:
    """Move anchors in every pool where assignments can do it; post the beats anew."""
    problem = search.problem
    rng = random.Random(search.settings.seed)  # noqa: S311 (no secret)

    for _ in range(SETTLING_ROUNDS):
        prices = np.array(posting_prices(problem, beats))
        pieces: list[Beat] = []
        for model in models:
            mine = set(model.members.tolist())
            piece = tuple(beat for beat in beats if beat.anchor in mine)
            if can_settle(model):
                piece = settle_pool(
                    model, piece, prices, rng, passes=SETTLING_PASSES, is_over=search.is_out
                )
            pieces += piece
        better = _cheaper(problem, beats, post_beats(problem, pieces))
        if better is beats or search.is_out():
            break
        beats = better
        search.listener("nearness", cost_tenths(problem, beats) / 10, None)
    return beats


def _cheaper(
    problem: Problem, beats: tuple[Beat, ...], rival: tuple[Beat, ...]
) -> tuple[Beat, ...]:
    """Prefer the rival if it covers as much for fewer officer-minutes."""
    same = tiers_missed(problem, rival) == tiers_missed(problem, beats)
    return rival if same and cost_tenths(problem, rival) < cost_tenths(problem, beats) else beats


def _bounded(
    problem: Problem, models: Sequence[PoolModel], city: CityBound, best: Nearness
) -> Nearness:
    if city.total_tenths <= best.bound_tenths:
        return best
    return Nearness(best.beats, city.total_tenths, city.parts(problem, models))


def _within(search: Search, found: Nearness) -> bool:
    value = cost_tenths(search.problem, found.beats)
    return value - found.bound_tenths <= search.settings.gap * max(value, 10)


def _whole(
    search: Search, cover: Cover, ladder: Ladder, beats: tuple[Beat, ...], *, may_miss: bool
) -> Nearness:
    problem = search.problem
    program, _ = full_program(problem, ladder.rungs, may_miss=may_miss)
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
        search.limits(gap=search.settings.gap),
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(problem, beats)),
        stop=search.stop,
        progress=hear,
    )
    search.note(answer)
    if answer.solved:
        found = program.read(answer.values)
        if cost_tenths(problem, found) < cost_tenths(problem, beats):
            beats = found
    # an engine that calls this infeasible contradicts the plan in hand: its bound is worthless
    usable = answer.termination is not Termination.INFEASIBLE and math.isfinite(answer.bound)
    bound = max(answer.bound, 0.0) if usable else 0.0
    return Nearness(beats, bound, (("nearness", "whole", math.floor(bound * 100) / 1000),))


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
