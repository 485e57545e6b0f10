"""The fewest teams of one pool, asked of the engine: the proof that counting cannot give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.pools import station_weights
from metro_gis.plan import Beat
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.search import Search

ENGINE_PAIRS = 50_000
"""The engine is not asked about pools with more pairs."""
NO_POST = -1


def settle_teams(
    search: Search, pool: Pool, rung: int, least: int
) -> tuple[int, tuple[Beat, ...] | None]:
    """Find out whether a pool can do with the fewest teams that are known to be needed.

    Parameters
    ----------
    search
        The search; the time left in its slice is used.
    pool
        A pool.
    rung
        Rung of *low* in its unit.
    least
        Teams that it needs, as far as is proven.

    Returns
    -------
    least : int
        One more than before if it is proven that so many are not enough, else the same.
    beats : tuple of Beat or None
        Beats with exactly ``least`` teams, where they were found.
    """
    ground = search.builder.ground(pool)
    question = _Question(search, pool, rung, _widest(ground.served))
    impossible, beats = question.ask({None: least})
    return least + impossible, beats


def settle_posts(
    search: Search, pool: Pool, rung: int, teams: Mapping[int, int]
) -> tuple[bool, tuple[Beat, ...] | None]:
    """Find out whether a pool can do with teams of certain posts.

    Parameters
    ----------
    search
        The search; the time left in its slice is used.
    pool
        A pool.
    rung
        Rung of *low* in its unit.
    teams
        Teams by post.

    Returns
    -------
    impossible : bool
        Whether it is proven that they are not enough.
    beats : tuple of Beat or None
        Beats that these teams can guard, where they were found.
    """
    ground = search.builder.ground(pool)
    quota: dict[int | None, int] = {}
    for post, count in teams.items():
        group = next(g for g, posts in enumerate(ground.posts) if post in posts)
        quota[group] = quota.get(group, 0) + count
    groups = sorted(group for group in quota if group is not None)
    return _Question(search, pool, rung, groups).ask(quota)


def settle_some(search: Search, pool: Pool, rung: int, stations: Sequence[int], least: int) -> bool:
    """Find out whether so many teams are too few for some stations of a pool.

    Parameters
    ----------
    search
        The search; the time left in its slice is used.
    pool
        A pool.
    rung
        Rung of *low* in its unit.
    stations
        Station indices to be covered; others may be, too.
    least
        Teams, of whatever posts.

    Returns
    -------
    bool
        Whether it is proven.
    """
    ground = search.builder.ground(pool)
    wanted = np.isin(ground.members, stations)
    groups = _widest(ground.served[ground.served[:, wanted].any(axis=1)])
    question = _Question(search, pool, rung, groups, wanted)
    impossible, _ = question.ask({None: least})
    return impossible


def _widest(served: NDArray[np.bool_]) -> list[int]:
    """Leave out groups of posts that reach nothing but what another group reaches."""
    kept: list[int] = []
    # groups that reach most come first
    for g, row in enumerate(served):
        if not any((row <= served[other]).all() for other in kept):
            kept.append(g)
    return kept


class _Question:
    """Whether stations of a pool can be covered with so many teams."""

    def __init__(
        self,
        search: Search,
        pool: Pool,
        rung: int,
        groups: Sequence[int],
        wanted: NDArray[np.bool_] | None = None,
    ) -> None:
        self.search = search
        self.ground = search.builder.ground(pool)
        self.groups = groups
        everything = np.ones(len(self.ground), dtype=np.bool_)
        self.wanted = everything if wanted is None else wanted
        weights, self.full = station_weights(search.problem, pool, rung)
        self.weight = [weights[t] for t in pool.stations]

    def ask(self, quota: Mapping[int | None, int]) -> tuple[bool, tuple[Beat, ...] | None]:
        """Ask with most teams by group, or of all groups together (None)."""
        search, members = self.search, self.ground.members
        pairs = int(self.ground.adjacent[:, self.wanted].sum()) * len(self.groups)
        if pairs > ENGINE_PAIRS or search.is_out():
            return False, None
        lp, names = self._state()
        for group, most in quota.items():
            opened = [one for (t, j, g), one in names.items() if t == j and group in (None, g)]
            lp.addConstraint(pulp.lpSum(opened) <= most, f"teams_{group}")
        lp.setObjective(pulp.lpSum([]))
        answer = solve_program(
            lp, search.limits(first=True), seed=search.settings.seed, stop=search.stop
        )
        search.note(answer, first=True)
        if not answer.solved:
            return answer.termination is Termination.INFEASIBLE, None
        beats: dict[tuple[int, int], list[int]] = {}
        for (t, j, g), one in names.items():
            if answer.values[one.name]:
                beats.setdefault((j, g), []).append(int(members[t]))
        return False, tuple(
            Beat(NO_POST, int(members[j]), tuple(sorted(stations)))
            for (j, _), stations in sorted(beats.items())
        )

    def _state(self) -> tuple[pulp.LpProblem, dict[tuple[int, int, int], pulp.LpVariable]]:
        """State who is served from which anchor by which group; anchors serve themselves."""
        lp = pulp.LpProblem("teams", pulp.LpMinimize)
        names: dict[tuple[int, int, int], pulp.LpVariable] = {}
        for g in self.groups:
            served = self.ground.served[g]
            for j in np.flatnonzero(served).tolist():
                inside = self.ground.adjacent[j] & served & self.wanted
                inside[j] = True
                for t in np.flatnonzero(inside).tolist():
                    name = f"serve_{t}_{j}_{g}"
                    names[t, j, g] = lp.add_variable(name, 0, 1, cat=pulp.LpBinary)
        ways: list[list[pulp.LpVariable]] = [[] for _ in range(len(self.ground))]
        beats: dict[tuple[int, int], list[tuple[int, pulp.LpVariable]]] = {}
        for (t, j, g), one in names.items():
            ways[t].append(one)
            beats.setdefault((j, g), []).append((t, one))
        for t, terms in enumerate(ways):
            # without a way there is no plan; a station that is not wanted may be left out
            held = pulp.lpSum(terms)
            lp.addConstraint(held == 1 if self.wanted[t] else held <= 1, f"cover_{t}")
        for (j, g), inside in beats.items():
            opened = names[j, j, g]
            carried = pulp.lpSum(self.weight[t] * one for t, one in inside)
            lp.addConstraint(carried <= self.full * opened, f"load_{j}_{g}")
            for t, one in inside:
                if t != j:
                    lp.addConstraint(one <= opened, f"open_{t}_{j}_{g}")
        return lp, names
