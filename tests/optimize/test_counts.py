"""First plans, posts and rungs by counting: what large cities rely on, tried on small towns."""

import brute
import numpy as np
import pytest
import toys

from metro_gis.optimize import Settings, cover, ladder, posting
from metro_gis.optimize.counts import CountProgram, no_drops
from metro_gis.optimize.cover import best_cover
from metro_gis.optimize.cuts import find_cuts
from metro_gis.optimize.fewest import settle_posts, settle_teams
from metro_gis.optimize.greedy import Builder, build_beats
from metro_gis.optimize.ladder import choose_rungs
from metro_gis.optimize.pools import pools_of, strength_of
from metro_gis.optimize.posting import post_beats, posting_prices
from metro_gis.optimize.reasons import explain_uncovered
from metro_gis.optimize.search import Search, reachable, tiers_missed
from metro_gis.plan import Beat, cost_tenths
from metro_gis.solver import Limits

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=1)


def two_clusters():
    """Three stations around one place and three around another, one kecamatan, one post."""
    position = np.array([0, 10, 20, 500, 510, 520])
    between = np.abs(position[:, None] - position[None, :])
    return toys.problem([toys.LOW] * 6, [[50] * 6], between, [20], ladder=(2, 6))


def half_reach():
    """Eight stations in one kecamatan; the larger post reaches only the first four."""
    position = np.arange(8) * 5
    between = np.abs(position[:, None] - position[None, :])
    deploy = np.full((2, 8), 50)
    deploy[0, 4:] = -1
    return toys.problem([toys.LOW] * 8, deploy, between, [8, 2], ladder=(2, 4))


def strewn(seed, stations=40, officers=(30, 30)):
    """Stations strewn over a plane, two posts."""
    rng = np.random.default_rng(seed)
    at, posts = rng.uniform(0, 100, (stations, 2)), np.array([[20.0, 50.0], [80.0, 50.0]])
    between = np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(int)
    deploy = np.abs(posts[:, None] - at[None, :]).sum(axis=2).astype(int)
    return toys.problem(
        [toys.LOW] * stations, deploy, between, list(officers), ladder=(4,), deploy_limit=90
    )


def pool_in(problem):
    (pool,) = pools_of(problem, np.arange(len(problem.stations)))
    return pool


@pytest.mark.parametrize("seed", range(30))
def test_every_station_is_built_into_one_beat(seed):
    """Construction puts each station in reach into exactly one beat, within load and limits."""
    problem = toys.random_town(seed, most_stations=12)
    stations = np.flatnonzero(reachable(problem)).astype(np.int64)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[-1])
    beats = build_beats(problem, stations, rungs, 1)
    assert sorted(t for beat in beats for t in beat.stations) == stations.tolist()
    for beat in beats:
        weights, full = problem.doctrine.weights(
            rungs[problem.unit_of(problem.stations[beat.anchor])]
        )
        assert sum(weights[problem.stations[t].risk_class] for t in beat.stations) <= full
        cost_tenths(problem, [Beat(0, beat.anchor, beat.stations)])  # raises beyond the limit


def test_clusters_apart_need_teams_of_their_own():
    """Six stations at 2:6 fill one team by load; in two places they are known to need two."""
    problem = two_clusters()
    builder = Builder(problem, 1)
    assert builder.least(pool_in(problem), 6) == 2
    assert len(builder.build(pool_in(problem), 6)) == 2


@pytest.mark.parametrize("seed", range(40))
def test_least_teams_are_never_above_what_is_built(seed):
    """What counting proves of a pool's teams no construction is below."""
    problem = toys.random_town(seed, most_stations=12)
    builder = Builder(problem, 1)
    for pool in pools_of(problem, np.flatnonzero(reachable(problem)).astype(np.int64)):
        for rung in problem.doctrine.ladder:
            assert builder.least(pool, rung) <= len(builder.build(pool, rung))


@pytest.mark.parametrize("seed", range(12))
def test_engine_settles_the_teams_of_a_pool(seed):
    """Between the bound and construction the engine finds fewer teams or proves there are none."""
    problem = strewn(seed, 14)
    search = Search(problem, EXACT)
    pool = pool_in(problem)
    most, least = len(search.builder.build(pool, 4)), search.builder.least(pool, 4)
    while least < most:
        proven, beats = settle_teams(search, pool, 4, least)
        if beats is not None:
            assert len(beats) == least
            assert sorted(t for beat in beats for t in beat.stations) == list(range(14))
            break
        assert proven == least + 1
        least = proven


def test_few_teams_leave_out_as_few_as_they_must():
    """With two teams of four for ten stations side by side two stations stay without a beat."""
    position = np.arange(10)
    problem = toys.problem(
        [toys.LOW] * 10, [[50] * 10], np.abs(position[:, None] - position), [20], ladder=(4,)
    )
    beats = Builder(problem, 1).build(pool_in(problem), 4, teams=2)
    assert [len(beat.stations) for beat in beats] == [4, 4]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("officers", [(30, 30), (12, 30), (6, 8)])
def test_assignment_posts_beats_as_the_program_does(seed, officers, monkeypatch):
    """Teams of one size are assigned at the cost, and with the cover, of the integer program."""
    problem = strewn(seed, officers=officers)
    beats = build_beats(problem, np.arange(40), {"A": 4}, 1)
    ways = posting._ways(problem, beats)
    exact = posting._nearest(posting._state(ways, droppable=False), Limits())
    exact = posting._dropping(ways, Limits()) if exact is None else exact
    monkeypatch.setattr(posting, "MOST_WAYS", 0)
    posted = post_beats(problem, beats)
    assert tiers_missed(problem, posted) == tiers_missed(problem, exact)
    if len(posted) == len(beats):
        assert cost_tenths(problem, posted) == cost_tenths(problem, exact)


@pytest.mark.parametrize("seed", range(10))
def test_price_of_officers_is_what_a_further_team_saves(seed):
    """A team more at a post lowers the cost of posting by its price, times its officers."""
    problem = strewn(seed, officers=(12, 30))
    beats = build_beats(problem, np.arange(40), {"A": 4}, 1)
    posted = post_beats(problem, beats)
    if len(posted) < len(beats):
        pytest.skip("officers lack in this town")
    for p, price in enumerate(posting_prices(problem, beats)):
        more = problem.with_officers({f"P{p}": problem.posts[p].officers + 2})
        saved = cost_tenths(problem, posted) - cost_tenths(problem, post_beats(more, beats))
        assert saved == pytest.approx(2 * price)


def test_stations_that_few_posts_reach_call_for_its_teams():
    """Four stations in reach of a post with one team need rung four, whatever the other one has."""
    problem = half_reach()
    search = Search(problem, EXACT)
    pools = pools_of(problem, np.arange(8))
    program = CountProgram(problem, pools, search.builder.least, (2, 4), no_drops())
    program.lp.setObjective(program.strength())
    said = program.ask(search, Limits())
    assert said.value == 8 * 2
    (cut,) = find_cuts(problem, pools, search.builder, said.proposal)
    assert (cut.stations, cut.posts, dict(cut.needed)) == ((4, 5, 6, 7), (1,), {2: 2, 4: 1})
    found = choose_rungs(search, best_cover(search))
    assert (found.rungs, found.bound) == ({"A": 4}, 8 * 4)


def test_engine_settles_the_posts_of_a_pool():
    """Teams that cannot reach half of the stations are proven too few; two of each kind are not."""
    problem = half_reach()
    search = Search(problem, EXACT)
    assert settle_posts(search, pool_in(problem), 4, {0: 2}) == (True, None)
    impossible, beats = settle_posts(search, pool_in(problem), 4, {0: 1, 1: 1})
    assert not impossible
    assert sorted(beat.stations for beat in beats) == [(0, 1, 2, 3), (4, 5, 6, 7)]


@pytest.mark.parametrize("seed", range(120))
def test_counts_alone_never_claim_too_much(seed, monkeypatch):
    """Without the compact program bounds of cover and strength stay at or below brute force."""
    for module in (cover, ladder):
        monkeypatch.setattr(module, "MOST_PAIRS", -1)
    problem = toys.random_town(seed)
    search = Search(problem, EXACT)
    found = best_cover(search)
    rungs = choose_rungs(search, found)
    (best, strength, _) = brute.best_plan(problem)
    assert found.bound <= best <= found.value == tiers_missed(problem, rungs.beats)
    if found.value == best:
        assert rungs.bound <= strength <= strength_of(problem, rungs.rungs)


def test_shortage_on_one_side_is_told_there():
    """Of two islands one lacks officers: its stations are the witness, with its post alone."""
    problem = toys.two_islands().with_officers({"P0": 0, "P1": 40})
    beats = best_cover(Search(problem, EXACT)).beats
    told = explain_uncovered(problem, beats)
    assert [one.station for one in told] == [0, 1, 2]
    for one in told:
        assert one.detail["kind"] == "count"
        assert one.detail["posts"] == ["P0"]
        assert set(one.detail["stations"]) <= {"T0", "T1", "T2"}
