"""Beats of all pools chosen together, from posts that have only so many officers.

Where every pool by itself is as cheap as its bound at the posts' prices, a gap is left only where
the pools' beats do not fit the posts' officers together. Then the beats that a better plan could
hold are few, and the engine chooses among them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulp

from metro_gis.optimize.listing import are_alike, list_from_posts
from metro_gis.plan import Beat
from metro_gis.solver import Termination, solve_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from metro_gis.optimize.listing import Listed
    from metro_gis.optimize.pool_bounds import CityBound
    from metro_gis.optimize.pool_model import PoolModel
    from metro_gis.solver import Limits

DUST = 1e-6
MOST_TOGETHER = 12_000
"""Beats of all pools that are chosen among at most."""
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of the gap that are listed one after another, until one holds the best plan."""
WORTHWHILE = 2.0
"""Of lists that are less than so many times as long as the shortest, only the longest is used."""


@dataclass(frozen=True, eq=False)
class Together:
    """What choosing among the beats of all pools proves.

    Parameters
    ----------
    bound_tenths
        No plan has fewer officer-minutes, in tenths.
    beats
        The best plan of listed beats; None where there is none, or none was found.
    """

    bound_tenths: float
    beats: tuple[Beat, ...] | None

    def joined(self, later: Together) -> Together:
        """Take over what choosing among more beats proves and finds.

        Parameters
        ----------
        later
            From a longer list.

        Returns
        -------
        Together
            The higher bound, and the later beats where there are any.
        """
        beats = self.beats if later.beats is None else later.beats
        return Together(max(self.bound_tenths, later.bound_tenths), beats)


def choose_together(
    models: Sequence[PoolModel],
    bound: CityBound,
    most_tenths: float,
    limits: Callable[[], Limits],
    stop: threading.Event,
) -> Together | None:
    """Choose among all beats that a plan below some cost could hold.

    Parameters
    ----------
    models
        All pools.
    bound
        Of the city, by column generation.
    most_tenths
        The most officer-minutes of a plan that is looked for, in tenths.
    limits
        Grants the engine its time when it is asked.
    stop
        Ends the engine early.

    Returns
    -------
    Together or None
        None where teams of a pool differ by more than their posts, or beats are too many.
    """
    root = sum(one.value_tenths for one in bound.roots) - float(bound.prices @ bound.shared)
    if most_tenths < root or not all(are_alike(model, bound.prices) for model in models):
        return None
    best: Together | None = None
    for share, listed in _lists(models, bound, most_tenths - root, stop):
        if stop.is_set():
            break
        # a plan that costs less than this is made of listed beats alone
        cap = most_tenths + 1.0 if share == 1.0 else root + share * (most_tenths - root)
        found, value = _chosen(models, bound, listed, (root, cap), limits(), stop)
        best = found if best is None else best.joined(found)
        if value is not None and value <= best.bound_tenths + DUST:
            break
    return best


def _lists(
    models: Sequence[PoolModel], bound: CityBound, gap_tenths: float, stop: threading.Event
) -> Iterator[tuple[float, list[dict[int, Listed]]]]:
    """List the beats of shares of the gap; of lists about as long only the longest."""
    kept: tuple[float, list[dict[int, Listed]]] | None = None
    least = 0
    for share in SHARES:
        listed = None if stop.is_set() else _listed(models, bound, share * gap_tenths)
        if listed is None:
            break
        if kept is None:
            least = _length(listed)
        elif _length(listed) > WORTHWHILE * least:
            yield kept
            least = _length(listed)
        kept = share, listed
    if kept is not None:
        yield kept


def _length(listed: Sequence[dict[int, Listed]]) -> int:
    return sum(len(one.anchor) for of_pool in listed for one in of_pool.values())


def _listed(
    models: Sequence[PoolModel], bound: CityBound, reach: float
) -> list[dict[int, Listed]] | None:
    listed: list[dict[int, Listed]] = []
    left = MOST_TOGETHER
    for model, root in zip(models, bound.roots, strict=True):
        of_pool = list_from_posts(model, bound.prices, root.worth, reach + DUST, left)
        if of_pool is None:
            return None
        left -= _length([of_pool])
        listed.append(of_pool)
    return listed


def _chosen(
    models: Sequence[PoolModel],
    bound: CityBound,
    listed: Sequence[dict[int, Listed]],
    span: tuple[float, float],
    limits: Limits,
    stop: threading.Event,
) -> tuple[Together, float | None]:
    """Choose by an integer program; give the value of a plan found, too."""
    root, cap = span
    program = _Program(bound)
    stated = [
        program.state(k, model, of_posts)
        for k, (model, of_posts) in enumerate(zip(models, listed, strict=True))
    ]
    if not all(stated):
        return Together(cap, None), None
    program.share_officers()
    answer = solve_program(program.lp, limits, stop=stop)
    if answer.termination is Termination.INFEASIBLE:
        return Together(cap, None), None
    proven = max(root, answer.bound) if math.isfinite(answer.bound) else root
    chosen = [program.beats[name] for name, value in answer.values.items() if value]
    return Together(min(cap, proven), tuple(chosen) if answer.solved else None), answer.value


class _Program:
    """The choice among listed beats as an integer program: every station in one of them."""

    def __init__(self, bound: CityBound) -> None:
        self.bound = bound
        self.lp = pulp.LpProblem("together", pulp.LpMinimize)
        self.beats: dict[str, Beat] = {}
        self.costs: list[pulp.LpAffineExpression] = []
        self.sent: list[list[pulp.LpAffineExpression]] = [[] for _ in bound.shared]

    def state(self, k: int, model: PoolModel, of_posts: dict[int, Listed]) -> bool:
        """State what a pool asks for; say whether some listed beat holds each of its stations."""
        holds: list[list[pulp.LpVariable]] = [[] for _ in range(len(model))]
        asked = [*self.bound.roots[k].worth.rows]
        rows: list[list[pulp.LpAffineExpression]] = [[] for _ in asked]
        teams: list[pulp.LpVariable] = []
        size = model.slots[model.live(self.bound.prices)[0]].size
        for p, listed in of_posts.items():
            first = len(teams)
            for n, cost in enumerate(listed.cost_tenths.tolist()):
                name = f"take_{k}_{p}_{n}"
                take = self.lp.add_variable(name, 0, 1, cat=pulp.LpBinary)
                places = listed.holds.indices[listed.holds.indptr[n] : listed.holds.indptr[n + 1]]
                stations = tuple(sorted(model.members[places].tolist()))
                self.beats[name] = Beat(p, int(model.members[listed.anchor[n]]), stations)
                self.costs.append(cost * take)
                teams.append(take)
                for place in places.tolist():
                    holds[place].append(take)
            self.sent[p] += [size * take for take in teams[first:]]
            for one, row in zip(asked, rows, strict=True):
                adds = listed.adds(one)
                row += [
                    int(add) * teams[first + n]
                    for n, add in zip(adds.indices.tolist(), adds.data.tolist(), strict=True)
                ]
        for t, at in zip(model.members.tolist(), holds, strict=True):
            self.lp.addConstraint(pulp.lpSum(at) == 1, f"cover_{t}")
        self.lp.addConstraint(pulp.lpSum(teams) >= model.teams, f"teams_{k}")
        for number, (one, row) in enumerate(zip(asked, rows, strict=True)):
            self.lp.addConstraint(pulp.lpSum(row) >= one.least, f"capacity_{k}_{number}")
        return all(holds)

    def share_officers(self) -> None:
        """State how many officers each post can send, and what is to be least."""
        for p, (terms, officers) in enumerate(
            zip(self.sent, self.bound.shared.tolist(), strict=True)
        ):
            self.lp.addConstraint(pulp.lpSum(terms) <= officers, f"post_{p}")
        self.lp.setObjective(pulp.lpSum(self.costs))
