"""Stations of unlike weight, given the anchors: against trying every way."""

import math
from itertools import combinations, product

import numpy as np
import pytest
import toys

from metro_gis.optimize.column_generation import bound_pool
from metro_gis.optimize.pool_model import build_pool_model
from metro_gis.optimize.pool_tree import PoolTree
from metro_gis.optimize.pools import pools_of
from metro_gis.optimize.serving import serve

PRICES = np.zeros(1)


def mixed_pool(seed, stations=8):
    """A pool whose *elevated* stations take up half a team and whose others a third."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 100, (stations, 2))
    between = np.abs(at[:, None] - at[None, :]).sum(axis=2)
    classes = [toys.ELEVATED if t % 3 == 0 else toys.LOW for t in range(stations)]
    problem = toys.problem(
        classes, [np.abs(at - 50).sum(axis=1).tolist()], between, [60], ladder=(3,), mix=True
    )
    (pool,) = pools_of(problem, np.arange(stations))
    return build_pool_model(problem, pool, 3)


def least(model, anchors):
    """What the cheapest way to serve all from these anchors costs."""
    (slot,) = model.slots
    away = np.full((len(model), len(model)), np.inf)
    np.put_along_axis(away, model.near, model.near_tenths, axis=1)
    others = [t for t in range(len(model)) if t not in anchors]
    best = math.inf
    for homes in product(anchors, repeat=len(others)):
        load = model.weight[list(anchors)].copy()
        for t, home in zip(others, homes, strict=True):
            load[anchors.index(home)] += model.weight[t]
        if load.max() <= model.full:
            best = min(best, slot.size * float(away[list(homes), others].sum()))
    return best + float(model.team_costs(slot, PRICES)[0][list(anchors)].sum())


@pytest.mark.parametrize("seed", range(6))
def test_anchors_are_served_as_well_as_can_be(seed):
    """Every choice of anchors; and what is too dear is neither looked for nor denied."""
    model = mixed_pool(seed)
    worth = bound_pool(model, PRICES).worth
    for anchors in combinations(range(len(model)), model.teams):
        expected = least(model, anchors)
        served = serve(model, PRICES, worth, anchors, math.inf)
        assert served.bound_tenths <= expected + 1e-6
        assert (served.found is None) == (expected == math.inf)
        if served.found is not None:
            assert served.found.cost_tenths == pytest.approx(expected)
            assert served.bound_tenths == pytest.approx(expected)
        assert serve(model, PRICES, worth, anchors, expected).bound_tenths >= min(expected, 1e9)


@pytest.mark.parametrize("seed", range(6))
def test_splits_settle_a_mixed_pool(seed):
    """The tree ends with the cheapest beats of any anchors, and proves them."""
    model = mixed_pool(seed)
    tree = PoolTree(model, PRICES, bound_pool(model, PRICES), (), math.inf)
    while not tree.is_done:
        tree.advance(1, lambda: False)
    best = min(
        least(model, anchors)
        for teams in (model.teams, model.teams + 1)
        for anchors in combinations(range(len(model)), teams)
    )
    assert tree.upper_tenths >= best - 1e-6
    assert tree.bound_tenths <= best + 1e-6
    assert tree.upper_tenths == pytest.approx(best)
    assert tree.bound_tenths >= tree.enough
