"""Fewest changes against a plan before: an integer program over teams that were there.

Stations stay with their team, go to another one, or to a fresh one; teams keep their post, get
another, or are given up. That leaves out who anchors a beat in large pools, and how fresh teams
divide their stations. Where a proposal cannot be carried out, rows say why, and the program
proposes again (logic-based Benders decomposition; Hooker and Ottosson 2003,
https://doi.org/10.1007/s10107-003-0375-9). Whatever it says is a bound all along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pulp

from metro_gis.changes import kept_officers
from metro_gis.optimize.pools import pool_load, pools_of, station_weights
from metro_gis.optimize.program import AbandonedError
from metro_gis.optimize.search import reachable
from metro_gis.plan import beat_officers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from metro_gis.changes import Former
    from metro_gis.optimize.moves_reading import Group
    from metro_gis.optimize.pools import Pool
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

    Label = tuple[int, int]  # place of a former team, place of a pool


SMALL_POOL = 30
"""Stations up to which all teams of a pool have anchors in the program from the first."""


@dataclass
class MovesProgram:
    """The program over teams that were there.

    Parameters
    ----------
    problem
        The problem.
    former
        The plan before.
    rungs
        Rung of *low* by border unit.
    going_on
        Beats, by place of the former team, that are settled: the program asks about the rest.
    is_out
        Asked again and again whether nobody waits for the program any more.

    Raises
    ------
    AbandonedError
        If so.
    """

    problem: Problem
    former: Former
    rungs: Mapping[str, int]
    going_on: Mapping[int, Beat] = field(default_factory=dict)
    is_out: Callable[[], bool] | None = None
    lp: pulp.LpProblem = field(init=False)
    pools: tuple[Pool, ...] = field(init=False)
    labels: dict[Label, tuple[int, ...]] = field(init=False)
    stay: dict[tuple[int, Label], pulp.LpVariable] = field(init=False)
    fresh: dict[int, pulp.LpVariable] = field(init=False)
    missed: dict[int, pulp.LpVariable] = field(init=False)
    sent: dict[Label, dict[tuple[int, int], pulp.LpVariable]] = field(init=False)
    added: list[dict[tuple[int, int], pulp.LpVariable]] = field(init=False)
    within: dict[Label, list[int]] = field(init=False)
    adjacent: NDArray[np.bool_] = field(init=False)
    anchored: set[Label] = field(default_factory=set, init=False)
    able: dict[tuple[str, ...], pulp.LpVariable] = field(default_factory=dict, init=False)
    rows: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.lp = pulp.LpProblem("moves", pulp.LpMinimize)
        asked = reachable(problem)
        for beat in self.going_on.values():
            asked[list(beat.stations)] = False
        inside = np.flatnonzero(asked).astype(np.int64)
        self.pools = pools_of(problem, inside)
        self.pool_of = {t: q for q, pool in enumerate(self.pools) for t in pool.stations}
        self.adjacent = _adjacency(problem)
        self.labels = self._find_labels()
        self._add_variables()
        for q in range(len(self.pools)):
            self._add_pool(q)
        self._add_posts()
        self.moved, self.ordered = self._moved(), self._ordered()

    # -- what it is made of ----------------------------------------------------------------------

    def _find_labels(self) -> dict[Label, tuple[int, ...]]:
        """Give each former team to the pools that its stations are in now."""
        found: dict[Label, list[int]] = {}
        for k, team in enumerate(self.former.teams):
            for t in team.stations:
                if t in self.pool_of:
                    found.setdefault((k, self.pool_of[t]), []).append(t)
        return {label: tuple(stations) for label, stations in found.items()}

    def _add_variables(self) -> None:
        problem, binary = self.problem, pulp.LpBinary
        self.stay, self.sent, self.within = {}, {}, {}
        by_pool: dict[int, list[Label]] = {}
        for label in self.labels:
            by_pool.setdefault(label[1], []).append(label)
        for q, pool in enumerate(self.pools):
            members = np.array(pool.stations)
            common = self.adjacent[np.ix_(members, members)].astype(np.int32)
            common = common @ common > 0
            place = {t: i for i, t in enumerate(pool.stations)}
            for label in by_pool.get(q, []):
                own = self.labels[label]
                # a team that keeps none of its stations is as good as a fresh one
                near = common[:, [place[t] for t in own]].any(axis=1)
                self.within[label] = members[near].tolist()
                for t in self.within[label]:
                    name = f"stay_{t}_{label[0]}"
                    self.stay[t, label] = self.lp.add_variable(name, 0, 1, cat=binary)
                able = problem.in_reach[:, list(own)].any(axis=1)
                self.sent[label] = {
                    (p, size): self.lp.add_variable(
                        f"sent_{label[0]}_{q}_{p}_{size}", 0, 1, cat=binary
                    )
                    for p in np.flatnonzero(able).tolist()
                    for size in pool.sizes
                    if problem.posts[p].station_officers >= size
                }
        self.fresh = {t: self.lp.add_variable(f"fresh_{t}", 0, 1, cat=binary) for t in self.pool_of}
        self.missed = {t: self.lp.add_variable(f"miss_{t}", 0, 1, cat=binary) for t in self.pool_of}
        self.added = []
        for q, pool in enumerate(self.pools):
            able = problem.in_reach[:, list(pool.stations)].any(axis=1)
            self.added.append(
                {
                    (p, size): self.lp.add_variable(
                        f"added_{q}_{p}_{size}", 0, len(pool.stations), cat=pulp.LpInteger
                    )
                    for p in np.flatnonzero(able).tolist()
                    for size in pool.sizes
                    if problem.posts[p].station_officers >= size
                }
            )

    def _add_pool(self, q: int) -> None:
        problem, pool = self.problem, self.pools[q]
        weights, full = station_weights(problem, pool, self.rungs[pool.unit])
        labels = [label for label in self.labels if label[1] == q]
        ways: dict[int, list[pulp.LpVariable]] = {t: [] for t in pool.stations}
        load: dict[Label, list[pulp.LpAffineExpression]] = {label: [] for label in labels}
        for (t, label), one in self.stay.items():
            if label[1] == q:
                ways[t].append(one)
                load[label].append(weights[t] * one)
                self._add_reach(f"reach_{t}_{label[0]}_{q}", t, one, self.sent[label])
        for t in pool.stations:
            self._add_reach(f"reach_{t}_fresh", t, self.fresh[t], self.added[q])
            self.lp.addConstraint(
                pulp.lpSum(ways[t]) + self.fresh[t] + self.missed[t] == 1, f"cover_{t}"
            )
        for label in labels:
            teams = pulp.lpSum(self.sent[label].values())
            self.lp.addConstraint(pulp.lpSum(load[label]) <= full * teams, f"load_{label[0]}_{q}")
            if sum(weights[t] for t in self.labels[label]) + min(weights.values()) <= full:
                self._add_joining(label)
        added = pulp.lpSum(self.added[q].values())
        fresh = pulp.lpSum(weights[t] * self.fresh[t] for t in pool.stations)
        self.lp.addConstraint(fresh <= full * added, f"load_fresh_{q}")
        # rounding form: stations may be missed
        total = pool_load(problem, pool, self.rungs[pool.unit])
        least = math.ceil(total)
        part = total - least + 1
        scale = part.numerator * full // part.denominator
        teams = pulp.lpSum(one for label in labels for one in self.sent[label].values())
        gone = pulp.lpSum(weights[t] * self.missed[t] for t in pool.stations)
        self.lp.addConstraint(scale * (teams + added) + gone >= scale * least, f"teams_{q}")
        guarded = {t: self.fresh[t] for t in pool.stations}
        anchors = self._add_anchors(f"fresh_{q}", guarded, added, pulp.LpBinary)
        if len(pool.stations) <= SMALL_POOL:
            self._add_services(q, anchors, weights, full)
            for label in labels:
                self._add_anchors_of(label)

    def _add_anchors(
        self,
        name: str,
        guarded: Mapping[int, pulp.LpVariable],
        teams: pulp.LpAffineExpression,
        cat: str,
    ) -> dict[int, pulp.LpVariable]:
        """Let stations be guarded only near enough to the anchor of a team that guards them.

        Where there is one team its anchor need not be whole: whatever share of it lies anywhere
        must be near to all that is guarded.
        """
        members = list(guarded)
        near = self.adjacent[np.ix_(members, members)]
        anchors = [self.lp.add_variable(f"anchor_{name}_{t}", 0, 1, cat=cat) for t in members]
        self.lp.addConstraint(pulp.lpSum(anchors) <= teams, f"anchors_{name}")
        for t, anchor, row in zip(members, anchors, near, strict=True):
            self.lp.addConstraint(anchor <= guarded[t], f"at_{name}_{t}")
            able = pulp.lpSum(anchors[i] for i in np.flatnonzero(row))
            self.lp.addConstraint(guarded[t] <= able, f"near_{name}_{t}")
        return dict(zip(members, anchors, strict=True))

    def _add_services(
        self, q: int, anchors: Mapping[int, pulp.LpVariable], weights: Mapping[int, int], full: int
    ) -> None:
        """Say of a small pool which fresh team guards what, so that none has more than its load."""
        served: dict[int, list[pulp.LpVariable]] = {t: [] for t in anchors}
        for j, anchor in anchors.items():
            load = []
            for t in anchors:
                if self.adjacent[j, t]:
                    one = self.lp.add_variable(f"serve_{q}_{t}_{j}", 0, 1, cat=pulp.LpBinary)
                    self.lp.addConstraint(one <= anchor, f"serves_{q}_{t}_{j}")
                    served[t].append(one)
                    load.append(weights[t] * one)
            self.lp.addConstraint(pulp.lpSum(load) <= full * anchor, f"full_{q}_{j}")
        for t, ones in served.items():
            self.lp.addConstraint(pulp.lpSum(ones) == self.fresh[t], f"served_{q}_{t}")

    def _add_joining(self, label: Label) -> None:
        """Let a station join a team that has room only if somebody leaves it or anchors them all.

        A team without room takes nobody in before somebody leaves, whether it has an anchor or not.
        """
        own = np.array(self.labels[label])
        within = np.array(self.within[label])
        # those that would be an anchor of all own stations, and who could join them there
        middles = within[self.adjacent[np.ix_(within, own)].all(axis=1)]
        near = self.adjacent[np.ix_(middles, within)]
        remain = pulp.lpSum(self.stay[s, label] for s in own.tolist())
        for t, row in zip(within.tolist(), near.T, strict=True):
            anchors = set(middles[row].tolist())
            if t not in own and anchors.isdisjoint((*own.tolist(), t)):
                others = pulp.lpSum(self.stay[j, label] for j in sorted(anchors))
                join = self.stay[t, label] + remain <= len(own) + others
                self.lp.addConstraint(join, f"join_{t}_{label[0]}_{label[1]}")

    def _add_anchors_of(self, label: Label) -> None:
        """Give a former team its anchor, once."""
        if label not in self.anchored:
            self.anchored.add(label)
            guarded = {t: self.stay[t, label] for t in self.within[label]}
            teams = pulp.lpSum(self.sent[label].values())
            self._add_anchors(f"{label[0]}_{label[1]}", guarded, teams, pulp.LpContinuous)

    def _add_reach(
        self,
        name: str,
        t: int,
        one: pulp.LpVariable,
        sent: Mapping[tuple[int, int], pulp.LpVariable],
    ) -> None:
        """Let a team guard a station only if its post may go there and it is large enough."""
        if self.is_out is not None and self.is_out():
            raise AbandonedError
        need = self.problem.doctrine.patterns[self.problem.stations[t].risk_class].officers
        able = [
            team for (p, size), team in sent.items() if size >= need and self.problem.in_reach[p, t]
        ]
        self.lp.addConstraint(one <= self._sum_of(able), name)

    def _sum_of(self, teams: Sequence[pulp.LpVariable]) -> pulp.LpVariable:
        """Give a variable for the sum of others: most stations of a team have the same in reach."""
        names = tuple(team.name for team in teams)
        if names not in self.able:
            number = len(self.able)
            self.able[names] = self.lp.add_variable(f"able_{number}", 0, None)
            self.lp.addConstraint(self.able[names] == pulp.lpSum(teams), f"able_{number}")
        return self.able[names]

    def _add_posts(self) -> None:
        for k in range(len(self.former.teams)):
            mine = [
                one
                for label, ways in self.sent.items() if label[0] == k
                for one in ways.values()
            ]  # fmt: skip
            if len(mine) > 1:
                self.lp.addConstraint(pulp.lpSum(mine) <= 1, f"once_{k}")
        used: dict[int, list[pulp.LpAffineExpression]] = {}
        for ways in (*self.sent.values(), *self.added):
            for (p, size), one in ways.items():
                used.setdefault(p, []).append(size * one)
        engaged = [0] * len(self.problem.posts)
        for beat in self.going_on.values():
            engaged[beat.post] += beat_officers(self.problem, beat)
        for p, terms in sorted(used.items()):
            officers = self.problem.posts[p].station_officers - engaged[p]
            self.lp.addConstraint(pulp.lpSum(terms) <= officers, f"post_{p}")

    def _moved(self) -> pulp.LpAffineExpression:
        """Count stations that leave their team and stay covered."""
        home = self.former.home
        away = [one for (t, label), one in self.stay.items() if t in home and home[t] != label[0]]
        return pulp.lpSum(away) + pulp.lpSum(one for t, one in self.fresh.items() if t in home)

    def _ordered(self) -> pulp.LpAffineExpression:
        """Count officers with new orders: those of other posts, and of fresh teams."""
        teams = self.former.teams
        terms = [
            (size - kept_officers(teams[k], p, size)) * one
            for (k, _), ways in self.sent.items()
            for (p, size), one in ways.items()
        ]
        terms += [size * one for ways in self.added for (_, size), one in ways.items()]
        return pulp.lpSum(terms) - self._taken_up_again()

    def _taken_up_again(self) -> pulp.LpAffineExpression:
        """Count officers of fresh teams that are teams which gave up all their stations."""
        idle: dict[tuple[int, int], list[pulp.LpAffineExpression]] = {}
        for k, team in enumerate(self.former.teams):
            if team.post is not None and k not in self.going_on:
                mine = [ways for label, ways in self.sent.items() if label[0] == k]
                at_work = pulp.lpSum(one for ways in mine for one in ways.values())
                idle.setdefault((team.post, team.officers), []).append(1 - at_work)
        taken: dict[tuple[int, int], list[pulp.LpVariable]] = {key: [] for key in idle}
        kept = []
        for q, ways in enumerate(self.added):
            for (p, size), one in ways.items():
                again = {
                    officers: self.lp.add_variable(f"again_{q}_{p}_{size}_{officers}", 0, None)
                    for post, officers in idle
                    if post == p
                }
                if again:
                    name = f"again_{q}_{p}_{size}"
                    self.lp.addConstraint(pulp.lpSum(again.values()) <= one, name)
                for officers, variable in again.items():
                    taken[p, officers].append(variable)
                    kept.append(min(size, officers) * variable)
        for number, (key, left) in enumerate(idle.items()):
            if taken[key]:
                row = pulp.lpSum(taken[key]) <= pulp.lpSum(left)
                self.lp.addConstraint(row, f"idle_{number}")
        return pulp.lpSum(kept)

    # -- what is asked of it ---------------------------------------------------------------------

    def hold(self, held: frozenset[int]) -> None:
        """Let some teams go on as they were.

        Parameters
        ----------
        held
            Places of former teams that can go on.
        """
        for k in sorted(held):
            team = self.former.teams[k]
            label = (k, self.pool_of[team.stations[0]])
            here = [one for (p, _), one in self.sent[label].items() if p == team.post]
            self.lp.addConstraint(pulp.lpSum(here) == 1, f"held_{k}")
            for (t, other), one in self.stay.items():
                if other == label:
                    self.lp.addConstraint(one == int(t in team.stations), f"stays_{t}_{k}")

    @property
    def teams(self) -> frozenset[str]:
        """Names of the variables that count teams."""
        return frozenset(
            one.name for ways in (*self.sent.values(), *self.added) for one in ways.values()
        )

    @property
    def changes(self) -> pulp.LpAffineExpression:
        """Moved stations and moved officers together."""
        return self.moved + self.ordered

    def missing(self, tier: int) -> pulp.LpAffineExpression:
        """Count the stations of a tier that stay uncovered.

        Parameters
        ----------
        tier
            Place in the cover tuple.

        Returns
        -------
        pulp.LpAffineExpression
            Without those that no post reaches.
        """
        index = self.problem.tier_index
        return pulp.lpSum(one for t, one in self.missed.items() if index[t] == tier)

    # -- what it learns --------------------------------------------------------------------------

    def learn_of_anchors(self, group: Group) -> None:
        """Give a team its anchor in the program: what it was to guard has none.

        Parameters
        ----------
        group
            Of a former team; no station of it is near enough to all others.
        """
        if group.team is not None:
            self._add_anchors_of((group.team, group.pool))

    def learn_of_fresh(self, group: Group, *, of_any_post: bool) -> None:
        """Say that the fresh teams of a pool cannot divide these stations among them.

        Parameters
        ----------
        group
            Fresh teams.
        of_any_post
            Whether so many teams cannot do it whatever posts send them; else these cannot.
        """
        members = np.array(self.pools[group.pool].stations)
        near = self.adjacent[np.ix_(members, np.array(group.stations))].any(axis=1)
        others = set(members[near].tolist()) - set(group.stations)
        otherwise = pulp.lpSum(1 - self.fresh[t] for t in group.stations)
        otherwise += pulp.lpSum(self.fresh[t] for t in sorted(others))
        added = self.added[group.pool]
        if of_any_post:
            count = 1 + sum(n for _, n in group.teams)
            self._learn(pulp.lpSum(added.values()) + count * otherwise >= count)
            return
        had = dict(group.teams)
        for way, one in added.items():
            name = f"more_{self.rows}_{way[0]}_{way[1]}"
            more = self.lp.add_variable(name, 0, 1, cat=pulp.LpBinary)
            self._learn(one >= (had.get(way, 0) + 1) * more)
            otherwise += more
        self._learn(otherwise >= 1)

    def _learn(self, row: pulp.LpConstraint) -> None:
        self.rows += 1
        self.lp.addConstraint(row, f"learnt_{self.rows}")


def _adjacency(problem: Problem) -> NDArray[np.bool_]:
    """Tell which stations may be served from which, each from itself too."""
    n = len(problem.stations)
    found = np.eye(n, dtype=np.bool_)
    rows = np.repeat(np.arange(n), np.diff(problem.travel.beat_indptr))
    near = problem.travel.beat_tenths <= problem.beat_limit_tenths
    found[rows[near], problem.travel.beat_indices[near]] = True
    return found
