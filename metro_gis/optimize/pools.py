"""Pools: the stations that may share a beat, and what they need at a rung.

A pool is a border unit, or one risk class of it where classes do not mix. Beats never leave
their pool, so a pool's load alone bounds its teams from below.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from metro_gis.doctrine import RiskClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from metro_gis.problem import Problem


@dataclass(frozen=True, slots=True)
class Pool:
    """Stations that may share a beat.

    Parameters
    ----------
    unit
        Border unit.
    stations
        Station indices, rising.
    has_low
        Whether the rung matters to it.
    sizes
        Officers a team may have here, rising.
    """

    unit: str
    stations: tuple[int, ...]
    has_low: bool
    sizes: tuple[int, ...]


def pools_of(problem: Problem, stations: NDArray[np.int64]) -> tuple[Pool, ...]:
    """Divide stations into pools.

    Parameters
    ----------
    problem
        The problem.
    stations
        Station indices to divide, rising.

    Returns
    -------
    tuple of Pool
        Sorted by unit, then by class from the mildest.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for t in stations.tolist():
        of_class = -1 if problem.rules.mix else int(problem.class_index[t])
        groups.setdefault((int(problem.unit_index[t]), of_class), []).append(t)
    pools = []
    for (unit, _), members in sorted(groups.items()):
        classes = {problem.stations[t].risk_class for t in members}
        sizes = sorted({problem.doctrine.patterns[cls].officers for cls in classes})
        pools.append(
            Pool(problem.units[unit], tuple(members), RiskClass.LOW in classes, tuple(sizes))
        )
    return tuple(pools)


def station_weights(problem: Problem, pool: Pool, rung: int) -> tuple[dict[int, int], int]:
    """Give the share of a team that each station of a pool takes up.

    Parameters
    ----------
    problem
        The problem.
    pool
        A pool.
    rung
        Rung of *low* in the pool's unit.

    Returns
    -------
    weights : dict
        Station index to whole share.
    full : int
        What a full team adds up to.
    """
    by_class, full = problem.doctrine.weights(rung)
    return {t: by_class[problem.stations[t].risk_class] for t in pool.stations}, full


def pool_load(problem: Problem, pool: Pool, rung: int) -> Fraction:
    """Add up the load of a pool in teams.

    Parameters
    ----------
    problem
        The problem.
    pool
        A pool.
    rung
        Rung of *low* in the pool's unit.

    Returns
    -------
    Fraction
        No plan covers the pool with fewer teams.
    """
    weights, full = station_weights(problem, pool, rung)
    return Fraction(sum(weights.values()), full)


def last_rungs(problem: Problem) -> dict[str, int]:
    """Stretch every unit to the last rung.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    dict
        Border unit to rung, for every unit.
    """
    return dict.fromkeys(problem.units, problem.doctrine.ladder[-1])


def low_rungs(problem: Problem, rungs: Mapping[str, int]) -> dict[str, int]:
    """Keep the rungs of units that have *low* stations.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Border unit to rung.

    Returns
    -------
    dict
        Border unit to rung.
    """
    return {unit: rungs[unit] for unit in problem.low_stations()}


def strength_of(problem: Problem, rungs: Mapping[str, int]) -> int:
    """Value the second aim.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Border unit to rung.

    Returns
    -------
    int
        Sum over units of *low* stations times rung.
    """
    return sum(count * rungs[unit] for unit, count in problem.low_stations().items())
