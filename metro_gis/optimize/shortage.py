"""Large plans that leave stations uncovered for want of officers.

Prices for the posts' officers and for every station that stays uncovered bound all plans, whatever
stations they leave. The linear program of these prices leaves nearly all stations either covered or
not; with those settled that it leaves, what remains is a city that covers everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.allowance import Allowance
from metro_gis.optimize.city import models_of, solve_city
from metro_gis.optimize.cover import best_cover
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.leaving import leave_out
from metro_gis.optimize.pool_bounds import bound_city
from metro_gis.optimize.post_prices import shared_by_pools
from metro_gis.optimize.posting import posting_prices
from metro_gis.optimize.search import Search, missed, tiers_missed
from metro_gis.optimize.team_sizes import is_near, officers_sent
from metro_gis.plan import beat_officers, cost_tenths
from metro_gis.problem import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.pool_bounds import CityBound
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

BOUND_SHARE = 0.75
"""Share of the time left that the bound may take."""
PASSES = 3
"""How often better prices are looked for while plan and bound differ."""
OFFICER_SHARE = 0.3
"""An officer more is worth this part of what one costs in a plan, at first."""
DEARER = 2.0
"""A station that stays uncovered costs so many times what a covered one does, at first, and what
its part of a team is worth."""


@dataclass(frozen=True, eq=False)
class ShortPlan:
    """A plan that leaves stations uncovered, and what is proven of its minutes.

    Parameters
    ----------
    beats
        The plan.
    bound
        Of all plans with this cover; None where there is none.
    models
        The pools that it speaks of.
    """

    beats: tuple[Beat, ...]
    bound: CityBound | None
    models: tuple[PoolModel, ...]


def solve_shortage(
    search: Search, rungs: Mapping[str, int], beats: tuple[Beat, ...], uncovered: Sequence[int]
) -> ShortPlan:
    """Bring officers nearer in a large plan that leaves stations in reach uncovered.

    Parameters
    ----------
    search
        The search.
    rungs
        Rung of *low* by border unit.
    beats
        A plan to start from.
    uncovered
        How many stations of each tier it leaves uncovered, those out of reach included.

    Returns
    -------
    ShortPlan
        Never worse, with as many stations uncovered, these or others.
    """
    problem = search.problem
    models = models_of(problem, rungs)
    allowance = Allowance.of(problem, models, uncovered)
    shared = shared_by_pools(officers_sent(problem).astype(np.float64), allowance)
    prices = search.memory.prices_of(models, shared)
    if prices is None:
        prices = _first_prices(problem, models, allowance, beats)

    def is_enough(bound_tenths: float) -> bool:
        value = cost_tenths(problem, beats)
        return is_near(problem, value, search.settings.gap, bound_tenths)

    known = [search.memory.bound_of(model) for model in models]
    best: CityBound | None = None
    asked: set[tuple[int, ...]] = set()
    for _ in range(PASSES):
        with search.slice(BOUND_SHARE):
            found = bound_city(
                search,
                models,
                prices,
                known if best is None else best.roots,
                allowance=allowance,
                is_enough=is_enough,
            )
        if best is not None and found.total_tenths <= best.total_tenths:
            break
        best, prices = found, found.prices
        search.memory.keep_prices(models, found.shared, prices)
        search.listener("nearness", cost_tenths(problem, beats) / 10, best.total_tenths / 10)
        left = leave_out(search, models, allowance, found)
        if left is None:
            # those that the plan leaves, until prices say more
            left = tuple(missed(problem, beats).tolist())
        if left not in asked and not (search.is_over() or search.is_spent()):
            asked.add(left)
            beats = _with_these_left(search, rungs, beats, left, models, best)
            search.listener("nearness", cost_tenths(problem, beats) / 10, best.total_tenths / 10)
        if best.is_settled or is_enough(best.total_tenths) or search.is_over() or search.is_spent():
            break
    if best is not None:
        for model, root in zip(models, best.roots, strict=True):
            search.memory.keep(model, root, search.memory.beats_of(model) or ())
    return ShortPlan(beats, best, tuple(models))


def _first_prices(
    problem: Problem, models: Sequence[PoolModel], allowance: Allowance, beats: tuple[Beat, ...]
) -> Floats:
    """Guess what an officer more of each post is worth, and a station of each tier left out.

    Officers are short, so that one more of any post is worth much beside what posts differ by, and
    a station left out saves its part of a team.
    """
    cost = cost_tenths(problem, beats)
    officer = OFFICER_SHARE * cost / sum(beat_officers(problem, beat) for beat in beats)
    of_tiers = np.full(
        len(allowance.allowed), DEARER * cost / sum(len(beat.stations) for beat in beats)
    )
    for tier in range(len(of_tiers)):
        parts = [
            max(slot.size for slot in model.slots) * model.weight[tiers == tier] / model.full
            for model, tiers in zip(models, allowance.tiers, strict=True)
        ]
        of_tiers[tier] += officer * np.concatenate(parts).mean()
    return np.concatenate([officer + np.array(posting_prices(problem, beats)), of_tiers])


def _with_these_left(
    search: Search,
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
    left: Sequence[int],
    models: Sequence[PoolModel],
    bound: CityBound,
) -> tuple[Beat, ...]:
    """Cover all stations but some, going on from what a bound knows; give the better plan."""
    problem = search.problem
    rest = _without(problem, left)
    limits = replace(
        search.settings,
        time_limit_s=max(search.seconds_left, 0.1),
        nodes=search.branches_left if search.is_counted else None,
    )
    inner = Search(rest, limits, search.stop)
    cover = best_cover(inner)
    ladder = choose_rungs(inner, cover, rungs)
    if dict(ladder.rungs) == dict(rungs):
        _teach(inner, models_of(rest, rungs), models, bound)
        prices = bound.prices[: len(problem.posts)]
        rival = solve_city(inner, rungs, ladder.beats, prices).beats
        same = tiers_missed(problem, rival) == tiers_missed(problem, beats)
        if same and cost_tenths(problem, rival) < cost_tenths(problem, beats):
            beats = rival
    search.spend(inner.branches)
    search.cut_short |= inner.cut_short
    return beats


def _teach(
    search: Search, narrow: Sequence[PoolModel], models: Sequence[PoolModel], bound: CityBound
) -> None:
    """Let a search know what a bound of wider pools knows."""
    of_station = {
        t: (model, root)
        for model, root in zip(models, bound.roots, strict=True)
        for t in model.members.tolist()
    }
    for model in narrow:
        wider, root = of_station[int(model.members[0])]
        search.memory.keep(model, root.narrowed(wider, model), ())


def _without(problem: Problem, stations: Sequence[int]) -> Problem:
    """Put stations out of reach of every post."""
    deploy = problem.travel.deploy.copy()
    deploy[:, list(stations)] = NO_PATH
    return problem.replace(travel=replace(problem.travel, deploy=deploy))
