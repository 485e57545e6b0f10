"""The compact integer program, stated in PuLP.

Rules and symbols are in ``optimize/README.md``; constraint names here are the words used there.
Pairs beyond a limit are never built: an unreachable pair is absent, not a large number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.optimize.pools import Pool, pool_load, pools_of, station_weights
from metro_gis.plan import Beat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.problem import Problem


class AbandonedError(Exception):
    """A program was not stated to its end, since nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Serve:
    """Station ``t`` may be served from anchor ``j`` by a team of ``size`` officers.

    Parameters
    ----------
    station, anchor
        Station indices.
    size
        Officers of the team.
    cost_tenths
        Officer-minutes in tenths.
    """

    station: int
    anchor: int
    size: int
    cost_tenths: int

    @property
    def name(self) -> str:
        """Opaque id of the variable."""
        return f"serve_{self.station}_{self.anchor}_{self.size}"


@dataclass(frozen=True, slots=True)
class Team:
    """Post ``p`` may send a team of ``size`` officers to anchor ``j``.

    Parameters
    ----------
    post
        Index of the post.
    anchor
        Station index.
    size
        Officers of the team.
    cost_tenths
        Officer-minutes in tenths, of the team itself and its way to the anchor.
    """

    post: int
    anchor: int
    size: int
    cost_tenths: int

    @property
    def name(self) -> str:
        """Opaque id of the variable."""
        return f"team_{self.post}_{self.anchor}_{self.size}"


@dataclass(frozen=True)
class Program:
    """A compact program over some of the stations.

    Parameters
    ----------
    lp
        The program in PuLP, without an objective.
    pools
        Pools of its stations.
    serves, teams
        What its binaries stand for.
    missable
        Stations that may stay uncovered; each has a variable ``miss_t``.
    """

    lp: pulp.LpProblem
    pools: tuple[Pool, ...]
    serves: tuple[Serve, ...]
    teams: tuple[Team, ...]
    missable: tuple[int, ...]

    def aim_at_cover(self, stations: Iterable[int]) -> None:
        """Minimise how many of some stations stay uncovered.

        Parameters
        ----------
        stations
            Station indices to count.
        """
        variables = self.lp.variablesDict()
        wanted = set(stations)
        self.lp.setObjective(
            pulp.lpSum(variables[f"miss_{t}"] for t in self.missable if t in wanted)
        )

    def aim_at_nearness(self, prices: Sequence[float] | None = None) -> None:
        """Minimise officer-minutes in tenths.

        Parameters
        ----------
        prices
            Charge per officer of each post, in tenths of a minute; none by default.
        """
        variables = self.lp.variablesDict()
        terms = [one.cost_tenths * variables[one.name] for one in self.serves]
        terms += [
            (one.cost_tenths + (one.size * prices[one.post] if prices else 0)) * variables[one.name]
            for one in self.teams
        ]
        self.lp.setObjective(pulp.lpSum(terms))

    def limit_uncovered(self, name: str, stations: Iterable[int], count: int) -> None:
        """Add a row: of these stations, exactly so many stay uncovered.

        Parameters
        ----------
        name
            Name of the row.
        stations
            Station indices to count.
        count
            How many stay uncovered.
        """
        variables = self.lp.variablesDict()
        wanted = set(stations)
        terms = [variables[f"miss_{t}"] for t in self.missable if t in wanted]
        if terms:
            self.lp.addConstraint(pulp.lpSum(terms) == count, name)

    def read(self, values: Mapping[str, float]) -> tuple[Beat, ...]:
        """Turn values of the binaries into beats.

        Parameters
        ----------
        values
            Whole values by name.

        Returns
        -------
        tuple of Beat
            Sorted by anchor.
        """
        served: dict[tuple[int, int], list[int]] = {}
        for one in self.serves:
            if values[one.name]:
                served.setdefault((one.anchor, one.size), []).append(one.station)
        beats = [
            Beat(
                one.post,
                one.anchor,
                tuple(sorted([one.anchor, *served.get((one.anchor, one.size), [])])),
            )
            for one in self.teams
            if values[one.name]
        ]
        return tuple(sorted(beats, key=lambda beat: beat.anchor))

    def start(self, beats: Iterable[Beat], sizes: Mapping[int, int]) -> dict[str, float]:
        """Turn beats into values of all binaries.

        Parameters
        ----------
        beats
            A known solution.
        sizes
            Officers of each beat's team, by anchor.

        Returns
        -------
        dict
            Value by name.
        """
        chosen = set()
        covered: set[int] = set()
        for beat in beats:
            size = sizes[beat.anchor]
            chosen.add(f"team_{beat.post}_{beat.anchor}_{size}")
            chosen.update(
                f"serve_{t}_{beat.anchor}_{size}" for t in beat.stations if t != beat.anchor
            )
            covered.update(beat.stations)
        chosen.update(f"miss_{t}" for t in self.missable if t not in covered)
        names = [one.name for one in self.serves] + [one.name for one in self.teams]
        names += [f"miss_{t}" for t in self.missable]
        return {name: float(name in chosen) for name in names}


def build_program(
    problem: Problem,
    stations: NDArray[np.int64],
    rungs: Mapping[str, int],
    *,
    missable: NDArray[np.bool_] | None = None,
    post_officers: Sequence[int] | None = None,
    is_out: Callable[[], bool] | None = None,
) -> Program:
    """State the rules for some of the stations.

    Parameters
    ----------
    problem
        The problem.
    stations
        Station indices, rising; whole border units, or stations that must be left out anyway
        taken from them.
    rungs
        Rung of *low* by border unit.
    missable
        Which of all stations may stay uncovered: shape ``(n_stations,)``; none by default.
    post_officers
        Officers each post may give; None leaves the row of the posts out.
    is_out
        Asked again and again while a large program is stated; once it says yes, this ends.

    Returns
    -------
    Program
        Without an objective.

    Raises
    ------
    AbandonedError
        If `is_out` said so.
    """
    pools = pools_of(problem, stations)
    serves = [serve for pool in pools for serve in _serves(problem, pool)]
    teams = [team for pool in pools for team in _teams(problem, pool)]
    allowed = tuple(t for t in stations.tolist() if missable[t]) if missable is not None else ()
    lp = pulp.LpProblem("beats", pulp.LpMinimize)
    names = [one.name for one in serves]
    names += [one.name for one in teams]
    names += [f"miss_{t}" for t in allowed]
    binary = {name: lp.add_variable(name, 0, 1, cat=pulp.LpBinary) for name in names}
    program = Program(lp, pools, tuple(serves), tuple(teams), allowed)
    _add_cover(program, binary, stations)
    _add_beats(problem, program, binary, rungs, is_out)
    _add_team_counts(problem, program, binary, rungs)
    if post_officers is not None:
        for p, officers in enumerate(post_officers):
            terms = [one.size * binary[one.name] for one in teams if one.post == p]
            if terms:
                lp.addConstraint(pulp.lpSum(terms) <= officers, f"post_{p}")
    return program


def _sizes_for(problem: Problem, pool: Pool, station: int) -> list[int]:
    need = problem.doctrine.patterns[problem.stations[station].risk_class].officers
    return [size for size in pool.sizes if size >= need]


def _teams(problem: Problem, pool: Pool) -> Iterable[Team]:
    for j in pool.stations:
        for p in np.flatnonzero(problem.in_reach[:, j]).tolist():
            minutes = problem.rules.team_tenths + int(problem.travel.deploy[p, j])
            for size in _sizes_for(problem, pool, j):
                yield Team(p, j, size, size * minutes)


def _serves(problem: Problem, pool: Pool) -> Iterable[Serve]:
    travel, members = problem.travel, set(pool.stations)
    sizes = {t: _sizes_for(problem, pool, t) for t in pool.stations}
    for j in pool.stations:
        start, stop = travel.beat_indptr[j], travel.beat_indptr[j + 1]
        near = zip(
            travel.beat_indices[start:stop].tolist(),
            travel.beat_tenths[start:stop].tolist(),
            strict=True,
        )
        for t, tenths in near:
            if t == j or t not in members or tenths > problem.beat_limit_tenths:
                continue
            minutes = tenths + penalty_tenths(problem, j, t)
            for size in sizes[j]:
                if size in sizes[t]:
                    yield Serve(t, j, size, size * minutes)


def penalty_tenths(problem: Problem, anchor: int, station: int) -> int:
    """Charge a station of another kelurahan than its anchor's.

    Parameters
    ----------
    problem
        The problem.
    anchor, station
        Station indices.

    Returns
    -------
    int
        Tenths of a minute.
    """
    a, b = problem.stations[anchor], problem.stations[station]
    same = (a.kecamatan, a.kelurahan) == (b.kecamatan, b.kelurahan)
    return 0 if same else problem.rules.kelurahan_penalty_tenths


def _add_cover(
    program: Program, binary: Mapping[str, pulp.LpVariable], stations: NDArray[np.int64]
) -> None:
    """Every station anchors a beat, is served, or is missed: exactly one of these."""
    ways: dict[int, list[pulp.LpVariable]] = {t: [] for t in stations.tolist()}
    for team in program.teams:
        ways[team.anchor].append(binary[team.name])
    for serve in program.serves:
        ways[serve.station].append(binary[serve.name])
    for t in program.missable:
        ways[t].append(binary[f"miss_{t}"])
    for t, terms in ways.items():
        program.lp.addConstraint(pulp.lpSum(terms) == 1, f"cover_{t}")


def _add_beats(
    problem: Problem,
    program: Program,
    binary: Mapping[str, pulp.LpVariable],
    rungs: Mapping[str, int],
    is_out: Callable[[], bool] | None,
) -> None:
    """Only an open anchor serves, within a team's load, and only where its post may go."""
    teams: dict[tuple[int, int], list[Team]] = {}
    for team in program.teams:
        teams.setdefault((team.anchor, team.size), []).append(team)
    served: dict[tuple[int, int], list[Serve]] = {}
    for serve in program.serves:
        served.setdefault((serve.anchor, serve.size), []).append(serve)
    for pool in program.pools:
        weights, full = station_weights(problem, pool, rungs[pool.unit])
        for j in pool.stations:
            if is_out is not None and is_out():
                raise AbandonedError
            for size in pool.sizes:
                if (j, size) not in served:
                    continue
                here = teams.get((j, size), [])
                posts = [team.post for team in here]
                # most stations are in reach of the same posts, and adding up takes long
                sums: dict[tuple[bool, ...], pulp.LpAffineExpression] = {}
                opened = pulp.lpSum(binary[one.name] for one in here)
                beat = served[j, size]
                program.lp.addConstraint(
                    pulp.lpSum(weights[one.station] * binary[one.name] for one in beat)
                    <= (full - weights[j]) * opened,
                    f"load_{j}_{size}",
                )
                for one in beat:
                    able = tuple(problem.in_reach[posts, one.station].tolist())
                    if able not in sums:
                        sums[able] = pulp.lpSum(binary[team.name] for team in compress(here, able))
                    program.lp.addConstraint(
                        binary[one.name] <= sums[able], f"reach_{one.station}_{j}_{size}"
                    )


def _add_team_counts(
    problem: Problem,
    program: Program,
    binary: Mapping[str, pulp.LpVariable],
    rungs: Mapping[str, int],
) -> None:
    """At least ceil(load) teams in a pool; in rounding form where stations may be missed."""
    home = {t: index for index, pool in enumerate(program.pools) for t in pool.stations}
    teams: list[list[pulp.LpVariable]] = [[] for _ in program.pools]
    for team in program.teams:
        teams[home[team.anchor]].append(binary[team.name])
    missable = set(program.missable)
    for index, pool in enumerate(program.pools):
        rung = rungs[pool.unit]
        load = pool_load(problem, pool, rung)
        least = math.ceil(load)
        weights, full = station_weights(problem, pool, rung)
        # multiply by the part that the last team carries, so that every number stays whole
        part = load - least + 1
        scale = part.numerator * full // part.denominator
        terms = [scale * one for one in teams[index]]
        terms += [weights[t] * binary[f"miss_{t}"] for t in pool.stations if t in missable]
        program.lp.addConstraint(pulp.lpSum(terms) >= scale * least, f"teams_{index}")
