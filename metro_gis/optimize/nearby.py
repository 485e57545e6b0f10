"""Which teams of a plan can be left alone when numbers change: those far from what cannot go on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from metro_gis.optimize.search import reachable
from metro_gis.plan import beat_officers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

AT_LEAST = 2
"""Teams nearby are asked as if no fewer could not go on."""
LEAST_SHARE = 0.2
"""Share of all teams that must be left alone for it to pay."""

__all__ = ["far_from_changes"]


def far_from_changes(
    problem: Problem,
    rungs: Mapping[str, int],
    before: Sequence[Beat | None],
    near_teams: int,
) -> dict[int, Beat]:
    """Find teams that most likely go on as they were.

    Parameters
    ----------
    problem
        The new problem.
    rungs
        Rung of *low* by border unit.
    before
        From `metro_gis.optimize.locks.beats_before`.
    near_teams
        Teams nearby that are asked to help, for each that has to give up. Teams of the same border
        units that have room for one more station are asked as well, wherever they are.

    Returns
    -------
    dict
        Place of a former team to its beat; empty where nearly all teams may have to change. All
        of them together keep every rule.
    """
    engaged = [0] * len(problem.posts)
    for beat in before:
        if beat is not None:
            engaged[beat.post] += beat_officers(problem, beat)
    lacking = {
        p: engaged[p] - post.station_officers
        for p, post in enumerate(problem.posts)
        if engaged[p] > post.station_officers
    }
    # any team of a post that lacks officers may be the one that gives up
    going_on = {
        k: beat for k, beat in enumerate(before) if beat is not None and beat.post not in lacking
    }
    smallest = min(pattern.officers for pattern in problem.doctrine.patterns.values())
    changed = before.count(None) + sum(math.ceil(n / smallest) for n in lacking.values())
    asked = reachable(problem)
    for beat in going_on.values():
        asked[list(beat.stations)] = False
    away = _tenths_from(problem, asked)
    units = set(problem.unit_index[asked].tolist())
    roomy = {
        k
        for k, beat in going_on.items()
        if int(problem.unit_index[beat.anchor]) in units and _has_room(problem, rungs, beat)
    }
    apart = {k: int(away[list(beat.stations)].min()) for k, beat in going_on.items()}
    near = near_teams * max(changed, AT_LEAST)
    far = sorted(going_on.keys() - roomy, key=lambda k: (apart[k], k))[near:]
    if len(far) < LEAST_SHARE * len(before):
        return {}
    return {k: going_on[k] for k in sorted(far)}


def _has_room(problem: Problem, rungs: Mapping[str, int], beat: Beat) -> bool:
    """Tell whether a team could guard one more station as light as its lightest."""
    by_class, full = problem.doctrine.weights(rungs[problem.unit_of(problem.stations[beat.anchor])])
    weights = [by_class[problem.stations[t].risk_class] for t in beat.stations]
    return sum(weights) + min(weights) <= full


def _tenths_from(problem: Problem, sources: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give the tenths of a minute from every station to the nearest of some, as far as known."""
    travel = problem.travel
    far = np.iinfo(np.int64).max
    found = np.full(len(problem.stations), far, dtype=np.int64)
    rows = np.repeat(np.arange(len(found)), np.diff(travel.beat_indptr))
    to_source = sources[travel.beat_indices]
    np.minimum.at(found, rows[to_source], travel.beat_tenths[to_source].astype(np.int64))
    found[sources] = 0
    return found
