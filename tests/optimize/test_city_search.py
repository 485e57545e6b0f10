"""What takes large programs apart, tried on towns small enough to know the optimum."""

import random
import time
from dataclasses import replace
from fractions import Fraction

import brute
import numpy as np
import pytest
import toys
from optimize_towns import ample_town, larger_town, models_of

from metro_gis.optimize import Settings, cover, nearness, optimize, pool_tree, proposals
from metro_gis.optimize.city import solve_city
from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.cover import construct
from metro_gis.optimize.neighbourhood import improve_locally
from metro_gis.optimize.pool_bounds import bound_city
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.pricing import Multipliers, charge_anew, lower_bound, price
from metro_gis.optimize.program import AbandonedError
from metro_gis.optimize.reanchor import can_settle, settle_pool
from metro_gis.optimize.search import Search, reachable, tiers_missed
from metro_gis.plan import Beat, StoppedBy, beat_officers, cost_tenths

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


@pytest.mark.parametrize("seed", range(6))
def test_beats_known_from_other_prices_do_not_weaken_a_bound(seed):
    """Where posts reach different stations, a known beat is sent from whichever is cheapest now."""
    problem = larger_town(seed, deploy_limit=55)
    assert len({row.tobytes() for row in problem.in_reach}) > 1
    for model in models_of(problem, dict.fromkeys(problem.units, 4)):
        first = bound_pool(model, np.zeros(2))
        for prices in (np.array([60.0, 0.0]), np.array([0.0, 80.0])):
            known = charge_anew(model, prices, first.columns)
            again = bound_pool(model, prices, known, first.worth)
            fresh = bound_pool(model, prices)
            assert again.value_tenths >= (1 - 1e-4) * fresh.value_tenths


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
    city = optimize(problem, Settings(time_limit_s=10.0, gap=0.0, threads=2))
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


def require_beats_hold(problem, beats):
    """Require what the rules say: within limits, loads and headcounts, no station twice."""
    held = [t for beat in beats for t in beat.stations]
    assert len(held) == len(set(held))
    travel, used = problem.travel, [0] * len(problem.posts)
    for beat in beats:
        near = slice(*travel.beat_indptr[[beat.anchor, beat.anchor + 1]])
        assert set(beat.stations) <= {beat.anchor, *travel.beat_indices[near].tolist()}
        assert problem.in_reach[beat.post, list(beat.stations)].all()
        assert sum(Fraction(1, {toys.LOW: 4, toys.ELEVATED: 2}[problem.stations[t].risk_class])
                   for t in beat.stations) <= 1  # fmt: skip
        of_class = (problem.unit_index, *([] if problem.rules.mix else [problem.class_index]))
        assert all(len({*index[list(beat.stations)].tolist()}) == 1 for index in of_class)
        used[beat.post] += beat_officers(problem, beat)
    assert all(
        count <= post.station_officers for count, post in zip(used, problem.posts, strict=True)
    )


def test_area_covers_the_nearer_of_two_stations():
    """One team for two stations apart: the one that is ten minutes nearer is guarded (by hand)."""
    problem = toys.problem([toys.LOW] * 2, [[200, 100]], [[0, 90], [90, 0]], [2])
    search = Search(problem, EXACT)
    found = improve_locally(search, {"A": 2}, (Beat(0, 0, (0,)),), lambda _: False)
    assert found == (Beat(0, 1, (1,)),)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("mix", [False, True])
def test_areas_leave_as_many_of_each_tier_uncovered(seed, mix):
    """Short of officers, areas bring a plan nearer, not below the optimum, and cover no less."""
    problem = larger_town(seed, stations=16, officers=(4, 2), mix=mix)
    exact = optimize(problem, EXACT)
    assert exact.aims[2].proven
    assert len(exact.uncovered) > 3
    beats = construct(Search(problem, EXACT), exact.rungs)
    rungs = dict.fromkeys(problem.units, 4)
    found = improve_locally(Search(problem, EXACT), rungs, beats, lambda _: False)
    require_beats_hold(problem, found)
    assert tiers_missed(problem, found) == tiers_missed(problem, beats)
    assert cost_tenths(problem, found) <= cost_tenths(problem, beats)
    if tiers_missed(problem, beats) == exact.aims[0].value:
        assert exact.aims[2].value <= cost_tenths(problem, found) <= 1.1 * exact.aims[2].value


def test_large_shortage_ends_at_its_gap(monkeypatch):
    """Short of officers, a large search ends at the gap that is asked for."""
    problem = larger_town(2, officers=(8, 6))
    exact = optimize(problem, EXACT)
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    found = optimize(problem, replace(EXACT, gap=0.05))
    assert found.stopped_by is StoppedBy.GAP
    assert 0 < found.aims[2].bound <= exact.aims[2].value <= found.aims[2].value
    assert found.aims[2].gap <= 0.05


@pytest.mark.parametrize("where", [cover, nearness, proposals])
def test_program_that_is_never_stated_proves_nothing(monkeypatch, where):
    """Where nobody waits for the whole program, the plan is kept and no bound is made up."""

    def abandon(*_, **__):
        raise AbandonedError

    problem = larger_town(1, stations=10, officers=(4, 2))
    exact = optimize(problem, EXACT)
    monkeypatch.setattr(where, "full_program", abandon)
    found = optimize(problem, replace(EXACT, time_limit_s=10.0))
    require_beats_hold(problem, found.beats)
    for ours, true in zip(found.aims, exact.aims, strict=True):
        assert ours.bound <= true.value
        if ours.value != true.value:
            assert ours.value > true.value
            break


def test_same_seed_gives_the_same_plan(monkeypatch):
    """Stopped by its own rules and not by the clock, the search repeats itself."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    problem = larger_town(5)
    settings = Settings(time_limit_s=300.0, gap=0.02, threads=2)
    first, second = (optimize(problem, settings) for _ in range(2))
    assert first.beats == second.beats
    assert first.aims == second.aims


def counted(nodes):
    """Settings that end the search after some branches, and leave it all the time there is."""
    return Settings(time_limit_s=1e8, gap=0.0, threads=2, nodes=nodes)


@pytest.mark.parametrize("nodes", [1, 2, 5, 12, 31])
@pytest.mark.parametrize("seed", range(3))
def test_no_more_branches_than_granted(seed, nodes):
    """However pools and threads share them, branches and areas together keep to the number."""
    problem = larger_town(seed, stations=80, beat_limit=30, mix=True, officers=(150, 150))
    search = Search(problem, counted(nodes))
    rungs = dict.fromkeys(problem.units, 4)
    beats = construct(search, rungs)
    city = solve_city(search, rungs, beats)
    assert sum(tree.nodes for tree in city.trees) <= search.branches <= nodes
    # with more the smaller ones of these towns are proven
    assert search.cut_short or nodes > 5
    assert cost_tenths(problem, city.beats) <= cost_tenths(problem, beats)


def let_clock_leap(monkeypatch):
    """Let every look at the clock find it some seconds further on."""
    clock, leaps = time.monotonic, iter(range(0, 10**9, 5))
    monkeypatch.setattr(time, "monotonic", lambda: clock() + next(leaps))


@pytest.mark.parametrize("splits", [True, False], ids=["splits", "areas"])
@pytest.mark.parametrize("rules", [{"mix": True}, {"officers": (14, 12)}, {"officers": (8, 6)}])
@pytest.mark.parametrize("seed", range(2))
def test_counted_work_takes_no_notice_of_the_clock(seed, rules, splits, monkeypatch):
    """With a clock that leaps at every look a search that counts its work decides the same."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    if not splits:
        monkeypatch.setattr(pool_tree, "MOST_STATIONS", 0)
    problem = larger_town(seed, stations=40, **rules)
    plain = optimize(problem, counted(6))
    let_clock_leap(monkeypatch)
    assert optimize(problem, counted(6)) == plain


@pytest.mark.parametrize("seed", range(12))
def test_counted_work_on_small_towns_takes_no_notice_of_the_clock(seed, monkeypatch):
    """Towns that are solved whole, whatever is short in them, do not heed the clock either."""
    problem = toys.random_town(seed)
    plain = optimize(problem, counted(3))
    let_clock_leap(monkeypatch)
    assert optimize(problem, counted(3)) == plain


def test_end_of_the_branches_is_told(monkeypatch):
    """A search that its branches ended says so, and claims no more than it has proven."""
    monkeypatch.setattr(nearness, "WHOLE_BINARIES", 0)
    problem = larger_town(0, stations=80, beat_limit=30, mix=True, officers=(150, 150))
    ended = optimize(problem, counted(2))
    assert ended.stopped_by is StoppedBy.NODES
    exact = optimize(problem, counted(4000))
    assert exact.stopped_by in (None, StoppedBy.GAP)
    assert ended.aims[2].bound <= exact.aims[2].value <= ended.aims[2].value


def test_engine_keeps_to_the_branches_left(monkeypatch):
    """Pools that are not split share what areas leave, and the engine's nodes count as branches."""
    monkeypatch.setattr(pool_tree, "MOST_STATIONS", 0)
    problem = larger_town(2, stations=80, beat_limit=40, mix=True, officers=(150, 150))
    search = Search(problem, counted(4))
    rungs = dict.fromkeys(problem.units, 4)
    city = solve_city(search, rungs, construct(search, rungs))
    assert "engine" in city.bound.ways
    assert search.branches <= 4
    assert search.cut_short


def test_shares_are_of_branches_where_work_is_counted():
    """A slice holds back branches in place of time, and gives back what it did not use."""
    search = Search(larger_town(0, stations=4), counted(10))
    with search.slice(0.01, branches=0.25):
        assert search.branches_left == 3
        assert search.seconds_left > 1e7
        search.spend(2)
        assert search.branches_left == 1
        with search.slice(0.01):
            assert search.branches_left == 1
    assert search.branches_left == 8
    assert not search.is_spent(8)
    assert not search.cut_short
    assert search.is_spent(9)
    assert search.cut_short
