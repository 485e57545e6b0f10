"""Stations left uncovered for want of officers: which, and what is proven of the rest."""

from dataclasses import replace

import brute
import numpy as np
import pytest
import toys
from optimize_towns import larger_town, models_of

from metro_gis.optimize import Settings, nearness, optimize
from metro_gis.optimize.allowance import Allowance
from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.leaving import leave_out
from metro_gis.optimize.pool_bounds import bound_city
from metro_gis.optimize.posting import posting_prices
from metro_gis.optimize.search import Search, tiers_missed, tiers_missed_outside
from metro_gis.optimize.shortage import solve_shortage
from metro_gis.optimize.team_sizes import officers_sent
from metro_gis.plan import beat_officers, cost_tenths
from metro_gis.problem import NO_PATH

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=2)
SHORT = (8, 8)
"""Officers of two posts in a town whose stations they cannot all guard."""


def short_town(seed):
    """A town of thirty stations that lacks officers, with its proven best plan."""
    problem = larger_town(seed, officers=SHORT)
    best = optimize(problem, EXACT)
    assert best.aims[0].value != tiers_missed_outside(problem)
    assert best.aims[2].bound == best.aims[2].value
    return problem, best


def priced(problem, best):
    """Bound a town with stations that may stay uncovered, from some prices on."""
    models = models_of(problem, best.rungs)
    allowance = Allowance.of(problem, models, best.aims[0].value)
    prices = np.concatenate(
        [posting_prices(problem, best.beats), np.full(len(allowance.allowed), 300.0)]
    )
    search = Search(problem, EXACT)
    return search, models, allowance, bound_city(search, models, prices, allowance=allowance)


@pytest.mark.parametrize("seed", range(120))
def test_bound_is_never_above_the_optimum(seed):
    """At any prices of officers and of uncovered stations, the bound stays below brute force."""
    problem = toys.problem(**(toys.random_parts(seed) | {"ladder": (2,)}))
    cover, _, optimum = brute.best_plan(problem)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    models = models_of(problem, rungs)
    allowance = Allowance.of(problem, models, cover)
    officers = officers_sent(problem)
    rng = np.random.default_rng(seed)
    for most in (0.0, 40.0, 400.0):
        prices = rng.uniform(0, most, len(officers))
        of_tiers = rng.uniform(0, 10 * most, len(allowance.allowed))
        total = sum(
            bound_pool(model, prices).value_tenths for model in allowance.charged(models, of_tiers)
        )
        worth = prices @ officers + of_tiers @ allowance.allowed
        assert total - worth <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_bound_is_close_with_stations_uncovered(seed):
    """With prices looked for, the bound is within a few per cent of the proven optimum."""
    problem, best = short_town(seed)
    _, models, allowance, bound = priced(problem, best)
    optimum = best.aims[2].value
    assert 0.93 * optimum <= bound.total_tenths <= optimum + 1e-6
    # every price that the bound rests on is told
    told = [part for _, part, _ in bound.parts(problem, models) if part.startswith("price of")]
    assert len(told) == len(problem.posts) + len(allowance.allowed)


@pytest.mark.parametrize("seed", range(8))
def test_taken_apart_a_short_town_keeps_its_promises(seed, monkeypatch):
    """The plan covers as much as the best one, and the optimum lies between it and its bound."""
    problem, best = short_town(seed)
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    found = optimize(problem, replace(EXACT, time_limit_s=8.0))
    optimum = best.aims[2].value
    assert found.aims[0].value == best.aims[0].value
    assert found.aims[1].value == best.aims[1].value
    assert found.aims[2].bound <= optimum
    assert optimum <= found.aims[2].value <= 1.02 * optimum
    assert cost_tenths(problem, found.beats) == found.aims[2].value


@pytest.mark.parametrize("seed", range(8))
def test_stations_are_left_as_whole_teams_allow(seed):
    """As many stations are left as may be, and no pool keeps more than its teams can carry."""
    problem, best = short_town(seed)
    search, models, allowance, bound = priced(problem, best)
    left = leave_out(search, models, allowance, bound)
    assert left is not None
    tiers = problem.tier_index[list(left)]
    counts = np.bincount(tiers, minlength=3)
    outside = np.array(tiers_missed_outside(problem))
    assert (counts + outside == np.array(best.aims[0].value)).all()
    teams = 0
    for model in models:
        kept = ~np.isin(model.members, left)
        teams += -(-int(model.weight[kept].sum()) // model.full)
    size = 2
    assert size * teams <= officers_sent(problem).sum()


def test_without_a_program_nothing_is_left():
    """Where time was up before there were prices, no station is picked out."""
    problem, best = short_town(1)
    search, models, allowance, bound = priced(problem, best)
    assert leave_out(search, models, allowance, replace(bound, uncovered=())) is None


@pytest.mark.parametrize("seed", range(6))
def test_what_is_known_of_a_wider_pool_holds_for_what_is_left_of_it(seed):
    """Beats and rows that are carried over bound the narrower pool as closely as from nothing."""
    problem = larger_town(seed)
    rungs = dict.fromkeys(problem.units, 4)
    gone = list(range(0, 30, 7))
    deploy = problem.travel.deploy.copy()
    deploy[:, gone] = NO_PATH
    rest = problem.replace(travel=replace(problem.travel, deploy=deploy))
    narrow = models_of(rest, rungs)
    assert sum(map(len, narrow)) == len(problem.stations) - len(gone)
    for model in narrow:
        wider = next(
            one for one in models_of(problem, rungs) if model.members[0] in set(one.members)
        )
        assert len(model) <= len(wider)
        known = bound_pool(wider, np.zeros(2)).narrowed(wider, model)
        fresh = bound_pool(model, np.zeros(2))
        again = bound_pool(model, np.zeros(2), known.columns, known.worth)
        assert again.value_tenths == pytest.approx(fresh.value_tenths, rel=3e-3)
        assert all(set(row.stations) <= set(range(len(model))) for row in again.rows)


def test_a_worse_plan_is_never_taken():
    """From the best plan on nothing changes, and the bound is below it."""
    problem, best = short_town(2)
    found = solve_shortage(Search(problem, EXACT), best.rungs, best.beats, best.aims[0].value)
    assert cost_tenths(problem, found.beats) == best.aims[2].value
    assert tiers_missed(problem, found.beats) == best.aims[0].value
    assert found.bound is not None
    assert found.bound.total_tenths <= best.aims[2].value + 1e-6
    sent = np.zeros(len(problem.posts), dtype=np.int64)
    for beat in found.beats:
        sent[beat.post] += beat_officers(problem, beat)
    assert (sent <= officers_sent(problem)).all()


def test_nobody_to_send_is_no_fault(monkeypatch):
    """Where no post can make up a team, everything stays uncovered and nothing is to be proven."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    found = optimize(larger_town(3, officers=(1, 1)), EXACT)
    assert found.beats == ()
    assert sum(found.aims[0].value) == 30
    assert found.aims[2].value == found.aims[2].bound == 0
