"""A plan for new numbers that changes as little as it can.

Cover and strength come first, as in any plan; then as few stations and officers as possible move
(`metro_gis.changes`), and only then officers are brought nearer. A free plan is made beside it:
its cover and bounds hold for this one too, and it tells what keeping to the plan before costs.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from metro_gis.changes import find_changes
from metro_gis.errors import Fault, UsageError
from metro_gis.optimize.free_plan import begin_free_plan
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.locks import beats_before, find_conflict
from metro_gis.optimize.moves import Moves, fewest_changes
from metro_gis.optimize.nearness import counted_bound
from metro_gis.optimize.pools import last_rungs, low_rungs, strength_of
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import (
    Search,
    Settings,
    silent,
    tiers_missed,
    tiers_missed_outside,
)
from metro_gis.optimize.solve import Settled
from metro_gis.plan import Aim, StoppedBy, cost_tenths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.changes import Changes, Former, Lock
    from metro_gis.optimize.search import Listener
    from metro_gis.plan import Beat, Outcome
    from metro_gis.problem import Problem

Strength = Literal["keep", "improve"]

LADDER_SHARE = 0.4
POINT_SHARES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the changes needed that are tried as limits beside the one that was set."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a limit of the changes comes to.

    Parameters
    ----------
    most
        The limit.
    changes
        Changes of a plan within it.
    cover
        Cover tuple of that plan.
    """

    most: int
    changes: int
    cover: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Replanned:
    """A plan for new numbers, and what it changes.

    Parameters
    ----------
    outcome
        The plan.
    changes
        What changes against the plan before.
    changes_bound
        No plan with this cover and these rungs changes less; None where nothing is proven.
    free
        The plan that minds no plan before.
    free_changes
        What that would change.
    trade_off
        What other limits of the changes would come to, where one was set.
    """

    outcome: Outcome
    changes: Changes
    changes_bound: int | None
    free: Outcome
    free_changes: Changes
    trade_off: tuple[Point, ...] = ()

    @property
    def changes_gap(self) -> float | None:
        """Share by which the changes may lie above the fewest; None where nothing is proven."""
        if self.changes_bound is None:
            return None
        return (self.changes.count - self.changes_bound) / max(self.changes.count, 1)


def replan(
    problem: Problem,
    former: Former,
    settings: Settings | None = None,
    *,
    strength: Strength = "keep",
    locks: Sequence[Lock] = (),
    most_changes: int | None = None,
    stop: threading.Event | None = None,
    listener: Listener | None = None,
) -> Replanned:
    """Make a plan that changes as little as possible against the plan before.

    Parameters
    ----------
    problem
        What is to be guarded now, by whom and under which rules.
    former
        The plan before.
    settings
        When to stop, and how to be repeatable.
    strength
        ``"keep"``: no border unit has a rung below or above its rung before, unless cover needs
        one above. ``"improve"``: rungs as in a new plan.
    locks
        What is held fast, before all aims.
    most_changes
        Limit of moved stations and officers together, before all aims; None for no limit.
    stop
        Set it from another thread or a signal handler to end early with the best plan so far.
    listener
        Hears how it goes on.

    Returns
    -------
    Replanned
        The plan with its changes, and a free plan beside it.

    Raises
    ------
    UsageError
        With a smallest set of locks that cannot all hold.
    SolverError
        If the engine fails.
    """
    settings, stop, listener = settings or Settings(), stop or threading.Event(), listener or silent
    with begin_free_plan(problem, settings, stop, listener) as freely:
        search = Search(problem, replace(settings, time_limit_s=freely.seconds_left))
        search.stop, search.listener = stop, listener
        request = _Request(search, former, strength, locks, most_changes)
        began = search.started
        said = request.change_least(freely.settled)
        # waiting for the free plan is not what ended the search
        stopped_by = search.stopped_by if search.is_over() else None
        free = freely.finish(time.monotonic() - began)
        said = request.best_of(said, freely.settled, free)
    moves = said.moves
    outcome = _outcome(problem, free, said, stopped_by or _cut_short(search, free))
    return Replanned(
        outcome,
        # in the order in which the plan gives its beats
        find_changes(problem, former, outcome.beats),
        # no bound is above what a plan has: an engine's may be, by a hair
        None if moves.bound is None else min(moves.bound, moves.changes.count),
        free,
        find_changes(problem, former, free.beats),
        said.points,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """The rungs, the plan with few changes at them, and what other limits come to."""

    rungs: Mapping[str, int]
    moves: Moves
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked of a re-plan."""

    search: Search
    former: Former
    strength: Strength
    locks: Sequence[Lock]
    most_changes: int | None

    def change_least(self, settled: Settled) -> _Said:
        """Change as little as the cover and the rungs that are settled allow."""
        search, former, locks = self.search, self.former, self.locks
        cover, rungs, beats = _rungs(search, former, settled, self.strength)
        conflict = find_conflict(search.problem, beats_before(search.problem, former, rungs), locks)
        if conflict:
            names = ", ".join(lock.name for lock in conflict)
            code = "lock-impossible" if len(conflict) == 1 else "locks-conflict"
            raise UsageError(Fault(code, value=names))
        basis = (search, former, cover, rungs, beats)
        moves = fewest_changes(*basis, locks=locks, most_changes=self.most_changes)
        points = () if self.most_changes is None else _trade_off(*basis, locks)
        return _Said(rungs, moves, points)

    def best_of(self, said: _Said, settled: Settled, free: Outcome) -> _Said:
        """Take what the free plan comes to where that is better than what was said."""
        problem, offers = self.search.problem, [said]
        better = Settled.by(problem, free)
        if better.worth(problem) < settled.worth(problem) and not self.search.is_over():
            # whoever had more time covers more, or is stronger; locks may not hold there
            with suppress(UsageError):
                offers.append(self.change_least(better))
        if not self.locks and self.most_changes is None:
            offers.append(self._offered(said, free))
        return min(offers, key=self._worth)

    def _offered(self, said: _Said, free: Outcome) -> _Said:
        """See the free plan as a re-plan, at the same rungs where it may have them."""
        problem, low = self.search.problem, dict(free.rungs)
        rungs = _standing(problem, self.former, low, self.strength)
        if self.strength == "keep" and all(said.rungs[unit] >= low[unit] for unit in low):
            rungs = dict(said.rungs)
        changes = find_changes(problem, self.former, free.beats)
        missed = (tiers_missed(problem, beats) for beats in (free.beats, said.moves.beats))
        is_alike = rungs == said.rungs and next(missed) == next(missed)
        moves = Moves(free.beats, changes, said.moves.bound if is_alike else None)
        return _Said(rungs, moves, ())

    def _worth(self, said: _Said) -> tuple[tuple[int, ...], int, int, int]:
        problem, moves = self.search.problem, said.moves
        missed, strength = tiers_missed(problem, moves.beats), strength_of(problem, said.rungs)
        return missed, strength, moves.changes.count, cost_tenths(problem, moves.beats)


def _trade_off(
    search: Search,
    former: Former,
    cover: tuple[int, ...],
    rungs: dict[str, int],
    beats: tuple[Beat, ...],
    locks: Sequence[Lock],
) -> tuple[Point, ...]:
    """Tell what limits between none and as many as needed come to."""
    problem = search.problem
    free = fewest_changes(search, former, cover, rungs, beats, locks=locks)
    needed = free.changes.count
    points = []
    for most in sorted({0, *(math.ceil(share * needed) for share in POINT_SHARES)}):
        if search.is_over():
            break
        found = (
            free
            if most == needed
            else fewest_changes(
                search,
                former,
                cover,
                rungs,
                beats,
                locks=locks,
                most_changes=most,
                cover_only=True,
            )
        )
        if search.is_over():
            # time was too short to know that no more can be covered
            break
        points.append(Point(most, found.changes.count, tiers_missed(problem, found.beats)))
    return tuple(points)


def _rungs(
    search: Search, former: Former, settled: Settled, strength: Strength
) -> tuple[tuple[int, ...], dict[str, int], tuple[Beat, ...]]:
    """Choose rungs with a plan that has the best cover at them."""
    problem, cover, beats = search.problem, settled.cover, settled.ladder.beats
    low = low_rungs(problem, settled.ladder.rungs)
    kept = _standing(problem, former, low, strength)
    if strength == "improve":
        return cover.value, kept, beats
    before = {unit: former.rungs[unit] for unit in low if unit in former.rungs}
    if all(kept[unit] == rung for unit, rung in before.items()) or search.is_over():
        return cover.value, kept, beats
    with search.slice(LADDER_SHARE):
        ladder = choose_rungs(search, replace(cover, beats=beats), before)
    if strength_of(problem, ladder.rungs) > strength_of(problem, kept):
        return cover.value, kept, beats
    return cover.value, dict(ladder.rungs), ladder.beats


def _standing(
    problem: Problem, former: Former, low: Mapping[str, int], strength: Strength
) -> dict[str, int]:
    """Give the rungs that a plan with some rungs may be said to have."""
    chosen = last_rungs(problem) | dict(low)
    if strength == "improve":
        return chosen
    before = {unit: former.rungs[unit] for unit in low if unit in former.rungs}
    # what fits at a rung fits at a looser one
    return {unit: max(rung, before.get(unit, rung)) for unit, rung in chosen.items()}


def _outcome(problem: Problem, free: Outcome, said: _Said, stopped_by: StoppedBy | None) -> Outcome:
    """Put the plan together; what bounds the free plan bounds this one."""
    rungs = said.rungs
    beats = tuple(
        sorted(
            said.moves.beats,
            key=lambda beat: (problem.unit_index[beat.anchor], beat.post, beat.anchor),
        )
    )
    low = low_rungs(problem, rungs)
    value, cost = strength_of(problem, rungs), cost_tenths(problem, beats)
    cover, strength, nearness = free.aims
    missed = tiers_missed(problem, beats)
    same = missed == cover.value and dict(free.rungs) == low
    bound = nearness.bound if same else None
    if not isinstance(bound, int):
        # who guards less, held back by locks, may have fewer minutes
        covered = missed == tiers_missed_outside(problem)
        bound = math.ceil(counted_bound(problem, last_rungs(problem))) if covered else 0
    least = strength.bound if isinstance(strength.bound, int) else 0
    return replace(
        free,
        beats=beats,
        uncovered=explain_uncovered(problem, beats),
        aims=(
            replace(cover, value=missed),
            Aim("strength", value, min(value, least)),
            Aim("nearness", cost, min(cost, bound)),
        ),
        rungs=low,
        stopped_by=stopped_by,
        bounds=(),
        certified_tenths=None,
    )


def _cut_short(search: Search, free: Outcome) -> StoppedBy:
    """Say what ended the search for the free plan, whose bounds hold here, where time did not."""
    if free.stopped_by in (StoppedBy.TIME_LIMIT, StoppedBy.INTERRUPTED):
        return free.stopped_by
    short = search.cut_short or free.stopped_by is StoppedBy.NODES
    return StoppedBy.NODES if short else StoppedBy.EXHAUSTED
