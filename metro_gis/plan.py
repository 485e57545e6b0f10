"""The plan: teams with their beats, uncovered stations with reasons, and the proof it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from metro_gis.doctrine import COVER_TIERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metro_gis.problem import Problem

OPTIMAL_GAP = 1e-4
"""Largest gap of the third aim at which a plan may be called optimal."""


class Status(StrEnum):
    """What is proven of a plan."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


class StoppedBy(StrEnum):
    """What ended the search before everything was proven.

    ``gap``: the plan is as near as the scenario asked for. ``nodes``: the branches that the
    scenario grants were used up. ``exhausted``: the search found nothing more to do.
    """

    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    GAP = "gap"
    NODES = "nodes"
    EXHAUSTED = "exhausted"


class Reason(StrEnum):
    """Why a station is uncovered."""

    NO_ROAD = "no_road"
    TOO_FAR = "too_far"
    NO_OFFICERS = "no_officers"


@dataclass(frozen=True, slots=True)
class Beat:
    """A team's stations: what the optimizer decides.

    Parameters
    ----------
    post
        Index of the post ``p``.
    anchor
        Index of the anchor station ``j``.
    stations
        Indices of all stations of the beat in rising order, the anchor among them.
    """

    post: int
    anchor: int
    stations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A station without a team.

    Parameters
    ----------
    station
        Index of the station ``t``.
    reason
        Why.
    detail
        What backs the reason up; plain values.
    """

    station: int
    reason: Reason
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Aim:
    """Value and bound of one aim.

    Parameters
    ----------
    name
        ``cover``, ``strength`` or ``nearness``.
    value
        What the plan reaches: a tuple of counts, stations times rung, or tenths of
        officer-minutes.
    bound
        What no plan can be below, or None where nothing is proven.
    """

    name: str
    value: tuple[int, ...] | int
    bound: tuple[int, ...] | int | None

    @property
    def proven(self) -> bool:
        """Whether the value is the best possible."""
        return self.bound is not None and self.value == self.bound

    @property
    def gap(self) -> float | None:
        """Share by which the value may lie above the best possible.

        ``(value - bound) / max(value, 1)``; for the cover tuple 0 where proven, else None.
        """
        if self.bound is None:
            return None
        if isinstance(self.value, tuple) or isinstance(self.bound, tuple):
            return 0.0 if self.proven else None
        unit = 10 if self.name == "nearness" else 1
        value, bound = self.value / unit, self.bound / unit
        return max(0.0, (value - bound) / max(value, 1.0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the optimizer hands back.

    Parameters
    ----------
    beats
        Every team's beat, sorted by border unit, post and anchor.
    uncovered
        Stations without a team, in station order.
    aims
        Cover, strength and nearness, in this order.
    rungs
        Rung of *low* for every border unit that has *low* stations.
    stopped_by
        What ended the search early, or None.
    solver
        Name and version of what solved it.
    bounds
        How the bounds came about: ``(aim, part, value)`` with plain values.
    certified_tenths
        What ``bounds`` prove of the third aim without an engine; None where they do not.
    """

    beats: tuple[Beat, ...]
    uncovered: tuple[Uncovered, ...]
    aims: tuple[Aim, Aim, Aim]
    rungs: Mapping[str, int]
    stopped_by: StoppedBy | None
    solver: str
    bounds: tuple[tuple[str, str, Any], ...] = ()
    certified_tenths: int | None = None

    @property
    def gap(self) -> float | None:
        """Gap of the third aim; None while an earlier aim is unproven."""
        cover, strength, nearness = self.aims
        return nearness.gap if cover.proven and strength.proven else None

    @property
    def gap_certified(self) -> float | None:
        """Gap of the third aim to the bound that can be checked; None without one."""
        if self.certified_tenths is None:
            return None
        return Aim("nearness", self.aims[2].value, self.certified_tenths).gap

    @property
    def status(self) -> Status:
        """Say ``optimal`` only of what is proven without taking an engine at its word."""
        gap = self.gap_certified if self.gap is not None else None
        return Status.OPTIMAL if gap is not None and gap <= OPTIMAL_GAP else Status.FEASIBLE


def cover_tuple(problem: Problem, uncovered: tuple[Uncovered, ...]) -> tuple[int, ...]:
    """Count uncovered stations by tier.

    Parameters
    ----------
    problem
        The problem.
    uncovered
        Stations without a team.

    Returns
    -------
    tuple of int
        *special* and *high* together, *elevated*, *low*.
    """
    counts = [0] * len(COVER_TIERS)
    for one in uncovered:
        counts[int(problem.tier_index[one.station])] += 1
    return tuple(counts)


def beat_officers(problem: Problem, beat: Beat) -> int:
    """Give the officers of a beat's team.

    Parameters
    ----------
    problem
        The problem.
    beat
        A beat.

    Returns
    -------
    int
        The largest ``officers`` among the patterns of its classes.
    """
    return max(
        problem.doctrine.patterns[problem.stations[t].risk_class].officers for t in beat.stations
    )


def beat_minutes_tenths(problem: Problem, anchor: int, station: int) -> int:
    """Look up the minutes between an anchor and a station of its beat.

    Parameters
    ----------
    problem
        The problem.
    anchor, station
        Station indices within the beat limit of each other.

    Returns
    -------
    int
        Tenths of a minute.

    Raises
    ------
    KeyError
        If the pair is beyond the limit.
    """
    travel = problem.travel
    start, stop = int(travel.beat_indptr[anchor]), int(travel.beat_indptr[anchor + 1])
    row = travel.beat_indices[start:stop]
    place = int(row.searchsorted(station))
    if place >= len(row) or row[place] != station:
        raise KeyError((anchor, station))
    return int(travel.beat_tenths[start + place])


def beat_cost_tenths(problem: Problem, beat: Beat) -> int:
    """Price a beat as the third aim does.

    Parameters
    ----------
    problem
        The problem.
    beat
        A beat.

    Returns
    -------
    int
        Officer-minutes in tenths.
    """
    rules = problem.rules
    home = problem.stations[beat.anchor]
    total = rules.team_tenths + int(problem.travel.deploy[beat.post, beat.anchor])
    for t in beat.stations:
        if t == beat.anchor:
            continue
        total += beat_minutes_tenths(problem, beat.anchor, t)
        station = problem.stations[t]
        if (station.kecamatan, station.kelurahan) != (home.kecamatan, home.kelurahan):
            total += rules.kelurahan_penalty_tenths
    return beat_officers(problem, beat) * total


def cost_tenths(problem: Problem, beats: Iterable[Beat]) -> int:
    """Value the third aim.

    Parameters
    ----------
    problem
        The problem.
    beats
        A plan's beats.

    Returns
    -------
    int
        Officer-minutes in tenths.
    """
    return sum(beat_cost_tenths(problem, beat) for beat in beats)
