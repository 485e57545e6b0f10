"""Capacity rows: that they cut off fractions alone, and that pricing knows what they are worth."""

import numpy as np
import pytest
import toys
from optimize_towns import ample_town, larger_town, models_of

from metro_gis.optimize.branches import Branch
from metro_gis.optimize.capacity_rows import CapacityRow, Laid, find_rows
from metro_gis.optimize.column_generation import Effort, bound_branch, bound_pool, typical_cost
from metro_gis.optimize.master import Master
from metro_gis.optimize.pricing import Column, Multipliers, lower_bound, price, take_columns
from metro_gis.optimize.program import build_program
from metro_gis.solver import Limits, solve_program

FREE = np.zeros(2)
LADDER = 4


def two_clusters():
    """Five stations a minute apart, three likewise, nothing in between; one post far away."""
    cluster = np.array([0] * 5 + [1] * 3)
    between = np.where(cluster[:, None] == cluster[None, :], 10, 900)
    np.fill_diagonal(between, 0)
    return toys.problem(
        [toys.LOW] * 8, np.full((1, 8), 100), between, [20], kecamatan=["A"] * 8, ladder=(LADDER,)
    )


def mixed_models(seed, stations=9):
    """Pools of a town whose classes mix, so that stations weigh differently."""
    problem = larger_town(seed, stations=stations, mix=True)
    return problem, models_of(problem, dict.fromkeys(problem.units, LADDER))


def some(rng, n):
    return tuple(sorted(rng.choice(n, size=int(rng.integers(1, n + 1)), replace=False).tolist()))


def drawn_rows(rng, model, count=4):
    n = len(model)
    return {
        CapacityRow(model, some(rng, n), some(rng, n)): float(rng.uniform(0, 60))
        for _ in range(count)
    }


def drawn_plan(rng, model):
    """Beats that hold every station once, none above a full team, whoever anchors them."""
    beats, load = [[]], 0
    for t in rng.permutation(len(model)).tolist():
        if load + model.weight[t] > model.full or (beats[-1] and rng.random() < 0.3):
            beats.append([])
            load = 0
        beats[-1].append(t)
        load += int(model.weight[t])
    return [Column(0, int(rng.choice(one)), tuple(sorted(one)), 0, 2, 0.0, 0.0) for one in beats]


def optimum_of(problem, model):
    program = build_program(problem, model.members, dict.fromkeys(problem.units, LADDER))
    program.aim_at_nearness()
    return solve_program(program.lp, Limits(60.0)).value


def test_row_counts_the_teams_that_fractions_do_not():
    """Five and three stations at four a team call for three teams; fractions make do with 2.25."""
    (model,) = models_of(two_clusters(), {"A": LADDER})
    team = 2 * (model.team_tenths + 100)
    # the first cluster has a quarter of a team too much, and every station but anchors costs 20
    without = bound_pool(model, np.zeros(1), effort=Effort()).value_tenths
    assert without == pytest.approx(2.25 * team + (8 - 2.25) * 20)
    found = bound_pool(model, np.zeros(1))
    assert found.value_tenths == pytest.approx(3 * team + (8 - 3) * 20)
    assert any(row.stations == (0, 1, 2, 3, 4) for row in found.rows)


def test_figures_of_a_row_by_hand():
    """Five stations of four a team: two teams, of which one has one station; an area of three."""
    (model,) = models_of(two_clusters(), {"A": LADDER})
    row = CapacityRow(model, (0, 1, 5), (0, 1, 2, 3, 4))
    assert (row.load, row.rest, row.least) == (5, 1, 2 * 1 - 5)
    beats = [
        Column(0, 0, (0, 1, 2, 3), 0, 2, 0.0, 0.0),
        Column(0, 4, (4,), 0, 2, 0.0, 0.0),
        Column(0, 5, (5, 6, 7), 0, 2, 0.0, 0.0),
    ]
    assert row.of_beats(Laid.of(beats)).tolist() == [1 - 4, 0, 1]


@pytest.mark.parametrize("seed", range(30))
def test_no_plan_breaks_a_row(seed):
    """Whatever anchors and stations a row speaks of, every way to form beats keeps to it."""
    rng = np.random.default_rng(seed)
    _, models = mixed_models(seed)
    for model in models:
        for row in drawn_rows(rng, model, 20):
            for _ in range(20):
                assert row.of_beats(Laid.of(drawn_plan(rng, model))).sum() >= row.least


@pytest.mark.parametrize("seed", range(30))
def test_any_multipliers_of_rows_give_a_bound(seed):
    """Weak duality: whatever rows are said to be worth, no plan is below the bound."""
    rng = np.random.default_rng(seed)
    problem, models = mixed_models(seed)
    for model in models:
        optimum = optimum_of(problem, model)
        for _ in range(5):
            worth = Multipliers(
                rng.uniform(0, 500, len(model)), float(rng.uniform(0, 300)),
                rows=drawn_rows(rng, model),
            )  # fmt: skip
            assert lower_bound(model, worth, price(model, FREE, worth)) <= optimum + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_priced_beats_cost_what_pricing_says(seed):
    """The cheapest beat of every anchor, built, has the reduced cost that was told for it."""
    rng = np.random.default_rng(seed)
    _, models = mixed_models(seed, stations=16)
    for model in models:
        rows = drawn_rows(rng, model)
        worth = Multipliers(rng.uniform(0, 500, len(model)), 40.0, rows=rows)
        priced = price(model, FREE, worth)
        columns = take_columns(model, FREE, worth, priced, np.arange(len(model)))
        costs = np.array([one.cost_tenths for one in columns])
        at = [one.anchor for one in columns]
        assert costs - worth.of_beats(Laid.of(columns)) == pytest.approx(priced.reduced[at])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mix", [False, True])
def test_rows_raise_the_bound_up_to_the_optimum_at_most(seed, mix):
    """With rows the root's bound is never lower than without them, and never above the optimum."""
    problem = larger_town(seed, stations=18, mix=mix)
    for model in models_of(problem, dict.fromkeys(problem.units, LADDER)):
        plain = bound_pool(model, FREE, effort=Effort()).value_tenths
        rows = bound_pool(model, FREE).value_tenths
        assert plain - 0.02 <= rows <= optimum_of(problem, model) + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_found_rows_are_broken_by_the_solution(seed):
    """What is found in a master's solution cuts that solution off, and is not found twice."""
    problem = larger_town(seed, stations=24)
    for model in models_of(problem, dict.fromkeys(problem.units, LADDER)):
        root = bound_pool(model, FREE, effort=Effort())
        rows = find_rows(model, root.columns, root.shares, ())
        laid = Laid.of(root.columns)
        for row in rows:
            assert row.of_beats(laid) @ root.shares < row.least - 1e-3
        again = find_rows(model, root.columns, root.shares, rows)
        named = {(row.anchors, row.stations) for row in rows}
        assert named.isdisjoint((row.anchors, row.stations) for row in again)


def test_master_minds_rows_that_came_before_and_after_its_beats():
    """A master that learns a row first and beats later is the same as the other way round."""
    (model,) = models_of(two_clusters(), {"A": LADDER})
    root = bound_pool(model, np.zeros(1))
    values = []
    for rows_first in (True, False):
        master = Master(model, 4.0 * typical_cost(model, np.zeros(1)))
        if rows_first:
            master.ask_capacity(root.rows)
        master.add(root.columns)
        if not rows_first:
            master.ask_capacity(root.rows)
        branch = Branch(len(model))
        master.restrict(branch)
        values.append(master.solve(branch)[0])
        bound = bound_branch(model, np.zeros(1), master, branch, root.worth)
        assert bound.value_tenths == pytest.approx(root.value_tenths)
    assert values[0] == pytest.approx(values[1]) == pytest.approx(root.value_tenths)


def test_rows_of_areas_are_dropped_from_behind_capacity_rows():
    """Areas that were only asked about go again; what stands before them keeps its place."""
    problem = larger_town(3, stations=24)
    model = max(models_of(problem, dict.fromkeys(problem.units, LADDER)), key=len)
    root = bound_pool(model, FREE)
    assert root.rows
    master = Master(model, 4.0 * typical_cost(model, FREE))
    master.row_of((0, 1))
    master.add(root.columns)
    master.ask_capacity(root.rows)
    before = master.n_rows
    master.row_of((1, 2))
    master.drop_rows(1)
    assert master.n_rows == before
    assert master.splits == [(0, 1)]
    with pytest.raises(ValueError, match="capacity rows stand behind"):
        master.drop_rows(0)


def test_small_towns_are_proven_by_rows_alone():
    """Of the random towns most need no split: what is left to the tree are few branches."""
    split = 0
    for seed in range(30):
        problem = ample_town(seed)
        rungs = dict.fromkeys(problem.units, problem.doctrine.ladder[0])
        for model in models_of(problem, rungs):
            program = build_program(problem, model.members, rungs)
            program.aim_at_nearness()
            optimum = solve_program(program.lp, Limits(60.0)).value
            split += bound_pool(model, FREE).value_tenths < optimum - 1.0
    assert split <= 3
