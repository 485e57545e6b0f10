"""The officers curve: what more officers for stations come to, from few to many.

Officers are shared over posts by the method of Sainte-Lague, under which no post loses when the
total grows; so each plan can be carried out with the officers of the next point too, which starts
from it and is no worse in the order of the aims. Where there is time for it, drafts are made first,
in processes of their own, from many officers to few and from few to many: what is learnt of a
border unit at a rung serves wherever it has that rung.
"""

from __future__ import annotations

import math
import queue
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from metro_gis.optimize.greedy import Builder
from metro_gis.optimize.memory import Memory
from metro_gis.optimize.search import Settings
from metro_gis.optimize.sharing import with_total
from metro_gis.optimize.solve import optimize
from metro_gis.plan import Status, StoppedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metro_gis.optimize.search import Listener
    from metro_gis.optimize.side_search import SideSearch
    from metro_gis.plan import Outcome
    from metro_gis.problem import Problem

__all__ = ["Drafts", "Point", "draft_curve", "trace_curve"]

DRAFT_SHARES = 4.0
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


@dataclass(frozen=True, eq=False)
class Drafts:
    """Plans that were made in passing, from both ends of the curve.

    Parameters
    ----------
    sides
        What makes them: with one, from many officers to few; with two, the other from few to many.
    outcomes
        The plans, by officers for stations of all posts together.
    makers
        Who made each of them, and remembers what it learnt.
    """

    sides: Sequence[SideSearch] = ()
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    makers: dict[int, SideSearch] = field(default_factory=dict)


def draft_curve(
    problem: Problem,
    totals: Sequence[int],
    drafts: Drafts,
    settings: Settings | None = None,
    *,
    seconds: Callable[[], float],
    stop: threading.Event | None = None,
) -> Iterator[Point]:
    """Make drafts from both ends until they meet, and go on with what is open until time is up.

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
        Says how many are left for all of them together, whenever one is begun with.
    stop
        Set it from another thread or a signal handler to end early.

    Yields
    ------
    Point
        Each draft that is near enough, which `trace_curve` gives again unless a plan of fewer
        officers turns out better.

    Raises
    ------
    Exception
        Whatever goes wrong with one who makes drafts.
    """
    settings = settings or Settings()
    if settings.nodes is not None or not drafts.sides:
        return
    todo = _Todo(totals, len(drafts.sides), settings, seconds)
    made: queue.Queue[tuple[int, Outcome, SideSearch] | Exception | None] = queue.Queue()

    def make(side: SideSearch, *, rising: bool) -> None:
        try:
            for total, found in _made(side, todo, settings.gap, stop, rising=rising):
                made.put((total, found, side))
        except Exception as error:  # noqa: BLE001 - told where somebody hears it
            made.put(error)
        made.put(None)

    for k, side in enumerate(drafts.sides):
        rising = {"rising": k % 2 == 1}
        threading.Thread(target=make, args=[side], kwargs=rising, daemon=True).start()
    for _ in drafts.sides:
        while (one := made.get()) is not None:
            if isinstance(one, Exception):
                raise one
            total, found, maker = one
            drafts.outcomes[total], drafts.makers[total] = found, maker
            if _is_near(found, settings.gap):
                yield Point(total, with_total(problem, total), found)


def _made(
    side: SideSearch, todo: _Todo, gap: float, stop: threading.Event | None, *, rising: bool
) -> Iterator[tuple[int, Outcome]]:
    """Make drafts as long as there is something to do, and somebody who does it."""
    open_: dict[int, Outcome] = {}
    while (task := todo.take(open_, rising=rising)) is not None:
        total, limits = task
        before = open_.pop(total, None)
        found = side.find(total, limits, before, stop=stop)
        if found is None:
            return
        if before is not None:
            found = _with_bounds(found, before, gap)
        # what did not come nearer would not do so the next time
        if not _is_near(found, gap) and (before is None or found.aims != before.aims):
            open_[total] = found
        yield total, found


class _Todo:
    """Totals that nobody has begun with, which those who make drafts take from both ends."""

    def __init__(
        self, totals: Sequence[int], hands: int, settings: Settings, seconds: Callable[[], float]
    ) -> None:
        self.hands, self.settings, self.seconds = hands, settings, seconds
        self._totals, self._lock = deque(totals), threading.Lock()

    def take(self, open_: Mapping[int, Outcome], *, rising: bool) -> tuple[int, Settings] | None:
        """Take a total, at last one left open, and say when to stop; None where time is up."""
        with self._lock:
            left = self.seconds()
            if left < LEAST_DRAFT_S or not (self._totals or open_):
                return None
            if self._totals:
                # most need little, where they share rungs with those before
                share = DRAFT_SHARES * self.hands * left / len(self._totals)
                total = self._totals.popleft() if rising else self._totals.pop()
            else:
                # what lacks least is soonest done
                share, total = left, min(open_, key=lambda one: (_gap(open_[one]), one))
        limit = min(self.settings.time_limit_s, left, max(LEAST_DRAFT_S, share))
        # each is a process, whose engines need not run side by side as well
        threads = max(1, self.settings.threads // self.hands)
        return total, replace(self.settings, time_limit_s=limit, threads=threads)


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
    drafts = drafts or Drafts()
    search = _Search(problem, drafts, settings.seed, stop, listener)
    near = {one for one, draft in drafts.outcomes.items() if _is_near(draft, settings.gap)}
    before: Outcome | None = None
    for made, total in enumerate(totals):
        if stop is not None and stop.is_set():
            return
        draft = drafts.outcomes.get(total)
        start = min((one for one in (draft, before) if one is not None), key=_aims, default=None)
        if draft is not None and start is draft and total in near:
            before = draft
        else:
            left = [total, *(one for one in totals[made + 1 :] if one not in near)]
            granted = settings.time_limit_s if seconds is None else seconds(left)
            found = search.find(total, replace(settings, time_limit_s=granted), start)
            if found is None:
                return
            before = found if draft is None else _with_bounds(found, draft, settings.gap)
        if stop is not None and stop.is_set():
            return
        yield Point(total, with_total(problem, total), before)


class _Search:
    """Searches for points where most is known: at a draft's maker, a neighbour's, or here."""

    def __init__(
        self,
        problem: Problem,
        drafts: Drafts,
        seed: int,
        stop: threading.Event | None,
        listener: Listener | None,
    ) -> None:
        self.problem, self.makers = problem, drafts.makers
        self.seed, self.stop, self.listener = seed, stop, listener
        self._maker: SideSearch | None = None

    @cached_property
    def memory(self) -> Memory:
        """What is learnt here."""
        return Memory(Builder(self.problem, self.seed))

    def find(self, total: int, settings: Settings, start: Outcome | None) -> Outcome | None:
        """Make a plan that is no worse than another; None where somebody asked to stop."""
        heard: dict[str, Any] = {"stop": self.stop, "listener": self.listener}
        # one without a draft goes on where its neighbour was searched for
        self._maker = self.makers.get(total, self._maker)
        found = None
        if self._maker is not None:
            found = self._maker.find(total, settings, start, **heard)
        if found is None and not (self.stop is not None and self.stop.is_set()):
            now = with_total(self.problem, total)
            found = optimize(now, settings, start=start, memory=self.memory, **heard)
        return found


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


def _gap(outcome: Outcome) -> float:
    return math.inf if outcome.gap is None else outcome.gap


def _is_near(outcome: Outcome, gap: float) -> bool:
    return _gap(outcome) <= gap
