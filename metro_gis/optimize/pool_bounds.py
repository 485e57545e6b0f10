"""Bounds of whole cities: pools meet only in the posts' officers, which get prices.

At any prices that are not negative, the pools' bounds, less what the officers are worth, bound
the whole (Lagrangian relaxation, Geoffrion 1974, https://doi.org/10.1007/BFb0120690).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from metro_gis.optimize.column_generation import CLOSE, ROW_ROUNDS, Effort, PoolBound, bound_pool
from metro_gis.optimize.memory import KEPT_BEATS
from metro_gis.optimize.post_prices import PriceProgram, shared_by_pools
from metro_gis.optimize.pricing import charge_anew
from metro_gis.optimize.program import build_program
from metro_gis.optimize.search import sizes_of
from metro_gis.optimize.team_sizes import officers_sent
from metro_gis.plan import beat_cost_tenths, beat_officers
from metro_gis.solver import Limits, Termination, run_in_threads, solve_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metro_gis.optimize.allowance import Allowance
    from metro_gis.optimize.pool_model import Floats, PoolModel
    from metro_gis.optimize.search import Search
    from metro_gis.plan import Beat
    from metro_gis.problem import Problem

LOOSEST = 1e-3
"""Share of the bound at which master and bound of a pool count as equal at guessed prices, and at
most at later ones."""
CLOSE_SHARE = 0.05
"""The same at later prices, as a share of what these promise."""
PRICE_STEPS = 12
"""How often other prices are tried."""
SMALL_GAIN = 1e-5
"""Share of the bound that other prices must promise."""
ENGINE_PAIRS = 40_000
"""The engine is not asked about pools with more pairs within the limit."""
BY_COLUMNS = "columns"
BY_SPLITS = "splits"
BY_LIST = "listed"
BY_ENGINE = "engine"


@dataclass(frozen=True, eq=False)
class CityBound:
    """Bounds of all pools at the same prices.

    Parameters
    ----------
    prices
        Charge per officer of each post, then per station of each tier that may stay uncovered, in
        tenths: shape ``(n_posts + k,)``.
    shared
        Officers that each post can send to stations, and how many stations may stay uncovered:
        shape ``(n_posts + k,)``.
    values
        Bound of each pool in tenths, the prices included.
    ways
        How each came about: ``columns``, ``splits``, ``listed`` or ``engine``.
    roots
        What column generation said of each pool at these prices.
    together_tenths
        A bound of the whole beside, from beats of all pools chosen together.
    is_settled
        Whether no other prices promise more.
    uncovered
        How far each station of each pool stays uncovered in the last program of prices; empty
        where none may.
    """

    prices: Floats
    shared: Floats
    values: tuple[float, ...]
    ways: tuple[str, ...]
    roots: tuple[PoolBound, ...]
    together_tenths: float = -math.inf
    is_settled: bool = False
    uncovered: tuple[Floats, ...] = ()

    @property
    def total_tenths(self) -> float:
        """No plan has fewer officer-minutes, in tenths."""
        return max(self.together_tenths, sum(self.values) - float(self.prices @ self.shared))

    @property
    def is_joined(self) -> bool:
        """Whether choosing among the beats of all pools has proven anything."""
        return math.isfinite(self.together_tenths)

    def parts(
        self, problem: Problem, models: Sequence[PoolModel]
    ) -> tuple[tuple[str, str, Any], ...]:
        """Tell how the bound came about.

        Parameters
        ----------
        problem
            The problem.
        models
            The pools.

        Returns
        -------
        tuple
            ``(aim, part, value)`` with plain values, minutes.
        """
        of_pools = tuple(
            (
                "nearness",
                f"pool {model.pool.unit} {number}",
                {"minutes": math.floor(value * 100) / 1000, "way": way},
            )
            for number, (model, value, way) in enumerate(
                zip(models, self.values, self.ways, strict=True), start=1
            )
        )
        of_posts = tuple(
            ("nearness", f"price of an officer of {post.post_id}", round(float(price) / 10, 6))
            for post, price in zip(problem.posts, self.prices.tolist(), strict=False)
        )
        of_tiers = tuple(
            ("nearness", f"price of an uncovered station {number}", round(float(price) / 10, 6))
            for number, price in enumerate(self.prices[len(problem.posts) :].tolist(), start=1)
        )
        together = math.floor(self.together_tenths * 100) / 1000 if self.is_joined else None
        of_all = () if together is None else (("nearness", "all pools together", together),)
        return (*of_pools, *of_posts, *of_tiers, *of_all)


def bound_city(
    search: Search,
    models: Sequence[PoolModel],
    prices: Floats,
    known: Sequence[PoolBound | None] | None = None,
    *,
    allowance: Allowance | None = None,
    is_enough: Callable[[float], bool] = lambda _: False,
) -> CityBound:
    """Bound a city by column generation, and look for better prices.

    Parameters
    ----------
    search
        The search.
    models
        All pools.
    prices
        Charge per officer of each post to start from, in tenths, and behind them per station of
        each tier that may stay uncovered.
    known
        What is known of each pool from other prices; nothing by default.
    allowance
        Stations that may stay uncovered; none by default.
    is_enough
        Asked whether to stop at a bound of the whole, in tenths.

    Returns
    -------
    CityBound
        The best bound found.
    """
    officers = officers_sent(search.problem).astype(np.float64)
    shared = shared_by_pools(officers, allowance)

    def ask(before: Sequence[PoolBound | None], effort: Effort) -> list[PoolBound]:
        posts, tiers = prices[: len(officers)], prices[len(officers) :]
        charged = models if allowance is None else allowance.charged(models, tiers)
        return _by_columns(search, charged, posts, before, effort)

    # capacity rows take time: they are looked for only where the bound needs them
    guessed = CLOSE if allowance is None else LOOSEST
    found = ask(known or [None] * len(models), Effort(close=guessed))
    best = _city(prices, shared, found)
    if search.is_out() or is_enough(best.total_tenths):
        return best
    program = PriceProgram(models, officers, allowance)
    for step in range(1 + PRICE_STEPS):
        # a price of uncovered stations that is guessed is not worth rows
        if step or allowance is None:
            found = ask(found, Effort(row_rounds=ROW_ROUNDS, close=_close(program)))
        if program.learn(prices, found):
            best = _city(prices, shared, found)
        if search.is_out() or is_enough(best.total_tenths):
            break
        prices = program.next_prices(Limits(search.seconds_left), search.stop)
        if program.hoped_tenths - best.total_tenths <= SMALL_GAIN * abs(best.total_tenths):
            best = replace(best, is_settled=not search.is_out())
            break
    return replace(best, uncovered=program.uncovered())


def _by_columns(
    search: Search,
    models: Sequence[PoolModel],
    prices: Floats,
    before: Sequence[PoolBound | None],
    effort: Effort,
) -> list[PoolBound]:
    """Bound every pool, starting from what was found at other prices."""
    known = [
        ()
        if bound is None
        else charge_anew(model, prices, bound.lean(KEPT_BEATS * len(model)).columns)
        for model, bound in zip(models, before, strict=True)
    ]
    worth = [None if bound is None else bound.worth for bound in before]
    jobs = [
        partial(bound_pool, model, prices, columns, start, effort, search.is_out)
        for model, columns, start in zip(models, known, worth, strict=True)
    ]
    return run_in_threads(jobs, search.settings.threads)


def _close(program: PriceProgram) -> float:
    """Say how close pools are worth bounding: far from the best prices, not very."""
    hoped = (program.hoped_tenths - program.value_tenths) / max(1.0, abs(program.value_tenths))
    return min(LOOSEST, max(CLOSE, CLOSE_SHARE * hoped)) if np.isfinite(hoped) else CLOSE


def _city(prices: Floats, shared: Floats, found: list[PoolBound]) -> CityBound:
    values = tuple(bound.value_tenths for bound in found)
    return CityBound(prices, shared, values, (BY_COLUMNS,) * len(values), tuple(found))


def raise_by_engine(
    search: Search,
    rungs: Mapping[str, int],
    models: Sequence[PoolModel],
    city: CityBound,
    beats: tuple[Beat, ...],
) -> tuple[CityBound, tuple[Beat, ...]]:
    """Let the engine work on the pools whose bounds lie farthest below the plan.

    Parameters
    ----------
    search
        The search; the time left in its slice is used.
    rungs
        Rung of *low* by border unit.
    models
        All pools.
    city
        Bounds so far.
    beats
        The plan.

    Returns
    -------
    city : CityBound
        Never lower, at the same prices.
    beats : tuple of Beat
        Beats at least as good at these prices; their posts may lack officers.
    """
    prices = city.prices.tolist()
    pieces = [beats_of_pool(model, beats) for model in models]
    gaps = [
        charged_tenths(search.problem, piece, prices) - value
        for piece, value in zip(pieces, city.values, strict=True)
    ]
    order = sorted(
        (k for k, model in enumerate(models)
         if gaps[k] > search.settings.gap * max(city.values[k], 1.0)
         and np.isfinite(model.near_tenths).sum() <= ENGINE_PAIRS),
        key=lambda k: (-gaps[k], k),
    )  # fmt: skip
    if search.is_spent(len(order)):
        order = order[: search.branches_left]
    shares = _Shares(search, len(order))
    jobs = [partial(_ask, shares, rungs, models[k], pieces[k], prices) for k in order]
    values, ways = list(city.values), list(city.ways)
    answers = run_in_threads(jobs, search.settings.threads)
    for k, (value, found, nodes) in zip(order, answers, strict=True):
        pieces[k] = found
        search.spend(nodes)
        if value > values[k]:
            values[k], ways[k] = value, BY_ENGINE
    together = tuple(beat for piece in pieces for beat in piece)
    return replace(city, values=tuple(values), ways=tuple(ways)), together


def beats_of_pool(model: PoolModel, beats: Sequence[Beat]) -> tuple[Beat, ...]:
    """Take the beats of one pool out of a plan.

    Parameters
    ----------
    model
        The pool.
    beats
        A plan's beats.

    Returns
    -------
    tuple of Beat
        In their order.
    """
    mine = set(model.members.tolist())
    return tuple(beat for beat in beats if beat.anchor in mine)


def charged_tenths(problem: Problem, beats: Sequence[Beat], prices: Sequence[float]) -> float:
    """Price beats with what their officers cost.

    Parameters
    ----------
    problem
        The problem.
    beats
        Beats.
    prices
        Charge per officer of each post, in tenths.

    Returns
    -------
    float
        Officer-minutes and charges, in tenths.
    """
    return sum(
        beat_cost_tenths(problem, beat) + beat_officers(problem, beat) * prices[beat.post]
        for beat in beats
    )


class _Shares:
    """Shares a slice out among pools that are still to be solved."""

    def __init__(self, search: Search, count: int) -> None:
        self.search = search
        self.waiting = count
        # shared out beforehand, since pools end in an order that the clock decides
        self.nodes = search.branches_left // max(1, count) if search.is_counted else None

    def limits(self) -> Limits:
        """Grant the next pool its part."""
        turns = max(1, math.ceil(self.waiting / self.search.settings.threads))
        self.waiting -= 1
        share = 1.0 if self.search.is_counted else 1 / turns
        gap = self.search.settings.gap / 2
        return Limits(self.search.seconds_left * share, gap, nodes=self.nodes)


def _ask(
    shares: _Shares,
    rungs: Mapping[str, int],
    model: PoolModel,
    beats: tuple[Beat, ...],
    prices: list[float],
) -> tuple[float, tuple[Beat, ...], int]:
    search = shares.search
    program = build_program(search.problem, model.members, rungs)
    program.aim_at_nearness(prices)
    limits = shares.limits()
    if search.is_over() or limits.time_limit_s <= 0:
        return -math.inf, beats, 0
    answer = solve_program(
        program.lp,
        limits,
        seed=search.settings.seed,
        start=program.start(beats, sizes_of(search.problem, beats)),
        stop=search.stop,
    )
    search.note(answer)
    # an engine that calls this infeasible contradicts the beats in hand: its bound is worthless
    usable = answer.termination is not Termination.INFEASIBLE and math.isfinite(answer.bound)
    found = program.read(answer.values) if answer.solved else beats
    return answer.bound if usable else -math.inf, found, answer.nodes
