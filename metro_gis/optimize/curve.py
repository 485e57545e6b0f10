"""The officers curve: what more officers for stations come to, from few to many.

Officers are shared over posts by the method of Sainte-Lague, under which no post loses when the
total grows; so each plan can be carried out with the officers of the next point too, which starts
from it and is no worse in the order of the aims. Where there is time for it, drafts are made first,
from many officers to few: many are easily sent out, and what is learnt of a border unit at a rung
serves wherever it has that rung.
"""

from __future__ import annotations

import heapq
import threading
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.optimize.search import Settings, tiers_missed_outside
from metro_gis.optimize.solve import optimize
from metro_gis.plan import StoppedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from metro_gis.optimize.search import Listener
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

__all__ = ["Point", "share_out", "trace_curve"]

DRAFT_GAP = 0.005
"""Gap that is near enough for a draft."""
DRAFT_SHARES = 3.0
"""How many even shares of the time left a draft may take: most take less."""
LEAST_DRAFT_S = 0.5
"""Less is not worth beginning with."""


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
    drafts_s: float = 0.0,
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
    drafts_s
        Seconds for drafts of all points together; without any there are none.
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
    problems = [with_station_officers(problem, share_out(total, weights)) for total in totals]
    settings = settings or Settings()
    seek = partial(
        optimize,
        memory=Memory(Builder(problem, settings.seed)),
        stop=stop or threading.Event(),
        listener=listener,
    )
    drafts = _drafts(problems, settings, time.monotonic() + drafts_s, seek) if drafts_s else {}
    before: Outcome | None = None
    for made, (total, now) in enumerate(zip(totals, problems, strict=True)):
        draft = drafts.get(made)
        start = min((one for one in (draft, before) if one is not None), key=_aims, default=None)
        if start is not None and start is draft and _is_near(draft, settings.gap):
            before = draft
        else:
            granted = settings.time_limit_s if seconds is None else seconds(made)
            before = seek(now, replace(settings, time_limit_s=granted), start=start)
        if stop is not None and stop.is_set():
            return
        yield Point(total, now, before)


def _drafts(
    problems: Sequence[Problem], settings: Settings, ends: float, seek: Callable[..., Outcome]
) -> dict[int, Outcome]:
    """Make quick plans from many officers to few, until stations stay uncovered."""
    drafts: dict[int, Outcome] = {}
    for made, now in reversed(list(enumerate(problems))):
        # those before need little where they share rungs with those after
        share = DRAFT_SHARES / (made + 1) * (ends - time.monotonic())
        if share < LEAST_DRAFT_S:
            break
        limits = replace(settings, time_limit_s=share, gap=max(settings.gap, DRAFT_GAP))
        found = seek(now, limits)
        if found.stopped_by is StoppedBy.INTERRUPTED:
            break
        drafts[made] = found
        if found.aims[0].value != tiers_missed_outside(now):
            break
    return drafts


def _aims(outcome: Outcome) -> tuple[Any, ...]:
    return tuple(aim.value for aim in outcome.aims)


def _is_near(outcome: Outcome, gap: float) -> bool:
    return outcome.gap is not None and outcome.gap <= gap
