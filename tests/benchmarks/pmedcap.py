"""Capacitated p-medians (Osman and Christofides 1994) through the package's own core.

A set of medians is a pool: customers are stations whose weight is their demand, a median is an
anchor, the capacity is a full team, and minutes are distances. `bound_pool` bounds it, and
`PoolTree` splits it until nothing cheaper is left. Exactly `p` teams: the core asks for at least
`p`, and a charge on every team keeps it from taking more; the charge is subtracted from the bound,
which therefore holds whatever the charge.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.pool_model import PoolModel, Slot
from metro_gis.optimize.pool_tree import PoolTree
from metro_gis.optimize.pools import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metro_gis.plan import Beat

DUST = 1e-7
"""Bounds are whole numbers, but for what engine and pricing leave over."""


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
    rounds, nodes
        Rounds of column generation at the root; branches that were bounded below it.
    seconds
        Wall clock.
    """

    value: int | None
    bound: float
    root_bound: float
    rounds: int
    nodes: int
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

    def is_over() -> bool:
        return time.monotonic() > started + seconds

    # what serving everybody from anywhere costs: with so dear teams nothing calls for another one
    charge = math.ceil(len(problem.demand) * float(problem.distance.mean()))
    model, prices = pool_model(problem, charge), np.zeros(1)
    charges = charge * problem.medians
    root = bound_pool(model, prices, is_over=is_over)
    tree = PoolTree(model, prices, root, (), math.inf, seed)
    while not tree.is_done and not is_over():
        tree.advance(1, is_over)
    value = price(problem, _homes(tree.beats)) if tree.beats else None
    bound = float(math.ceil(tree.bound_tenths - charges - DUST))
    return Solved(
        value,
        # a branch that holds nothing cheaper is left before its bound passes the value
        bound if value is None else min(bound, value),
        root.value_tenths - charges,
        root.rounds,
        tree.nodes,
        time.monotonic() - started,
    )


def _homes(beats: Sequence[Beat]) -> list[int]:
    """For every customer its median."""
    home = {t: beat.anchor for beat in beats for t in beat.stations}
    return [home[t] for t in sorted(home)]


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
