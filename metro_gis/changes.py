"""Changes between two plans: which stations and officers move, once teams are matched.

Every team of the new plan is matched with at most one of the plan before, so that as much as
possible stays together: a station that both guard counts one, an officer whose post sends both
counts one. Whatever is covered in both plans and not kept so has moved, and whoever guards without
having been kept so has new orders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from metro_gis.plan import beat_officers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from metro_gis.plan import Beat
    from metro_gis.problem import Problem


@dataclass(frozen=True, slots=True)
class FormerTeam:
    """A team of the plan before, seen from the new problem.

    Parameters
    ----------
    team_id
        Its id.
    post
        Index of its post ``p``; None where the post is gone.
    officers
        How many it had.
    stations
        Indices of its stations that are still there, rising.
    anchor
        Index of its anchor; None where that is gone.
    """

    team_id: str
    post: int | None
    officers: int
    stations: tuple[int, ...]
    anchor: int | None = None


@dataclass(frozen=True, eq=False)
class Former:
    """The plan before.

    Parameters
    ----------
    plan_id
        Its id.
    teams
        Its teams.
    rungs
        Rung of *low* by border unit.
    """

    plan_id: str
    teams: tuple[FormerTeam, ...]
    rungs: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def home(self) -> dict[int, int]:
        """Place in ``teams`` of every station that was covered."""
        return {t: k for k, team in enumerate(self.teams) for t in team.stations}


@dataclass(frozen=True, slots=True)
class Lock:
    """What is held fast by one word of the planner.

    Parameters
    ----------
    name
        The word.
    teams
        Places of former teams; none where what is to be held is not there any more.
    """

    name: str
    teams: frozenset[int]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changes from one plan to the next.

    Parameters
    ----------
    former
        For every new beat the place of the team it is matched with, or None.
    stations
        Stations that are covered in both plans, but move to another team: indices, rising.
    officers
        Officers of every new beat that have new orders.
    """

    former: tuple[int | None, ...]
    stations: tuple[int, ...]
    officers: tuple[int, ...]

    @property
    def count(self) -> int:
        """Moved stations and moved officers together."""
        return len(self.stations) + sum(self.officers)


def kept_officers(team: FormerTeam, post: int, officers: int) -> int:
    """Count the officers that stay with a team.

    Parameters
    ----------
    team
        A team of the plan before.
    post, officers
        Index of the post and officers of the new team that it is matched with.

    Returns
    -------
    int
        None where another post sends it.
    """
    return min(team.officers, officers) if team.post == post else 0


def find_changes(problem: Problem, former: Former, beats: Sequence[Beat]) -> Changes:
    """Match teams for the largest overlap, and say what moves.

    Parameters
    ----------
    problem
        The new problem.
    former
        The plan before.
    beats
        Beats of the new plan.

    Returns
    -------
    Changes
        With as few moved stations and officers as any matching allows; of several such matchings
        one that keeps the most stations.
    """
    sizes = [beat_officers(problem, beat) for beat in beats]
    return changes_by(former, beats, sizes, match_teams(former, beats, sizes))


def changes_by(
    former: Former, beats: Sequence[Beat], sizes: Sequence[int], matched: Sequence[int | None]
) -> Changes:
    """Say what moves once teams are matched.

    Parameters
    ----------
    former
        The plan before.
    beats
        Beats of the new plan.
    sizes
        Officers of every beat.
    matched
        For every beat the place of the team it is matched with, or None.

    Returns
    -------
    Changes
        Whatever is not kept together by the matching.
    """
    home = former.home
    stations = sorted(
        t
        for beat, k in zip(beats, matched, strict=True)
        for t in beat.stations
        if t in home and home[t] != k
    )
    officers = tuple(
        size - (kept_officers(former.teams[k], beat.post, size) if k is not None else 0)
        for beat, size, k in zip(beats, sizes, matched, strict=True)
    )
    return Changes(tuple(matched), tuple(stations), officers)


def match_teams(
    former: Former,
    beats: Sequence[Beat],
    sizes: Sequence[int],
    favoured: Iterable[tuple[int, int]] = (),
) -> list[int | None]:
    """Match beats with teams, first by what they keep together, then by stations.

    Parameters
    ----------
    former
        The plan before.
    beats
        Beats of the new plan.
    sizes
        Officers of every beat.
    favoured
        Beats and teams that are matched rather than others where that keeps as much.

    Returns
    -------
    list of int or None
        For every beat the place of the team it is matched with. Nothing is matched that would
        keep nothing together.
    """
    n, m = len(beats), len(former.teams)
    if not n or not m:
        return [None] * n
    stay = sparse.lil_array((n, m), dtype=np.int64)
    home = former.home
    for k, beat in enumerate(beats):
        for t in beat.stations:
            if t in home:
                stay[k, home[t]] += 1
    stations = stay.toarray()
    officers = np.zeros((n, m), dtype=np.int64)
    for k, (beat, size) in enumerate(zip(beats, sizes, strict=True)):
        officers[k] = [kept_officers(team, beat.post, size) for team in former.teams]
    scale = 1 + int(stations.sum())
    kept = scale * (stations + officers) + stations
    worth = _with_favour(kept, favoured)
    rows, columns = linear_sum_assignment(-worth)
    matched: list[int | None] = [None] * n
    for k, team in zip(rows.tolist(), columns.tolist(), strict=True):
        if kept[k, team]:
            matched[k] = team
    return matched


def _with_favour(
    kept: npt.NDArray[np.int64], favoured: Iterable[tuple[int, int]]
) -> npt.NDArray[np.int64]:
    """Let favoured pairs win where nothing else decides."""
    pairs = [(k, team) for k, team in favoured if kept[k, team]]
    if not pairs:
        return kept
    worth = kept * (1 + len(pairs))
    for pair in pairs:
        worth[pair] += 1
    return worth
