"""The officers curve: what more officers for stations come to, from few to many.

Officers are shared over posts by the method of Sainte-Lague, under which no post loses when the
total grows; so each plan can be carried out with the officers of the next point too, which starts
from it and is no worse in the order of the aims.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.optimize.search import Settings
from metro_gis.optimize.solve import optimize

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from metro_gis.optimize.search import Listener
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

__all__ = ["Point", "share_out", "trace_curve"]


@dataclass(frozen=True, eq=False)
class Point:
    """A number of officers and the plan that it comes to.

    Parameters
    ----------
    officers
        Officers for stations, of all posts together.
    problem
        With that many officers.
    outcome
        The plan.
    """

    officers: int
    problem: Problem
    outcome: Outcome


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


def trace_curve(
    problem: Problem,
    totals: Sequence[int],
    settings: Settings | None = None,
    *,
    seconds: Callable[[int], float] | None = None,
    stop: threading.Event | None = None,
    listener: Listener | None = None,
) -> Iterator[Point]:
    """Make a plan for each number of officers, each no worse than the one before.

    Parameters
    ----------
    problem
        What is to be guarded; its posts say how officers are shared.
    totals
        Officers for stations, of all posts together, rising.
    settings
        When to stop, for each point; how to be repeatable.
    seconds
        Asked before each point, with the number of those made, for its time limit; that of the
        settings by default.
    stop
        Set it from another thread or a signal handler to end early; the point at work is left out.
    listener
        Hears how it goes on.

    Yields
    ------
    Point
        One for each total.

    Raises
    ------
    ValueError
        If totals do not rise, or posts have nobody to share by.
    SolverError
        If the engine fails.
    """
    if any(later <= earlier for earlier, later in pairwise(totals)):
        message = "numbers of officers must rise"
        raise ValueError(message)
    weights = [post.station_officers for post in problem.posts]
    before: Outcome | None = None
    settings = settings or Settings()
    builder = Builder(problem, settings.seed)
    for made, total in enumerate(totals):
        now = with_station_officers(problem, share_out(total, weights))
        if seconds is not None:
            settings = replace(settings, time_limit_s=seconds(made))
        before = optimize(
            now, settings, start=before, builder=builder, stop=stop, listener=listener
        )
        if stop is not None and stop.is_set():
            return
        yield Point(total, now, before)
