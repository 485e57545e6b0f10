"""Officers for stations shared over posts, under which no post loses when the total grows."""

from __future__ import annotations

import heapq
from fractions import Fraction
from typing import TYPE_CHECKING

from metro_gis.optimize.reinforcement import with_station_officers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.problem import Problem

__all__ = ["share_out", "with_total"]


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Share officers over posts as some numbers stand to each other.

    Parameters
    ----------
    total
        Officers to share.
    weights
        A number for each post; their own sum is shared out as they are.

    Returns
    -------
    list of int
        Officers of each post. None of them falls when the total rises.

    Raises
    ------
    ValueError
        If there are officers, but no post counts anything.

    Notes
    -----
    Highest averages with divisors 1, 3, 5 and so on (Balinski and Young 2001, Fair Representation);
    ties go to the first.

    Examples
    --------
    >>> share_out(10, [112, 35, 50])
    [6, 2, 2]
    """
    if total and not any(weights):
        message = "officers cannot be shared over posts that have none"
        raise ValueError(message)
    shares = [0] * len(weights)
    waiting = [(-Fraction(weight), p) for p, weight in enumerate(weights) if weight]
    heapq.heapify(waiting)
    for _ in range(total):
        _, p = waiting[0]
        shares[p] += 1
        heapq.heapreplace(waiting, (Fraction(-weights[p], 2 * shares[p] + 1), p))
    return shares


def with_total(problem: Problem, total: int) -> Problem:
    """Give the posts of a problem so many officers for stations together.

    Parameters
    ----------
    problem
        Its posts say how officers are shared.
    total
        Officers for stations, of all posts together.

    Returns
    -------
    Problem
        The same stations, with other headcounts.
    """
    weights = [post.station_officers for post in problem.posts]
    return with_station_officers(problem, share_out(total, weights))
