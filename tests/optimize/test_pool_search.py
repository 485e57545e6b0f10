"""Pools solved by themselves: splitting, listing, certificates; each against what is known."""

import itertools
import math
import threading

import brute
import numpy as np
import pytest
import toys
from optimize_towns import ample_town, larger_town, models_of

from metro_gis.optimize import Settings, optimize
from metro_gis.optimize.branches import Branch, Side, propose_splits
from metro_gis.optimize.certificate import SCALE, certify, rungs_are_counted
from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.enumeration import choose_beats
from metro_gis.optimize.listing import list_beats
from metro_gis.optimize.pool_tree import PoolTree
from metro_gis.optimize.pools import pool_load, pools_of
from metro_gis.optimize.pricing import Multipliers, lower_bound, price
from metro_gis.optimize.program import build_program
from metro_gis.optimize.reanchor import can_settle
from metro_gis.optimize.search import reachable
from metro_gis.plan import beat_cost_tenths, beat_officers
from metro_gis.solver import Limits, solve_program

EXACT = Settings(time_limit_s=60.0, gap=0.0, threads=2)
PRICES = (np.zeros(2), np.array([30.0, 0.0]))


def solved(problem, model, prices):
    """The engine's optimum of a pool alone, its officers at these prices."""
    program = build_program(problem, model.members, dict.fromkeys(problem.units, 4))
    program.aim_at_nearness(prices.tolist())
    return solve_program(program.lp, Limits(60.0)).value


def grown(model, prices, upper, nodes=400):
    tree = PoolTree(model, prices, bound_pool(model, prices), (), upper)
    while not tree.is_done and tree.nodes < nodes:
        tree.advance(4, lambda: False)
    return tree


def charged(problem, beats, prices):
    return sum(
        beat_cost_tenths(problem, one) + beat_officers(problem, one) * prices[one.post]
        for one in beats
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("prices", PRICES, ids=["free", "dear"])
def test_splitting_ends_at_the_optimum_of_a_pool(seed, prices):
    """Where stations take up equal shares, a tree grows until its beats are proven cheapest."""
    problem = larger_town(seed, stations=26)
    for model in models_of(problem, dict.fromkeys(problem.units, 4)):
        optimum = solved(problem, model, prices)
        tree = grown(model, prices, optimum + 200.0)
        assert tree.is_done
        assert tree.upper_tenths == pytest.approx(optimum)
        assert tree.bound_tenths >= tree.enough - 1e-6
        assert charged(problem, tree.beats, prices) == pytest.approx(optimum)
        assert sorted(t for beat in tree.beats for t in beat.stations) == model.members.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_no_leaf_cuts_off_the_optimum(seed):
    """Classes mixed or not, however far a tree has grown, its bound stays below the optimum."""
    problem = larger_town(seed, stations=14, mix=bool(seed % 2), beat_limit=45)
    for model in models_of(problem, dict.fromkeys(problem.units, 4)):
        optimum = solved(problem, model, np.zeros(2))
        tree = PoolTree(model, np.zeros(2), bound_pool(model, np.zeros(2)), (), optimum + 500.0)
        for _ in range(12):
            tree.advance(1, lambda: False)
            assert tree.bound_tenths <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_sides_of_a_branch_bound_what_is_left(seed):
    """Whatever multipliers a side has, no plan that keeps to it is below the bound."""
    rng = np.random.default_rng(seed)
    problem = larger_town(seed, stations=9)
    for model in models_of(problem, dict.fromkeys(problem.units, 4)):
        n = len(model)
        area = tuple(sorted(rng.choice(n, size=min(n, 3), replace=False).tolist()))
        side = Side(area, int(rng.integers(0, len(area))), bool(rng.integers(0, 2)))
        branch = Branch(n, (side,))
        sign = 1.0 if side.above else -1.0
        worth = Multipliers(
            rng.uniform(0, 500, n),
            float(rng.uniform(0, 300)),
            tuple(sign * rng.uniform(0, 200, len(branch.shared))),
        )
        bound = lower_bound(model, worth, price(model, np.zeros(2), worth), branch)
        program = build_program(problem, model.members, dict.fromkeys(problem.units, 4))
        program.aim_at_nearness()
        inside = {int(model.members[j]) for j in area}
        variables = program.lp.variablesDict()
        anchors = sum(variables[one.name] for one in program.teams if one.anchor in inside)
        program.lp.addConstraint(
            anchors >= side.most + 1 if side.above else anchors <= side.most, "side"
        )
        answer = solve_program(program.lp, Limits(60.0))
        assert answer.value is None or bound <= answer.value + 1e-6


def test_the_strictest_side_of_an_area_counts():
    """Of two sides of one area and direction only the stricter one has a multiplier."""
    area = (1, 3, 4)
    branch = Branch(6, (Side(area, 0, above=True), Side(area, 1, above=True)))
    assert branch.shared == (Side(area, 1, above=True),)
    assert not branch.on.any()
    assert Branch(6, (Side(area, 2, above=True),)).on.tolist() == [0, 1, 0, 1, 1, 0]
    assert Branch(6, (Side(area, 0, above=False),)).off.tolist() == [0, 1, 0, 1, 1, 0]


def test_splits_are_proposed_where_anchors_are_not_whole():
    """Half an anchor here and half one there: each alone, and the two with one between."""
    shares = np.array([0.5, 0.5, 1.0, 0.5, 0.5])
    around = np.array([[j, *(k for k in (j + 1, j - 1, j + 2, j - 2) if 0 <= k < 5)][:3]
                       for j in range(5)])  # fmt: skip
    splits = propose_splits(shares, around, Branch(5), 20)
    assert ((0,), 0) in splits
    assert all(0 < shares[list(area)].sum() - most < 1 for area, most in splits)
    settled = Branch(5, tuple(Side((j,), 0, above=False) for j in (0, 1, 3, 4)))
    assert propose_splits(np.array([0, 0, 1.0, 0, 0]), around, settled, 20) == []


@pytest.mark.parametrize("seed", range(6))
def test_stations_around_are_listed_once(seed):
    """A station with few neighbours fills its row with nobody, not with itself again."""
    problem = larger_town(seed, stations=20, beat_limit=25)
    for model in models_of(problem, {"A": 4, "B": 4}):
        for j, row in enumerate(model.around):
            known = row[row < len(model)].tolist()
            assert known[0] == j
            assert len(known) == len(set(known)) == 1 + np.isfinite(model.near_tenths[j]).sum()


@pytest.mark.parametrize("seed", range(6))
def test_listed_beats_are_all_that_can_matter(seed):
    """Up to a reduced cost every set of stations is listed once, with its cheapest anchor."""
    problem = larger_town(seed, stations=12)
    model = max(models_of(problem, {"A": 4, "B": 4}), key=len)
    root = bound_pool(model, np.zeros(2))
    listed = list_beats(model, np.zeros(2), root.worth, 300.0)
    found = {
        tuple(listed.holds.indices[listed.holds.indptr[k] : listed.holds.indptr[k + 1]].tolist())
        for k in range(len(listed.anchor))
    }
    assert len(found) == len(listed.anchor)
    teams, _ = model.team_costs(model.slots[0], np.zeros(2))
    near = np.full((len(model), len(model)), np.inf)
    np.put_along_axis(near, model.near, model.near_tenths, axis=1)
    np.fill_diagonal(near, 0.0)
    expected = set()
    for size in range(1, 5):
        for stations in itertools.combinations(range(len(model)), size):
            at = list(stations)
            cost = min(teams[j] + 2 * near[j, at].sum() for j in at)
            if cost - root.worth.team - root.worth.station[at].sum() <= 300.0:
                expected.add(stations)
    assert {tuple(sorted(one)) for one in found} == expected


@pytest.mark.parametrize("seed", range(8))
def test_choosing_among_listed_beats_is_exact(seed):
    """The cheapest of the listed beats are the pool's optimum, and proven to be."""
    problem = larger_town(seed, stations=24)
    for model in models_of(problem, {"A": 4, "B": 4}):
        optimum = solved(problem, model, np.zeros(2))
        root = bound_pool(model, np.zeros(2))
        span = (root.value_tenths, optimum + 20.0)
        chosen = choose_beats(
            model, np.zeros(2), root.worth, span, lambda: Limits(30.0), threading.Event(),
            lambda: False,
        )  # fmt: skip
        if chosen is None:  # several classes, or a root without a gap
            continue
        assert chosen.bound_tenths <= optimum + 1e-6
        if chosen.beats is not None:
            assert charged(problem, chosen.beats, np.zeros(2)) == pytest.approx(optimum)


@pytest.mark.parametrize("seed", range(60))
def test_certified_bound_is_never_above_the_optimum(seed):
    """Rounded to whole numbers, the multipliers still give a bound below brute force."""
    problem = ample_town(seed)
    if not reachable(problem).any():
        return
    (_, _, optimum) = brute.best_plan(problem)
    rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
    for prices in (np.zeros(2), np.random.default_rng(seed).uniform(0, 40, 2)):
        trees = [grown(model, prices, math.inf, 6) for model in models_of(problem, rungs)]
        found = certify(problem, trees, prices)
        assert found.bound_tenths <= optimum
        exact = sum(tree.bound_tenths for tree in trees) - sum(
            charge * post.station_officers
            for charge, post in zip(prices, problem.posts, strict=True)
        )
        assert exact <= optimum + 1e-6
        if all(can_settle(tree.model, prices) for tree in trees):
            assert found.bound_tenths >= exact - 1 - len(problem.stations) ** 2 / SCALE


@pytest.mark.parametrize("seed", range(120))
def test_counted_rungs_are_the_only_ones(seed):
    """Rungs count as certified exactly if no other rungs fit the officers as well."""
    problem = toys.random_town(seed)
    outcome = optimize(problem, Settings(time_limit_s=30.0, gap=1.0, threads=1))
    rungs = {unit: outcome.rungs.get(unit, problem.doctrine.ladder[-1]) for unit in problem.units}
    low = problem.low_stations()
    inside = np.flatnonzero(reachable(problem)).astype(np.int64)
    pools = pools_of(problem, inside)
    officers = np.array([post.station_officers for post in problem.posts])

    def fits(vector):
        needs = {}
        for pool in pools:
            teams = math.ceil(pool_load(problem, pool, vector[pool.unit]))
            needs[pool.unit] = needs.get(pool.unit, 0) + teams * pool.sizes[0]
        near = {
            unit: problem.in_reach[:, [t for p in pools if p.unit == unit for t in p.stations]]
            for unit in needs
        }
        able = officers[problem.in_reach.any(axis=1)].sum()
        return sum(needs.values()) <= able and all(
            need <= officers[near[unit].any(axis=1)].sum() for unit, need in needs.items()
        )

    def stretch(vector):
        return sum(count * vector[unit] for unit, count in low.items())

    vectors = [
        dict(zip(low, choice, strict=True))
        | {unit: problem.doctrine.ladder[-1] for unit in problem.units if unit not in low}
        for choice in itertools.product(problem.doctrine.ladder, repeat=len(low))
    ]
    least = [v for v in vectors if fits(v) and stretch(v) <= stretch(rungs)]
    assert rungs_are_counted(problem, rungs) == (least == [rungs])


def test_dead_slots_change_no_price():
    """Posts that are nowhere cheaper and reach no more are left out without any effect."""
    problem = larger_town(2, stations=20, deploy_limit=70)
    for model in models_of(problem, {"A": 4, "B": 4}):
        prices = np.array([0.0, 12.0])
        worth = Multipliers(np.full(len(model), 150.0), 40.0)
        few = price(model, prices, worth)
        model._live[prices.tobytes()] = tuple(range(len(model.slots)))
        everything = price(model, prices, worth)
        assert np.allclose(few.reduced, everything.reduced)
