"""Moves of anchors: another station of an area becomes an anchor, and all are assigned anew.

With the anchors given, the best assignment of stations of equal weight is a transportation
problem, solved exactly by `scipy.optimize.linear_sum_assignment` with a place for every station a
team has room for. Interchange of facilities goes back to Teitz and Bart 1968
(https://doi.org/10.1287/opre.16.5.955).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from metro_gis.plan import Beat

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from numpy.typing import NDArray

    from metro_gis.optimize.pool_model import Floats, PoolModel, Slot

BEYOND = 1e7
"""Stands for a pair beyond the limit inside an assignment; a result that needs one is refused."""
CANDIDATES = 10
"""How many stations near an anchor are tried in its place."""
AREA_ANCHORS = 6
WHOLE_STATIONS = 1000
"""Pools up to this size are first assigned as a whole."""


@dataclass(frozen=True, eq=False)
class Ground:
    """An area whose stations take up equal shares of a team.

    Parameters
    ----------
    near_tenths
        Anchor to station with the penalty, in tenths: shape ``(n, n)``; inf beyond the limit.
    team_tenths
        What a team costs at each anchor, in tenths of officer-minutes: shape ``(n,)``; inf where
        there may be none.
    room
        Stations that a team serves beside its anchor.
    size
        Officers of a team.
    """

    near_tenths: Floats
    team_tenths: Floats
    room: int
    size: int


@dataclass(frozen=True, eq=False)
class Assignment:
    """Anchors of an area, and who is served from where.

    Parameters
    ----------
    anchors
        Places of the anchors.
    home
        For every station the place of its anchor: shape ``(n,)``.
    cost_tenths
        Officer-minutes in tenths.
    """

    anchors: tuple[int, ...]
    home: NDArray[np.int64]
    cost_tenths: float


def assign(ground: Ground, anchors: tuple[int, ...], below: float = math.inf) -> Assignment | None:
    """Serve every station from one of the anchors, as near as possible.

    Parameters
    ----------
    ground
        The area.
    anchors
        Places of the anchors.
    below
        Cost that is of interest: an assignment that is not cheaper need not be found.

    Returns
    -------
    Assignment or None
        None where the anchors cannot serve all stations, or not as cheaply.
    """
    n = len(ground.team_tenths)
    chosen = np.array(anchors, dtype=np.int64)
    free = np.ones(n, dtype=np.bool_)
    free[chosen] = False
    served = np.flatnonzero(free)
    home = np.arange(n)
    cost = float(ground.team_tenths[chosen].sum())
    if len(served) > len(chosen) * ground.room or not math.isfinite(cost):
        return None
    if len(served):
        ways = np.minimum(ground.near_tenths[chosen][:, served], BEYOND)
        # whoever is served from the nearest anchor, however full: most moves end here
        if cost + ground.size * float(ways.min(axis=0).sum()) >= below:
            return None
        rows, columns = linear_sum_assignment(np.repeat(ways, ground.room, axis=0))
        teams = rows // ground.room
        minutes = float(ways[teams, columns].sum())
        if minutes >= BEYOND:
            return None
        home[served[columns]] = chosen[teams]
        cost += ground.size * minutes
    return Assignment(anchors, home, cost)


def interchange(ground: Ground, start: Assignment, rng: random.Random) -> Assignment:
    """Move anchors one at a time while it helps.

    Parameters
    ----------
    ground
        The area.
    start
        Where to begin.
    rng
        Draws the order of the anchors.

    Returns
    -------
    Assignment
        Never dearer than the start; no single move of an anchor to a near station improves it.
    """
    best = start
    waiting = rng.sample(best.anchors, len(best.anchors))
    while waiting:
        anchor = waiting.pop()
        if anchor not in best.anchors:
            continue
        order = np.argsort(ground.near_tenths[anchor], kind="stable")
        near = [one for one in order.tolist() if one not in best.anchors][:CANDIDATES]
        for other in near:
            moved = tuple(sorted({*best.anchors, other} - {anchor}))
            found = assign(ground, moved, best.cost_tenths - 1e-6)
            if found is not None and found.cost_tenths < best.cost_tenths - 1e-6:
                best = found
                # what was settled may be unsettled again around the moved anchor
                waiting = rng.sample(best.anchors, len(best.anchors))
                break
    return best


def can_settle(model: PoolModel, prices: Floats) -> bool:
    """Tell whether a pool's stations are alike enough for assignments.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    bool
        True where all take up equal shares of a team and some posts reach all of them.
    """
    return len(np.unique(model.weight)) == 1 and model.widest(prices) is not None


def _slot(model: PoolModel, prices: Floats) -> Slot:
    slot = model.widest(prices)
    if slot is None:
        message = f"no post reaches all stations of {model.pool.unit}"
        raise ValueError(message)
    return slot


def settle_pool(
    model: PoolModel,
    beats: tuple[Beat, ...],
    prices: Floats,
    rng: random.Random,
    *,
    passes: int,
    is_over: Callable[[], bool],
) -> tuple[Beat, ...]:
    """Bring the beats of a pool nearer by moving anchors, area by area.

    Parameters
    ----------
    model
        A pool for which `can_settle` holds.
    beats
        Its beats.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    rng
        Draws the order of areas.
    passes
        How often every beat's surroundings are visited.
    is_over
        Asked before each area whether to stop.

    Returns
    -------
    tuple of Beat
        As many beats, together never dearer at these prices; their posts are the cheapest ones,
        whatever officers these have.
    """
    place = {int(t): k for k, t in enumerate(model.members)}
    home = np.zeros(len(model), dtype=np.int64)
    for beat in beats:
        home[[place[t] for t in beat.stations]] = place[beat.anchor]
    found = Assignment(tuple(sorted(place[beat.anchor] for beat in beats)), home, math.inf)
    if len(model) <= WHOLE_STATIONS:
        slot = _slot(model, prices)
        teams = (model.team_costs(slot, prices)[0], slot.size)
        found = _assigned(model, teams, found, found.anchors, None)
    found = settle_areas(model, prices, found, rng, passes=passes, is_over=is_over)
    return beats_of(model, prices, found)


def settle_areas(
    model: PoolModel,
    prices: Floats,
    found: Assignment,
    rng: random.Random,
    *,
    passes: int,
    is_over: Callable[[], bool],
) -> Assignment:
    """Move anchors in areas of a few beats while that helps.

    Parameters
    ----------
    model
        A pool for which `can_settle` holds.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    found
        An assignment of the whole pool.
    rng
        Draws the order of areas.
    passes
        How often every beat's surroundings are visited.
    is_over
        Asked before each area whether to stop.

    Returns
    -------
    Assignment
        Never dearer.
    """
    slot = _slot(model, prices)
    teams = (model.team_costs(slot, prices)[0], slot.size)
    for _ in range(passes):
        for seed in rng.sample(found.anchors, len(found.anchors)):
            if is_over():
                return found
            if seed in found.anchors:
                found = _assigned(model, teams, found, _around(model, found, seed), rng)
    return found


def _as_beats(
    model: PoolModel, posts: NDArray[np.int64], anchors: tuple[int, ...], home: NDArray[np.int64]
) -> tuple[Beat, ...]:
    return tuple(
        Beat(
            int(posts[anchor]),
            int(model.members[anchor]),
            tuple(model.members[np.flatnonzero(home == anchor)].tolist()),
        )
        for anchor in anchors
    )


def whole_ground(model: PoolModel, prices: Floats) -> Ground:
    """Lay a whole pool out for assignments.

    Parameters
    ----------
    model
        A pool for which `can_settle` holds.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    Ground
        All of the pool.
    """
    n, width = model.near.shape
    near = np.full((n, n), np.inf)
    rows = np.repeat(np.arange(n), width)
    known = np.isfinite(model.near_tenths).ravel()
    near[rows[known], model.near.ravel()[known]] = model.near_tenths.ravel()[known]
    slot = _slot(model, prices)
    costs, _ = model.team_costs(slot, prices)
    room = int(model.capacity[0] // model.weight[0])
    return Ground(near, costs, room, slot.size)


def beats_of(model: PoolModel, prices: Floats, found: Assignment) -> tuple[Beat, ...]:
    """Turn an assignment of a whole pool into beats.

    Parameters
    ----------
    model
        The pool.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    found
        The assignment.

    Returns
    -------
    tuple of Beat
        Their posts are the cheapest ones, whatever officers these have.
    """
    _, posts = model.team_costs(_slot(model, prices), prices)
    return _as_beats(model, posts, tuple(sorted(found.anchors)), found.home)


def _around(model: PoolModel, settled: Assignment, seed: int) -> tuple[int, ...]:
    """Take the anchors nearest to one of them."""
    tenths = dict(zip(model.near[seed].tolist(), model.near_tenths[seed].tolist(), strict=True))
    near = [one for one in settled.anchors if np.isfinite(tenths.get(one, np.inf)) and one != seed]
    near.sort(key=lambda one: (tenths[one], one))
    return (seed, *near[: AREA_ANCHORS - 1])


def _assigned(
    model: PoolModel,
    teams: tuple[Floats, int],
    settled: Assignment,
    area: tuple[int, ...],
    rng: random.Random | None,
) -> Assignment:
    """Settle an area anew: its anchors kept, or moved where there is something to draw with."""
    stations = np.flatnonzero(np.isin(settled.home, area))
    local = np.full(len(model), -1, dtype=np.int64)
    local[stations] = np.arange(len(stations))
    near = np.full((len(stations), len(stations)), np.inf)
    columns = local[model.near[stations]]
    rows = np.repeat(np.arange(len(stations)), columns.shape[1])
    inside = (columns >= 0).ravel() & np.isfinite(model.near_tenths[stations]).ravel()
    near[rows[inside], columns.ravel()[inside]] = model.near_tenths[stations].ravel()[inside]
    room = int(model.capacity[0] // model.weight[0])
    costs, size = teams
    ground = Ground(near, costs[stations], room, size)
    start = assign(ground, tuple(sorted(local[list(area)].tolist())))
    if start is None:
        return settled
    found = start if rng is None else interchange(ground, start, rng)
    home = settled.home.copy()
    home[stations] = stations[found.home]
    kept = set(settled.anchors) - set(area)
    anchors = sorted(kept | set(stations[list(found.anchors)].tolist()))
    served = np.flatnonzero(local[settled.home[stations]] != np.arange(len(stations)))
    minutes = near[local[settled.home[stations[served]]], served].sum()
    before = float(ground.team_tenths[local[list(area)]].sum() + size * minutes)
    cost = settled.cost_tenths - before + found.cost_tenths
    return Assignment(tuple(anchors), home, cost)
