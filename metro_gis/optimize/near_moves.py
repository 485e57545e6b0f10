"""What is preferred among moves that count alike: teams and stations nearby."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.program import penalty_tenths
from metro_gis.plan import beat_minutes_tenths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.optimize.fewest_moves import Label, MovesProgram

__all__ = ["NUDGE", "nearness", "nudge"]

NUDGE = 0.4
"""What all preferences among moves together count, in changes."""


def nudge(program: MovesProgram) -> pulp.LpAffineExpression:
    """Prefer, among moves that count alike, those to teams nearby: these mostly have anchors.

    Parameters
    ----------
    program
        The program.

    Returns
    -------
    pulp.LpAffineExpression
        Less than ``NUDGE`` for all stations together.
    """
    centres = {label: _centre(program, label, own) for label, own in program.labels.items()}
    ways = {
        (t, label): _way(program, centres[label], t)
        for t, label in program.stay
        if t not in program.labels[label]
    }
    unit = NUDGE / (1 + max(ways.values(), default=0)) / (1 + len(program.pool_of))
    return pulp.lpSum(way * unit * program.stay[key] for key, way in ways.items())


def nearness(program: MovesProgram) -> pulp.LpAffineExpression:
    """Say about how many officer-minutes there are, beats keeping the anchors that suit them.

    Parameters
    ----------
    program
        The program.

    Returns
    -------
    pulp.LpAffineExpression
        In tenths.
    """
    problem, terms = program.problem, []
    centre = {label: _centre(program, label, own) for label, own in program.labels.items()}
    team = problem.rules.team_tenths
    for label, ways in program.sent.items():
        for (p, size), one in ways.items():
            deploy = int(problem.travel.deploy[p, centre[label]])
            terms.append(size * (team + max(0, deploy)) * one)
    smallest = min((size for pool in program.pools for size in pool.sizes), default=1)
    for (t, label), one in program.stay.items():
        if t != centre[label]:
            terms.append(smallest * _way(program, centre[label], t) * one)
    for pool, added in zip(program.pools, program.added, strict=True):
        for (p, size), one in added.items():
            ways_there = problem.travel.deploy[p, list(pool.stations)]
            terms.append(size * (team + int(np.median(ways_there))) * one)
    return pulp.lpSum(terms)


def _centre(program: MovesProgram, label: Label, stations: Sequence[int]) -> int:
    """Give the anchor before, else the station that the others are nearest to."""
    anchor = program.former.teams[label[0]].anchor
    if anchor is not None and anchor in stations:
        return anchor
    away = {j: sum(_way(program, j, t) for t in stations if t != j) for j in stations}
    return min(stations, key=lambda j: (away[j], j))


def _way(program: MovesProgram, j: int, t: int) -> int:
    """Tenths between stations; those beyond the limit count twice the limit."""
    if not program.adjacent[j, t]:
        return 2 * program.problem.beat_limit_tenths
    return beat_minutes_tenths(program.problem, j, t) + penalty_tenths(program.problem, j, t)
