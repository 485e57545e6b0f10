"""Which post sends a team to which beat, for beats that are given.

Where all teams are of one size this is an assignment of beats to places at posts, which is solved
exactly at any size. Else it is a small integer program; in large ones a beat may only get one of
its nearest posts, more of them being let in until every beat finds one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp
from scipy.optimize import linear_sum_assignment

from metro_gis.plan import beat_officers
from metro_gis.solver import Limits, relaxed_duals, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

    Ints = NDArray[np.int64]

POSTING_SECONDS = 10.0
POSTING_NODES = 5_000
"""What each of the small programs may take; nodes, unlike seconds, can be repeated."""
MOST_WAYS = 4_000
"""Programs with more ways to post beats are thinned out, or taken apart where officers lack."""
NEAREST = 6
"""Posts that a beat may get at first in a large program."""
NO_WAY = -1


@dataclass(frozen=True, eq=False)
class _Ways:
    """Beats with the posts that may send them a team.

    ``cost`` is in tenths, shape ``(n_beats, n_posts)``, ``NO_WAY`` where a post may not.
    """

    problem: Problem
    beats: tuple[Beat, ...]
    size: Ints
    cost: Ints

    @property
    def one_size(self) -> int | None:
        """Officers of every team where these are equal."""
        return int(self.size[0]) if len(set(self.size.tolist())) == 1 else None

    def places(self, size: int) -> Ints:
        """Teams of a size that each post can send: shape ``(n_posts,)``."""
        return np.array([post.station_officers // size for post in self.problem.posts])

    def of(self, kept: Ints) -> _Ways:
        """Leave only some of the beats."""
        beats = tuple(self.beats[k] for k in kept.tolist())
        return _Ways(self.problem, beats, self.size[kept], self.cost[kept])

    def thinned(self, nearest: int) -> _Ways:
        """Leave every beat only some posts, the cheapest ones."""
        price = np.where(self.cost == NO_WAY, np.iinfo(np.int64).max, self.cost)
        rank = np.argsort(np.argsort(price, axis=1, kind="stable"), axis=1, kind="stable")
        cost = np.where(rank < nearest, self.cost, NO_WAY)
        return _Ways(self.problem, self.beats, self.size, cost)


@dataclass(frozen=True)
class _Posting:
    lp: pulp.LpProblem
    beats: tuple[Beat, ...]
    ways: tuple[tuple[int, int, int], ...]  # beat, post, cost in tenths

    def variable(self, name: str) -> pulp.LpVariable:
        return self.lp.variablesDict()[name]


def post_beats(
    problem: Problem, beats: Sequence[Beat], *, limits: Limits | None = None
) -> tuple[Beat, ...]:
    """Give every beat the post that makes all of them nearest, dropping beats where officers lack.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats; their posts are ignored.
    limits
        When to stop each of the small programs.

    Returns
    -------
    tuple of Beat
        Beats with posts: as few stations dropped as possible, the strictest tier first.
    """
    if not beats:
        return ()
    limits = limits or Limits(POSTING_SECONDS, nodes=POSTING_NODES)
    ways = _ways(problem, beats)
    size = ways.one_size
    if size is not None:
        posted = _assigned(ways, size)
        if posted is not None:
            return posted
        if (ways.cost != NO_WAY).sum() > MOST_WAYS:
            return _assigned(ways.of(_kept(ways, size)), size) or ()
        return _dropping(ways, limits)
    for some in _widening(ways):
        posted = _nearest(_state(some, droppable=False), limits)
        if posted is not None:
            return posted
    return _dropping(_widening(ways)[0], limits)


def posting_prices(problem: Problem, beats: Sequence[Beat]) -> list[float]:
    """Say what one more officer at each post would save, the beats being given.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats; their posts are ignored.

    Returns
    -------
    list of float
        For each post the dual price of its officers in tenths of a minute, never negative.
    """
    if not beats:
        return [0.0] * len(problem.posts)
    ways = _ways(problem, beats)
    size = ways.one_size
    if size is not None:
        posts = _assignment(ways, size)
        prices = np.zeros(len(problem.posts)) if posts is None else _saved(ways, posts) / size
        return [float(price) for price in prices]
    posting = _state(_widening(ways)[0], droppable=False)
    _aim_at_nearness(posting)
    duals = relaxed_duals(posting.lp)
    return [max(0.0, -duals.get(f"post_{p}", 0.0)) for p in range(len(problem.posts))]


def can_send(problem: Problem, beats: Sequence[Beat], teams: Mapping[int, int]) -> bool:
    """Tell whether posts with so many teams can guard some beats.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats; their posts are ignored.
    teams
        Teams by post, of whatever size.

    Returns
    -------
    bool
        Whether every beat finds a team in reach of it.
    """
    if not beats:
        return True
    ways = _ways(problem, beats)
    room = [teams.get(p, 0) for p in range(len(problem.posts))]
    at: list[set[int]] = [set() for _ in room]
    able = [np.flatnonzero(row != NO_WAY).tolist() for row in ways.cost]
    return all(_squeeze_in(k, able, at, room) for k in range(len(beats)))


def _ways(problem: Problem, beats: Sequence[Beat]) -> _Ways:
    size = np.array([beat_officers(problem, beat) for beat in beats], dtype=np.int64)
    able = np.array(
        [problem.in_reach[:, list(beat.stations)].all(axis=1) for beat in beats], dtype=np.bool_
    )
    anchors = [beat.anchor for beat in beats]
    minutes = problem.rules.team_tenths + problem.travel.deploy[:, anchors].T.astype(np.int64)
    return _Ways(problem, tuple(beats), size, np.where(able, size[:, None] * minutes, NO_WAY))


def _assigned(ways: _Ways, size: int) -> tuple[Beat, ...] | None:
    """Post beats whose teams are of one size; None where not all of them find a post."""
    posts = _assignment(ways, size)
    if posts is None:
        return None
    return tuple(replace(beat, post=p) for beat, p in zip(ways.beats, posts.tolist(), strict=True))


def _assignment(ways: _Ways, size: int) -> Ints | None:
    """Give every beat a place at a post, at the least cost together."""
    if not ways.beats:
        return np.zeros(0, dtype=np.int64)
    useful = np.minimum(ways.places(size), (ways.cost != NO_WAY).sum(axis=0))
    post_of_place = np.repeat(np.arange(len(useful)), useful)
    if len(post_of_place) < len(ways.beats):
        return None
    cost = np.where(ways.cost == NO_WAY, np.inf, ways.cost.astype(np.float64))
    try:
        _, places = linear_sum_assignment(cost[:, post_of_place])
    except ValueError:
        # there is no assignment without a way that is none
        return None
    return post_of_place[places].astype(np.int64)


def _saved(ways: _Ways, posts: Ints) -> NDArray[np.float64]:
    """Say what a further team at each post would save, beats changing posts in chains."""
    n = len(ways.problem.posts)
    step = np.full((n, n), np.inf)
    cost = np.where(ways.cost == NO_WAY, np.inf, ways.cost.astype(np.float64))
    now = cost[np.arange(len(posts)), posts]
    for p in np.unique(posts).tolist():
        mine = posts == p
        step[p] = (cost[mine] - now[mine][:, None]).min(axis=0)
    change = np.zeros(n)
    for _ in range(n):
        shorter = np.minimum(change, (change[:, None] + step).min(axis=0))
        if (shorter == change).all():
            break
        change = shorter
    return np.abs(change)


def _kept(ways: _Ways, size: int) -> Ints:
    """Choose the beats that get a post where officers lack.

    Sets of beats that can all be posted form a matroid: taking the most important beats one after
    another, each if it can be posted together with those before, leaves the least behind.
    """
    room = ways.places(size).tolist()
    at: list[set[int]] = [set() for _ in room]
    able = [np.flatnonzero(row != NO_WAY).tolist() for row in ways.cost]
    kept = [k for k in _by_importance(ways) if _squeeze_in(k, able, at, room)]
    return np.array(sorted(kept), dtype=np.int64)


def _by_importance(ways: _Ways) -> list[int]:
    tier = ways.problem.tier_index
    price = np.where(ways.cost == NO_WAY, np.iinfo(np.int64).max, ways.cost).min(axis=1)

    def key(k: int) -> tuple[int, ...]:
        counts = np.bincount(tier[list(ways.beats[k].stations)], minlength=3)
        return (*(-counts).tolist(), int(price[k]), k)

    return sorted(range(len(ways.beats)), key=key)


def _squeeze_in(k: int, able: list[list[int]], at: list[set[int]], room: list[int]) -> bool:
    """Post a beat, moving others on along a chain of posts where need be."""
    came: dict[int, tuple[int, int]] = dict.fromkeys(able[k], (NO_WAY, k))
    waiting = list(came)
    for p in waiting:  # grows on the way
        if len(at[p]) < room[p]:
            while p != NO_WAY:
                before, beat = came[p]
                at[p].add(beat)
                if before != NO_WAY:
                    at[before].remove(beat)
                p = before  # noqa: PLW2901 (the chain back)
            return True
        for beat in sorted(at[p]):
            for other in able[beat]:
                if other not in came:
                    came[other] = (p, beat)
                    waiting.append(other)
    return False


def _widening(ways: _Ways) -> list[_Ways]:
    """Give the ways, in large programs with few posts a beat first and then with more."""
    total = int((ways.cost != NO_WAY).sum())
    if total <= MOST_WAYS:
        return [ways]
    return [ways.thinned(NEAREST), ways.thinned(4 * NEAREST)]


def _dropping(ways: _Ways, limits: Limits) -> tuple[Beat, ...]:
    """Keep as many stations as possible of one tier after another, officers being short."""
    posting = _state(ways, droppable=True)
    tiers = ways.problem.tier_index
    for tier in range(3):
        counts = [sum(1 for t in beat.stations if tiers[t] == tier) for beat in ways.beats]
        terms = [count * posting.variable(f"drop_{k}") for k, count in enumerate(counts) if count]
        if not terms:
            continue
        posting.lp.setObjective(pulp.lpSum(terms))
        answer = solve_program(posting.lp, limits)
        if answer.value is None:
            return ()
        posting.lp.addConstraint(pulp.lpSum(terms) <= round(answer.value), f"tier_{tier}")
    return _nearest(posting, limits) or ()


def _state(ways: _Ways, *, droppable: bool) -> _Posting:
    lp = pulp.LpProblem("posting", pulp.LpMinimize)
    found: list[tuple[int, int, int]] = []
    posts = ways.problem.posts
    load: dict[int, list[pulp.LpAffineExpression]] = {p: [] for p in range(len(posts))}
    for k, size in enumerate(ways.size.tolist()):
        here = [lp.add_variable(f"drop_{k}", 0, 1, cat=pulp.LpBinary)] if droppable else []
        for p in np.flatnonzero(ways.cost[k] != NO_WAY).tolist():
            variable = lp.add_variable(f"post_{k}_{p}", 0, 1, cat=pulp.LpBinary)
            found.append((k, p, int(ways.cost[k, p])))
            here.append(variable)
            load[p].append(size * variable)
        lp.addConstraint(pulp.lpSum(here) == 1, f"beat_{k}")
    for p, post in enumerate(posts):
        if load[p]:
            lp.addConstraint(pulp.lpSum(load[p]) <= post.station_officers, f"post_{p}")
    return _Posting(lp, ways.beats, tuple(found))


def _aim_at_nearness(posting: _Posting) -> None:
    variables = posting.lp.variablesDict()
    posting.lp.setObjective(
        pulp.lpSum(cost * variables[f"post_{k}_{p}"] for k, p, cost in posting.ways)
    )


def _nearest(posting: _Posting, limits: Limits) -> tuple[Beat, ...] | None:
    _aim_at_nearness(posting)
    answer = solve_program(posting.lp, limits)
    if not answer.solved:
        return None
    return tuple(
        replace(posting.beats[k], post=p)
        for k, p, _ in posting.ways
        if answer.values[f"post_{k}_{p}"]
    )
