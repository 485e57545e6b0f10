"""A program of moves, asked until what it proposes can be carried out.

`metro_gis.optimize.fewest_moves` proposes who goes with whom; here anchors are found for that, or
the proposal is refused with a reason that it learns from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.moves_reading import groups, outside, values_of
from metro_gis.optimize.near_moves import NUDGE, nearness, nudge
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import tiers_missed_outside
from metro_gis.plan import Beat, cost_tenths
from metro_gis.solver import Termination, bound_program, solve_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulp

    from metro_gis.changes import Changes
    from metro_gis.optimize.fewest_moves import MovesProgram
    from metro_gis.optimize.moves_reading import Group
    from metro_gis.optimize.search import Search
    from metro_gis.solver import Answer

MOST_ROUNDS = 200
NEARNESS_GAP = 0.002
DUST = 1e-4
"""How far an engine's bound may lie above the truth."""
FRESH_SECONDS = 5.0
FRESH_NODES = 2_000
LEAST_SECONDS = 0.2
"""What the engine may take to divide stations among fresh teams."""

__all__ = ["MovesSearch"]


@dataclass
class MovesSearch:
    """A program of moves being asked until what it proposes can be carried out.

    Parameters
    ----------
    search
        The search.
    program
        The program.
    bound
        No plan has less of what was asked for last.
    is_proven
        Whether all that the program learnt is known for sure.
    least
        No plan as it is asked for has fewer changes; None where nothing is proven.
    teams
        Values of the variables that count teams, from the relaxation.
    """

    search: Search
    program: MovesProgram
    bound: float = -math.inf
    is_proven: bool = True
    least: int | None = None
    teams: Mapping[str, float] = field(default_factory=dict)

    def aim(self, objective: pulp.LpAffineExpression) -> None:
        """Ask for something else: what was proven before says nothing of it.

        Parameters
        ----------
        objective
            What is to be minimised.
        """
        self.program.lp.setObjective(objective)
        self.bound = -math.inf

    def demand(self, cover: tuple[int, ...]) -> None:
        """Ask for plans with a cover.

        Parameters
        ----------
        cover
            Cover tuple.
        """
        outside = tiers_missed_outside(self.search.problem)
        for tier in range(len(COVER_TIERS)):
            missing = self.program.missing(tier)
            self.program.lp.addConstraint(missing == cover[tier] - outside[tier], f"tier_{tier}")

    @staticmethod
    def _near(count: int) -> float:
        """Give a gap that needs no proof: changes are whole."""
        return (1 - NUDGE) / (1 + max(1, count))

    def relax(self) -> None:
        """Bound the changes by a relaxation: teams are whole, stations may be guarded in shares."""
        program, search = self.program, self.search
        self.aim(program.changes)
        limits = search.limits(gap=self._near(1))
        answer = bound_program(program.lp, limits, whole=program.teams, stop=search.stop)
        search.note(answer)
        self._learn_least(answer.bound)
        self.teams = {name: answer.values[name] for name in program.teams & answer.values.keys()}

    def _learn_least(self, bound: float) -> None:
        if math.isfinite(bound):
            self.least = max(self.least or 0, math.ceil(bound - DUST))

    def change_least(
        self, changes: Changes, beats: tuple[Beat, ...] = ()
    ) -> tuple[Beat, ...] | None:
        """Ask for fewer changes than a known plan has.

        Parameters
        ----------
        changes
            What that plan changes.
        beats
            That plan, if it is a good start; else teams of the relaxation are one, once asked for.

        Returns
        -------
        tuple of Beat or None
            A plan; None where none with fewer changes was found in time.
        """
        program = self.program
        self.aim(program.changes + nudge(program))
        start = values_of(program, beats, changes.former) if beats else self.teams
        found = self.carry_out(gap=self._near(changes.count), below=changes.count, start=start)
        self._learn_least(self.bound - NUDGE)
        return found

    def come_nearer(self, most: int) -> tuple[Beat, ...] | None:
        """Ask for few minutes.

        Parameters
        ----------
        most
            Changes at most.

        Returns
        -------
        tuple of Beat or None
            A plan; None where none was found in time.
        """
        self.program.lp.addConstraint(self.program.changes <= most, "changes")
        self.aim(nearness(self.program))
        return self.carry_out(gap=NEARNESS_GAP)

    def carry_out(
        self,
        *,
        gap: float = 0.0,
        below: float = math.inf,
        start: Mapping[str, float] | None = None,
    ) -> tuple[Beat, ...] | None:
        """Ask for a proposal that can be carried out.

        Parameters
        ----------
        gap
            Gap at which the engine may stop.
        below
            What the engine had no time to bring below this is not worth dividing among teams.
        start
            Values of variables of a known plan, by name.

        Returns
        -------
        tuple of Beat or None
            A plan; None where there is none, or was no time for one.
        """
        search, program = self.search, self.program
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
                return (*program.going_on.values(), *beats)
            if search.is_out():
                return None
            # what was not refused is mostly right: the engine completes it
            start = outside(program, refused, answer.values)
        return None

    def _beats(self, answer: Answer) -> tuple[tuple[Beat, ...], set[int]]:
        """Find anchors for what is proposed, and the pools where the program learnt of none."""
        beats: list[Beat] = []
        refused: set[int] = set()
        for group in groups(self.program, answer.values):
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
