"""Beats by construction: a first plan within a moment, without any promise.

The remotest station that is still free is served first, together with the free stations nearest
to the anchor that loses least by it; so that no straggler is left for the end. Where that takes
more teams than the load calls for, beats are dissolved and their stations moved up.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.fewer import Sketch, use_fewer_teams
from metro_gis.optimize.ground import Ground, lay_out, wards_of
from metro_gis.optimize.least import fewest_teams
from metro_gis.optimize.pools import pools_of, station_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

    Places = NDArray[np.int64]

TRIES = 4
"""Orders in which remote stations are taken, until one needs no more teams than the load."""
CANDIDATES = 48
"""Anchors that are tried for the station that is served first."""
NO_POST = -1
"""Post of a beat that has none yet."""


class Builder:
    """Builds beats pool by pool, and remembers how pools lie.

    Parameters
    ----------
    problem
        The problem.
    seed
        Seed of everything drawn at random.
    is_over
        Asked again and again whether to make do with what there is.
    """

    def __init__(
        self, problem: Problem, seed: int, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        self.problem = problem
        self.seed = seed
        self.is_over = is_over
        self._wards = wards_of(problem)
        self._grounds: dict[Pool, Ground] = {}
        self._least: dict[tuple[Pool, int], int] = {}
        self._built: dict[tuple[Pool, int, int | None, tuple[int, ...]], tuple[Beat, ...]] = {}

    def ground(self, pool: Pool) -> Ground:
        """Lay a pool out, or remember how it lies.

        Parameters
        ----------
        pool
            A pool of the problem.

        Returns
        -------
        Ground
            The pool as arrays.
        """
        if pool not in self._grounds:
            self._grounds[pool] = lay_out(self.problem, pool, self._wards)
        return self._grounds[pool]

    def least(self, pool: Pool, rung: int) -> int:
        """Bound the teams of a pool from below.

        Parameters
        ----------
        pool
            A pool of the problem.
        rung
            Rung of *low* in its unit.

        Returns
        -------
        int
            No plan covers the pool with fewer teams.
        """
        if (pool, rung) not in self._least:
            weight, full = self._load(pool, rung)
            if self.is_over():
                return -(-int(weight.sum()) // full)
            self._least[pool, rung] = fewest_teams(self.ground(pool), weight, full)
        return self._least[pool, rung]

    def raise_least(self, pool: Pool, rung: int, teams: int) -> None:
        """Take note that a pool has been proven to need more teams than counting shows.

        Parameters
        ----------
        pool
            A pool of the problem.
        rung
            Rung of *low* in its unit.
        teams
            No plan covers the pool with fewer.
        """
        self._least[pool, rung] = max(teams, self.least(pool, rung))

    def least_of(self, pool: Pool, rung: int, stations: Sequence[int]) -> int:
        """Bound the teams that some stations of a pool need from below.

        Parameters
        ----------
        pool
            A pool of the problem.
        rung
            Rung of *low* in its unit.
        stations
            Station indices of the pool.

        Returns
        -------
        int
            No plan covers them with fewer teams.
        """
        chosen = np.isin(self.ground(pool).members, stations)
        return fewest_teams(self.ground(pool), *self._load(pool, rung), chosen)

    def _load(self, pool: Pool, rung: int) -> tuple[Places, int]:
        weights, full = station_weights(self.problem, pool, rung)
        return np.array([weights[t] for t in pool.stations], dtype=np.int64), full

    def build(
        self, pool: Pool, rung: int, *, teams: int | None = None, few: Sequence[int] = ()
    ) -> tuple[Beat, ...]:
        """Group the stations of a pool into beats, without posts.

        Parameters
        ----------
        pool
            A pool of the problem.
        rung
            Rung of *low* in its unit.
        teams
            Most teams, which may leave stations out; no limit by default.
        few
            Posts out of reach of some of the pool's stations, one for each of the beats that
            shall be in reach of it.

        Returns
        -------
        tuple of Beat
            Without ``teams`` every station is in exactly one; ``post`` is ``NO_POST``.
        """
        key = (pool, rung, teams, tuple(few))
        if key not in self._built:
            built = self._build(pool, rung, teams, few)
            if self.is_over():
                return built
            self._built[key] = built
        return self._built[key]

    def remember(
        self, pool: Pool, rung: int, beats: tuple[Beat, ...], few: Sequence[int] = ()
    ) -> None:
        """Remember beats that are better than those built, found in another way.

        Parameters
        ----------
        pool
            A pool of the problem.
        rung
            Rung of *low* in its unit.
        beats
            Beats that hold every station of the pool.
        few
            As for `build`.
        """
        self._built[pool, rung, None, tuple(few)] = beats

    def _build(
        self, pool: Pool, rung: int, teams: int | None, few: Sequence[int]
    ) -> tuple[Beat, ...]:
        ground = self.ground(pool)
        weight, full = self._load(pool, rung)
        least = self.least(pool, rung)
        target = least if teams is None else min(teams, least)
        quota = _quota(ground, target, few)
        best: Sketch | None = None
        for attempt in range(TRIES):
            rng = random.Random(f"{self.seed}-{pool.unit}-{rung}-{attempt}")  # noqa: S311 (no secret)
            order = _order(ground, rng if attempt else None)
            sketch = _sketch(
                ground, (weight, full), order, quota, self.problem.rules.team_tenths, self.is_over
            )
            sketch = use_fewer_teams(
                sketch, target, rng, self.is_over, quota=quota, strict=teams is not None
            )
            if best is None or _rank(sketch, quota) < _rank(best, quota):
                best = sketch
            enough = (max(0, int(weight.sum()) - target * full), target, 0)
            if _rank(best, quota) <= enough or self.is_over():
                break
        return best.beats() if best is not None else ()


def _quota(ground: Ground, target: int, few: Sequence[int]) -> list[int] | None:
    """Divide the teams of a pool among its groups of posts; None where all is one."""
    if not few:
        return None
    quota = [0] * len(ground.posts)
    for post in few:
        quota[next(g for g, posts in enumerate(ground.posts) if post in posts)] += 1
    # the first group reaches most: everything, where any does
    quota[0] += max(0, target - len(few))
    return quota


def _rank(sketch: Sketch, quota: Sequence[int] | None) -> tuple[int, int, int]:
    """Compare sketches: load without a beat, teams, teams beyond the groups' quota."""
    beyond = 0
    if quota is not None:
        counts = np.bincount(sketch.groups, minlength=len(quota))
        beyond = int(np.maximum(0, counts - np.array(quota)).sum())
    return (*sketch.rank, beyond)


def build_beats(
    problem: Problem,
    stations: Places,
    rungs: Mapping[str, int],
    seed: int,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Beat, ...]:
    """Group stations into beats, without posts.

    Parameters
    ----------
    problem
        The problem.
    stations
        Station indices in reach of some post, rising.
    rungs
        Rung of *low* by border unit.
    seed
        Seed of the order in which remote stations are taken.
    is_over
        Asked again and again whether to make do with what there is.

    Returns
    -------
    tuple of Beat
        Every station is in exactly one; ``post`` is ``NO_POST``.
    """
    builder = Builder(problem, seed, is_over)
    beats = [
        beat
        for pool in pools_of(problem, stations)
        for beat in builder.build(pool, rungs[pool.unit])
    ]
    return tuple(sorted(beats, key=lambda beat: beat.anchor))


def _order(ground: Ground, rng: random.Random | None) -> list[int]:
    """Order stations by how hard they are to serve: few neighbours, and far ones."""
    n = len(ground)
    near = (ground.near < n).sum(axis=1)
    far = ground.near_tenths.sum(axis=1) / np.maximum(near, 1)
    order: list[int] = np.lexsort((-np.arange(n), -far, near)).tolist()
    if rng is not None:
        noise = {t: rank * rng.uniform(0.7, 1.3) for rank, t in enumerate(order)}
        order.sort(key=lambda t: (noise[t], t))
    return order


def _sketch(
    ground: Ground,
    load: tuple[Places, int],
    order: Sequence[int],
    quota: Sequence[int] | None,
    team_tenths: int,
    is_over: Callable[[], bool],
) -> Sketch:
    """Serve one station after another, each with the beat that costs least per load."""
    weight, full = load
    sketch = Sketch(ground, weight, full)
    # the place after the last one is padding and never free
    free = np.append(np.ones(len(ground), dtype=np.bool_), False)
    left = None if quota is None else list(quota)
    hurried = False
    for seed, group in _turns(ground, order, quota):
        if not free[seed]:
            continue
        hurried = hurried or is_over()
        if left is not None:
            if group is None:
                # the group with fewest stations that still has a team, else the one with most
                able = [g for g, count in enumerate(left) if count and ground.served[g, seed]]
                group = able[-1] if able else int(ground.group_of[seed])  # noqa: PLW2901
            elif not left[group]:
                continue
            left[group] = max(0, left[group] - 1)
        elif group is None:
            group = int(ground.group_of[seed])  # noqa: PLW2901
        usable = free.copy()
        usable[:-1] &= ground.served[group]
        anchor, members = _best_beat(
            ground, load, seed, usable, team_tenths, 0 if hurried else CANDIDATES
        )
        sketch.add(anchor, group, members)
        free[members] = False
    return sketch


def _turns(
    ground: Ground, order: Sequence[int], quota: Sequence[int] | None
) -> Iterator[tuple[int, int | None]]:
    """Give stations in their order; first those that only one of the groups with teams reaches."""
    if quota is not None:
        able = ground.served & (np.array(quota) > 0)[:, None]
        only = able.sum(axis=0) == 1
        alone = able.argmax(axis=0)
        for seed in order:
            if only[seed]:
                yield seed, int(alone[seed])
    for seed in order:
        yield seed, None


def _best_beat(
    ground: Ground,
    load: tuple[Places, int],
    seed: int,
    usable: NDArray[np.bool_],
    team_tenths: int,
    candidates: int,
) -> tuple[int, list[int]]:
    """Choose the anchor whose beat costs least per load among those that hold the seed."""
    weight, full = load
    row = ground.near[seed]
    some = row[usable[row]][:candidates]
    anchors = np.concatenate(([seed], some[weight[some] + weight[seed] <= full]))
    near, tenths = ground.near[anchors], ground.near_tenths[anchors]
    to_seed = np.where(near == seed, tenths, 0).sum(axis=1)
    carried = weight[anchors] + np.where(anchors == seed, 0, weight[seed])
    fits = usable[near] & (near != seed)
    share = np.where(fits, np.append(weight, 0)[near], 0)
    running = carried[:, None] + np.cumsum(share, axis=1)
    fits &= running <= full
    cost = to_seed + np.where(fits, tenths, 0).sum(axis=1)
    score = (cost + team_tenths) / (carried + np.where(fits, share, 0).sum(axis=1))
    best = int(np.lexsort((anchors, score))[0])
    anchor = int(anchors[best])
    members = [anchor] if anchor == seed else [anchor, seed]
    left = full - int(carried[best])
    # one that is too heavy does not end the beat: lighter ones behind it may still fit
    row = ground.near[anchor]
    for t in row[usable[row] & (row != seed)].tolist():
        if left == 0:
            break
        if weight[t] <= left:
            members.append(t)
            left -= int(weight[t])
    return anchor, members
