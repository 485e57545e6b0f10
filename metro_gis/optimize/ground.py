"""A pool as arrays that hold at every rung: who is near whom, and which posts reach whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.problem import Problem

    Bools = NDArray[np.bool_]
    Places = NDArray[np.int64]
    Shorts = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ground:
    """A pool laid out. Stations count in places of ``members``.

    Parameters
    ----------
    pool
        The pool.
    members
        Station indices, rising: shape ``(n,)``.
    near
        Neighbours of each station, the nearest first, itself left out: shape ``(n, k)``; padding
        is ``n``, which is no station.
    near_tenths
        Minutes to them with the kelurahan penalty, in tenths: shape ``(n, k)``; padding is 0.
    served
        Which stations the posts of a group reach: shape ``(n_groups, n)``; the groups that reach
        most come first.
    posts
        Indices of the posts of each group.
    """

    pool: Pool
    members: Places
    near: Shorts
    near_tenths: Shorts
    served: Bools
    posts: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def adjacent(self) -> Bools:
        """Whether a station may be served from another, itself included: shape ``(n, n)``."""
        n = len(self)
        found = np.zeros((n, n + 1), dtype=np.bool_)
        found[np.arange(n)[:, None], self.near] = True
        found[np.arange(n), np.arange(n)] = True
        return found[:, :n]

    @cached_property
    def parts(self) -> Places:
        """Number of the connected part that each station lies in: shape ``(n,)``."""
        _, part = connected_components(self.adjacent, directed=False)
        return part.astype(np.int64)

    @cached_property
    def group_of(self) -> Places:
        """The group that reaches most, among those that reach a station: shape ``(n,)``."""
        return np.asarray(self.served.argmax(axis=0), dtype=np.int64)


def wards_of(problem: Problem) -> Places:
    """Give every kelurahan a number, and each station that of its own.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_stations,)``; equal numbers mean the same kelurahan.
    """
    places = [(station.kecamatan, station.kelurahan) for station in problem.stations]
    code = {place: number for number, place in enumerate(sorted(set(places)))}
    return np.array([code[place] for place in places], dtype=np.int64)


def lay_out(problem: Problem, pool: Pool, wards: Places) -> Ground:
    """Lay a pool out as arrays.

    Parameters
    ----------
    problem
        The problem.
    pool
        The pool; every station is in reach of some post.
    wards
        What `wards_of` says.

    Returns
    -------
    Ground
        The arrays.
    """
    members = np.array(pool.stations, dtype=np.int64)
    near, tenths = _neighbours(problem, members, wards)
    groups: dict[bytes, list[int]] = {}
    reach = problem.in_reach[:, members]
    for p in np.flatnonzero(reach.any(axis=1)).tolist():
        groups.setdefault(reach[p].tobytes(), []).append(p)
    order = sorted(groups.values(), key=lambda posts: (-int(reach[posts[0]].sum()), posts))
    return Ground(
        pool=pool,
        members=members,
        near=near,
        near_tenths=tenths,
        served=reach[[posts[0] for posts in order]],
        posts=tuple(tuple(posts) for posts in order),
    )


def _neighbours(problem: Problem, members: Places, wards: Places) -> tuple[Shorts, Shorts]:
    travel, n = problem.travel, len(members)
    place = np.full(len(problem.stations), -1, dtype=np.int64)
    place[members] = np.arange(n)
    rows = []
    for j, station in enumerate(members.tolist()):
        start, stop = travel.beat_indptr[station], travel.beat_indptr[station + 1]
        at = place[travel.beat_indices[start:stop]]
        time = travel.beat_tenths[start:stop].astype(np.int64)
        kept = (at >= 0) & (at != j) & (time <= problem.beat_limit_tenths)
        at, time = at[kept], time[kept]
        away = wards[members[at]] != wards[station]
        time = time + problem.rules.kelurahan_penalty_tenths * away
        order = np.argsort(time, kind="stable")
        rows.append((at[order], time[order]))
    width = max((len(at) for at, _ in rows), default=0)
    near = np.full((n, width), n, dtype=np.int32)
    tenths = np.zeros((n, width), dtype=np.int32)
    for j, (at, time) in enumerate(rows):
        near[j, : len(at)] = at
        tenths[j, : len(at)] = time
    return near, tenths
