"""Large programs taken apart: pools meet only in the posts' officers, which get prices.

Anchors are settled pool by pool, column generation bounds each pool at prices for the posts'
officers, and then every pool is solved by itself at these prices: by listing its beats where they
are small, else by splitting it. What the pools find is put together by giving out the posts anew.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.certificate import certify
from metro_gis.optimize.enumeration import choose_beats
from metro_gis.optimize.joint_choice import choose_together
from metro_gis.optimize.neighbourhood import improve_locally
from metro_gis.optimize.pool_bounds import (
    BY_LIST,
    BY_SPLITS,
    CityBound,
    beats_of_pool,
    bound_city,
    charged_tenths,
    raise_by_engine,
)
from metro_gis.optimize.pool_model import build_pool_model
from metro_gis.optimize.pool_tree import PoolTree
from metro_gis.optimize.pools import pools_of
from metro_gis.optimize.posting import posting_prices
from metro_gis.optimize.reanchor import can_settle, settle_pool
from metro_gis.optimize.search import reachable, tiers_missed
from metro_gis.optimize.team_sizes import is_near, officers_sent, step_tenths
from metro_gis.plan import cost_tenths
from metro_gis.solver import Limits, run_in_threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metro_gis.optimize.certificate import Certificate
    from metro_gis.optimize.column_generation import PoolBound
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

BOUND_SHARE = 0.6
"""Share of the time left that column generation may take."""
TOGETHER_SHARE = 0.4
"""Share of the time left that choosing among the beats of all pools may take."""
LIST_SHARE = 0.4
"""Share of the time left that listing beats may take."""
PASSES = 3
"""How often other prices are looked for, while that was cut short and there is time."""
SETTLING_PASSES = 1
LEAVES_PER_TURN = 2
SIDES = 2
"""Branches that come of a leaf."""
TURNS_PER_ROUND = 4
LISTING_NODES = 100
"""Nodes of the engine's tree when it chooses among listed beats; unlike seconds, repeatable."""
TOGETHER_NODES = 200
"""Nodes of the engine's tree when it chooses among the beats of all pools."""
DUST_TENTHS = 1e-6
TOWN_NODES = 400
"""Branches that the proof of a small program may take."""


@dataclass(frozen=True, eq=False)
class CityPlan:
    """A plan of a city with its bound.

    Parameters
    ----------
    beats
        The plan.
    bound
        Bounds of its pools; None where time was up before there was any.
    trees
        Pools as far as they were split.
    """

    beats: tuple[Beat, ...]
    bound: CityBound | None = None
    trees: tuple[PoolTree, ...] = ()

    def certificate(self, problem: Problem) -> Certificate | None:
        """Write down what proves the bound.

        Parameters
        ----------
        problem
            The problem.

        Returns
        -------
        Certificate or None
            None where there is no bound.
        """
        return certify(problem, self.trees, self.bound.prices) if self.bound is not None else None


def solve_city(
    search: Search,
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
    prices: Floats | None = None,
) -> CityPlan:
    """Bring officers nearer in a plan that covers everything in reach.

    Parameters
    ----------
    search
        The search.
    rungs
        Rung of *low* by border unit.
    beats
        A plan to start from.
    prices
        Charge per officer of each post to start from, in tenths; from the plan by default.

    Returns
    -------
    CityPlan
        Never worse.
    """
    problem = search.problem
    models = models_of(problem, rungs)
    rng = random.Random(search.settings.seed)  # noqa: S311 (no secret)
    beats = _settled(search, models, _recalled(search, models, beats), rng)
    if search.is_over():
        return CityPlan(beats)
    if prices is None:
        shared = officers_sent(problem).astype(np.float64)
        prices = search.memory.prices_of(models, shared)
    if prices is None:
        prices = np.array(posting_prices(problem, beats))
    known = [search.memory.bound_of(model) for model in models]
    work = _worked(search, models, rungs, beats, prices, known)
    for _ in range(PASSES - 1):
        if work.is_near() or search.is_over() or search.is_spent() or work.bound.is_settled:
            break
        later = _worked(search, models, rungs, work.beats, work.bound.prices, work.bound.roots)
        if later.bound.total_tenths < work.bound.total_tenths:
            work.beats = later.beats
            break
        work = later
    search.memory.keep_prices(models, work.bound.shared, work.bound.prices)
    for model, root in zip(models, work.bound.roots, strict=True):
        search.memory.keep(model, root, beats_of_pool(model, work.beats))
    return CityPlan(work.beats, work.bound, tuple(work.trees))


def prove_town(search: Search, rungs: Mapping[str, int], beats: tuple[Beat, ...]) -> CityPlan:
    """Bound a small program by its pools, so that its bound can be checked without an engine.

    Parameters
    ----------
    search
        The search.
    rungs
        Rung of *low* by border unit.
    beats
        A plan that covers everything in reach.

    Returns
    -------
    CityPlan
        Never worse.
    """
    models = models_of(search.problem, rungs)
    if not models:
        return CityPlan(beats)
    prices = np.array(posting_prices(search.problem, beats))
    work = _Work(search, models, bound_city(search, models, prices), beats)
    work.tell()
    work.split(most_nodes=TOWN_NODES)
    return CityPlan(work.beats, work.bound, tuple(work.trees))


def models_of(problem: Problem, rungs: Mapping[str, int]) -> list[PoolModel]:
    """Lay out the pools of all stations in reach.

    Parameters
    ----------
    problem
        The problem.
    rungs
        Rung of *low* by border unit.

    Returns
    -------
    list of PoolModel
        The pools.
    """
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    return [
        build_pool_model(problem, pool, rungs[pool.unit]) for pool in pools_of(problem, stations)
    ]


def _worked(
    search: Search,
    models: list[PoolModel],
    rungs: Mapping[str, int],
    beats: tuple[Beat, ...],
    prices: Floats,
    known: Sequence[PoolBound | None],
) -> _Work:
    """Look for good prices from some on, and do what can be done at these."""
    with search.slice(BOUND_SHARE):
        value, gap = cost_tenths(search.problem, beats), search.settings.gap
        is_enough = partial(is_near, search.problem, value, gap)
        bound = bound_city(search, models, prices, known, is_enough=is_enough)
    work = _Work(search, models, bound, beats)
    work.solve(rungs)
    return work


@dataclass(eq=False)
class _Work:
    """Pools under way at the prices of a bound."""

    search: Search
    models: list[PoolModel]
    bound: CityBound
    beats: tuple[Beat, ...]
    trees: list[PoolTree] = field(init=False)
    raised: dict[int, tuple[float, str]] = field(default_factory=dict)
    asked_tenths: int | None = None

    def __post_init__(self) -> None:
        prices, seed = self.bound.prices, self.search.settings.seed
        self.trees = []
        for model, root in zip(self.models, self.bound.roots, strict=True):
            piece = beats_of_pool(model, self.beats)
            upper = charged_tenths(self.search.problem, piece, prices.tolist())
            looks = not self.search.is_over()
            self.trees.append(PoolTree(model, prices, root, piece, upper, seed, looks))

    def solve(self, rungs: Mapping[str, int]) -> None:
        """Do what can be done at these prices, until the plan is near enough."""
        self.tell()
        self.list_beats()
        self.choose_together()
        self.split()
        self.choose_together()
        if not (self.is_near() or self.search.is_over() or self.search.is_spent()):
            self.ask_areas(rungs)

    def bound_of(self, k: int) -> float:
        """Give the best bound of a pool."""
        return max(self.trees[k].bound_tenths, self.raised.get(k, (0.0, ""))[0])

    def gap_of(self, k: int) -> float:
        """Say how much a pool's own beats may cost too much at these prices."""
        return max(0.0, self.trees[k].upper_tenths - self.bound_of(k))

    @property
    def nodes(self) -> int:
        """Count the branches of all pools."""
        return sum(tree.nodes for tree in self.trees)

    def tell(self) -> None:
        """Put the pools' beats and bounds together, and say how far things are."""
        problem = self.search.problem
        values, ways = [], []
        for k, root in enumerate(self.bound.roots):
            value, way = self.raised.get(k, (0.0, ""))
            tree = self.trees[k].bound_tenths
            if tree > max(value, root.value_tenths):
                value, way = tree, BY_SPLITS
            elif value <= root.value_tenths:
                value, way = root.value_tenths, "columns"
            values.append(value)
            ways.append(way)
        self.bound = replace(self.bound, values=tuple(values), ways=tuple(ways))
        pieces = [beat for tree in self.trees for beat in tree.beats]
        self.beats = _cheaper(problem, self.beats, self.search.post(pieces))
        value = cost_tenths(problem, self.beats)
        self.search.listener("nearness", value / 10, max(0.0, self.bound.total_tenths) / 10)

    def is_near(self) -> bool:
        """Tell whether the plan is as near as the settings ask for."""
        value = cost_tenths(self.search.problem, self.beats)
        gap = self.search.settings.gap
        return is_near(self.search.problem, value, gap, self.bound.total_tenths)

    def list_beats(self) -> None:
        """Choose among all beats that can matter, pool by pool, where these are few enough."""
        if self.is_near() or self.search.is_over():
            return
        with self.search.slice(LIST_SHARE):
            order = sorted(range(len(self.models)), key=lambda k: (-self.gap_of(k), k))
            jobs = [partial(self._list, k) for k in order if self.gap_of(k) > 0]
            run_in_threads(jobs, self.search.settings.threads)
        self.tell()

    def _list(self, k: int) -> None:
        if self.search.is_out():
            return
        tree = self.trees[k]
        chosen = choose_beats(
            tree.model,
            tree.prices,
            tree.root.worth,
            (tree.root.value_tenths, tree.upper_tenths),
            lambda: Limits(self.search.seconds_left, nodes=LISTING_NODES),
            self.search.stop,
            self.search.is_out,
        )
        if chosen is None:
            return
        self.raised[k] = (chosen.bound_tenths, BY_LIST)
        if chosen.beats is not None:
            cost = charged_tenths(self.search.problem, chosen.beats, tree.prices.tolist())
            if cost < tree.upper_tenths:
                tree.beats, tree.upper_tenths = chosen.beats, cost

    def choose_together(self) -> None:
        """Choose among the beats of all pools that a better plan could hold, where they are few."""
        search, problem = self.search, self.search.problem
        most = cost_tenths(problem, self.beats) - step_tenths(problem)
        if self.is_near() or search.is_over() or most == self.asked_tenths:
            return
        self.asked_tenths = most
        with search.slice(TOGETHER_SHARE):
            found = choose_together(
                self.models,
                self.bound,
                most,
                lambda: Limits(search.seconds_left, nodes=TOGETHER_NODES),
                search.stop,
            )
        if found is not None:
            together = max(self.bound.together_tenths, found.bound_tenths)
            self.bound = replace(self.bound, together_tenths=together)
            self.beats = _cheaper(problem, self.beats, found.beats or ())
            self.tell()

    def split(self, most_nodes: float = np.inf) -> None:
        """Split pools, in turns, those first where splitting brings the most."""
        gains = dict.fromkeys(range(len(self.trees)), np.inf)
        threads = self.search.settings.threads
        while not (self.is_near() or self.search.is_out()):
            if self.nodes > most_nodes:
                break
            for _ in range(TURNS_PER_ROUND):
                open_ = [k for k, tree in enumerate(self.trees)
                         if not tree.is_done and self.gap_of(k) > DUST_TENTHS]  # fmt: skip
                open_.sort(key=lambda k: (-gains[k], -self.gap_of(k), k))
                if not open_ or self.search.is_out() or self.search.is_spent(SIDES):
                    break
                turn = self._turn(open_[:threads])
                before = {k: self.bound_of(k) for k in turn}
                known = self.nodes
                jobs = [
                    partial(self.trees[k].advance, leaves, self.search.is_out)
                    for k, leaves in turn.items()
                ]
                run_in_threads(jobs, threads)
                self.search.spend(self.nodes - known)
                for k, bound in before.items():
                    gain = (self.bound_of(k) - bound) / len(self.models[k]) ** 1.5
                    gains[k] = gain if np.isinf(gains[k]) else 0.5 * (gains[k] + gain)
            else:
                self.tell()
                continue
            break
        self.tell()

    def _turn(self, chosen: Sequence[int]) -> dict[int, int]:
        """Say how many leaves of each pool are split in a turn, as far as branches are left."""
        left, turn = self.search.branches_left // SIDES, {}
        for k in chosen:
            turn[k] = min(LEAVES_PER_TURN, left)
            left -= turn[k]
        return {k: leaves for k, leaves in turn.items() if leaves}

    def ask_areas(self, rungs: Mapping[str, int]) -> None:
        """Solve areas of a few beats exactly, and ask the engine about the weakest pools."""
        search = self.search

        def is_enough(value: int) -> bool:
            return is_near(search.problem, value, search.settings.gap, self.bound.total_tenths)

        with search.slice(0.5, branches=0.5):
            self.beats = improve_locally(search, rungs, self.beats, is_enough)
        if self.is_near() or search.is_over():
            return
        unsettled = [model for model in self.models if not can_settle(model, self.bound.prices)]
        if unsettled:
            city, pieces = raise_by_engine(search, rungs, self.models, self.bound, self.beats)
            self.bound = city
            self.beats = _cheaper(search.problem, self.beats, search.post(pieces))


def _recalled(
    search: Search, models: Sequence[PoolModel], beats: tuple[Beat, ...]
) -> tuple[Beat, ...]:
    """Take over the beats that pools are remembered with, where that is cheaper."""
    known = [search.memory.beats_of(model) for model in models]
    if not any(known):
        return beats
    pieces = [
        beat
        for model, recalled in zip(models, known, strict=True)
        for beat in recalled or beats_of_pool(model, beats)
    ]
    return _cheaper(search.problem, beats, search.post(pieces))


def _settled(
    search: Search,
    models: Sequence[PoolModel],
    beats: tuple[Beat, ...],
    rng: random.Random,
) -> tuple[Beat, ...]:
    """Move anchors in every pool where assignments can do it; post the beats anew."""
    problem = search.problem
    prices = np.array(posting_prices(problem, beats))
    pieces: list[Beat] = []
    for model in models:
        piece = beats_of_pool(model, beats)
        if can_settle(model, prices):
            piece = settle_pool(
                model, piece, prices, rng, passes=SETTLING_PASSES, is_over=search.is_out
            )
        pieces += piece
    beats = _cheaper(problem, beats, search.post(pieces))
    search.listener("nearness", cost_tenths(problem, beats) / 10, None)
    return beats


def _cheaper(
    problem: Problem, beats: tuple[Beat, ...], rival: tuple[Beat, ...]
) -> tuple[Beat, ...]:
    """Prefer the rival if it covers as much for fewer officer-minutes."""
    same = tiers_missed(problem, rival) == tiers_missed(problem, beats)
    return rival if same and cost_tenths(problem, rival) < cost_tenths(problem, beats) else beats


def parts_of(problem: Problem, plan: CityPlan) -> tuple[tuple[str, str, Any], ...]:
    """Tell how a city's bound came about.

    Parameters
    ----------
    problem
        The problem.
    plan
        The plan with its bound.

    Returns
    -------
    tuple
        ``(aim, part, value)`` with plain values.
    """
    models = [tree.model for tree in plan.trees]
    return plan.bound.parts(problem, models) if plan.bound is not None else ()
