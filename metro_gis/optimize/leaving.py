"""Which stations to leave uncovered: those that a linear program leaves, as whole teams allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.solver import solve_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.optimize.allowance import Allowance
    from metro_gis.optimize.pool_bounds import CityBound
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.search import Search

SECONDS = 2.0
NODES = 500
"""What the question may take; nodes, unlike seconds, can be repeated."""


def leave_out(
    search: Search, models: Sequence[PoolModel], allowance: Allowance, bound: CityBound
) -> tuple[int, ...] | None:
    """Choose the stations to leave uncovered.

    Parameters
    ----------
    search
        The search.
    models
        All pools.
    allowance
        How many may stay uncovered.
    bound
        Says how far its linear program leaves each of them.

    Returns
    -------
    tuple of int
        Station indices, rising, as many as may be: of all sets that leave what whole teams can
        carry, the one that the program leaves most. None where there is no such program, or no
        such set.
    """
    if not bound.uncovered:
        return None
    program = _Leaving(bound.shared[: len(bound.shared) - len(allowance.allowed)])
    for k, (model, tiers, shares) in enumerate(
        zip(models, allowance.tiers, bound.uncovered, strict=True)
    ):
        program.state(k, model, tiers, shares)
    program.close(allowance)
    limits = search.brief(SECONDS, NODES, least=0.5)
    answer = solve_program(program.lp, limits, seed=search.settings.seed, stop=search.stop)
    if not answer.solved:
        return None
    return tuple(sorted(t for name, t in program.stations.items() if answer.values.get(name)))


class _Leaving:
    """Load and teams of pools, officers of posts, and stations left."""

    def __init__(self, officers: Floats) -> None:
        self.lp = pulp.LpProblem("leaving", pulp.LpMinimize)
        self.officers = officers.tolist()
        self.stations: dict[str, int] = {}
        self.left: dict[int, list[pulp.LpVariable]] = {}
        self.costs: list[pulp.LpAffineExpression] = []
        self.sent: list[list[pulp.LpAffineExpression]] = [[] for _ in self.officers]

    def state(self, k: int, model: PoolModel, tiers: Places, shares: Floats) -> None:
        """State that what a pool keeps is no more than its teams can carry."""
        carried: list[pulp.LpAffineExpression] = []
        for index, slot in enumerate(model.slots):
            for p in slot.posts.tolist():
                teams = self.lp.add_variable(f"teams_{k}_{index}_{p}", 0, cat=pulp.LpInteger)
                carried.append(model.full * teams)
                self.sent[p].append(slot.size * teams)
        for place in np.flatnonzero(tiers >= 0).tolist():
            t, weight = int(model.members[place]), int(model.weight[place])
            leave = self.lp.add_variable(f"leave_{t}", 0, 1, cat=pulp.LpBinary)
            self.stations[leave.name] = t
            self.left.setdefault(int(tiers[place]), []).append(leave)
            carried.append(weight * leave)
            self.costs.append((1.0 - float(shares[place])) * leave)
        load = int(model.weight.sum())
        self.lp.addConstraint(pulp.lpSum(carried) >= load, f"load_{k}")

    def close(self, allowance: Allowance) -> None:
        """State what pools share, and that what the linear program leaves is to be left."""
        for p, (terms, officers) in enumerate(zip(self.sent, self.officers, strict=True)):
            self.lp.addConstraint(pulp.lpSum(terms) <= officers, f"post_{p}")
        for tier, count in enumerate(allowance.allowed.tolist()):
            self.lp.addConstraint(pulp.lpSum(self.left.get(tier, [])) == count, f"tier_{tier}")
        self.lp.setObjective(pulp.lpSum(self.costs))
