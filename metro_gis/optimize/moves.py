"""The fewest changes against a plan before: teams nearby are asked first, then all."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metro_gis.changes import find_changes
from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.fewest_moves import MovesProgram
from metro_gis.optimize.locks import beats_before, held_by, what_is_left
from metro_gis.optimize.moves_search import MovesSearch
from metro_gis.optimize.nearby import far_from_changes
from metro_gis.optimize.program import AbandonedError
from metro_gis.optimize.search import tiers_missed, tiers_missed_outside
from metro_gis.plan import Beat, StoppedBy, cost_tenths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.changes import Changes, Former, Lock
    from metro_gis.optimize.search import Search
    from metro_gis.problem import Problem

NEAR_TEAMS = 3
"""Teams nearby that are asked to help, for each that has to give up."""
MORE_NEAR_TEAMS = 5
"""As many are asked where that does not settle it."""
NEARBY_SHARE = 0.5
"""Share of the time left that changes nearby may take."""
RELAXED_SHARE = 0.5
"""Share of the time left that the bound for all may take."""
NEARNESS_SHARE = 0.4
"""Share of the time left that bringing officers nearer may take."""
WHOLE_TIMES = 3
"""A whole search takes so many times as long as its relaxation, or longer."""
NEARBY_TIMES = 1
"""A search nearby takes about as long as the relaxation of the whole."""

__all__ = ["Moves", "fewest_changes"]


@dataclass(frozen=True, eq=False)
class Moves:
    """A plan with few changes.

    Parameters
    ----------
    beats
        The plan.
    changes
        What changes.
    bound
        No plan with this cover and these rungs has fewer changes; None where nothing is proven.
    """

    beats: tuple[Beat, ...]
    changes: Changes
    bound: int | None

    @property
    def is_proven(self) -> bool:
        """Whether no plan with this cover and these rungs has fewer changes."""
        return self.bound is not None and self.changes.count <= self.bound


def fewest_changes(
    search: Search,
    former: Former,
    cover: tuple[int, ...],
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
    *,
    locks: Sequence[Lock] = (),
    most_changes: int | None = None,
    cover_only: bool = False,
) -> Moves:
    """Change as little as the cover and the rungs allow.

    Parameters
    ----------
    search
        The search.
    former
        The plan before.
    cover
        Cover tuple that the plan must have.
    rungs
        Rung of *low* by border unit.
    beats
        A plan with this cover at these rungs.
    locks
        What is held fast, before cover too.
    most_changes
        Limit of the changes, before cover too; None for no limit.
    cover_only
        Whether to stop once the cover within the limit is known.

    Returns
    -------
    Moves
        Where nothing is held and nothing limited, never more changes than the plan it started
        from.
    """
    problem = search.problem
    if not locks and most_changes is None:
        best = Moves(beats, find_changes(problem, former, beats), None)
        return best if search.is_over() else _Stages(search, former, cover, rungs, best).run()
    held = held_by(locks)
    # what is left of the plan before keeps every lock, and changes nothing
    beats = what_is_left(problem, beats_before(problem, former, rungs), held)
    best = Moves(beats, find_changes(problem, former, beats), None)
    if search.is_over():
        return best
    try:
        program = MovesProgram(problem, former, rungs, is_out=search.is_out)
    except AbandonedError:
        return best
    whole = MovesSearch(search, program)
    whole.program.hold(held)
    if most_changes is not None:
        whole.program.lp.addConstraint(whole.program.changes <= most_changes, "most_changes")
    cover, best = _cover_most(whole, former, cover, best)
    if cover_only:
        return best
    few = whole.change_least(best.changes, best.beats)
    best = _better(problem, former, cover, replace(best, bound=whole.least), few)
    if few is None or search.is_over():
        return best
    with search.slice(NEARNESS_SHARE):
        nearer = whole.come_nearer(best.changes.count)
    return _better(problem, former, cover, best, nearer)


@dataclass
class _Stages:
    """The fewest changes by asking teams nearby first, then more of them, then all.

    A small part of the program has its answer early, which mostly is as good as that of all.
    """

    search: Search
    former: Former
    cover: tuple[int, ...]
    rungs: Mapping[str, int]
    best: Moves
    last: MovesSearch | None = None
    is_short: bool = False

    def run(self) -> Moves:
        """Ask as long as there is time, and say so where there was too little."""
        with suppress(AbandonedError):
            self._ask_nearby(NEAR_TEAMS)
            if not self.search.is_over():
                self._ask_all()
        if self.is_short and not self.search.is_over():
            self.search.stopped_by = StoppedBy.TIME_LIMIT
        return self.best

    def _ask_all(self) -> None:
        search, whole = self.search, self._search_around({})
        began = time.monotonic()
        with search.slice(RELAXED_SHARE):
            whole.relax()
        relaxed_s = 0.0 if search.is_counted else time.monotonic() - began
        self.best = replace(self.best, bound=whole.least)
        if not self.best.is_proven and self._has_time_for(NEARBY_TIMES, relaxed_s):
            self._ask_nearby(MORE_NEAR_TEAMS)
        if not self.best.is_proven and self._has_time_for(WHOLE_TIMES, relaxed_s):
            self._ask(whole, 1.0)
            self.best = replace(self.best, bound=whole.least)
        if self.last is not None and not search.is_over():
            self._come_nearer(self.last)
        if self.last is not whole and self._has_time_for(WHOLE_TIMES, relaxed_s):
            self._come_nearer(whole)

    def _has_time_for(self, times: float, relaxed_s: float) -> bool:
        """Tell whether a search may be begun that takes so many times as long as a relaxation.

        The engine looks at its clock seldom. Where there is nothing yet, once as long has to do.
        """
        needed_s = relaxed_s if self.last is None else times * relaxed_s
        if self.search.is_over():
            return False
        self.is_short = self.is_short or self.search.seconds_left <= needed_s
        return self.search.seconds_left > needed_s

    def _search_around(self, settled: Mapping[int, Beat]) -> MovesSearch:
        program = MovesProgram(
            self.search.problem, self.former, self.rungs, settled, self.search.is_out
        )
        found = MovesSearch(self.search, program)
        found.demand(self.cover)
        return found

    def _ask_nearby(self, near_teams: int) -> None:
        problem = self.search.problem
        before = beats_before(problem, self.former, self.rungs)
        settled = far_from_changes(problem, self.rungs, before, near_teams)
        if settled:
            self._ask(self._search_around(settled), NEARBY_SHARE)

    def _ask(self, asked: MovesSearch, share: float) -> None:
        with self.search.slice(share):
            # a free plan is no start: it is far from few changes
            known = () if asked.program.going_on or self.last is None else self.best.beats
            few = asked.change_least(self.best.changes, known)
        self._take(asked, few)

    def _come_nearer(self, asked: MovesSearch) -> None:
        with self.search.slice(NEARNESS_SHARE):
            self._take(asked, asked.come_nearer(self.best.changes.count))

    def _take(self, asked: MovesSearch, found: tuple[Beat, ...] | None) -> None:
        better = _better(self.search.problem, self.former, self.cover, self.best, found)
        if better is not self.best:
            self.best, self.last = better, asked


def _cover_most(
    whole: MovesSearch, former: Former, cover: tuple[int, ...], best: Moves
) -> tuple[tuple[int, ...], Moves]:
    """Cover as much as locks and a limit of the changes allow, tier by tier."""
    problem, program = whole.search.problem, whole.program
    outside = tiers_missed_outside(problem)
    # more than any plan changes
    most = 1 + len(problem.stations) + sum(post.station_officers for post in problem.posts)
    for tier in range(len(COVER_TIERS)):
        missing = program.missing(tier)
        # beyond a tier that is covered worse, another may be covered better
        if tiers_missed(problem, best.beats)[: tier + 1] != cover[: tier + 1]:
            # of plans that cover as much one with few changes: others seldom have anchors
            whole.aim(most * missing + program.changes)
            found = whole.carry_out()
            if found is not None and tiers_missed(problem, found) < tiers_missed(
                problem, best.beats
            ):
                best = Moves(found, find_changes(problem, former, found), None)
        reached = tiers_missed(problem, best.beats)[tier]
        program.lp.addConstraint(missing <= reached - outside[tier], f"tier_{tier}")
    return tiers_missed(problem, best.beats), best


def _better(
    problem: Problem,
    former: Former,
    cover: tuple[int, ...],
    best: Moves,
    found: tuple[Beat, ...] | None,
) -> Moves:
    """Prefer what covers as much with fewer changes, or with as few and fewer minutes."""
    if found is None or tiers_missed(problem, found) != cover:
        return best
    changes = find_changes(problem, former, found)

    def key(count: int, beats: tuple[Beat, ...]) -> tuple[int, int]:
        return count, cost_tenths(problem, beats)

    if key(changes.count, found) < key(best.changes.count, best.beats):
        return Moves(found, changes, best.bound)
    return best
