"""Which post sends a team to which beat, for beats that are given: a small integer program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.plan import beat_officers
from metro_gis.solver import Limits, relaxed_duals, solve_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

POSTING_SECONDS = 10.0


@dataclass(frozen=True)
class _Posting:
    lp: pulp.LpProblem
    beats: tuple[Beat, ...]
    ways: tuple[tuple[int, int, int], ...]  # beat, post, cost in tenths

    def variable(self, name: str) -> pulp.LpVariable:
        return self.lp.variablesDict()[name]


def post_beats(
    problem: Problem, beats: Sequence[Beat], *, time_limit_s: float = POSTING_SECONDS
) -> tuple[Beat, ...]:
    """Give every beat the post that makes all of them nearest, dropping beats where officers lack.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats; their posts are ignored.
    time_limit_s
        Seconds for each of the small programs.

    Returns
    -------
    tuple of Beat
        Beats with posts: as few stations dropped as possible, the strictest tier first.
    """
    limits = Limits(min(time_limit_s, POSTING_SECONDS))
    posting = _state(problem, beats, droppable=False)
    posted = _nearest(posting, limits)
    if posted is not None:
        return posted
    # officers lack: keep as many stations as possible of one tier after another
    posting = _state(problem, beats, droppable=True)
    for tier in range(3):
        counts = [sum(1 for t in beat.stations if problem.tier_index[t] == tier) for beat in beats]
        terms = [count * posting.variable(f"drop_{k}") for k, count in enumerate(counts) if count]
        if not terms:
            continue
        posting.lp.setObjective(pulp.lpSum(terms))
        answer = solve_program(posting.lp, limits)
        if answer.value is None:
            return ()
        posting.lp.addConstraint(pulp.lpSum(terms) <= round(answer.value), f"tier_{tier}")
    return _nearest(posting, limits) or ()


def posting_prices(problem: Problem, beats: Sequence[Beat]) -> list[float]:
    """Say what one more officer at each post would save, the beats being given.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats; their posts are ignored.

    Returns
    -------
    list of float
        For each post the dual price of its officers in tenths of a minute, never negative.
    """
    posting = _state(problem, beats, droppable=False)
    _aim_at_nearness(posting)
    duals = relaxed_duals(posting.lp)
    return [max(0.0, -duals.get(f"post_{p}", 0.0)) for p in range(len(problem.posts))]


def _state(problem: Problem, beats: Sequence[Beat], *, droppable: bool) -> _Posting:
    lp = pulp.LpProblem("posting", pulp.LpMinimize)
    ways: list[tuple[int, int, int]] = []
    load: dict[int, list[pulp.LpAffineExpression]] = {p: [] for p in range(len(problem.posts))}
    for k, beat in enumerate(beats):
        size = beat_officers(problem, beat)
        able = problem.in_reach[:, list(beat.stations)].all(axis=1)
        here = [lp.add_variable(f"drop_{k}", 0, 1, cat=pulp.LpBinary)] if droppable else []
        for p in np.flatnonzero(able).tolist():
            minutes = problem.rules.team_tenths + int(problem.travel.deploy[p, beat.anchor])
            variable = lp.add_variable(f"post_{k}_{p}", 0, 1, cat=pulp.LpBinary)
            ways.append((k, p, size * minutes))
            here.append(variable)
            load[p].append(size * variable)
        lp.addConstraint(pulp.lpSum(here) == 1, f"beat_{k}")
    for p, post in enumerate(problem.posts):
        if load[p]:
            lp.addConstraint(pulp.lpSum(load[p]) <= post.station_officers, f"post_{p}")
    return _Posting(lp, tuple(beats), tuple(ways))


def _aim_at_nearness(posting: _Posting) -> None:
    variables = posting.lp.variablesDict()
    posting.lp.setObjective(
        pulp.lpSum(cost * variables[f"post_{k}_{p}"] for k, p, cost in posting.ways)
    )


def _nearest(posting: _Posting, limits: Limits) -> tuple[Beat, ...] | None:
    _aim_at_nearness(posting)
    answer = solve_program(posting.lp, limits)
    if not answer.solved:
        return None
    return tuple(
        replace(posting.beats[k], post=p)
        for k, p, _ in posting.ways
        if answer.values[f"post_{k}_{p}"]
    )
