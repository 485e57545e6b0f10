"""Capacitated p-medians (Osman and Christofides 1994) through the package's column generation.

A set of medians is a pool: customers are stations whose weight is their demand, a median is an
anchor, the capacity is a full team, and minutes are distances. Exactly `p` teams: the core asks
for at least `p`, and a charge on every team keeps it from taking more; the charge is subtracted
from the bound. A plan is improved area by area as `metro_gis.optimize.neighbourhood` does; then
HiGHS solves the compact program over the pairs that may still be part of a better plan, which the
multipliers of column generation tell.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pulp
from benchmarks.knapsack import knapsack_pricing, take

from metro_gis.optimize.column_generation import PoolBound, bound_pool
from metro_gis.optimize.pool_model import PoolModel, Slot
from metro_gis.optimize.pools import Pool
from metro_gis.solver import Limits, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DUST = 1e-6
AREA_MEDIANS = (3, 2)
AREA_SECONDS = 10.0
FIRST_MARGIN = 0.002
"""Share of the bound that the plans of the first try may lie above it."""


@dataclass(frozen=True, eq=False)
class Medians:
    """A capacitated p-median problem.

    Parameters
    ----------
    number
        Of the instance.
    optimum
        As published.
    medians, capacity
        How many are chosen, and the demand each can serve.
    distance
        Whole numbers: shape ``(n, n)``.
    demand
        Whole numbers: shape ``(n,)``.
    """

    number: int
    optimum: int
    medians: int
    capacity: int
    distance: np.ndarray
    demand: np.ndarray


@dataclass(frozen=True)
class Solved:
    """What came of an instance.

    Parameters
    ----------
    value
        Total distance of the best medians found, recomputed from the assignment; None if none.
    bound
        No choice of medians is below it.
    root_bound
        What column generation alone proves.
    rounds, pairs
        Rounds of column generation; pairs that the thinned program kept.
    seconds
        Wall clock.
    """

    value: int | None
    bound: float
    root_bound: float
    rounds: int
    pairs: int
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether the value is the best possible."""
        return self.value is not None and self.bound >= self.value - DUST


def read_pmedcap(text: str) -> Medians:
    """Read an instance: number and optimum, then n, p and capacity, then id, x, y, demand."""
    words = [int(word) for word in text.split()]
    number, optimum, n, medians, capacity = words[:5]
    rows = np.array(words[5:], dtype=np.int64)
    if len(rows) != 4 * n:
        message = f"instance {number} says {n} customers and has {len(rows) / 4:g}"
        raise ValueError(message)
    _, x, y, demand = rows.reshape(n, 4).T
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    # Euclidean, rounded down; exact, since a root of whole numbers is taken
    distance = np.array([[math.isqrt(one) for one in row] for row in square.tolist()])
    return Medians(number, optimum, medians, capacity, distance, demand)


def read_folder(folder: Path) -> list[Medians]:
    """Read every instance of a folder, in the order of their names."""
    return [
        read_pmedcap(path.read_text(encoding="ascii"))
        for path in sorted(folder.glob("pmedcap*.txt"))
    ]


def pool_model(problem: Medians, charge: int) -> PoolModel:
    """Lay an instance out as a pool with one post, everything in reach of everything."""
    n = len(problem.demand)
    others = np.array([[t for t in range(n) if t != j] for j in range(n)])
    everywhere = np.ones(n, dtype=np.bool_)
    return PoolModel(
        pool=Pool("pmedcap", tuple(range(n)), has_low=False, sizes=(1,)),
        members=np.arange(n),
        weight=problem.demand,
        full=problem.capacity,
        near=others,
        near_tenths=np.take_along_axis(problem.distance, others, axis=1).astype(np.float64),
        deploy_tenths=np.zeros((1, n)),
        team_tenths=charge,
        slots=(Slot(1, np.zeros(1, dtype=np.int64), everywhere, everywhere),),
        teams=problem.medians,
    )


def solve_medians(problem: Medians, *, seconds: float = 60.0, seed: int = 1) -> Solved:
    """Find the medians, and prove them if there is time."""
    started = time.monotonic()

    def left() -> float:
        return max(0.0, started + seconds - time.monotonic())

    charge = int(problem.distance.max())
    model = pool_model(problem, charge)
    with knapsack_pricing():
        root = bound_pool(model, np.zeros(1))
    root_bound = root.value_tenths - charge * problem.medians
    floor = float(math.ceil(root_bound - DUST))
    through = _through(model, root) - charge * problem.medians
    everything = np.ones_like(through, dtype=np.bool_)
    margin = through <= root_bound + FIRST_MARGIN * abs(root_bound)
    homes = _ask(problem, margin, Limits(left() / 8)).homes
    if homes is None:
        homes = _ask(problem, everything, Limits(left() / 4, first_solution=True)).homes
    if homes is None:
        return Solved(None, floor, root_bound, root.rounds, 0, time.monotonic() - started)
    if price(problem, homes) > floor:
        homes = _by_areas(problem, homes, through, random.Random(seed), left)
    value = price(problem, homes)
    bound, pairs = floor, 0
    if value > floor:
        # whoever beats the plan in hand is among these pairs
        kept = through <= value - 1 + DUST
        pairs = int(kept.sum())
        answer = _ask(problem, kept, Limits(left()))
        if answer.homes is not None:
            value = min(value, price(problem, answer.homes))
        # distances are whole; where nothing better is left the engine's bound is infinite
        proven = math.ceil(min(max(answer.bound, floor), value) - DUST)
        bound = float(proven)
    took = time.monotonic() - started
    return Solved(value, bound, root_bound, root.rounds, pairs, took)


def _by_areas(
    problem: Medians,
    homes: list[int],
    through: np.ndarray,
    rng: random.Random,
    left: Callable[[], float],
) -> list[int]:
    """Take a few medians and their customers apart and solve them exactly, while that helps.

    Pairs that no better plan can hold are left out, those of the plan in hand are kept.
    """
    waiting = _areas(homes, rng)
    while waiting and left() > 0:
        area = waiting.pop()
        members = np.flatnonzero(np.isin(homes, area))
        now = price(problem, homes)
        inside = np.ix_(members, members)
        kept = through[inside] <= now - 1 + DUST
        place = {t: k for k, t in enumerate(members.tolist())}
        own = [place[homes[t]] for t in members.tolist()]
        kept[own, range(len(own))] = True
        part = replace(
            problem,
            medians=len(area),
            distance=problem.distance[inside],
            demand=problem.demand[members],
        )
        found = _ask(part, kept, Limits(min(AREA_SECONDS, left()))).homes
        if found is not None and price(part, found) < price(part, own):
            homes = list(homes)
            for t, home in zip(members.tolist(), found, strict=True):
                homes[t] = int(members[home])
            waiting = _areas(homes, rng)
    return homes


def _areas(homes: list[int], rng: random.Random) -> list[tuple[int, ...]]:
    """List sets of medians to be tried, the last one first: small ones before large ones."""
    medians = sorted(set(homes))
    areas: list[tuple[int, ...]] = []
    for size in AREA_MEDIANS:
        sets = list(combinations(medians, min(size, len(medians))))
        rng.shuffle(sets)
        areas += sets
    return areas


def _through(model: PoolModel, root: PoolBound) -> np.ndarray:
    """Bound from below the plans in which ``j`` serves ``t``: shape ``(n, n)``, with the charges.

    Such a plan has a team at ``j`` whose knapsack holds ``t``: the bound of all plans, with the
    best of ``j``'s sets replaced by the best of those that hold ``t``. The diagonal speaks of
    plans in which ``j`` is a median.
    """
    n, worth = len(model), root.worth
    values = np.full((n, n), np.inf)
    np.put_along_axis(values, model.near, model.near_tenths - worth.station[model.near], axis=1)
    widest = int(model.capacity.max())
    start = np.where(np.arange(widest + 1) >= (widest - model.capacity)[:, None], 0.0, np.inf)
    ahead, behind = [start], [np.zeros((n, widest + 1))]
    for t in range(n):
        ahead.append(_offered(ahead[-1], model.weight[t], values[:, t]))
        behind.append(_offered(behind[-1], model.weight[n - 1 - t], values[:, n - 1 - t]))
    opening = model.team_tenths - worth.team - worth.station
    reduced = opening + ahead[-1][:, -1]
    rest = worth.station.sum() + worth.team * model.teams + np.minimum(reduced, 0.0).sum()
    result = np.full((n, n), np.inf)
    for t in range(n):
        weight = int(model.weight[t])
        # what the stations before t leave over goes to t, and to those after it
        before = ahead[t][:, : widest + 1 - weight]
        after = behind[n - 1 - t][:, : widest + 1 - weight][:, ::-1]
        result[:, t] = opening + values[:, t] + (before + after).min(axis=1)
    np.fill_diagonal(result, reduced)
    return rest + result - np.minimum(reduced, 0.0)[:, None]


def _offered(table: np.ndarray, weight: int, values: np.ndarray) -> np.ndarray:
    offered = table.copy()
    take(offered, np.full(len(table), weight), values)
    return offered


@dataclass(frozen=True)
class _Answer:
    homes: list[int] | None
    bound: float


def _ask(problem: Medians, kept: np.ndarray, limits: Limits) -> _Answer:
    """Solve the compact program over the pairs kept."""
    n = len(problem.demand)
    lp = pulp.LpProblem("medians", pulp.LpMinimize)
    binary = {
        (j, t): lp.add_variable(f"serve_{j}_{t}", 0, 1, cat=pulp.LpBinary)
        for j, t in np.argwhere(kept & np.diag(kept)[:, None]).tolist()
    }
    for t in range(n):
        ways = [binary[j, t] for j in range(n) if (j, t) in binary]
        if not ways:
            return _Answer(None, math.inf)
        lp.addConstraint(pulp.lpSum(ways) == 1, f"cover_{t}")
    for j in range(n):
        own = [t for t in range(n) if t != j and (j, t) in binary]
        if own:
            load = pulp.lpSum(int(problem.demand[t]) * binary[j, t] for t in own)
            room = problem.capacity - int(problem.demand[j])
            lp.addConstraint(load <= room * binary[j, j], f"load_{j}")
        for t in own:
            lp.addConstraint(binary[j, t] <= binary[j, j], f"reach_{j}_{t}")
    chosen = pulp.lpSum(binary[j, j] for j in range(n) if (j, j) in binary)
    lp.addConstraint(chosen == problem.medians, "medians")
    lp.setObjective(pulp.lpSum(int(problem.distance[j, t]) * one for (j, t), one in binary.items()))
    answer = solve_program(lp, limits)
    if not answer.solved:
        return _Answer(None, answer.bound)
    home = {t: j for j, t in binary if answer.values[f"serve_{j}_{t}"]}
    return _Answer([home[t] for t in range(n)], answer.bound)


def price(problem: Medians, homes: list[int]) -> int:
    """Add up the distances of an assignment, after checking it against every rule."""
    load = np.zeros(len(homes), dtype=np.int64)
    np.add.at(load, homes, problem.demand)
    medians = sorted(set(homes))
    if any(homes[j] != j for j in medians) or len(medians) != problem.medians:
        message = "an anchor outside its own set, or a wrong number of medians"
        raise ValueError(message)
    if load.max() > problem.capacity:
        message = "a median serves more than its capacity"
        raise ValueError(message)
    return int(problem.distance[homes, range(len(homes))].sum())
