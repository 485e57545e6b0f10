"""The fewest teams of one pool, asked of the engine: the proof that counting cannot give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.pools import station_weights
from metro_gis.plan import Beat
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metro_gis.optimize.ground import Ground
    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.search import Search

ENGINE_PAIRS = 20_000
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
    groups = _widest(ground.served)
    if int(ground.adjacent.sum()) * len(groups) > ENGINE_PAIRS or search.is_out():
        return least, None
    weights, full = station_weights(search.problem, pool, rung)
    weight = np.array([weights[t] for t in pool.stations], dtype=np.int64)
    lp, names = _state(ground, groups, weight, full)
    opened = [one for name, one in names.items() if name[0] == name[1]]
    lp.addConstraint(pulp.lpSum(opened) == least, "teams")
    lp.setObjective(pulp.lpSum([]))
    answer = solve_program(
        lp, search.limits(first=True), seed=search.settings.seed, stop=search.stop
    )
    search.note(answer)
    if answer.termination is Termination.INFEASIBLE:
        return least + 1, None
    if not answer.solved:
        return least, None
    beats: dict[tuple[int, int], list[int]] = {}
    for (t, j, g), one in names.items():
        if answer.values[one.name]:
            beats.setdefault((j, g), []).append(int(ground.members[t]))
    return least, tuple(
        Beat(NO_POST, int(ground.members[j]), tuple(sorted(stations)))
        for (j, _), stations in sorted(beats.items())
    )


def _widest(served: NDArray[np.bool_]) -> list[int]:
    """Leave out groups of posts that reach nothing but what another group reaches."""
    kept: list[int] = []
    # groups that reach most come first
    for g, row in enumerate(served):
        if not any((row <= served[other]).all() for other in kept):
            kept.append(g)
    return kept


def _state(
    ground: Ground, groups: list[int], weight: NDArray[np.int64], full: int
) -> tuple[pulp.LpProblem, dict[tuple[int, int, int], pulp.LpVariable]]:
    """State who is served from which anchor by posts of which group; anchors serve themselves."""
    lp = pulp.LpProblem("teams", pulp.LpMinimize)
    names: dict[tuple[int, int, int], pulp.LpVariable] = {}
    n = len(ground)
    for g in groups:
        served = ground.served[g]
        for j in np.flatnonzero(served).tolist():
            for t in np.flatnonzero(ground.adjacent[j] & served).tolist():
                names[t, j, g] = lp.add_variable(f"serve_{t}_{j}_{g}", 0, 1, cat=pulp.LpBinary)
    ways: list[list[pulp.LpVariable]] = [[] for _ in range(n)]
    beats: dict[tuple[int, int], list[tuple[int, pulp.LpVariable]]] = {}
    for (t, j, g), one in names.items():
        ways[t].append(one)
        beats.setdefault((j, g), []).append((t, one))
    for t, terms in enumerate(ways):
        lp.addConstraint(pulp.lpSum(terms) == 1, f"cover_{t}")
    for (j, g), inside in beats.items():
        opened = names[j, j, g]
        carried = pulp.lpSum(int(weight[t]) * one for t, one in inside)
        lp.addConstraint(carried <= full * opened, f"load_{j}_{g}")
        for t, one in inside:
            if t != j:
                lp.addConstraint(one <= opened, f"open_{t}_{j}_{g}")
    return lp, names
