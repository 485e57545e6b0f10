"""The fewest changes against a plan before, carried out: from proposals to beats.

`metro_gis.optimize.fewest_moves` proposes who goes with whom; here anchors are found for that, or
the proposal is refused with a reason that it learns from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.changes import find_changes
from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.fewest_moves import NUDGE, MovesProgram
from metro_gis.optimize.locks import beats_before, held_by, what_is_left
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import tiers_missed, tiers_missed_outside
from metro_gis.plan import Beat, cost_tenths
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulp

    from metro_gis.changes import Changes, Former, Lock
    from metro_gis.optimize.fewest_moves import Group
    from metro_gis.optimize.search import Search
    from metro_gis.problem import Problem
    from metro_gis.solver import Answer

MOST_ROUNDS = 200
NEARNESS_SHARE = 0.4
"""Share of the time left that bringing officers nearer may take."""
NEARNESS_GAP = 0.002
FRESH_SECONDS = 5.0
FRESH_NODES = 2_000
LEAST_SECONDS = 0.2
"""What the engine may take to divide stations among fresh teams."""


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
    held = held_by(locks)
    limited = bool(locks) or most_changes is not None
    if limited:
        # what is left of the plan before keeps every lock, and changes nothing
        beats = what_is_left(problem, beats_before(problem, former, rungs), held)
    best = Moves(beats, find_changes(problem, former, beats), None)
    if search.is_over():
        return best
    work = _Work(search, MovesProgram(problem, former, rungs))
    work.program.hold(held)
    if most_changes is not None:
        work.program.lp.addConstraint(work.program.changes <= most_changes, "most_changes")
    if limited:
        cover, best = _cover_most(work, former, cover, best)
        if cover_only:
            return best
    else:
        outside = tiers_missed_outside(problem)
        for tier in range(len(COVER_TIERS)):
            missing = work.program.missing(tier)
            work.program.lp.addConstraint(missing == cover[tier] - outside[tier], f"tier_{tier}")
    work.aim(work.program.changes + work.program.nudge())
    # changes are whole: what is nearer than one of them needs no proof
    near = (1 - NUDGE) / (1 + max(1, best.changes.count))
    few = work.carry_out(1.0, gap=near, below=best.changes.count)
    least = work.bound - NUDGE
    bound = max(0, math.ceil(least - 1e-6)) if math.isfinite(least) else None
    best = _better(problem, former, cover, replace(best, bound=bound), few)
    if few is None or search.is_over():
        return best
    # what is as little is tried once more with an eye on the minutes
    work.program.lp.addConstraint(work.program.changes <= best.changes.count, "changes")
    work.program.aim_at_nearness()
    nearer = work.carry_out(NEARNESS_SHARE, gap=NEARNESS_GAP)
    return _better(problem, former, cover, best, nearer)


def _cover_most(
    work: _Work, former: Former, cover: tuple[int, ...], best: Moves
) -> tuple[tuple[int, ...], Moves]:
    """Cover as much as locks and a limit of the changes allow, tier by tier."""
    problem, program = work.search.problem, work.program
    outside = tiers_missed_outside(problem)
    # more than any plan changes
    most = 1 + len(problem.stations) + sum(post.station_officers for post in problem.posts)
    for tier in range(len(COVER_TIERS)):
        missing = program.missing(tier)
        # beyond a tier that is covered worse, another may be covered better
        if tiers_missed(problem, best.beats)[: tier + 1] != cover[: tier + 1]:
            # of plans that cover as much one with few changes: others seldom have anchors
            work.aim(most * missing + program.changes)
            found = work.carry_out(1.0)
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


@dataclass
class _Work:
    """A program of moves being asked until what it proposes can be carried out."""

    search: Search
    program: MovesProgram
    bound: float = -math.inf
    is_proven: bool = True

    def aim(self, objective: pulp.LpAffineExpression) -> None:
        """Ask for something else: what was proven before says nothing of it."""
        self.program.lp.setObjective(objective)
        self.bound = -math.inf

    def carry_out(
        self, share: float, *, gap: float = 0.0, below: float = math.inf
    ) -> tuple[Beat, ...] | None:
        """Ask for a proposal that can be carried out; None where there was no time for it.

        What the engine had no time to bring below a value is not worth dividing among teams.
        """
        search, program = self.search, self.program
        start: Mapping[str, float] = {}
        with search.slice(share):
            for _ in range(MOST_ROUNDS):
                answer = solve_program(
                    program.lp,
                    search.limits(gap=gap),
                    seed=search.settings.seed,
                    start=start,
                    stop=search.stop,
                    # a first proposal by jumps takes seconds, and is far from few changes
                    jump=False,
                )
                search.note(answer)
                if self.is_proven and math.isfinite(answer.bound):
                    self.bound = max(self.bound, answer.bound)
                if not answer.solved or answer.termination is Termination.INFEASIBLE:
                    return None
                late = answer.termination is Termination.TIME_LIMIT
                if late and answer.value is not None and answer.value >= below:
                    return None
                beats, refused = self._beats(answer)
                if not refused:
                    return beats
                if search.is_out():
                    return None
                # what was not refused is mostly right: the engine completes it
                start = program.outside(refused, answer.values)
        return None

    def _beats(self, answer: Answer) -> tuple[tuple[Beat, ...], set[int]]:
        """Find anchors for what is proposed, and the pools where the program learnt of none."""
        beats: list[Beat] = []
        refused: set[int] = set()
        for group in self.program.groups(answer.values):
            found = self._of_team(group) if group.team is not None else self._of_fresh(group)
            if found is None:
                refused.add(group.pool)
            else:
                beats += found
        return tuple(beats), refused

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
        limits = self.search.brief(FRESH_SECONDS, FRESH_NODES, least=LEAST_SECONDS)
        answer = solve_program(program.lp, limits, stop=self.search.stop)
        if answer.solved:
            return list(program.read(answer.values))
        program = build_program(problem, stations, self.program.rungs)
        program.aim_at_nearness()
        most = sum(count for _, count in group.teams)
        variables = program.lp.variablesDict()
        teams = sum(variables[one.name] for one in program.teams)
        program.lp.addConstraint(teams <= most, "most")
        whole = solve_program(program.lp, limits, stop=self.search.stop)
        # where time was too short the row that follows says more than is known
        known = {answer.termination, whole.termination} <= {
            Termination.INFEASIBLE,
            Termination.OPTIMAL,
        }
        self.is_proven = self.is_proven and known
        of_any_post = whole.termination is Termination.INFEASIBLE
        self.program.learn_of_fresh(group, of_any_post=of_any_post)
        return None
