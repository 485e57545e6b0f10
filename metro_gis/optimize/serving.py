"""Anchors settled, stations of unlike weight: who is served from where, as a small program.

With the anchors given, what is left of a pool is a generalized assignment problem (Ross and
Soland 1975, https://doi.org/10.1007/BF01580430). Multipliers of column generation tell beforehand
which pairs no cheaper plan can hold; seldom are many left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.pricing import price
from metro_gis.optimize.reanchor import Assignment
from metro_gis.solver import Answer, Limits, Termination, solve_program

if TYPE_CHECKING:
    from metro_gis.optimize.pool_model import Floats, Places, PoolModel
    from metro_gis.optimize.pricing import Multipliers

MOST_PAIRS = 3_000
"""The engine is not asked where anchors and stations make more pairs."""
MOST_NODES = 2_000
DUST = 1e-6


@dataclass(frozen=True, eq=False)
class Served:
    """What settling the stations of some anchors proves.

    Parameters
    ----------
    bound_tenths
        No plan with these anchors is cheaper, the posts' prices included; inf where none is
        cheaper than what was asked for.
    found
        The cheapest way that was found, or None.
    """

    bound_tenths: float
    found: Assignment | None


def serve(
    model: PoolModel, prices: Floats, worth: Multipliers, anchors: tuple[int, ...], below: float
) -> Served:
    """Serve every station from one of the anchors, as near as possible.

    Parameters
    ----------
    model
        A pool with a live slot that serves all of it.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.
    worth
        What covering is worth.
    anchors
        Places of the anchors.
    below
        Only what costs less is looked for, in tenths.

    Returns
    -------
    Served
        The answer.
    """
    slot = model.widest(prices)
    if slot is None:
        message = f"no post reaches all stations of {model.pool.unit}"
        raise ValueError(message)
    chosen = np.array(anchors, dtype=np.int64)
    # every anchor has its cheapest beat at best
    reduced = price(model, prices, worth).reduced[chosen]
    floor = float((reduced + worth.team).sum()) + worth.fixed
    if floor >= below - DUST:
        return Served(math.inf, None)
    pairs = _pairs(model, chosen)
    if len(pairs) > MOST_PAIRS:
        return Served(floor, None)
    answer, home = _ask(model, chosen, pairs, slot.size)
    if answer.termination is Termination.INFEASIBLE:
        return Served(math.inf, None)
    fixed = float(model.team_costs(slot, prices)[0][chosen].sum())
    found = None if answer.value is None else Assignment(anchors, home, fixed + answer.value)
    return Served(max(floor, fixed + answer.bound), found)


def _pairs(model: PoolModel, anchors: Places) -> list[tuple[int, int, float]]:
    """List who may be served from which anchor, and how far away."""
    near, tenths = model.near[anchors], model.near_tenths[anchors]
    rows, columns = np.nonzero(np.isfinite(tenths) & ~np.isin(near, anchors))
    parts = (anchors[rows], near[rows, columns], tenths[rows, columns])
    return list(zip(*(part.tolist() for part in parts), strict=True))


def _ask(
    model: PoolModel, anchors: Places, pairs: list[tuple[int, int, float]], size: int
) -> tuple[Answer, Places]:
    """Ask the engine who is served from where."""
    lp = pulp.LpProblem("serving", pulp.LpMinimize)
    ways: list[list[pulp.LpVariable]] = [[] for _ in range(len(model))]
    loads: dict[int, list[pulp.LpAffineExpression]] = {j: [] for j in anchors.tolist()}
    costs, take = [], {}
    for j, t, tenths in pairs:
        take[j, t] = one = lp.add_variable(f"serve_{j}_{t}", 0, 1, cat=pulp.LpBinary)
        ways[t].append(one)
        loads[j].append(int(model.weight[t]) * one)
        costs.append(size * tenths * one)
    home = np.arange(len(model))
    for t in np.setdiff1d(home, anchors).tolist():
        if not ways[t]:
            return Answer(Termination.INFEASIBLE, None, math.inf), home
        lp.addConstraint(pulp.lpSum(ways[t]) == 1, f"cover_{t}")
    for j, load in loads.items():
        lp.addConstraint(pulp.lpSum(load) <= int(model.capacity[j]), f"load_{j}")
    lp.setObjective(pulp.lpSum(costs))
    answer = solve_program(lp, Limits(nodes=MOST_NODES))
    for (j, t), one in take.items():
        if answer.solved and answer.values[one.name]:
            home[t] = j
    return answer, home
