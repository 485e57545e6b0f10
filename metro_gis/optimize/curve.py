"""The officers curve: what more officers for stations come to, from few to many.

Officers are shared over posts by the method of Sainte-Lague, under which no post loses when the
total grows; so each plan can be carried out with the officers of the next point too, which starts
from it and is no worse in the order of the aims. Where there is time for it, drafts are made first,
from many officers to few: many are easily sent out, and what is learnt of a border unit at a rung
serves wherever it has that rung.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.reinforcement import with_station_officers
from metro_gis.optimize.search import Settings, tiers_missed_outside
from metro_gis.optimize.solve import optimize
from metro_gis.plan import Status, StoppedBy

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from metro_gis.optimize.search import Listener
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

__all__ = ["Drafts", "Point", "draft_curve", "new_drafts", "share_out", "trace_curve"]

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


@dataclass(frozen=True, eq=False)
class Drafts:
    """Plans that were made in passing, from many officers to few.

    Parameters
    ----------
    memory
        What was learnt on the way.
    outcomes
        By officers for stations, of all posts together.
    """

    memory: Memory
    outcomes: dict[int, Outcome] = field(default_factory=dict)


def new_drafts(problem: Problem, settings: Settings) -> Drafts:
    """Begin with no drafts and nothing learnt.

    Parameters
    ----------
    problem
        What is to be guarded.
    settings
        How to be repeatable.

    Returns
    -------
    Drafts
        For `draft_curve` and `trace_curve`.
    """
    return Drafts(Memory(Builder(problem, settings.seed)))


def draft_curve(
    problem: Problem,
    totals: Sequence[int],
    drafts: Drafts,
    settings: Settings | None = None,
    *,
    seconds: float,
    stop: threading.Event | None = None,
    listener: Listener | None = None,
) -> Iterator[Point]:
    """Make drafts from many officers to few, until stations stay uncovered or time is up.

    Where branches are counted there are none, as the clock would decide how many.

    Parameters
    ----------
    problem
        What is to be guarded; its posts say how officers are shared.
    totals
        Officers for stations, of all posts together, rising.
    drafts
        Where they are kept, for `trace_curve`.
    settings
        When to stop, for each of them; how to be repeatable.
    seconds
        For all of them together.
    stop
        Set it from another thread or a signal handler to end early.
    listener
        Hears how it goes on.

    Yields
    ------
    Point
        Each draft that is near enough, which `trace_curve` gives again unless a plan of fewer
        officers turns out better.

    Raises
    ------
    SolverError
        If the engine fails.
    """
    settings, ends = settings or Settings(), time.monotonic() + seconds
    if settings.nodes is not None:
        return
    for made, total in reversed(list(enumerate(totals))):
        left = ends - time.monotonic()
        if left < LEAST_DRAFT_S:
            break
        # most need little, where they share rungs with those after
        share = max(LEAST_DRAFT_S, DRAFT_SHARES / (made + 1) * left)
        now = _with_total(problem, total)
        limits = replace(settings, time_limit_s=min(settings.time_limit_s, left, share))
        found = optimize(now, limits, memory=drafts.memory, stop=stop, listener=listener)
        if stop is not None and stop.is_set():
            break
        drafts.outcomes[total] = found
        if _is_near(found, settings.gap):
            yield Point(total, now, found)
        if found.aims[0].value != tiers_missed_outside(now):
            break


def trace_curve(
    problem: Problem,
    totals: Sequence[int],
    settings: Settings | None = None,
    *,
    drafts: Drafts | None = None,
    seconds: Callable[[Sequence[int]], float] | None = None,
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
    drafts
        Plans to go on from; those that are near enough are not searched for again.
    seconds
        Asked before each search, with the totals that are still to be searched for, for its time
        limit; that of the settings by default.
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
    settings = settings or Settings()
    drafts = drafts or new_drafts(problem, settings)
    near = {one for one, draft in drafts.outcomes.items() if _is_near(draft, settings.gap)}
    before: Outcome | None = None
    for made, total in enumerate(totals):
        if stop is not None and stop.is_set():
            return
        now, draft = _with_total(problem, total), drafts.outcomes.get(total)
        start = min((one for one in (draft, before) if one is not None), key=_aims, default=None)
        if draft is not None and start is draft and total in near:
            before = draft
        else:
            left = [total, *(one for one in totals[made + 1 :] if one not in near)]
            granted = settings.time_limit_s if seconds is None else seconds(left)
            limits = replace(settings, time_limit_s=granted)
            found = optimize(
                now, limits, start=start, memory=drafts.memory, stop=stop, listener=listener
            )
            before = found if draft is None else _with_bounds(found, draft, settings.gap)
        if stop is not None and stop.is_set():
            return
        yield Point(total, now, before)


def _with_total(problem: Problem, total: int) -> Problem:
    weights = [post.station_officers for post in problem.posts]
    return with_station_officers(problem, share_out(total, weights))


def _with_bounds(found: Outcome, draft: Outcome, gap: float) -> Outcome:
    """Let a plan that goes on from a draft keep what that proved, where it is more."""
    aims = list(found.aims)
    for k, (aim, other) in enumerate(zip(found.aims, draft.aims, strict=True)):
        if other.bound is not None and (aim.bound is None or _above(other.bound, aim.bound)):
            aims[k] = replace(aim, bound=other.bound)
        if aim.value != other.value:
            # what was proven of the next aims holds for another value of this one
            break
    cover, strength, nearness = aims
    joined = replace(found, aims=(cover, strength, nearness))
    alike = _aims(found)[:2] == _aims(draft)[:2] and dict(found.rungs) == dict(draft.rungs)
    if alike and _certified(draft) > _certified(found):
        joined = replace(joined, bounds=draft.bounds, certified_tenths=draft.certified_tenths)
    if joined.status is Status.OPTIMAL:
        return replace(joined, stopped_by=None)
    return replace(joined, stopped_by=StoppedBy.GAP) if _is_near(joined, gap) else joined


def _above(one: tuple[int, ...] | int, other: tuple[int, ...] | int) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return one > other
    return not isinstance(one, tuple) and not isinstance(other, tuple) and one > other


def _certified(outcome: Outcome) -> float:
    return -math.inf if outcome.certified_tenths is None else outcome.certified_tenths


def _aims(outcome: Outcome) -> tuple[Any, ...]:
    return tuple(aim.value for aim in outcome.aims)


def _is_near(outcome: Outcome, gap: float) -> bool:
    return outcome.gap is not None and outcome.gap <= gap
