"""A bound that can be checked without an engine: multipliers in whole numbers.

Whatever multipliers are written down, weak duality makes a true bound of them (Geoffrion 1974,
https://doi.org/10.1007/BFb0120690); `metro_gis.verify` works it out anew from the inputs. Here
they are rounded to whole numbers, and the bound is worked out as the checker will.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.pools import pool_load, pools_of
from metro_gis.optimize.pricing import Multipliers, lower_bound, price
from metro_gis.optimize.search import reachable
from metro_gis.optimize.team_sizes import officers_sent, step_tenths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.capacity_rows import CapacityRow
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.pool_tree import Node, PoolTree
    from metro_gis.problem import Problem

SCALE = 1_000
"""Multipliers are whole thousandths of a tenth of a minute."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """A bound with what proves it.

    Parameters
    ----------
    bound_tenths
        No plan with this cover and these rungs has fewer officer-minutes, in tenths.
    parts
        What a checker needs: ``(aim, part, value)`` with plain values.
    """

    bound_tenths: int
    parts: tuple[tuple[str, str, Any], ...]


def certify(problem: Problem, trees: Sequence[PoolTree], prices: Floats) -> Certificate:
    """Write down what proves the bound of a city.

    Parameters
    ----------
    problem
        The problem, everything in reach of which is covered.
    trees
        All pools, as far as they were split.
    prices
        Charge per officer of each post, in tenths: shape ``(n_posts,)``.

    Returns
    -------
    Certificate
        Its bound holds in exact arithmetic.
    """
    charges = np.maximum(0.0, np.round(prices * SCALE))
    officers, step = officers_sent(problem).astype(np.float64), step_tenths(problem)
    named = {
        post.post_id: int(charge)
        for post, charge in zip(problem.posts, charges.tolist(), strict=True)
        if charge
    }
    parts: list[tuple[str, str, Any]] = [
        ("nearness", "certificate prices", {"scale": SCALE, "officers": named})
    ]
    total = -float(charges @ officers)
    for number, tree in enumerate(trees, start=1):
        rows = list(dict.fromkeys(row for leaf in tree.top.leaves() for row in leaf.worth.rows))
        bound, told = _of_tree(tree.top, _scaled(tree.model), charges, rows)
        total += bound
        part = {
            "stations": [problem.stations[t].station_id for t in tree.model.members.tolist()],
            "rows": [{"anchors": list(r.anchors), "stations": list(r.stations)} for r in rows],
            "tree": told,
        }
        parts.append(("nearness", f"certificate {number}", part))
    return Certificate(step * math.ceil(total / (SCALE * step)), tuple(parts))


def _scaled(model: PoolModel) -> PoolModel:
    """Count in thousandths: sums of whole numbers stay exact in floating point below 2**53."""
    return replace(
        model,
        near_tenths=model.near_tenths * SCALE,
        deploy_tenths=model.deploy_tenths * SCALE,
        team_tenths=model.team_tenths * SCALE,
    )


def _of_tree(
    node: Node, model: PoolModel, charges: Floats, rows: Sequence[CapacityRow]
) -> tuple[float, dict[str, Any]]:
    if node.children:
        below, above = (_of_tree(child, model, charges, rows) for child in node.children)
        split = {"area": list(node.area), "most": node.most, "below": below[1], "above": above[1]}
        return min(below[0], above[0]), split
    worth = Multipliers(
        np.maximum(0.0, np.round(node.worth.station * SCALE)),
        max(0.0, round(node.worth.team * SCALE)),
        tuple(
            max(0.0, round(one * SCALE)) if side.above else min(0.0, round(one * SCALE))
            for one, side in zip(node.worth.sides, node.branch.shared, strict=True)
        ),
        {row: max(0, round(one * SCALE)) for row, one in node.worth.rows.items()},
    )
    leaf = {
        "worth": worth.station.astype(np.int64).tolist(),
        "team": int(worth.team),
        "sides": [int(one) for one in worth.sides],
        "rows": [[k, int(worth.rows[row])] for k, row in enumerate(rows) if worth.rows.get(row)],
    }
    return lower_bound(model, worth, price(model, charges, worth), node.branch), leaf


def rungs_are_counted(problem: Problem, rungs: Mapping[str, int]) -> bool:
    """Tell whether counting alone shows that no other rungs stretch units so little.

    Parameters
    ----------
    problem
        The problem, everything in reach of which is covered.
    rungs
        Rung of *low* by border unit.

    Returns
    -------
    bool
        True where all other rungs with officers enough for their loads have a larger sum.
    """
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    officers = np.array([post.station_officers for post in problem.posts])
    of_unit: dict[str, list[Any]] = {}
    for pool in pools_of(problem, stations):
        of_unit.setdefault(pool.unit, []).append(pool)
    low = problem.low_stations()
    # need and whether a unit's rung differs, to the least sum of stations times rung
    states: dict[tuple[int, bool], int] = {(0, False): 0}
    for unit in sorted({*low, *of_unit}):
        pools = of_unit.get(unit, [])
        members = [t for pool in pools for t in pool.stations]
        near = problem.in_reach[:, members].any(axis=1)
        options = []
        for rung in problem.doctrine.ladder if unit in low else problem.doctrine.ladder[-1:]:
            need = sum(math.ceil(pool_load(problem, pool, rung)) * pool.sizes[0] for pool in pools)
            if need <= int(officers[near].sum()):
                other = unit in low and rung != rungs[unit]
                options.append((need, other, low.get(unit, 0) * rung))
        states = _stretched(states, options)
    available = int(officers[problem.in_reach.any(axis=1)].sum())
    within = {key: value for key, value in states.items() if key[0] <= available}
    same = min((v for (_, other), v in within.items() if not other), default=None)
    others = min((v for (_, other), v in within.items() if other), default=None)
    return same is not None and (others is None or others > same)


def _stretched(
    states: Mapping[tuple[int, bool], int], options: Sequence[tuple[int, bool, int]]
) -> dict[tuple[int, bool], int]:
    """Add a unit, and keep what no other state beats in both need and sum."""
    more: dict[tuple[int, bool], int] = {}
    for (need, differs), value in states.items():
        for extra, other, stretch in options:
            key = (need + extra, differs or other)
            more[key] = min(more.get(key, value + stretch), value + stretch)
    kept: dict[tuple[int, bool], int] = {}
    for differs in (False, True):
        least: int | None = None
        for (need, _), value in sorted(item for item in more.items() if item[0][1] == differs):
            if least is None or value < least:
                kept[need, differs] = least = value
    return kept
