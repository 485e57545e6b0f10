"""The third aim: fewest officer-minutes at the rungs and the cover that are settled.

Border units meet only in the officers of the posts. Where the whole program is too large to be
solved at once, each post's officers get a price and the units are solved one by one, side by
side: their bounds, less what the officers are worth, bound the whole, and their beats together,
posted anew with the officers there are, make the plan. This is Lagrangian relaxation (Geoffrion
1974, https://doi.org/10.1007/BFb0120690).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import full_program, tier_members
from metro_gis.optimize.ladder import tiers_missed_outside
from metro_gis.optimize.pools import pool_load, pools_of
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import reachable, sizes_of, tiers_missed
from metro_gis.plan import beat_cost_tenths
from metro_gis.solver import Limits, Termination, run_in_threads, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.cover import Cover
    from metro_gis.optimize.ladder import Ladder
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

WHOLE_BINARIES = 6_000
"""Programs up to this size are solved whole."""
ROUND_SHARES = (0.55, 0.6, 1.0)
"""Share of the time left that each round over the units may take."""


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
    bound = best.bound_tenths if ladder.complete else 0.0
    for index, (rungs, beats) in enumerate(ladder.tied):
        rival = replace(ladder, rungs=rungs, beats=beats)
        with search.slice(1 / (len(ladder.tied) - index)):
            found = _improve(search, cover, rival)
        bound = min(bound, found.bound_tenths)
        if cost_tenths(search.problem, found.beats) < cost_tenths(search.problem, best.beats):
            best_ladder, best = rival, found
    return best_ladder, replace(best, bound_tenths=bound)


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
    splits = everything_covered and len(problem.units) > 1
    if splits and _estimate_binaries(problem) > WHOLE_BINARIES:
        best = _by_unit(search, ladder, best)
        if search.is_over() or _within(search, best):
            return best
    whole = _whole(search, cover, ladder, best.beats, may_miss=not everything_covered)
    return whole if whole.bound_tenths > best.bound_tenths else replace(best, beats=whole.beats)


def _within(search: Search, found: Nearness) -> bool:
    value = cost_tenths(search.problem, found.beats)
    return value - found.bound_tenths <= search.settings.gap * max(value, 10)


def _estimate_binaries(problem: Problem) -> int:
    """Count pairs inside border units, which is nearly what the program will hold."""
    rows = np.repeat(np.arange(len(problem.stations)), np.diff(problem.travel.beat_indptr))
    columns = problem.travel.beat_indices
    same = problem.unit_index[rows] == problem.unit_index[columns]
    if not problem.rules.mix:
        same &= problem.class_index[rows] == problem.class_index[columns]
    return int(same.sum() + problem.in_reach.sum())


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
    return Nearness(beats, bound, (("nearness", "whole", round(bound / 10, 3)),))


@dataclass
class _UnitAnswer:
    beats: tuple[Beat, ...]
    bound_tenths: float
    cut_short: bool


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


def _by_unit(search: Search, ladder: Ladder, start: Nearness) -> Nearness:
    problem = search.problem
    best = start
    wanted = tiers_missed(problem, best.beats)
    pieces = {unit: _of_unit(problem, best.beats, unit) for unit in problem.units}
    for share in ROUND_SHARES:
        prices = posting_prices(problem, best.beats)
        jobs = _Jobs(search, share, len(problem.units))
        # the largest units first, so that no engine idles at the end
        order = sorted(problem.units, key=lambda unit: (-_n_stations(problem, unit), unit))
        work = [partial(_solve_unit, jobs, ladder, unit, pieces[unit], prices) for unit in order]
        results = run_in_threads(work, search.settings.threads)
        answers: dict[str, _UnitAnswer] = dict(zip(order, results, strict=True))
        pieces = {unit: answers[unit].beats for unit in problem.units}
        worth = sum(
            price * post.station_officers for price, post in zip(prices, problem.posts, strict=True)
        )
        bound = sum(answers[unit].bound_tenths for unit in problem.units) - worth
        together = post_beats(problem, [beat for unit in problem.units for beat in pieces[unit]])
        found = best.beats
        if tiers_missed(problem, together) == wanted and cost_tenths(
            problem, together
        ) < cost_tenths(problem, found):
            found = together
        parts = best.parts
        if bound > best.bound_tenths:
            parts = _parts(problem, answers, prices)
        best = Nearness(found, max(bound, best.bound_tenths), parts)
        value = cost_tenths(problem, found)
        search.listener("nearness", value / 10, best.bound_tenths / 10)
        settled = not any(answer.cut_short for answer in answers.values())
        repeats = settled and posting_prices(problem, found) == prices
        if repeats or _within(search, best) or search.is_over():
            break
    return best


def _parts(
    problem: Problem, answers: dict[str, _UnitAnswer], prices: list[float]
) -> tuple[tuple[str, str, Any], ...]:
    units = tuple(
        ("nearness", f"unit {unit}", round(answers[unit].bound_tenths / 10, 3))
        for unit in problem.units
    )
    return (
        *units,
        *(
            ("nearness", f"price of an officer of {post.post_id}", round(price / 10, 6))
            for post, price in zip(problem.posts, prices, strict=True)
        ),
    )


def _of_unit(problem: Problem, beats: Sequence[Beat], unit: str) -> tuple[Beat, ...]:
    return tuple(beat for beat in beats if problem.unit_of(problem.stations[beat.anchor]) == unit)


def _n_stations(problem: Problem, unit: str) -> int:
    return int((problem.unit_index == problem.units.index(unit)).sum())


class _Jobs:
    """Shares the time of a round out among units that are still to be solved."""

    def __init__(self, search: Search, share: float, count: int) -> None:
        self.search = search
        self.ends = search.seconds_left * (1 - share)
        self.waiting = count

    def limits(self) -> Limits:
        """Grant the next unit its part of the round's time."""
        turns = math.ceil(self.waiting / self.search.settings.threads)
        self.waiting -= 1
        left = max(0.05, self.search.seconds_left - self.ends)
        return Limits(left / max(turns, 1), self.search.settings.gap / 2)


def _solve_unit(
    jobs: _Jobs, ladder: Ladder, unit: str, beats: tuple[Beat, ...], prices: list[float]
) -> _UnitAnswer:
    search = jobs.search
    problem = search.problem
    mine = problem.unit_index == problem.units.index(unit)
    stations = np.flatnonzero(mine & reachable(problem)).astype(np.int64)
    if not len(stations):
        return _UnitAnswer((), 0.0, cut_short=False)
    program = build_program(problem, stations, ladder.rungs)
    program.aim_at_nearness(prices)
    answer = solve_program(
        program.lp,
        jobs.limits(),
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(problem, beats)),
        stop=search.stop,
    )
    search.note(answer)
    bound = answer.bound if math.isfinite(answer.bound) else 0.0
    found = program.read(answer.values) if answer.solved else beats
    return _UnitAnswer(found, bound, cut_short=answer.termination is not Termination.OPTIMAL)
