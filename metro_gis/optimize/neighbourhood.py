"""Large neighbourhoods: a few beats that lie side by side are taken apart and solved exactly.

Areas that share no beat are solved side by side (Shaw 1998, https://doi.org/10.1007/3-540-49481-2_30).
Where stations stay uncovered, an area takes in those nearest to it and may cover them in place of
others, as many of every tier. An area keeps its beats where the engine finds nothing better, so
the plan never gets worse.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import tier_members
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import missed, reachable, sizes_of, tiers_missed
from metro_gis.plan import beat_cost_tenths, beat_officers
from metro_gis.solver import run_in_threads, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

AREA_STATIONS = 24
"""Stations of an area at the least."""
AREA_BEATS = 3
"""Beats of an area at the least, where teams have many stations."""
IDLE_SHARE = 0.5
"""Uncovered stations that an area takes in, as a share of those it covers."""
GROWTH = 1.35
MOST_GROWTH = 2.6
"""How much areas grow when smaller ones bring nothing more."""
WORTHWHILE = 2e-4
"""Share of the minutes that a pass must save to be repeated at the same size."""
AREAS_PER_THREAD = 3
AREA_SECONDS = 4.0
AREA_NODES = 400
AREA_GAP = 2e-4


@dataclass(frozen=True, slots=True)
class _Area:
    beats: tuple[Beat, ...]
    uncovered: tuple[int, ...]  # stations that may take the place of others
    officers: tuple[int, ...]  # of each post, that the area may use


def improve_locally(
    search: Search,
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
    is_enough: Callable[[int], bool],
    rng: random.Random | None = None,
) -> tuple[Beat, ...]:
    """Bring officers nearer, area by area.

    Parameters
    ----------
    search
        The search.
    rungs
        Rung of *low* by border unit.
    beats
        A plan; as many stations of every tier stay covered.
    is_enough
        Asked with the officer-minutes (tenths) whether to stop.
    rng
        Draws the areas; from the seed of the settings by default.

    Returns
    -------
    tuple of Beat
        Never worse.
    """
    problem = search.problem
    rng = rng or random.Random(search.settings.seed)  # noqa: S311 (no secret)
    growth, seen = 1.0, 0
    cost = last_cost = _cost(problem, beats)
    while not (is_enough(cost) or search.is_out() or search.is_spent()):
        most = min(AREAS_PER_THREAD * search.settings.threads, search.branches_left)
        areas = _areas(problem, beats, rng, growth, most)
        if not areas:
            break
        # where work is counted, an area stands for a branch
        search.spend(len(areas))
        jobs = [partial(_solve_area, search, rungs, area) for area in areas]
        for area, found in zip(areas, run_in_threads(jobs, search.settings.threads), strict=True):
            gone = set(area.beats)
            beats = (*(beat for beat in beats if beat not in gone), *found)
            seen += len(area.beats)
        cost = _cost(problem, beats)
        search.listener("nearness", cost / 10, None)
        if seen >= len(beats):
            beats = _posted_anew(search, beats)
            cost = _cost(problem, beats)
            if last_cost - cost < WORTHWHILE * cost:
                if growth >= MOST_GROWTH:
                    break
                growth = min(MOST_GROWTH, growth * GROWTH)
            seen, last_cost = 0, cost
    return beats


def _cost(problem: Problem, beats: Iterable[Beat]) -> int:
    return sum(beat_cost_tenths(problem, beat) for beat in beats)


def _posted_anew(search: Search, beats: tuple[Beat, ...]) -> tuple[Beat, ...]:
    problem, posted = search.problem, search.post(beats)
    same = tiers_missed(problem, posted) == tiers_missed(problem, beats)
    return posted if same and _cost(problem, posted) < _cost(problem, beats) else beats


def _areas(
    problem: Problem, beats: tuple[Beat, ...], rng: random.Random, growth: float, most: int
) -> list[_Area]:
    """Draw areas that share no beat, each around a beat drawn at random."""
    idle = _idle(problem, beats)
    centres = [_centre(problem, beat.stations) for beat in beats]
    # officers who leave a station may cover one of another pool
    pools = [None if idle else _pool_of(problem, beat) for beat in beats]
    order = rng.sample(range(len(beats)), len(beats))
    taken: set[int] = set()
    chosen: list[tuple[int, ...]] = []
    uncovered: list[tuple[int, ...]] = []
    for seed in order:
        if len(chosen) == most:
            break
        if seed in taken:
            continue
        near = [k for k in range(len(beats)) if pools[k] == pools[seed] and k not in taken]
        near.sort(key=lambda k: (math.dist(centres[k], centres[seed]), k))
        members = _first(beats, near, growth)
        if len(members) > 1 or idle:
            taken.update(members)
            chosen.append(members)
            size = math.ceil(IDLE_SHARE * sum(len(beats[k].stations) for k in members))
            tiers = {problem.tier_index[t] for k in members for t in beats[k].stations}
            able = [t for t in idle if problem.tier_index[t] in tiers]
            around = sorted(able, key=lambda t: (math.dist(idle[t], centres[seed]), t))[:size]
            uncovered.append(tuple(around))
            for t in around:
                del idle[t]
    return [
        _Area(tuple(beats[k] for k in members), around, officers)
        for members, around, officers in zip(
            chosen, uncovered, _share_officers(problem, beats, chosen), strict=True
        )
    ]


def _first(beats: Sequence[Beat], near: list[int], growth: float) -> tuple[int, ...]:
    """Take the nearest beats until there are enough stations and enough beats."""
    members: list[int] = []
    stations = 0
    for k in near:
        enough = stations >= AREA_STATIONS * growth and len(members) >= AREA_BEATS * growth
        if enough:
            break
        members.append(k)
        stations += len(beats[k].stations)
    return tuple(members)


def _idle(problem: Problem, beats: Sequence[Beat]) -> dict[int, tuple[float, float]]:
    """Give the places of those stations that are uncovered, though in reach."""
    left = missed(problem, beats)
    return {t: _centre(problem, [t]) for t in left[reachable(problem)[left]].tolist()}


def _centre(problem: Problem, members: Sequence[int]) -> tuple[float, float]:
    stations = [problem.stations[t] for t in members]
    lat = sum(one.lat for one in stations) / len(stations)
    lon = sum(one.lon for one in stations) / len(stations)
    return lon * math.cos(math.radians(lat)), lat


def _pool_of(problem: Problem, beat: Beat) -> tuple[int, int]:
    of_class = -1 if problem.rules.mix else int(problem.class_index[beat.anchor])
    return int(problem.unit_index[beat.anchor]), of_class


def _share_officers(
    problem: Problem, beats: Sequence[Beat], chosen: list[tuple[int, ...]]
) -> Iterator[tuple[int, ...]]:
    """Give each area the officers of its own beats and a part of those that are free."""
    free = [post.station_officers for post in problem.posts]
    for beat in beats:
        free[beat.post] -= beat_officers(problem, beat)
    for index, members in enumerate(chosen):
        officers = [0] * len(free)
        for k in members:
            officers[beats[k].post] += beat_officers(problem, beats[k])
        for p in range(len(free)):
            share = free[p] // (len(chosen) - index)
            officers[p] += share
            free[p] -= share
        yield tuple(officers)


def _solve_area(search: Search, rungs: Mapping[str, int], area: _Area) -> tuple[Beat, ...]:
    problem = search.problem
    if search.is_out():
        return area.beats
    inside = np.zeros(len(problem.stations), dtype=np.bool_)
    inside[[t for beat in area.beats for t in beat.stations]] = True
    inside[list(area.uncovered)] = True
    program = build_program(
        problem,
        np.flatnonzero(inside).astype(np.int64),
        rungs,
        missable=inside if area.uncovered else None,
        post_officers=area.officers,
    )
    for tier in range(len(COVER_TIERS) if area.uncovered else 0):
        members = tier_members(problem, tier)
        program.limit_uncovered(f"tier_{tier}", members, len({*members} & {*area.uncovered}))
    program.aim_at_nearness()
    answer = solve_program(
        program.lp,
        search.brief(AREA_SECONDS, AREA_NODES, gap=AREA_GAP),
        seed=search.settings.seed,
        start=program.start(area.beats, sizes_of(problem, area.beats)),
        stop=search.stop,
    )
    if not answer.solved:
        return area.beats
    found = program.read(answer.values)
    return found if _cost(problem, found) < _cost(problem, area.beats) else area.beats
