"""What takes large programs apart, tried on towns small enough to know the optimum."""

import random

import brute
import numpy as np
import pytest
from optimize_towns import ample_town, larger_town, models_of

from metro_gis.optimize import Settings, nearness, optimize
from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.cover import construct
from metro_gis.optimize.neighbourhood import improve_locally
from metro_gis.optimize.pool_bounds import bound_city
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.pricing import Multipliers, lower_bound, price
from metro_gis.optimize.reanchor import can_settle, settle_pool
from metro_gis.optimize.search import Search, reachable, tiers_missed
from metro_gis.plan import cost_tenths

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=2)


@pytest.mark.parametrize("seed", range(80))
def test_column_bound_is_never_above_the_optimum(seed):
    """At any prices the pools' bounds, less the officers' worth, stay below brute force."""
    problem = ample_town(seed)
    if not reachable(problem).any():
        pytest.skip("nothing is in reach in this town")
    (_, _, optimum) = brute.best_plan(problem)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    rng = np.random.default_rng(seed)
    for prices in (np.zeros(2), rng.uniform(0, 40, 2)):
        total = sum(bound_pool(model, prices).value_tenths for model in models_of(problem, rungs))
        worth = sum(
            price_ * post.station_officers
            for price_, post in zip(prices, problem.posts, strict=True)
        )
        assert total - worth <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_any_multipliers_give_a_bound(seed):
    """Weak duality: whatever stations and teams are said to be worth, the bound is one."""
    problem = ample_town(seed)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    (_, _, optimum) = brute.best_plan(problem)
    rng = np.random.default_rng(seed)
    total = 0.0
    for model in models_of(problem, rungs):
        worth = Multipliers(rng.uniform(0, 700, len(model)), float(rng.uniform(0, 300)))
        total += lower_bound(model, worth, price(model, np.zeros(2), worth))
    assert total <= optimum + 1e-6


@pytest.mark.parametrize("mix", [False, True])
def test_column_bound_is_close_on_a_larger_town(mix):
    """On thirty stations the bound is within a few per cent of the proven optimum."""
    problem = larger_town(1, mix=mix)
    exact = optimize(problem, EXACT)
    prices = np.array(posting_prices(problem, exact.beats))
    city = bound_city(Search(problem, EXACT), models_of(problem, exact.rungs), prices)
    optimum = exact.aims[2].value
    assert 0.96 * optimum <= city.total_tenths <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_city_search_keeps_its_promises(seed, monkeypatch):
    """Taken apart, a town gets a valid plan and a bound with the proven optimum between them."""
    problem = larger_town(seed, officers=(14, 12) if seed % 2 else (40, 30))
    exact = optimize(problem, EXACT)
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    city = optimize(problem, Settings(time_limit_s=4.0, gap=0.0, threads=2))
    assert city.aims[0].value == exact.aims[0].value
    assert city.aims[1].value == exact.aims[1].value
    optimum = exact.aims[2].value
    assert city.aims[2].bound <= optimum + 1e-6
    assert optimum <= city.aims[2].value <= 1.01 * optimum
    assert city.gap is not None
    assert city.gap <= 0.05


@pytest.mark.parametrize("seed", range(8))
def test_settling_never_makes_a_pool_dearer(seed):
    """Moved anchors keep every station covered within limits, at no greater cost."""
    problem = larger_town(seed)
    search = Search(problem, EXACT)
    rungs = dict.fromkeys(problem.units, 4)
    beats = construct(search, rungs)
    settled = []
    for model in models_of(problem, rungs):
        mine = set(model.members.tolist())
        piece = tuple(beat for beat in beats if beat.anchor in mine)
        assert can_settle(model, np.zeros(2))
        settled += settle_pool(
            model, piece, np.zeros(2), random.Random(1), passes=2, is_over=lambda: False
        )
    posted = post_beats(problem, settled)
    assert tiers_missed(problem, posted) == tiers_missed(problem, beats)
    assert len(posted) == len(beats)
    assert cost_tenths(problem, posted) <= cost_tenths(problem, beats)


def test_areas_reach_the_optimum_of_a_small_city():
    """Solving areas again and again ends at the proven optimum of thirty stations."""
    problem = larger_town(3)
    exact = optimize(problem, EXACT)
    search = Search(problem, Settings(time_limit_s=20.0, gap=0.0, threads=2))
    beats = construct(search, exact.rungs)
    optimum = exact.aims[2].value
    found = improve_locally(search, exact.rungs, beats, lambda value: value <= optimum)
    assert cost_tenths(problem, found) <= 1.005 * optimum


def test_same_seed_gives_the_same_plan(monkeypatch):
    """Stopped by its own rules and not by the clock, the search repeats itself."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    problem = larger_town(5)
    settings = Settings(time_limit_s=300.0, gap=0.02, threads=2)
    first, second = (optimize(problem, settings) for _ in range(2))
    assert first.beats == second.beats
    assert first.aims == second.aims
