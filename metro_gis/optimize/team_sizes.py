"""What follows from the sizes of teams: who cannot be sent anywhere, and what minutes can sum to.

Where every team has two officers, a post with 31 of them sends 30: bounds that let it send half a
team besides lie too low by what that officer is worth. And officer-minutes of such plans are even
tenths, so a bound may be raised to the next of these.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from metro_gis.problem import Problem

DUST_TENTHS = 1e-3
DUST_SHARE = 1e-7
"""How far a bound in floating point may lie above the truth."""


def team_sizes(problem: Problem) -> list[tuple[int, ...]]:
    """List the sizes of teams that each post may send.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    list of tuple of int
        Officers, rising, of each post.
    """
    patterns = problem.doctrine.patterns
    officers = np.array(
        [patterns[station.risk_class].officers for station in problem.stations], dtype=np.int64
    )
    return [tuple(np.unique(officers[near]).tolist()) for near in problem.in_reach]


def most_sent(officers: int, sizes: Iterable[int]) -> int:
    """Find the most officers that whole teams can be made of.

    Parameters
    ----------
    officers
        How many there are.
    sizes
        Officers that teams may have.

    Returns
    -------
    int
        The largest sum of sizes that is no more; 0 where there are no sizes.

    Examples
    --------
    >>> most_sent(31, [2, 4])
    30
    >>> most_sent(7, [4, 6])
    6
    """
    within, sums, last = (1 << officers + 1) - 1, 1, 0
    # bit n says that n officers are a sum of sizes
    while sums != last:
        last = sums
        for size in sizes:
            sums |= sums << size & within
    return sums.bit_length() - 1


def officers_sent(problem: Problem) -> NDArray[np.int64]:
    """Count the officers that each post can send to stations in whole teams, at most.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_posts,)``, never above what the posts have for stations.
    """
    most = [
        most_sent(post.station_officers, sizes)
        for post, sizes in zip(problem.posts, team_sizes(problem), strict=True)
    ]
    return np.array(most, dtype=np.int64)


def step_tenths(problem: Problem) -> int:
    """Give what officer-minutes of all plans are multiples of.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    int
        Tenths of officer-minutes: the greatest common divisor of the sizes of teams; 1 where no
        team can be sent.
    """
    return math.gcd(*(size for sizes in team_sizes(problem) for size in sizes)) or 1


def raised_tenths(bound_tenths: float, step: int) -> int:
    """Raise a bound to what officer-minutes can come to, less the dust of floating point.

    Parameters
    ----------
    bound_tenths
        No plan has fewer officer-minutes, in tenths.
    step
        What they are multiples of.

    Returns
    -------
    int
        No plan has fewer either.
    """
    dust = max(DUST_TENTHS, DUST_SHARE * abs(bound_tenths))
    return step * math.ceil((bound_tenths - dust) / step)


def is_near(problem: Problem, value_tenths: int, gap: float, bound_tenths: float) -> bool:
    """Tell whether a plan is as near its bound as is asked for.

    Parameters
    ----------
    problem
        The problem.
    value_tenths
        Officer-minutes of the plan, in tenths.
    gap
        Share of them that it may be above the bound.
    bound_tenths
        No plan has fewer, in tenths.

    Returns
    -------
    bool
        Whether no search is called for.
    """
    floor = raised_tenths(bound_tenths, step_tenths(problem))
    return value_tenths - floor <= gap * max(value_tenths, 10)
