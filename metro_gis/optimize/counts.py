"""A program over counts alone: teams of pools, officers of posts, rungs of units.

Teams of a pool are at least what is proven of it, and come from posts that reach some station of
it. That leaves out how beats lie, so that what the program says bounds the truth from below; and
what it proposes can mostly be carried out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.doctrine import COVER_TIERS
from metro_gis.optimize.pools import station_weights
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from metro_gis.optimize.cuts import Cut
    from metro_gis.optimize.pools import Pool
    from metro_gis.optimize.search import Search
    from metro_gis.problem import Problem
    from metro_gis.solver import Limits

    Pick = Mapping[int, pulp.LpVariable]

EDGE_TENTHS = 6000.0
"""What a team from a post that reaches only a part of its pool counts as, in tenths."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the counts allow.

    Parameters
    ----------
    rungs
        Rung of *low* by border unit; for all units.
    teams
        Teams of each pool by post.
    dropped
        Stations of each pool that stay uncovered.
    """

    rungs: dict[str, int]
    teams: tuple[Mapping[int, int], ...]
    dropped: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine says of a program over counts.

    Parameters
    ----------
    termination
        How the question ended.
    value
        Objective of the proposal, None where there is none.
    bound
        Whole number that no plan can be below.
    proposal
        The best one, or None.
    values
        Name to value of every variable in it.
    """

    termination: Termination
    value: int | None
    bound: int
    proposal: Proposal | None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass
class CountProgram:
    """The program over counts.

    Parameters
    ----------
    problem
        The problem.
    pools
        Pools of the stations in reach.
    least
        Fewest teams of a pool at a rung, proven.
    ladder
        Rungs to choose from.
    droppable
        Whether stations of each tier may stay uncovered.
    cuts
        Groups of stations that call for teams of their own posts.
    whole
        Whether teams are whole numbers even where whole ones are possible anyway with the officers
        that posts have.
    """

    problem: Problem
    pools: Sequence[Pool]
    least: Callable[[Pool, int], int]
    ladder: tuple[int, ...]
    droppable: tuple[bool, ...]
    cuts: Sequence[Cut] = ()
    whole: bool = False
    lp: pulp.LpProblem = field(init=False)
    pick: dict[str, dict[int, pulp.LpVariable]] = field(init=False)
    flows: list[dict[tuple[int, int], pulp.LpVariable]] = field(init=False)
    drops: list[dict[int, pulp.LpVariable]] = field(init=False)

    def __post_init__(self) -> None:
        self.lp = pulp.LpProblem("counts", pulp.LpMinimize)
        low = self.problem.low_stations()
        self.pick = {}
        for u, unit in enumerate(self.problem.units):
            rungs = self.ladder if unit in low else self.ladder[-1:]
            one = {r: self.lp.add_variable(f"rung_{u}_{r}", 0, 1, cat=pulp.LpBinary) for r in rungs}
            self.lp.addConstraint(pulp.lpSum(one.values()) == 1, f"one_{u}")
            self.pick[unit] = one
        # with teams of one size, whole teams of pools make whole flows possible
        of_one_size = len({size for pool in self.pools for size in pool.sizes}) == 1
        divided = {cut.pool for cut in self.cuts}
        self.flows, self.drops = [], []
        for index, pool in enumerate(self.pools):
            self.drops.append(self._drops(index, pool))
            whole = self.whole or not of_one_size or index in divided
            kind = pulp.LpInteger if whole else pulp.LpContinuous
            self.flows.append(self._flows(index, pool, kind))
            self._add_loads(index, pool)
        self._add_posts()
        for number, cut in enumerate(self.cuts):
            self._add_cut(number, cut)

    def _drops(self, index: int, pool: Pool) -> dict[int, pulp.LpVariable]:
        tiers = np.bincount(self.problem.tier_index[list(pool.stations)], minlength=3).tolist()
        return {
            tier: self.lp.add_variable(f"drop_{index}_{tier}", 0, count, cat=pulp.LpInteger)
            for tier, count in enumerate(tiers)
            if count and self.droppable[tier]
        }

    def _flows(self, index: int, pool: Pool, kind: str) -> dict[tuple[int, int], pulp.LpVariable]:
        able = self.problem.in_reach[:, list(pool.stations)].any(axis=1)
        return {
            (p, size): self.lp.add_variable(
                f"teams_{index}_{p}_{size}",
                0,
                self.problem.posts[p].station_officers // size,
                cat=kind,
            )
            for p in np.flatnonzero(able).tolist()
            for size in pool.sizes
        }

    def _add_loads(self, index: int, pool: Pool) -> None:
        """Teams are as many as the pool needs at its rung, less what stays uncovered."""
        picked = self.pick[pool.unit]
        rungs = tuple(picked) if pool.has_low else self.ladder[-1:]
        teams = self.lp.add_variable(f"pool_{index}", 0, len(pool.stations), cat=pulp.LpInteger)
        self.lp.addConstraint(pulp.lpSum(self.flows[index].values()) == teams, f"sent_{index}")
        dropped = self.drops[index]
        least = {r: self.least(pool, r) for r in rungs}
        needed = (
            pulp.lpSum(least[r] * picked[r] for r in rungs) if pool.has_low else least[rungs[0]]
        )
        # a station that is taken back costs at most a team of its own
        self.lp.addConstraint(teams + pulp.lpSum(dropped.values()) >= needed, f"least_{index}")
        if not dropped:
            return
        if pool.has_low and not self.problem.rules.mix:
            self._add_covered(index, teams, dropped)
        else:
            self._add_rounded(f"load_{index}", index, pool.stations, teams)

    def _add_covered(
        self, index: int, teams: pulp.LpVariable, dropped: Mapping[int, pulp.LpVariable]
    ) -> None:
        """Divide teams and covered stations by rung, which bounds better than one row a rung."""
        pool, picked = self.pools[index], self.pick[self.pools[index].unit]
        n, parts, covered = len(pool.stations), [], []
        for r, one in picked.items():
            sent = self.lp.add_variable(f"sent_{index}_{r}", 0, n, cat=pulp.LpInteger)
            guarded = self.lp.add_variable(f"guarded_{index}_{r}", 0, n)
            self.lp.addConstraint(guarded <= n * one, f"guarded_{index}_{r}_picked")
            self.lp.addConstraint(sent <= n * one, f"sent_{index}_{r}_picked")
            self.lp.addConstraint(guarded <= r * sent, f"guarded_{index}_{r}_sent")
            parts.append(sent)
            covered.append(guarded)
        self.lp.addConstraint(pulp.lpSum(parts) == teams, f"parts_{index}")
        missing = pulp.lpSum(covered) + pulp.lpSum(dropped.values())
        self.lp.addConstraint(missing >= n, f"covered_{index}")

    def _add_cut(self, number: int, cut: Cut) -> None:
        """Give some stations of a pool teams from the few posts that reach them."""
        pool, dropped = self.pools[cut.pool], self.drops[cut.pool]
        picked = self.pick[pool.unit]
        teams = pulp.lpSum(flow for (p, _), flow in self.flows[cut.pool].items() if p in cut.posts)
        needed = dict(cut.needed)
        least = (
            pulp.lpSum(needed[r] * one for r, one in picked.items())
            if pool.has_low
            else needed[self.ladder[-1]]
        )
        name = f"cut_{number}"
        self.lp.addConstraint(teams + pulp.lpSum(dropped.values()) >= least, name)
        if dropped:
            self._add_rounded(name, cut.pool, cut.stations, teams)

    def _add_rounded(
        self,
        name: str,
        index: int,
        stations: Sequence[int],
        teams: pulp.LpAffineExpression | pulp.LpVariable,
    ) -> None:
        """Teams carry the load of some stations, less what those that are dropped take up."""
        pool, picked = self.pools[index], self.pick[self.pools[index].unit]
        for r in picked if pool.has_low else self.ladder[-1:]:
            weights, full = station_weights(self.problem, pool, r)
            load = sum(weights[t] for t in stations)
            freed = pulp.lpSum(
                max(weights[t] for t in pool.stations if self.problem.tier_index[t] == tier) * one
                for tier, one in self.drops[index].items()
            )
            slack = load * (1 - picked[r]) if pool.has_low else 0
            self.lp.addConstraint(full * teams + freed + slack >= load, f"{name}_{r}")

    def _add_posts(self) -> None:
        sizes = {size for pool in self.pools for size in pool.sizes}
        for p, sent in self.sent().items():
            officers = self.problem.posts[p].station_officers
            if len(sizes) == 1:
                # what is left of a team is of no use
                officers -= officers % min(sizes)
            self.lp.addConstraint(sent <= officers, f"post_{p}")

    def sent(self) -> dict[int, pulp.LpAffineExpression]:
        """Count the officers that posts send.

        Returns
        -------
        dict
            Post to officers; posts in reach of nothing are left out.
        """
        terms: dict[int, list[pulp.LpAffineExpression]] = {}
        for flows in self.flows:
            for (p, size), flow in flows.items():
                terms.setdefault(p, []).append(size * flow)
        return {p: pulp.lpSum(parts) for p, parts in sorted(terms.items())}

    def strength(self) -> pulp.LpAffineExpression:
        """State the second aim.

        Returns
        -------
        pulp.LpAffineExpression
            Sum of *low* stations times rung.
        """
        low = self.problem.low_stations()
        return pulp.lpSum(
            count * r * one for unit, count in low.items() for r, one in self.pick[unit].items()
        )

    def missed(self, tier: int) -> pulp.LpAffineExpression:
        """Count the stations of a tier, in reach of a post, that stay uncovered.

        Parameters
        ----------
        tier
            Place in the cover tuple.

        Returns
        -------
        pulp.LpAffineExpression
            Their number.
        """
        return pulp.lpSum(drops[tier] for drops in self.drops if tier in drops)

    def minutes(self, beside: Mapping[tuple[int, int], float]) -> pulp.LpAffineExpression:
        """Guess the third aim: teams with their way, and the stations beside the anchors.

        Parameters
        ----------
        beside
            Officer-minutes in tenths from anchors to stations, by pool and rung.

        Returns
        -------
        pulp.LpAffineExpression
            Tenths of officer-minutes, with a surcharge for posts that reach only a part of a pool.
        """
        terms = []
        for pool, flows in zip(self.pools, self.flows, strict=True):
            reach = self.problem.in_reach[:, list(pool.stations)]
            for (p, size), flow in flows.items():
                minutes = self.problem.travel.deploy[p, list(pool.stations)][reach[p]].mean()
                edge = 0.0 if reach[p].all() else EDGE_TENTHS
                cost = round(float(minutes) + self.problem.rules.team_tenths + edge)
                terms.append(size * cost * flow)
        for (index, r), tenths in beside.items():
            picked = self.pick[self.pools[index].unit]
            if r in picked:
                terms.append(round(tenths) * picked[r])
        return pulp.lpSum(terms)

    def ask(self, search: Search, limits: Limits) -> Said:
        """Ask the engine.

        Parameters
        ----------
        search
            The search.
        limits
            When to stop.

        Returns
        -------
        Said
            Its answer.
        """
        answer = solve_program(self.lp, limits, seed=search.settings.seed, stop=search.stop)
        search.note_work(answer)
        bound = math.ceil(answer.bound - 1e-6) if math.isfinite(answer.bound) else 0
        if answer.value is None:
            return Said(answer.termination, None, max(0, bound), None)
        proposal = self._read(answer.values)
        return Said(answer.termination, round(answer.value), max(0, bound), proposal, answer.values)

    def _read(self, values: Mapping[str, float]) -> Proposal:
        rungs = {
            unit: next(r for r, one in picked.items() if values[one.name] > 0.5)  # noqa: PLR2004
            for unit, picked in self.pick.items()
        }
        return Proposal(
            rungs,
            tuple(_whole_flows(flows, values) for flows in self.flows),
            tuple(round(sum(values[one.name] for one in drops.values())) for drops in self.drops),
        )

    def forbid(self, name: str, rungs: Mapping[str, int], *, below: bool) -> None:
        """Leave rungs out of further proposals.

        Parameters
        ----------
        name
            Name of the row.
        rungs
            Rung of *low* by border unit.
        below
            Whether everything that stretches no unit farther is left out as well.
        """
        units = self.problem.units
        if below:
            higher = [one for u in units for r, one in self.pick[u].items() if r > rungs[u]]
            self.lp.addConstraint(pulp.lpSum(higher) >= 1, name)
        else:
            same = [self.pick[u][rungs[u]] for u in units]
            self.lp.addConstraint(pulp.lpSum(same) <= len(same) - 1, name)

    def keep_only(self, allowed: Mapping[str, Iterable[int]]) -> None:
        """Leave some rungs of units out.

        Parameters
        ----------
        allowed
            Rungs to keep by border unit.
        """
        for unit, rungs in allowed.items():
            for r, one in self.pick[unit].items():
                if r not in rungs:
                    one.upBound = 0


def _whole_flows(
    flows: Mapping[tuple[int, int], pulp.LpVariable], values: Mapping[str, float]
) -> dict[int, int]:
    teams: dict[int, int] = {}
    for (p, _), flow in flows.items():
        count = round(values[flow.name])
        if count:
            teams[p] = teams.get(p, 0) + count
    return teams


def no_drops() -> tuple[bool, ...]:
    """Let no station stay uncovered.

    Returns
    -------
    tuple of bool
        For `CountProgram`.
    """
    return (False,) * len(COVER_TIERS)
