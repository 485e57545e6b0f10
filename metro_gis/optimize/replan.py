"""A plan for new numbers that changes as little as it can.

Cover and strength come first, as in any plan; then as few stations and officers as possible move
(`metro_gis.changes`), and only then officers are brought nearer. A free plan is made beside it:
its cover and bounds hold for this one too, and it tells what keeping to the plan before costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from metro_gis.changes import find_changes
from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.cover import Cover
from metro_gis.optimize.fewest_moves import MovesProgram
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.nearness import counted_bound
from metro_gis.optimize.pools import last_rungs, low_rungs, strength_of
from metro_gis.optimize.program import build_program
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import Search, Settings, tiers_missed, tiers_missed_outside
from metro_gis.optimize.solve import optimize
from metro_gis.plan import Aim, Beat, Outcome, StoppedBy, cost_tenths, cover_tuple
from metro_gis.solver import Limits, Termination, solve_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from metro_gis.changes import Changes, Former
    from metro_gis.optimize.fewest_moves import Group
    from metro_gis.optimize.search import Listener
    from metro_gis.problem import Problem
    from metro_gis.solver import Answer

Strength = Literal["keep", "improve"]

FREE_SHARE = 0.5
"""Share of the time that the free plan may take."""
LADDER_SHARE = 0.4
MOST_ROUNDS = 200
NEARNESS_SHARE = 0.4
"""Share of the time left that bringing officers nearer may take."""
NEARNESS_GAP = 0.002
FRESH_SECONDS = 5.0


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
    """

    outcome: Outcome
    changes: Changes
    changes_bound: int | None
    free: Outcome
    free_changes: Changes

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
    SolverError
        If the engine fails.
    """
    search = Search(problem, settings or Settings())
    search.stop = stop or search.stop
    search.listener = listener or search.listener
    free = optimize(
        problem,
        replace(search.settings, time_limit_s=FREE_SHARE * search.settings.time_limit_s),
        stop=search.stop,
        listener=search.listener,
    )
    cover, rungs, beats = _rungs(search, former, free, strength)
    moves = fewest_changes(search, former, cover, rungs, beats)
    outcome = _outcome(search, free, rungs, moves)
    return Replanned(
        outcome,
        # in the order in which the plan gives its beats
        find_changes(problem, former, outcome.beats),
        moves.bound,
        free,
        find_changes(problem, former, free.beats),
    )


def _rungs(
    search: Search, former: Former, free: Outcome, strength: Strength
) -> tuple[tuple[int, ...], dict[str, int], tuple[Beat, ...]]:
    """Choose rungs with a plan that has the free plan's cover at them."""
    problem = search.problem
    cover = cover_tuple(problem, free.uncovered)
    chosen = last_rungs(problem) | dict(free.rungs)
    if strength == "improve":
        return cover, chosen, free.beats
    before = {unit: former.rungs[unit] for unit in free.rungs if unit in former.rungs}
    # what fits at a rung fits at a looser one
    kept = {unit: max(rung, before.get(unit, rung)) for unit, rung in chosen.items()}
    if all(kept[unit] == rung for unit, rung in before.items()) or search.is_over():
        return cover, kept, free.beats
    bound = free.aims[0].bound
    known = Cover(cover, bound if isinstance(bound, tuple) else cover, free.beats)
    with search.slice(LADDER_SHARE):
        ladder = choose_rungs(search, known, before)
    if strength_of(problem, ladder.rungs) > strength_of(problem, kept):
        return cover, kept, free.beats
    return cover, dict(ladder.rungs), ladder.beats


def _outcome(search: Search, free: Outcome, rungs: Mapping[str, int], moves: Moves) -> Outcome:
    """Put the plan together; what bounds the free plan bounds this one."""
    problem = search.problem
    beats = tuple(
        sorted(
            moves.beats,
            key=lambda beat: (problem.unit_index[beat.anchor], beat.post, beat.anchor),
        )
    )
    low = low_rungs(problem, rungs)
    value, cost = strength_of(problem, rungs), cost_tenths(problem, beats)
    cover, strength, nearness = free.aims
    bound = nearness.bound if dict(free.rungs) == low else None
    if not isinstance(bound, int):
        covered = cover.value == tiers_missed_outside(problem)
        bound = math.ceil(counted_bound(problem, rungs)) if covered else 0
    least = strength.bound if isinstance(strength.bound, int) else 0
    return replace(
        free,
        beats=beats,
        uncovered=explain_uncovered(problem, beats),
        aims=(
            cover,
            Aim("strength", value, min(value, least)),
            Aim("nearness", cost, min(cost, bound)),
        ),
        rungs=low,
        stopped_by=search.stopped_by if search.is_over() else StoppedBy.EXHAUSTED,
        bounds=(),
        certified_tenths=None,
    )


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


def fewest_changes(
    search: Search,
    former: Former,
    cover: tuple[int, ...],
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
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

    Returns
    -------
    Moves
        Never more changes than the plan it started from.
    """
    problem = search.problem
    best = Moves(beats, find_changes(problem, former, beats), None)
    if search.is_over():
        return best
    work = _Work(search, MovesProgram(problem, former, rungs))
    outside = tiers_missed_outside(problem)
    for tier in range(len(COVER_TIERS)):
        missing = work.program.missing(tier)
        work.program.lp.addConstraint(missing == cover[tier] - outside[tier], f"tier_{tier}")
    work.program.lp.setObjective(work.program.changes)
    few = work.carry_out(1.0)
    bound = max(0, math.ceil(work.bound - 1e-6)) if math.isfinite(work.bound) else None
    best = _better(problem, former, cover, replace(best, bound=bound), few)
    if few is None or search.is_over():
        return best
    # what is as little is tried once more with an eye on the minutes
    work.program.lp.addConstraint(work.program.changes <= best.changes.count, "changes")
    work.program.aim_at_nearness()
    near = work.carry_out(NEARNESS_SHARE, gap=NEARNESS_GAP)
    return _better(problem, former, cover, best, near)


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


@dataclass
class _Work:
    """A program of moves being asked until what it proposes can be carried out."""

    search: Search
    program: MovesProgram
    bound: float = -math.inf
    is_proven: bool = True

    def carry_out(self, share: float, *, gap: float = 0.0) -> tuple[Beat, ...] | None:
        """Ask for a proposal that can be carried out; None where there was no time for it."""
        search, program = self.search, self.program
        with search.slice(share):
            for _ in range(MOST_ROUNDS):
                answer = solve_program(
                    program.lp,
                    search.limits(gap=gap),
                    seed=search.settings.seed,
                    stop=search.stop,
                )
                search.note(answer)
                if self.is_proven and math.isfinite(answer.bound):
                    self.bound = max(self.bound, answer.bound)
                if not answer.solved or answer.termination is Termination.INFEASIBLE:
                    return None
                beats = self._beats(answer)
                if beats is not None:
                    return beats
                if search.is_out():
                    return None
        return None

    def _beats(self, answer: Answer) -> tuple[Beat, ...] | None:
        """Find anchors for what is proposed; None where the program learnt why there are none."""
        beats: list[Beat] = []
        learnt = False
        for group in self.program.groups(answer.values):
            found = self._of_team(group) if group.team is not None else self._of_fresh(group)
            if found is None:
                learnt = True
            else:
                beats += found
        return None if learnt else tuple(beats)

    def _of_team(self, group: Group) -> list[Beat] | None:
        problem = self.search.problem
        inside = np.array(group.stations)
        near = self.program.adjacent[np.ix_(inside, inside)]
        anchors = [t for t, row in zip(group.stations, near, strict=True) if row.all()]
        if not anchors:
            self.program.learn_of_anchors(group)
            return None
        (((post, _), _),) = group.teams
        before = None if group.team is None else self.program.former.teams[group.team]
        if before is not None and before.stations == group.stations and before.anchor in anchors:
            # a team that goes on as it was keeps its round too
            anchors = [before.anchor]
        rivals = [Beat(post, j, group.stations) for j in anchors]
        return [min(rivals, key=lambda beat: (cost_tenths(problem, [beat]), beat.anchor))]

    def _of_fresh(self, group: Group) -> list[Beat] | None:
        problem = self.search.problem
        officers = [0] * len(problem.posts)
        for (p, size), count in group.teams:
            officers[p] += size * count
        stations = np.array(group.stations, dtype=np.int64)
        program = build_program(problem, stations, self.program.rungs, post_officers=officers)
        program.aim_at_nearness()
        answer = solve_program(program.lp, Limits(FRESH_SECONDS), stop=self.search.stop)
        if answer.solved:
            return list(program.read(answer.values))
        program = build_program(problem, stations, self.program.rungs)
        program.aim_at_nearness()
        most = sum(count for _, count in group.teams)
        variables = program.lp.variablesDict()
        teams = sum(variables[one.name] for one in program.teams)
        program.lp.addConstraint(teams <= most, "most")
        whole = solve_program(program.lp, Limits(FRESH_SECONDS), stop=self.search.stop)
        # where time was too short the row that follows says more than is known
        known = {answer.termination, whole.termination} <= {
            Termination.INFEASIBLE,
            Termination.OPTIMAL,
        }
        self.is_proven = self.is_proven and known
        of_any_post = whole.termination is Termination.INFEASIBLE
        self.program.learn_of_fresh(group, of_any_post=of_any_post)
        return None
